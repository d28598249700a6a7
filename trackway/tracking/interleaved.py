"""Persons who fill each other's holes, and look alike, are one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.tracking.indexing import dense, extent
from trackway.tracking.looks import Looks

__all__ = ["join_interleaved"]

Array = npt.NDArray[Any]

_BLOCK = 256
_MOST_INSIDE = 1000
"""As many persons who appear during another one's time are compared with that one."""


def join_interleaved(frame: Array, fragment: Array, person: Array, looks: Looks, prior: float) -> Array:
    """Joins persons of whom one appears between sights of the other, judged by looks alone; never two who are seen in one frame.

    Average linkage (UPGMA; Sokal, Michener, 1958): what all pairs of fragments of two persons say, on average, counts. The surest
    are joined first, each person with one other at a time; then all are looked at anew.

    Args:
        frame, fragment: (R,) of every row; fragments dense from 0.
        person: (F,) of each fragment, dense from 0.
        looks: of fragments.
        prior: nats for two persons being one before looking.

    Returns:
        (F,) person of each fragment, dense from 0.
    """
    while True:
        joined = _surest(frame, fragment, person, looks, prior)
        if (joined == person).all():
            return person
        person = dense(joined)


def _surest(frame: Array, fragment: Array, person: Array, looks: Looks, prior: float) -> Array:
    """(F,) person of each fragment after one round."""
    ours, theirs = _alike(frame, person[fragment], looks.renumbered(person[looks.person]), prior)
    frames = {number: np.unique(frame[person[fragment] == number]) for number in np.union1d(ours, theirs).tolist()}
    rows = {number: np.flatnonzero(person[looks.person] == number) for number in frames}
    sure = []
    for one, other in zip(ours.tolist(), theirs.tolist(), strict=True):
        nats = looks.evidence(rows[one], rows[other]).mean() + prior
        if nats > 0 and not len(np.intersect1d(frames[one], frames[other], assume_unique=True)):
            sure.append((-nats, one, other))
    joined = person.copy()
    free = set(frames)
    for _, one, other in sorted(sure):
        if {one, other} <= free:
            free -= {one, other}
            joined[joined == other] = one
    return joined


def _alike(frame: Array, person: Array, looks: Looks, prior: float) -> tuple[Array, Array]:
    """Persons, and others who appear during their time and look like them on the whole: means of looks err less, and differ less."""
    first, last = extent(frame, person, int(person.max(initial=-1)) + 1)
    known = looks.person[np.argsort(first[looks.person], kind="stable")]
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for block in range(0, len(known), _BLOCK):
        ours = known[block : block + _BLOCK]
        theirs = known[block + 1 : block + _BLOCK + _MOST_INSIDE]
        weight = looks.evidence(looks.rows_of(ours), looks.rows_of(theirs)) + prior
        later = np.arange(len(theirs)) >= np.arange(len(ours))[:, None]
        i, j = np.nonzero(later & (first[theirs] <= last[ours][:, None]) & (weight > 0))
        parts.append((ours[i], theirs[j]))
    ours, theirs = (np.concatenate(part) for part in zip(*parts, strict=True))
    return ours, theirs

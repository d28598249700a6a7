"""Segments that were tracked apart become one video again.

Neighbours look at the same frames for a while: there, the persons of either side whose boxes lie on each other are the same. A person
who is in neither side's overlap gets a new number when coming back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Tracks
from trackway.tracking.association import match
from trackway.tracking.boxes import paired_overlap
from trackway.tracking.config import TrackingConfig
from trackway.tracking.numbering import number_persons

if TYPE_CHECKING:
    from trackway.media.segments import Segment

__all__ = ["link_segments"]

Array = npt.NDArray[Any]

_DEFAULT = TrackingConfig()
_LEAST_MEAN_OVERLAP = 0.5
"""Two persons whose boxes lie on each other less than this are two."""


def link_segments(parts: Sequence[tuple[Segment, Tracks]], config: TrackingConfig = _DEFAULT) -> Tracks:
    """Join the segments of a video, in order; one segment alone works too.

    Args:
        parts: each segment and its tracks, as `SegmentTracker.finish` gives them.
        config: what counts as a false person.

    Returns:
        Final rows: every frame once, persons numbered from 0 by first appearance, sorted by (time_ms, person). No parts, no rows.
    """
    if not parts:
        return Tracks.make(0)
    numbered = _number_through(parts)
    handovers = [segment.end_ms + segment.overlap_ms / 2 for segment, _ in parts[:-1]]
    owned = [
        tracks[(tracks.time_ms >= start) & (tracks.time_ms < end)]
        for tracks, start, end in zip(numbered, [-np.inf, *handovers], [*handovers, np.inf], strict=True)
    ]
    return number_persons(Tracks.concatenate(owned), parts[-1][0].end_ms - parts[0][0].start_ms, config)


def _number_through(parts: Sequence[tuple[Segment, Tracks]]) -> list[Tracks]:
    """The tracks of every segment, the same person with the same number throughout."""
    numbered: list[Tracks] = []
    used = 0
    for segment, tracks in parts:
        person = used + np.unique(tracks.person, return_inverse=True)[1].reshape(-1)
        used = int(person.max(initial=used - 1)) + 1
        if numbered:
            earlier = numbered[-1]
            overlap = earlier[earlier.time_ms >= segment.start_ms]
            for theirs, ours in zip(*_same_persons(overlap, tracks.replace(person=person)), strict=True):
                person[person == theirs] = ours
        numbered.append(tracks.replace(person=person))
    return numbered


def _same_persons(ours: Tracks, theirs: Tracks) -> tuple[Array, Array]:
    """Numbers that `theirs` uses, and those of the same persons in `ours`, judged by the frames that both have."""
    mine, yours = _pairs_within_frames(ours.frame, theirs.frame)
    overlap = np.fmax(
        paired_overlap(ours.box[mine], theirs.box[yours]),
        paired_overlap(ours.face_box[mine], theirs.face_box[yours]),
    )
    our_person, our_place = np.unique(ours.person[mine], return_inverse=True)
    their_person, their_place = np.unique(theirs.person[yours], return_inverse=True)
    total, count = np.zeros((2, len(our_person), len(their_person)))
    np.add.at(total, (our_place, their_place), overlap)
    np.add.at(count, (our_place, their_place), 1)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    # Total, not mean: a long agreement outweighs a short one.
    rows, columns = match(np.where(mean >= _LEAST_MEAN_OVERLAP, total, 0.0), _LEAST_MEAN_OVERLAP)
    return their_person[columns], our_person[rows]


def _pairs_within_frames(ours: Array, theirs: Array) -> tuple[Array, Array]:
    """Row numbers of every pair of rows in the same frame."""
    order = np.argsort(theirs, kind="stable")
    first, last = np.searchsorted(theirs[order], ours, "left"), np.searchsorted(theirs[order], ours, "right")
    count = last - first
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(np.arange(len(ours)), count), order[np.repeat(first, count) + step]

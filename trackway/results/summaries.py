"""One summary per tracked person: what a table of persons, `tracks.json` and a list call show (SPEC C.6)."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.columns import Tracks

__all__ = ["BestShot", "PersonSummary", "summarize"]


class BestShot(msgspec.Struct, frozen=True, rename="camel"):
    """Where a person's face is seen best.

    Attributes:
        pts_ms: milliseconds from the first frame.
        frame: source frame number, from 0.
        quality: confidence of that face, 0..1.
    """

    pts_ms: int
    frame: int
    quality: float


class PersonSummary(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A person of the result.

    Attributes:
        index: Person.Index.
        tracklets: raw tracklet numbers that were linked into the person; empty for a face that never had a body.
        first_ms: time of the first row.
        last_ms: time of the last row.
        rows: how many rows the person has, one per analysed frame.
        face_rows: how many of them show the face.
        confidence_mean: mean confidence of the rows, 0..1, of the body where there is one, else of the face.
        best_shot: left out where no face was seen.
    """

    index: int
    tracklets: list[int]
    first_ms: int
    last_ms: int
    rows: int
    face_rows: int
    confidence_mean: float
    best_shot: BestShot | None = None


def summarize(tracks: Tracks) -> list[PersonSummary]:
    """Summaries of all persons of linked `tracks`, by index."""
    order = np.lexsort((tracks.time_ms, tracks.person))
    starts = np.flatnonzero(np.diff(tracks.person[order], prepend=-1))
    return [_summary(tracks[rows]) for rows in np.split(order, starts[1:]) if len(rows)]


def _summary(person: Tracks) -> PersonSummary:
    confidence = np.where(person.has_body, person.score, person.face_score)
    tracklets: npt.NDArray[Any] = np.unique(person.tracklet[person.has_body])
    return PersonSummary(
        index=int(person.person[0]),
        tracklets=tracklets.tolist(),
        first_ms=int(person.time_ms[0]),
        last_ms=int(person.time_ms[-1]),
        rows=len(person),
        face_rows=int(np.count_nonzero(person.has_face)),
        confidence_mean=float(np.mean(confidence, dtype=np.float64)),
        best_shot=_best_shot(person),
    )


def _best_shot(person: Tracks) -> BestShot | None:
    if not person.has_face.any():
        return None
    best = int(np.nanargmax(person.face_score))
    return BestShot(int(person.time_ms[best]), int(person.frame[best]), float(person.face_score[best]))

"""One summary per tracked person: what a table of persons, `tracks.json` and a list call show (SPEC C.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.columns import EMOTION_NAMES, FaceTraits, Tracks
from trackway.faces.liveness import liveness

if TYPE_CHECKING:
    from trackway.pipeline.findings import Findings
    from trackway.pipeline.people import People

__all__ = ["BestShot", "FaceSummary", "PersonSummary", "summarize"]

Array = npt.NDArray[Any]


class BestShot(msgspec.Struct, frozen=True, rename="camel"):
    """Where a person's face is seen well.

    Attributes:
        pts_ms: milliseconds from the first frame.
        frame: source frame number, from 0.
        quality: how well, 0..1: size, sharpness, frontality and exposure together, see `faces.best_shots`.
    """

    pts_ms: int
    frame: int
    quality: float


class FaceSummary(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What all sights of a person's face say together; a member that no network of the pack tells is left out (SPEC D36, D38, D39).

    Attributes:
        age_low, age_high: years.
        male: probability, as the face appears.
        emotions: mean probability of each of Rekognition's types.
        real, live: probability that it is no picture of a face: advice, no verdict.
        liveness: how much the face did of itself, 0..1, see `faces.liveness`: likewise.
    """

    age_low: float | None = None
    age_high: float | None = None
    male: float | None = None
    emotions: dict[str, float] | None = None
    real: float | None = None
    live: float | None = None
    liveness: float | None = None


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
        best_shot: the best of all; left out where no face was seen.
        best_shots: a few good ones, best first, spread over time; likewise.
        identity: which of the people of the video it is; left out where the face was never seen well (SPEC M6).
        identity_confidence: how clearly it is that one and no other, 0..1; left out where there is one identity only (SPEC M11).
        face: left out where nobody asked.
    """

    index: int
    tracklets: list[int]
    first_ms: int
    last_ms: int
    rows: int
    face_rows: int
    confidence_mean: float
    best_shot: BestShot | None = None
    best_shots: list[BestShot] = msgspec.field(default_factory=list)
    identity: int | None = None
    identity_confidence: float | None = None
    face: FaceSummary | None = None


def summarize(found: Findings, *, faces: bool = True) -> list[PersonSummary]:
    """Summaries of all persons of a video, by index; with what was read in their faces if `faces` and anything was."""
    summaries = [_summary(found.tracks[rows]) for rows in _by_person(found.tracks)]
    told: dict[int, FaceSummary | None] = {}
    if faces and found.traits is not None:
        told = {int(found.faces.person[rows[0]]): _face(found.traits[rows], found.faces.time_ms[rows]) for rows in _by_person(found.faces)}
    return [_identified(_shown(summary, found, told.get(summary.index)), found.people) for summary in summaries]


def _by_person(tracks: Tracks) -> list[Array]:
    """Rows of each person, in the order of time."""
    order = np.lexsort((tracks.time_ms, tracks.person))
    starts = np.flatnonzero(np.diff(tracks.person[order], prepend=-1))
    return [rows for rows in np.split(order, starts[1:]) if len(rows)]


def _identified(summary: PersonSummary, people: People) -> PersonSummary:
    identity, sure = int(people.identity[summary.index]), float(people.confidence[summary.index])
    if identity < 0:
        return summary
    return msgspec.structs.replace(summary, identity=identity, identity_confidence=None if np.isnan(sure) else sure)


def _shown(summary: PersonSummary, found: Findings, face: FaceSummary | None) -> PersonSummary:
    """With what is known of the face."""
    rows, faces = found.shots.get(summary.index, np.zeros(0, np.int64)), found.faces
    shots = [
        BestShot(time_ms, frame, quality)
        for time_ms, frame, quality in zip(
            faces.time_ms[rows].tolist(), faces.frame[rows].tolist(), found.shot_quality[rows].tolist(), strict=True
        )
    ]
    return msgspec.structs.replace(summary, best_shot=shots[0] if shots else None, best_shots=shots, face=face)


def _face(traits: FaceTraits, time_ms: Array) -> FaceSummary | None:
    low, high = map(_known, _mean(traits.age))
    emotions = zip(EMOTION_NAMES, map(_known, _mean(traits.emotions)), strict=True)
    summary = FaceSummary(
        age_low=low,
        age_high=high,
        male=_known(_mean(traits.male)),
        emotions={name: value for name, value in emotions if value is not None} or None,
        real=_known(_mean(traits.real)),
        live=_known(_mean(traits.live)),
        liveness=_known(liveness(traits, time_ms)),
    )
    return None if summary == FaceSummary() else summary


def _mean(values: Array) -> Array:
    """Over the rows that know one; NaN where none does."""
    known = ~np.isnan(values)
    total: Array = np.where(known, values, 0).sum(axis=0, dtype=np.float64) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    return total


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _summary(person: Tracks) -> PersonSummary:
    confidence = np.where(person.has_body, person.score, person.face_score)
    tracklets: Array = np.unique(person.tracklet[person.has_body])
    return PersonSummary(
        index=int(person.person[0]),
        tracklets=tracklets.tolist(),
        first_ms=int(person.time_ms[0]),
        last_ms=int(person.time_ms[-1]),
        rows=len(person),
        face_rows=int(np.count_nonzero(person.has_face)),
        confidence_mean=float(np.mean(confidence, dtype=np.float64)),
    )

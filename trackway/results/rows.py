"""Tracks as the JSON rows of a Rekognition answer: persons, alone or with whom they were found to be, and faces (SPEC R27 to R56).

A member that a track row lacks (NaN) is left out, never null (SPEC R9, R35). Every number is the stored float32 widened to a
double, so that repeated reads print the same digits (SPEC R8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.columns import Detections, FaceTraits, Tracks
from trackway.results.shapes import ALL_OF_VIDEOS, BoundingBox, FaceDetail, Shape, bounding_boxes, face_details

__all__ = ["Order", "face_rows", "person_rows", "search_rows"]

Order = Literal["TIMESTAMP", "INDEX"]
Value = TypeVar("Value")

_ROWS_AT_ONCE = 1024  # keeps memory flat: only this many rows exist as Python objects


class _Person(Shape):
    index: int
    bounding_box: BoundingBox | None = None
    face: FaceDetail | None = None


class _PersonDetection(Shape):
    timestamp: int
    person: _Person


class _PersonMatch(Shape):
    timestamp: int
    person: _Person
    face_matches: msgspec.Raw | None = None


class _FaceDetection(Shape):
    timestamp: int
    face: FaceDetail


def person_rows(tracks: Tracks, order: Order) -> Iterator[bytes]:
    """One compact JSON `PersonDetection` per row of `tracks`, which must be linked (dense `person`).

    Args:
        tracks: (N,) rows in any order.
        order: "TIMESTAMP" sorts by (time, index) (SPEC R45); "INDEX" by index, then descending confidence of the body, of
            the face where there is no body, then time (SPEC R46).
    """
    encoder = msgspec.json.Encoder()
    for time_ms, person in _persons(tracks, order):
        yield encoder.encode(_PersonDetection(time_ms, person))


def search_rows(tracks: Tracks, order: Order, matches: Mapping[int, bytes]) -> Iterator[bytes]:
    """One compact JSON `PersonMatch` per row of linked `tracks` (SPEC R29, R44).

    Args:
        tracks: (N,) rows in any order.
        order: as in `person_rows`.
        matches: JSON of `FaceMatches` (`results.matches`) by person; a person who is not in the collection is not among them. It stands on
            the person's rows that show the face, and is left out elsewhere.
    """
    encoder = msgspec.json.Encoder()
    found = {index: msgspec.Raw(text) for index, text in matches.items()}
    for time_ms, person in _persons(tracks, order):
        yield encoder.encode(_PersonMatch(time_ms, person, None if person.face is None else found.get(person.index)))


def face_rows(tracks: Tracks, traits: FaceTraits | None = None) -> Iterator[bytes]:
    """One compact JSON `FaceDetection` per row of `tracks` that has a face, by (time, index) (SPEC R28).

    Args:
        tracks: (N,) rows in any order.
        traits: (N,) of their faces: then everything is told that they hold, ALL of a video (SPEC R39); None leaves it at DEFAULT.
    """
    encoder = msgspec.json.Encoder()
    order = _by_time(tracks)
    order = order[tracks.has_face[order]]
    for rows in _parts(order):
        part = tracks[rows]
        details = face_details(_detections(part), None if traits is None else traits[rows], ALL_OF_VIDEOS)
        for time_ms, face in zip(part.time_ms.tolist(), details, strict=True):
            yield encoder.encode(_FaceDetection(time_ms, face))


def _persons(tracks: Tracks, order: Order) -> Iterator[tuple[int, _Person]]:
    """Time and person of every row, in that order."""
    for rows in _parts(_by_time(tracks) if order == "TIMESTAMP" else _by_index(tracks)):
        part = tracks[rows]
        people = map(_Person, part.person.tolist(), _bodies(part), _faces(part))
        yield from zip(part.time_ms.tolist(), people, strict=True)


def _by_time(tracks: Tracks) -> npt.NDArray[Any]:
    return np.lexsort((tracks.person, tracks.time_ms))


def _by_index(tracks: Tracks) -> npt.NDArray[Any]:
    confidence = np.where(tracks.has_body, tracks.score, tracks.face_score)
    return np.lexsort((tracks.time_ms, -confidence, tracks.person))


def _parts(order: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    for start in range(0, len(order), _ROWS_AT_ONCE):
        yield order[start : start + _ROWS_AT_ONCE]


def _bodies(part: Tracks) -> list[BoundingBox | None]:
    return _spread(bounding_boxes(part.box[part.has_body]), part.has_body)


def _faces(part: Tracks) -> list[FaceDetail | None]:
    return _spread(face_details(_detections(part[part.has_face])), part.has_face)


def _detections(shown: Tracks) -> Detections:
    """The faces of rows that all have one."""
    return Detections(
        shown.frame, shown.time_ms, shown.face_box, shown.face_score, landmarks=shown.landmarks, pose=shown.pose, quality=shown.quality
    )


def _spread(values: list[Value], present: npt.NDArray[Any]) -> list[Value | None]:
    """One for every row, None where nothing is present."""
    following = iter(values)
    return [next(following) if there else None for there in present.tolist()]

"""Tracks as the JSON rows of a Rekognition answer: person detections in two orders, and face detections (SPEC R27 to R56).

A member that a track row lacks (NaN) is left out, never null (SPEC R9, R35). Every number is the stored float32 widened to a
double, so that repeated reads print the same digits (SPEC R8).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.columns import LANDMARK_NAMES, Tracks

__all__ = ["Order", "face_rows", "person_rows"]

Order = Literal["TIMESTAMP", "INDEX"]

_ROWS_AT_ONCE = 1024  # keeps memory flat: only this many rows exist as Python objects


class _Shape(msgspec.Struct, rename="pascal", gc=False, omit_defaults=True):
    """A Rekognition structure; a member left at None is left out of the JSON."""


class _BoundingBox(_Shape):
    width: float
    height: float
    left: float
    top: float


class _Landmark(_Shape):
    type: str
    x: float
    y: float


class _Pose(_Shape):
    roll: float
    yaw: float
    pitch: float


class _Quality(_Shape):
    brightness: float
    sharpness: float


class _Face(_Shape):
    """What Rekognition calls DEFAULT attributes (SPEC R36)."""

    bounding_box: _BoundingBox
    confidence: float
    landmarks: list[_Landmark] | None = None
    pose: _Pose | None = None
    quality: _Quality | None = None


class _Person(_Shape):
    index: int
    bounding_box: _BoundingBox | None = None
    face: _Face | None = None


class _PersonDetection(_Shape):
    timestamp: int
    person: _Person


class _FaceDetection(_Shape):
    timestamp: int
    face: _Face


def person_rows(tracks: Tracks, order: Order) -> Iterator[bytes]:
    """One compact JSON `PersonDetection` per row of `tracks`, which must be linked (dense `person`).

    Args:
        tracks: (N,) rows in any order.
        order: "TIMESTAMP" sorts by (time, index) (SPEC R45); "INDEX" by index, then descending confidence of the body, of
            the face where there is no body, then time (SPEC R46).
    """
    encoder = msgspec.json.Encoder()
    for part in _parts(tracks, _by_time(tracks) if order == "TIMESTAMP" else _by_index(tracks)):
        times, people = part.time_ms.tolist(), part.person.tolist()
        bodies = _boxes(part.box, part.has_body)
        faces = _faces(part)
        for time_ms, index, body, face in zip(times, people, bodies, faces, strict=True):
            yield encoder.encode(_PersonDetection(time_ms, _Person(index, body, face)))


def face_rows(tracks: Tracks) -> Iterator[bytes]:
    """One compact JSON `FaceDetection` per row of `tracks` that has a face, by (time, index) (SPEC R28)."""
    encoder = msgspec.json.Encoder()
    order = _by_time(tracks)
    for part in _parts(tracks, order[tracks.has_face[order]]):
        for time_ms, face in zip(part.time_ms.tolist(), _faces(part), strict=True):
            if face is not None:
                yield encoder.encode(_FaceDetection(time_ms, face))


def _by_time(tracks: Tracks) -> npt.NDArray[Any]:
    return np.lexsort((tracks.person, tracks.time_ms))


def _by_index(tracks: Tracks) -> npt.NDArray[Any]:
    confidence = np.where(tracks.has_body, tracks.score, tracks.face_score)
    return np.lexsort((tracks.time_ms, -confidence, tracks.person))


def _parts(tracks: Tracks, order: npt.NDArray[Any]) -> Iterator[Tracks]:
    for start in range(0, len(order), _ROWS_AT_ONCE):
        yield tracks[order[start : start + _ROWS_AT_ONCE]]


def _boxes(boxes: npt.NDArray[Any], present: npt.NDArray[Any]) -> list[_BoundingBox | None]:
    return [
        _BoundingBox(width, height, left, top) if there else None
        for (left, top, width, height), there in zip(boxes.tolist(), present.tolist(), strict=True)
    ]


def _faces(part: Tracks) -> list[_Face | None]:
    boxes = _boxes(part.face_box, part.has_face)
    confidences = np.minimum(part.face_score * np.float32(100), np.float32(100)).tolist()
    return [
        None if box is None else _Face(box, confidence, landmarks, pose, quality)
        for box, confidence, landmarks, pose, quality in zip(
            boxes, confidences, _landmarks(part.landmarks), _poses(part.pose), _qualities(part.quality), strict=True
        )
    ]


def _landmarks(points: npt.NDArray[Any]) -> list[list[_Landmark] | None]:
    present = ~np.isnan(points).any(axis=(1, 2))
    return [
        [_Landmark(name, x, y) for name, (x, y) in zip(LANDMARK_NAMES, five, strict=True)] if there else None
        for five, there in zip(points.tolist(), present.tolist(), strict=True)
    ]


def _poses(poses: npt.NDArray[Any]) -> list[_Pose | None]:
    present = ~np.isnan(poses).any(axis=1)
    return [_Pose(*angles) if there else None for angles, there in zip(poses.tolist(), present.tolist(), strict=True)]


def _qualities(qualities: npt.NDArray[Any]) -> list[_Quality | None]:
    present = ~np.isnan(qualities).any(axis=1)
    return [_Quality(*pair) if there else None for pair, there in zip(qualities.tolist(), present.tolist(), strict=True)]

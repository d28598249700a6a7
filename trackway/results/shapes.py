"""Faces in Rekognition's shapes, one definition for answers about videos and about stills (SPEC R34 to R43, A.3).

A member without a value (NaN) is left out, never null and never invented (SPEC R9). Every number is the stored float32 widened to a double,
so that repeated reads print the same digits (SPEC R8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import EMOTION_NAMES, LANDMARK_NAMES, POINT_NAMES, Detections, FaceTraits
from trackway.results.structures import BoundingBox, Shape

__all__ = [
    "ALL_OF_STILLS",
    "ALL_OF_VIDEOS",
    "AgeRange",
    "BoundingBox",
    "Emotion",
    "EyeDirection",
    "FaceDetail",
    "Gender",
    "ImageQuality",
    "Landmark",
    "Pose",
    "Shape",
    "Yes",
    "attributes",
    "bounding_boxes",
    "face_details",
]

Array = npt.NDArray[Any]

_POINTS = "LANDMARKS"
"""All thirty of them instead of five; only ALL asks for that (SPEC R37, R38)."""

ALL_OF_STILLS = frozenset((_POINTS, "AGE_RANGE", "EMOTIONS", "EYE_DIRECTION", "EYES_OPEN", "GENDER", "MOUTH_OPEN", "SMILE"))
"""What a pack may know besides box, confidence, five points, pose and quality, which are always given."""

ALL_OF_VIDEOS = ALL_OF_STILLS - {"EYE_DIRECTION"}
"""SPEC R39."""


class Landmark(Shape):
    """A point of a face, as ratios of the picture."""

    type: str
    x: float
    y: float


class Pose(Shape):
    """Degrees (SPEC R40)."""

    roll: float
    yaw: float
    pitch: float


class ImageQuality(Shape):
    """0..100 each (SPEC R41)."""

    brightness: float
    sharpness: float


class AgeRange(Shape):
    """Years, both included."""

    low: int
    high: int


class Yes(Shape):
    """Smile, EyesOpen, MouthOpen: whether, and how surely, 50..100."""

    value: bool
    confidence: float


class Gender(Shape):
    """As the face appears."""

    value: str
    confidence: float


class Emotion(Shape):
    """As the face appears."""

    type: str
    confidence: float


class EyeDirection(Shape):
    """Degrees; how surely, no network says."""

    yaw: float
    pitch: float


class FaceDetail(Shape):
    """A face: first what Rekognition calls DEFAULT attributes (SPEC R36)."""

    bounding_box: BoundingBox
    confidence: float
    landmarks: list[Landmark] | None = None
    pose: Pose | None = None
    quality: ImageQuality | None = None
    age_range: AgeRange | None = None
    gender: Gender | None = None
    emotions: list[Emotion] | None = None
    smile: Yes | None = None
    eyes_open: Yes | None = None
    mouth_open: Yes | None = None
    eye_direction: EyeDirection | None = None


def attributes(names: Iterable[str]) -> frozenset[str]:
    """What a request about a still wants besides the DEFAULT attributes, which are always given; ALL wins over all others (SPEC R71).

    Args:
        names: values of Rekognition's enum Attribute. Those that no pack can fill are passed over.
    """
    given = frozenset(names)
    return ALL_OF_STILLS if "ALL" in given else (given & ALL_OF_STILLS) - {_POINTS}


def face_details(faces: Detections, traits: FaceTraits | None = None, wanted: frozenset[str] = frozenset()) -> list[FaceDetail]:
    """The faces in their order.

    Args:
        faces: (N,) rows with boxes and scores.
        traits: (N,) rows; None where nothing else is known of them.
        wanted: what of the traits is told, see `attributes`.
    """
    boxes = bounding_boxes(faces.box)
    sure = np.minimum(faces.score * np.float32(100), np.float32(100)).tolist()
    five = _points(faces.landmarks, LANDMARK_NAMES)
    poses = [Pose(*angles) if angles else None for angles in _whole(faces.pose)]
    quality = [ImageQuality(*pair) if pair else None for pair in _whole(faces.quality)]
    details = [FaceDetail(*row) for row in zip(boxes, sure, five, poses, quality, strict=True)]
    if traits is not None:
        for detail, steadier in zip(details, _whole(traits.pose), strict=True):
            detail.pose = Pose(*steadier) if steadier else detail.pose
        _tell(details, traits, wanted)
    return details


def bounding_boxes(boxes: Array) -> list[BoundingBox]:
    """Boxes (N, 4), left, top, width, height."""
    return [BoundingBox(width, height, left, top) for left, top, width, height in boxes.tolist()]


def _tell(details: list[FaceDetail], traits: FaceTraits, wanted: frozenset[str]) -> None:
    columns: dict[str, tuple[str, Iterable[Any]]] = {
        _POINTS: ("landmarks", _points(traits.landmarks, POINT_NAMES)),
        "AGE_RANGE": ("age_range", ([AgeRange(*map(round, years)) if years else None for years in _whole(traits.age)])),
        "GENDER": ("gender", map(_gender, traits.male.tolist())),
        "EMOTIONS": ("emotions", map(_emotions, traits.emotions)),
        "SMILE": ("smile", map(_yes, traits.smile.tolist())),
        "EYES_OPEN": ("eyes_open", map(_yes, traits.eyes_open.tolist())),
        "MOUTH_OPEN": ("mouth_open", map(_yes, traits.mouth_open.tolist())),
        "EYE_DIRECTION": ("eye_direction", ([EyeDirection(*angles) if angles else None for angles in _whole(traits.gaze)])),
    }
    for name in wanted:
        member, values = columns[name]
        for detail, value in zip(details, values, strict=True):
            if value is not None:
                setattr(detail, member, value)


def _whole(rows: Array) -> Iterator[list[float] | None]:
    """Rows of (N, K) that lack nothing."""
    known: Array = np.asarray(np.isfinite(rows).all(axis=1))
    for values, there in zip(rows.tolist(), known.tolist(), strict=True):
        yield values if there else None


def _points(points: Array, names: tuple[str, ...]) -> list[list[Landmark] | None]:
    """The points (N, P, 2) that are known; None where none is."""
    known: Array = np.asarray(np.isfinite(points).all(axis=2))
    return [
        [Landmark(name, x, y) for name, (x, y), there in zip(names, row, seen, strict=True) if there] or None
        for row, seen in zip(points.tolist(), known.tolist(), strict=True)
    ]


def _percent(probability: float) -> float:
    return float(min(np.float32(100) * np.float32(probability), np.float32(100)))


def _yes(probability: float) -> Yes | None:
    return None if np.isnan(probability) else Yes(probability >= 0.5, _percent(max(probability, 1 - probability)))


def _gender(male: float) -> Gender | None:
    return None if np.isnan(male) else Gender("Male" if male >= 0.5 else "Female", _percent(max(male, 1 - male)))


def _emotions(probabilities: Array) -> list[Emotion] | None:
    """Those that the pack can tell, the surest first (SPEC R42)."""
    known = [
        Emotion(name, _percent(value)) for name, value in zip(EMOTION_NAMES, probabilities.tolist(), strict=True) if not np.isnan(value)
    ]
    return sorted(known, key=lambda emotion: -emotion.confidence) or None

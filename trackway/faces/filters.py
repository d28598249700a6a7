"""Which faces are good enough to be compared (SPEC R66), and which ones are left out where there are too many.

The bars stand where comparing begins to fail. Faces of 21 people (three photographs each against all others), made worse one way at a time,
were no longer matched with their own kind at the operating point in this share of pairs (2 in 100 untouched):

    width in pixels    64: .02    48: .03    32: .04    24: .09    20: .21    16: .52    12: .93
    sharpness          82: .02    69: .02    34: .06    15: .32     7: .89
    brightness         58: .02    23: .02    11: .04     6: .16     3: .92
    and too much of it            88: .30    95: .88

Wrong matches became fewer, never more: what a filter saves is misses, not mistakes.
"""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections

__all__ = ["ALL_GLARE", "BARS", "FULL_BRIGHTNESS", "FULL_SHARPNESS", "GLARE", "Bars", "Level", "Reason", "face_quality", "reasons"]

Array = npt.NDArray[Any]
Level = Literal["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"]


class Reason(enum.StrEnum):
    """Why a face is left out; Rekognition's words."""

    EXCEEDS_MAX_FACES = "EXCEEDS_MAX_FACES"
    EXTREME_POSE = "EXTREME_POSE"
    LOW_BRIGHTNESS = "LOW_BRIGHTNESS"
    LOW_SHARPNESS = "LOW_SHARPNESS"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    SMALL_BOUNDING_BOX = "SMALL_BOUNDING_BOX"
    LOW_FACE_QUALITY = "LOW_FACE_QUALITY"


class Bars(NamedTuple):
    """What a face needs to pass a level.

    Attributes:
        side_px: shorter side of its box at least.
        sharpness, brightness: `Detections.quality` at least, 0..100.
        confidence: of the detector at least, 0..1.
        yaw, pitch: degrees to either side at most. Roll does not matter, since faces are turned upright before they are compared.
        quality: `face_quality` at least; for a face that clears every bar above, but several of them barely.
    """

    side_px: float
    sharpness: float
    brightness: float
    confidence: float
    yaw: float
    pitch: float
    quality: float


_MEDIUM = Bars(side_px=24, sharpness=20, brightness=7, confidence=0.6, yaw=45, pitch=40, quality=0.1)
BARS = MappingProxyType(
    {
        "LOW": Bars(side_px=16, sharpness=10, brightness=4, confidence=0.55, yaw=60, pitch=50, quality=0.03),
        "AUTO": _MEDIUM,
        "MEDIUM": _MEDIUM,
        "HIGH": Bars(side_px=40, sharpness=40, brightness=12, confidence=0.7, yaw=30, pitch=30, quality=0.3),
    }
)
"""Level -> its bars. AUTO is MEDIUM, beyond which most faces are not matched any more."""

_FULL_SIDE_PX, FULL_SHARPNESS, FULL_BRIGHTNESS = 48, 60, 25
"""More of it does not make a face easier to compare."""

GLARE, ALL_GLARE = 77, 97
"""Brightness from which more of it makes a face harder to compare, and at which nothing is left."""


def reasons(faces: Detections, level: Level, size: tuple[int, int]) -> list[list[Reason]]:
    """Why each face does not pass; an empty list for one that does.

    Args:
        faces: (N,) described rows of one picture.
        level: NONE lets everything pass.
        size: (width, height) of the picture in pixels.
    """
    if level == "NONE":
        return [[] for _ in range(len(faces))]
    bars = BARS[level]
    yaw, pitch = np.abs(faces.pose[:, 1]), np.abs(faces.pose[:, 2])
    # What is not known does not pass: pose without points, quality of a box outside the picture.
    fails = {
        Reason.EXTREME_POSE: ~((yaw <= bars.yaw) & (pitch <= bars.pitch)),
        Reason.LOW_BRIGHTNESS: ~(faces.quality[:, 0] >= bars.brightness),
        Reason.LOW_SHARPNESS: ~(faces.quality[:, 1] >= bars.sharpness),
        Reason.LOW_CONFIDENCE: ~(faces.score >= bars.confidence),
        Reason.SMALL_BOUNDING_BOX: ~(_sides(faces, size) >= bars.side_px),
    }
    poor = (face_quality(faces, size) < bars.quality) & ~np.any(list(fails.values()), axis=0)
    fails[Reason.LOW_FACE_QUALITY] = poor
    return [[reason for reason, rows in fails.items() if rows[row]] for row in range(len(faces))]


def face_quality(faces: Detections, size: tuple[int, int]) -> Array:
    """(N,) 0..1, how well each face can be compared: a product, so that one bad side spoils it and several mediocre ones too.

    Args:
        faces: (N,) described rows of one picture.
        size: (width, height) of the picture in pixels.
    """
    turned = np.cos(np.radians(faces.pose[:, 1:].astype(np.float64))).clip(0, 1)
    factors = [
        _sides(faces, size) / _FULL_SIDE_PX,
        faces.quality[:, 1] / FULL_SHARPNESS,
        faces.quality[:, 0] / FULL_BRIGHTNESS,
        (ALL_GLARE - faces.quality[:, 0]) / (ALL_GLARE - GLARE),
        faces.score,
        turned.prod(axis=1),
    ]
    quality: Array = np.nan_to_num(np.prod(np.clip(factors, 0, 1), axis=0))
    return quality


def _sides(faces: Detections, size: tuple[int, int]) -> Array:
    """(N,) shorter sides of the boxes in pixels."""
    sides: Array = (faces.box[:, 2:] * np.array(size)).min(axis=1)
    return sides

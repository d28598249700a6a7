"""The best sights of a person's face: those to show, to keep, and to compare.

A sight's quality is the product of four factors from 0 to 1, so that one bad side spoils it:

    size         shorter side of the box over 112 pixels, the side of the pictures that faces are compared in; more shows no more of it
    sharpness    `Detections.quality` over 60, from which on comparing no longer improves (`faces.filters`)
    frontality   cos(yaw)^2 cos(pitch)^2 of the head: what is turned away is seen shortened, and covered by the rest. Roll does not matter
    exposure     1 for brightnesses from 25 to 77, falling in straight lines to 0 at black and at 97 (`faces.filters`)

The bars are those beyond which faces are matched no better (measured, see `faces.filters`), but for the size: where one of many sights is
chosen for people to look at, the larger is the better.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections, Tracks
from trackway.faces.filters import ALL_GLARE, FULL_BRIGHTNESS, FULL_SHARPNESS, GLARE

__all__ = ["best_rows", "shot_quality"]

Array = npt.NDArray[Any]

_FULL_SIDE_PX = 112


def shot_quality(faces: Detections | Tracks, size: tuple[int, int]) -> Array:
    """(N,) 0..1 how good each sight is; 0 where there is no face, or nothing is known of it.

    Args:
        faces: (N,) with pose and quality.
        size: (width, height) of the picture in pixels.
    """
    box = faces.face_box if isinstance(faces, Tracks) else faces.box
    brightness, sharpness = faces.quality.astype(np.float64).T
    turned = np.cos(np.radians(faces.pose[:, 1:].astype(np.float64))).clip(0, 1)
    factors = [
        (box[:, 2:] * np.array(size)).min(axis=1) / _FULL_SIDE_PX,
        sharpness / FULL_SHARPNESS,
        (turned**2).prod(axis=1),
        np.minimum(brightness / FULL_BRIGHTNESS, (ALL_GLARE - brightness) / (ALL_GLARE - GLARE)),
    ]
    quality: Array = np.nan_to_num(np.prod(np.clip(factors, 0, 1), axis=0))
    return quality


def best_rows(person: Array, time_ms: Array, quality: Array, *, count: int, apart_ms: int) -> dict[int, Array]:
    """The best sights of every person, spread over time: the best one, then the best of those far enough from it, and so on.

    Args:
        person: (N,) whose face it is.
        time_ms: (N,) when.
        quality: (N,) from `shot_quality`; rows of quality 0 are no sights.
        count: sights of a person at most.
        apart_ms: no two of them are closer than this. Higher shows more of a person's variety, and worse sights.

    Returns:
        Person -> rows, best first; of equal ones the earliest. A person without a sight is left out.
    """
    best: dict[int, list[int]] = {}
    sights = np.flatnonzero(quality > 0)
    for row in sights[np.lexsort((time_ms[sights], -quality[sights]))].tolist():
        chosen = best.setdefault(int(person[row]), [])
        if len(chosen) < count and all(abs(int(time_ms[row]) - int(time_ms[other])) >= apart_ms for other in chosen):
            chosen.append(row)
    return {each: np.array(rows, np.int64) for each, rows in sorted(best.items()) if rows}

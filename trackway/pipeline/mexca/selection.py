"""Which faces of a picture are told of, and in which order (SPEC M4, M22)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections

__all__ = ["DEFAULT_THRESHOLD", "Selection", "as_score", "large_enough", "select"]

Array = npt.NDArray[Any]
Selection = Literal["probability", "largest", "largest_over_threshold", "center_weighted_size", "num_faces"]

DEFAULT_THRESHOLD = 0.7
"""Of MTCNN's last network."""
_CERTAIN = 0.9
"""On MTCNN's scale, what counts for `largest_over_threshold`."""
_FROM_CENTRE = 2.0
"""By how much the squared distance from the picture's centre counts against the area."""


def as_score(threshold: float, own: float) -> float:
    """The score of another detector that stands for a threshold of MTCNN's last network.

    A straight line from 0 over the defaults of both to 1.

    Args:
        threshold: 0..1.
        own: the default of the other detector.
    """
    if threshold <= DEFAULT_THRESHOLD:
        return own * threshold / DEFAULT_THRESHOLD
    return own + (1 - own) * (threshold - DEFAULT_THRESHOLD) / (1 - DEFAULT_THRESHOLD)


def large_enough(faces: Detections, size: Array, least: tuple[float, float], rule: Literal["and", "or"]) -> Array:
    """(N,) bool: width and height, or either, reach `least` pixels in a picture of (width, height) `size`."""
    enough = faces.box[:, 2:] * size >= np.asarray(least)
    return np.asarray(enough.all(axis=1) if rule == "and" else enough.any(axis=1))


def select(faces: Detections, size: Array, method: Selection, *, largest: bool, keep_all: bool, most: int | None, own: float) -> Array:
    """Rows of the faces that are told of, first come first.

    Args:
        faces: (N,) of one picture.
        size: its width and height in pixels.
        method: "probability", "largest": by that; "largest_over_threshold": by size, those that are certain; "center_weighted_size": by
            area less twice the squared distance from the centre, in pixels; "num_faces": as `largest` says, `most` of them at most.
        largest: for "num_faces", by size rather than probability.
        keep_all: all; else the first.
        most: for "num_faces"; None for all.
        own: default score of the detector, see `as_score`.
    """
    box = faces.box.astype(np.float64) * np.tile(size, 2)
    area = box[:, 2:].prod(axis=1)
    by_size = method in ("largest", "largest_over_threshold") or (method == "num_faces" and largest)
    worth = area if by_size else faces.score
    if method == "center_weighted_size":
        away = box[:, :2] + box[:, 2:] / 2 - np.asarray(size) / 2
        worth = area - _FROM_CENTRE * (away**2).sum(axis=1)
    rows = np.argsort(-worth, kind="stable")
    if method == "largest_over_threshold":
        rows = rows[faces.score[rows] > as_score(_CERTAIN, own)]
    if method == "num_faces":
        rows = rows[:most]
    return rows if keep_all else rows[:1]

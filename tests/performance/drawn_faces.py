"""Photographs in which a face is bent as an action unit bends it: whether a network's mesh follows is then known without marked units.

Vertices are moved and the picture with them. Nothing is drawn that was not there before, so creases and shadows are lacking.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.interpolate import LinearNDInterpolator

__all__ = ["DRAWN", "bent", "drawn"]

Array = npt.NDArray[Any]

DRAWN = {"AU11": "fold", "AU12": "cornerOut", "AU14": "cornerThickness", "AU23": "mouthWidth", "AU28": "thickness"}
"""Unit -> the measure that changes most."""

_UPPER_RIM = {0: 13, 37: 82, 267: 312, 39: 81, 269: 311, 40: 80, 270: 310, 185: 191, 409: 415}
_LOWER_RIM = {17: 14, 84: 87, 314: 317, 181: 178, 405: 402, 91: 88, 321: 318, 146: 95, 375: 324}
_RIMS = _UPPER_RIM | _LOWER_RIM
"""Vertex of a lip's outer rim -> the one of the inner rim across the red."""
_AT_CORNERS, _NEXT_TO_THEM = (185, 409, 146, 375), (40, 270, 91, 321)
_CORNERS = (61, 291, 78, 308)
_UNDER_CORNERS = (43, 273, 106, 335, 202, 422, 182, 406)
_FOLDS, _BESIDE_FOLDS = (36, 266, 203, 423, 206, 426), (142, 371, 205, 425, 50, 280, 101, 330, 92, 322, 165, 391)
_ON_THE_RED = (
    *(11, 12, 15, 16, 38, 268, 41, 271, 42, 272, 183, 407, 184, 408, 72, 302, 73, 303, 74, 304, 76, 306, 62, 292),
    *(77, 307, 90, 320, 180, 404, 85, 315, 86, 316, 179, 403, 89, 319, 96, 325),
)
"""Vertices between the rims: they go where these take them."""


def drawn(mesh: Array, unit: str) -> Array:
    """(468, 3) the mesh, in pixels, with that unit as strong as it gets."""
    left, right = (mesh[list(eye), :2].mean(axis=0) for eye in ((33, 133), (263, 362)))
    aside = (right - left) / np.hypot(*(right - left))
    axes = np.array([aside, [-aside[1], aside[0]]])
    centimetre = np.hypot(*(right - left)) / 6.3
    before = (mesh[:, :2] - mesh[2, :2]) @ axes.T / centimetre
    after = before.copy()
    outwards = np.sign(before[:, 0])
    if unit == "AU11":
        for vertices, share in ((_FOLDS, 1.0), (_BESIDE_FOLDS, 0.5)):
            for vertex in vertices:
                after[vertex] += share * np.array([0.12 * outwards[vertex], -0.3])
    elif unit == "AU12":
        for vertex in (*_CORNERS, *_AT_CORNERS, 57, 287):
            after[vertex] += [0.45 * outwards[vertex], -0.4]
    elif unit == "AU14":
        _thin(after, before, dict.fromkeys(_AT_CORNERS, 0.8) | dict.fromkeys(_NEXT_TO_THEM, 0.5))
        after[list(_CORNERS), 0] += 0.12 * outwards[list(_CORNERS)]
        after[list(_UNDER_CORNERS), 1] -= 0.15
    elif unit == "AU23":
        _thin(after, before, dict.fromkeys(_RIMS, 0.4))
        lips = [*_RIMS, *_RIMS.values(), *_CORNERS]
        after[lips, 0] -= 0.16 * (after[lips, 0] - before[13, 0])
    else:
        _thin(after, before, dict.fromkeys(_RIMS, 0.9))
    moved = mesh.copy()
    moved[:, :2] += (after - before) @ axes * centimetre
    return moved


def bent(rgb: Array, before: Array, after: Array) -> Array:
    """(H, W, 3) the picture, with what lies at one mesh's vertices moved to the other's."""
    height, width = rgb.shape[:2]
    kept = np.setdiff1d(np.arange(len(before)), _ON_THE_RED)
    far = np.array([[-width, -height], [2 * width, -height], [-width, 2 * height], [2 * width, 2 * height]], np.float64)
    back = LinearNDInterpolator(np.concatenate([after[kept, :2], far]), np.concatenate([before[kept, :2], far]))
    source = back(*np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)
    return np.asarray(cv2.remap(rgb, source[..., 0], source[..., 1], cv2.INTER_CUBIC), np.uint8)


def _thin(after: Array, before: Array, shares: dict[int, float]) -> None:
    """Takes vertices of the outer rims that share of the way to the inner ones."""
    for vertex, share in shares.items():
        after[vertex] += share * (before[_RIMS[vertex]] - before[vertex])

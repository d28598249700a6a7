"""Faces of one picture of any size and shape: near and far ones, and those of a picture that lies on its side.

The network sees few shapes, because each one costs a session: the picture, shrunk to a long side of `LONG_SIDE` pixels, in the corner of a
canvas. Where nothing is seen, or only heads that lie, the picture is turned. Where what is seen is small, or there is nothing either way,
it is looked at again larger, in tiles that overlap by more than the largest face that counts there.
"""

from __future__ import annotations

import itertools
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trackway.detection.candidates import MAXIMUM, Candidates, overlaps, shared_areas, survivors
from trackway.detection.detector import Detector

__all__ = ["LONG_SIDE", "find_faces"]

Array = npt.NDArray[Any]

LONG_SIDE = 640
"""Pixels of a first look, and of a tile."""

_SHORT_SIDES = (384, 480, 640)
_MOST_ENLARGED = 2
"""Of a picture that is smaller than a look: more shows no more."""

_SMALL_PX = 24
"""A face that is smaller than this in a look suggests that there are others which are too small to be seen in it."""

_CLOSEST = 4 * LONG_SIDE
"""Long side of the largest look: a face that Rekognition finds, 40 pixels of 1920, has 53 there."""

_OVERLAP = 160
_LARGEST_PX = 128
"""In tiles larger faces do not count: the look before saw them well, and a tile may show a part of one."""

_RIM_PX = 8
"""A box that ends nearer to a tile's inner border may have been cut by it; another tile shows that face whole."""

_INSIDE = 0.7
"""Share of the smaller box: two looks may draw one face quite differently."""


def find_faces(detector: Detector, rgb: Array) -> Candidates:
    """Faces by falling score, `candidates.MAXIMUM` at most, as ratios of the picture.

    The five points of a face keep their names when the picture lies on its side: eyeLeft is the left one of an upright face.

    Args:
        detector: of faces.
        rgb: (H, W, 3) uint8.
    """
    for turns in range(4):
        found = _glance(detector, rgb, turns)
        if len(found.score):
            break
    else:
        return _closer(detector, rgb, found)
    # Heads that lie are found too, but drawn badly: they deserve to be seen upright.
    upright = (turns + _lean(found, np.rot90(rgb, turns))) % 4
    if upright != turns:
        again = _glance(detector, rgb, upright)
        turns, found = (upright, again) if again.score.sum() > found.score.sum() else (turns, found)
    return _turned_back(_closer(detector, np.rot90(rgb, turns), found), turns)


def _glance(detector: Detector, rgb: Array, turns: int) -> Candidates:
    """The first look at the picture turned anticlockwise by so many quarters."""
    return _look(detector, np.rot90(_scaled(rgb, min(LONG_SIDE, _MOST_ENLARGED * max(rgb.shape[:2]))), turns))


def _lean(found: Candidates, rgb: Array) -> int:
    """By how many quarters clockwise most heads lean."""
    eyes = (found.landmarks[:, 1] - found.landmarks[:, 0]) * (rgb.shape[1], rgb.shape[0])
    across = eyes @ np.array([1, 1j])
    mean = (found.score * across / np.maximum(np.abs(across), 1e-9)).sum()
    return round(float(np.angle(mean, deg=True)) / 90)


def _closer(detector: Detector, rgb: Array, found: Candidates) -> Candidates:
    """What is seen with ever larger looks, for as long as there may be something to gain."""
    long, most = LONG_SIDE, min(_CLOSEST, max(rgb.shape[:2]))
    while long < most and _smallest(found, rgb) * long < _SMALL_PX:
        long = min(2 * long, most)
        found = _strongest([found, *_tiles(detector, _scaled(np.ascontiguousarray(rgb), long))], detector.overlap)
        if not len(found.score):
            break
    return found


def _smallest(found: Candidates, rgb: Array) -> float:
    """The longer side of the smallest face, as a share of the picture's longer side; 0 where there is none."""
    height, width = rgb.shape[:2]
    sides = (found.box[:, 2:] * (width, height)).max(axis=1) / max(width, height)
    return float(sides.min()) if len(sides) else 0.0


def _scaled(rgb: Array, long: int) -> Array:
    """The picture with that long side."""
    height, width = rgb.shape[:2]
    scale = long / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return rgb if size == (width, height) else cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _look(detector: Detector, picture: Array) -> Candidates:
    """One look at a picture, or a tile, that is at most `LONG_SIDE` wide and high; as ratios of it."""
    height, width = picture.shape[:2]
    short = next(side for side in _SHORT_SIDES if side >= min(height, width))
    canvas = np.zeros((LONG_SIDE, short, 3) if height > width else (short, LONG_SIDE, 3), np.uint8)
    canvas[:height, :width] = picture
    (seen,) = detector.look(canvas[None])
    scale = np.array([canvas.shape[1], canvas.shape[0]], np.float32) / np.array([width, height], np.float32)
    return Candidates(seen.box * np.tile(scale, 2), seen.score, seen.landmarks * scale)


def _tiles(detector: Detector, picture: Array) -> list[Candidates]:
    """The small faces that each tile shows whole, as ratios of the picture."""
    size = np.array([picture.shape[1], picture.shape[0]])
    tile = np.minimum(size, LONG_SIDE)
    parts = []
    for corner in itertools.product(*(_starts(int(length)) for length in size)):
        left, top = corner
        seen = _look(detector, picture[top : top + tile[1], left : left + tile[0]])
        near, sides = seen.box[:, :2] * tile + corner, seen.box[:, 2:] * tile
        begins = (np.array(corner) == 0) | (near >= np.array(corner) + _RIM_PX)
        ends = (corner + tile == size) | (near + sides <= corner + tile - _RIM_PX)
        counts = np.all(begins & ends & (sides < _LARGEST_PX), axis=1)
        box = np.hstack([near, sides]) / np.tile(size, 2)
        landmarks = (seen.landmarks * tile + corner) / size
        parts.append(Candidates(box.astype(np.float32), seen.score, landmarks.astype(np.float32))[counts])
    return parts


def _starts(length: int) -> list[int]:
    """Where tiles begin along a side."""
    last = max(0, length - LONG_SIDE)
    count = 1 + -(-last // (LONG_SIDE - _OVERLAP))
    return [round(last * tile / max(1, count - 1)) for tile in range(count)]


def _strongest(looks: list[Candidates], overlap: float) -> Candidates:
    """What several looks say together: of boxes that overlap, or lie mostly inside another, the stronger stays."""
    found = Candidates.concatenate(looks)
    ranked = found[np.argsort(-found.score, kind="stable")[: 4 * MAXIMUM]]
    area = ranked.box[:, 2:].prod(axis=1)
    inside = shared_areas(ranked.box, ranked.box) > _INSIDE * np.minimum(area[:, None], area)
    return ranked[survivors((overlaps(ranked.box, ranked.box) > overlap) | inside)[:MAXIMUM]]


def _turned_back(found: Candidates, turns: int) -> Candidates:
    """As ratios of the picture that was turned anticlockwise `turns` times by 90 degrees."""
    corners = np.stack([found.box[:, :2], found.box[:, :2] + found.box[:, 2:]], axis=1)
    points = found.landmarks
    for _ in range(turns):
        corners, points = (np.stack([1 - xy[..., 1], xy[..., 0]], axis=-1) for xy in (corners, points))
    low, high = corners.min(axis=1), corners.max(axis=1)
    return Candidates(np.hstack([low, high - low]), found.score, points)

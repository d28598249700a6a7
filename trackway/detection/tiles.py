"""Small people: the picture is looked at whole, and once more in overlapping tiles, which the network sees larger.

The network's input keeps its shape, so that every look runs in the same session and on a GPU in the same batch. Two by two tiles that
overlap by a quarter enlarge by 1.75. (F. C. Akyon et al., "Slicing Aided Hyper Inference and Fine-Tuning for Small Object Detection",
2022.)
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.detection.candidates import MAXIMUM, Candidates, shared_areas, survivors
from trackway.detection.detector import Detector, FrameSize, as_detections

__all__ = ["LOOKS", "ZOOM", "TiledDetector", "merge", "tile_corners"]

Array = npt.NDArray[Any]

ZOOM = 1.75
"""How much larger the tiles show the picture; two to a side then overlap by a quarter."""

LOOKS = 5
"""Runs of the network for one picture."""

_RIM_PX = 4  # a cell of the network
_RIM = 0.1
"""A box that ends nearer to a tile's inner border than a cell and this share of its side was cut by it, and drawn a little inexactly."""

_INSIDE = 0.8  # share of the smaller box
_PART = 1 / 3  # of the larger one's area; whoever is smaller is somebody further away


class TiledDetector:
    """A detector that finds smaller ones too, for `LOOKS` times the work. Holds nothing of the pictures; threads may share it.

    Args:
        detector: does the looks.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def input_size(self, info: FrameSize) -> tuple[int, int]:
        """(width, height) to which frames of this video are scaled for `detect`."""
        width, height = self._detector.input_size(info)
        return round(width * ZOOM), round(height * ZOOM)

    def detect(self, images: Array, frame: npt.ArrayLike, time_ms: npt.ArrayLike) -> Detections:
        """What is seen in each picture, by picture and falling score.

        Args:
            images: (B, height, width, 3) uint8 RGB of `input_size`.
            frame: (B,) source frame numbers, which the rows repeat.
            time_ms: (B,) their times.
        """
        height, width = images.shape[1:3]
        corners, tile = tile_corners(width, height)
        views = np.empty((len(images), LOOKS, tile[1], tile[0], 3), np.uint8)
        for image, (whole, *parts) in zip(images, views, strict=True):
            cv2.resize(image, tile, whole, interpolation=cv2.INTER_AREA)
            for (left, top), part in zip(corners, parts, strict=True):
                part[:] = image[top : top + tile[1], left : left + tile[0]]
        looks = self._detector.look(views.reshape(-1, *views.shape[2:]))
        overlap = self._detector.overlap
        found = [merge(looks[start : start + LOOKS], (width, height), overlap) for start in range(0, len(looks), LOOKS)]
        return as_detections(found, frame, time_ms)


def tile_corners(width: int, height: int) -> tuple[Array, tuple[int, int]]:
    """Where the tiles of an enlarged picture are: (4, 2) int64 left and top, and width and height of each; pixels."""
    tile = round(width / ZOOM), round(height / ZOOM)
    corners = itertools.product((0, height - tile[1]), (0, width - tile[0]))
    return np.array([(left, top) for top, left in corners]), tile


def merge(looks: Sequence[Candidates], size: tuple[int, int], overlap: float) -> Candidates:
    """What all looks at one picture say together, by falling score; scores mean the same in all of them.

    Whoever fits into the overlap of the tiles is seen whole by one of them, and larger: the look at the whole picture counts for the others
    only. Boxes that a tile's inner border cuts are dropped. Of two boxes that overlap, or from two looks and one mostly inside the other
    without being much smaller, the stronger stays. The order of boxes within a look does not matter.

    Args:
        looks: boxes of the whole picture, then of each tile in the order of `tile_corners`, as ratios of what was looked at.
        size: width and height of the enlarged picture.
        overlap: of two boxes with a higher intersection over union the weaker is dropped.
    """
    corners, tile = tile_corners(*size)
    whole, *tiles = looks
    sides = whole.box[:, 2:] * size
    fits: Array = np.all(sides + 2 * _rim(sides) < 2 * np.array(tile) - size, axis=1)
    parts = [whole[~fits], *(_uncut(part, corner, tile, size) for part, corner in zip(tiles, corners, strict=True))]
    return _strongest(parts, overlap)


def _uncut(part: Candidates, corner: Array, tile: tuple[int, int], size: tuple[int, int]) -> Candidates:
    """Boxes of a tile as ratios of the picture, without those that an inner border cuts."""
    near, sides = part.box[:, :2] * tile + corner, part.box[:, 2:] * tile
    rim = _rim(sides)
    begins = (corner == 0) | (near >= corner + rim)  # none of a tile's borders that are the picture's own cuts anything
    ends = (corner + tile == size) | (near + sides <= corner + tile - rim)
    uncut: Array = np.all(begins & ends, axis=1)
    box = np.hstack([near, sides]) / np.tile(size, 2)
    landmarks = (part.landmarks * tile + corner) / size
    return Candidates(box.astype(np.float32), part.score, landmarks.astype(np.float32))[uncut]


def _rim(sides: Array) -> Array:
    """(N, 2) pixels that boxes of these sides must keep from an inner border to count as whole."""
    rim: Array = _RIM_PX + _RIM * sides
    return rim


def _strongest(parts: Sequence[Candidates], overlap: float) -> Candidates:
    found = Candidates.concatenate(parts)
    look = np.repeat(np.arange(len(parts)), [len(part.score) for part in parts])
    order = np.lexsort((*found.box.T, -found.score))[: 4 * MAXIMUM]
    ranked, look = found[order], look[order]
    area = ranked.box[:, 2:].prod(axis=1)
    shared = shared_areas(ranked.box, ranked.box)
    smaller, larger = np.minimum(area[:, None], area), np.maximum(area[:, None], area)
    is_same = shared > overlap * (smaller + larger - shared)
    is_part = (shared > _INSIDE * smaller) & (smaller > _PART * larger) & (look[:, None] != look)
    return ranked[survivors(is_same | is_part)[:MAXIMUM]]

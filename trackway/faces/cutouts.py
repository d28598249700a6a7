"""One face's surroundings as pixels, cut out once for everything that is read in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Cut", "Cutout", "cut_face", "of_picture", "square"]

Array = npt.NDArray[Any]
Cut = Callable[[Array], tuple[Array, Array]]
"""(4,) box in ratios of the picture -> its pixels (h, w, 3) uint8 RGB at full resolution, and the box that they really show; such as
`media.crop.Cropper.rgb` of one frame."""

_MARGIN = 0.6
"""Share of a face's box that is cut out on each side of it: the mesh is read in a larger square, which may be turned."""


class Cutout(NamedTuple):
    """A part of a picture.

    Attributes:
        pixels: (h, w, 3) uint8 RGB.
        shown: (4,) the box that they show, in ratios of the picture.
    """

    pixels: Array
    shown: Array

    @property
    def size(self) -> Array:
        """Width, height in pixels."""
        return np.array([self.pixels.shape[1], self.pixels.shape[0]])

    def from_ratios(self, points: Array) -> Array:
        """(..., 2) ratios of the picture -> pixels of this part."""
        inside: Array = (points.astype(np.float64) - self.shown[:2]) / self.shown[2:] * self.size
        return inside

    def to_ratios(self, points: Array) -> Array:
        """The opposite."""
        outside: Array = points / self.size * self.shown[2:] + self.shown[:2]
        return outside

    def box(self, box: Array) -> Array:
        """(4,) a box in ratios of the picture -> left, top, width, height in pixels of this part."""
        corners = self.from_ratios(np.array([box[:2], box[:2] + box[2:]]))
        return np.concatenate([corners[0], corners[1] - corners[0]])

    def share_of(self, box: Array) -> float:
        """Of a box in ratios of the picture, which part these pixels show; 0 for a box without area."""
        left, top, width, height = self.box(box)
        shown = (np.array([left + width, top + height]).clip(0, self.size) - np.array([left, top]).clip(0, self.size)).prod()
        return float(shown / (width * height)) if width * height > 0 else 0.0


def cut_face(cut: Cut, box: Array) -> Cutout | None:
    """The surroundings of a face; None where the picture does not show them.

    Args:
        cut: takes pixels out of the picture: `media.crop.Cropper.rgb` of one frame, or `of_picture` of a still.
        box: (4,) in ratios of it.
    """
    left, top, width, height = box.astype(np.float64)
    grown = 1 + 2 * _MARGIN
    pixels, shown = cut(np.array([left - _MARGIN * width, top - _MARGIN * height, grown * width, grown * height]))
    return Cutout(pixels, shown) if pixels.size else None


def of_picture(rgb: Array) -> Cut:
    """Takes parts out of a whole picture (H, W, 3) without copying."""
    size = np.array([rgb.shape[1], rgb.shape[0]])

    def cut(box: Array) -> tuple[Array, Array]:
        corners = np.array([box[:2], box[:2] + box[2:]]) * size
        if not np.isfinite(corners).all():
            return rgb[:0, :0], np.zeros(4)
        first, last = np.floor(corners[0]).clip(0, size).astype(int), np.ceil(corners[1]).clip(0, size).astype(int)
        return rgb[first[1] : last[1], first[0] : last[0]], np.concatenate([first / size, (last - first) / size])

    return cut


def square(pixels: Array, centre: Array, length: float, turned: float, side: int) -> tuple[Array, Array]:
    """A square of a picture, scaled and turned upright.

    Args:
        pixels: (h, w, 3) uint8.
        centre: (2,) x, y of the square.
        length: of its sides in pixels.
        turned: radians, clockwise, by which it lies askew.
        side: of the answer.

    Returns:
        (side, side, 3) uint8, black where there is no picture; (3, 2) float64 by which [x, y, 1] of it becomes x, y of `pixels`.
    """
    scale = length / side
    right = scale * np.array([np.cos(turned), np.sin(turned)])
    down = np.array([-right[1], right[0]])
    corner = centre - (right + down) * side / 2
    back = np.stack([right, down, corner])
    shrunk = min(1.0, 2 / scale)  # bilinear sampling would skip pixels
    if shrunk < 1:
        pixels = cv2.resize(pixels, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
    # Coordinates begin at the edge of the first pixel here, and in its middle there.
    matrix = shrunk * np.stack([right, down, corner + (right + down) / 2], axis=1)
    matrix[:, 2] -= 0.5
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(pixels, matrix, (side, side), flags=how), np.uint8), back

"""Where in a picture faces can be: at the upper ends of bodies.

The face network sees the part of the picture that holds every head, at the scale at which it would see the whole. Parts come in eight
shapes, because every shape costs a session of the network: heads lie beside each other more often than above, so that a part's height is
chosen more finely than its width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections

__all__ = ["Part", "part_with_heads"]

Array = npt.NDArray[Any]

_GRID = 32
"""Parts begin and end at multiples of the networks' coarsest stride, so that cells lie as in the whole picture."""

_WIDTHS, _HEIGHTS = (6,), (6, 8, 9)
"""Twelfths of the picture that a part may be wide and high, if it is smaller."""

_LEAST_BODY_PX = 48
"""A body less high, in the network's input, has a face of at most ten pixels if it fills half of what is seen of the body."""

_HEAD_SHARE = 0.4
"""Of a body's height, from the top, that may hold the face: people bend and sit."""
_CUT_PX = 8
"""A body that ends so near to the picture's lower edge goes on below it: the face may be anywhere."""
_MARGIN = 0.15
"""Of a body's width to every side, by which its box may be wrong,"""
_MARGIN_PX = 16
"""and what a face needs around it."""


class Part(NamedTuple):
    """A part of a picture that was scaled to the network's input size; pixels of that."""

    left: int
    top: int
    width: int
    height: int

    def of(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The part of (height, width, 3) pixels."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]

    def in_whole(self, found: Detections, size: tuple[int, int]) -> Detections:
        """What was seen in the part, as ratios of the whole picture of (width, height) `size`."""
        scale, corner = np.array([self.width, self.height]) / size, np.array([self.left, self.top]) / size
        box = found.box * np.tile(scale, 2) + np.concatenate([corner, np.zeros(2)])
        return found.replace(box=box, landmarks=found.landmarks * scale + corner)


def part_with_heads(bodies: Detections, size: tuple[int, int]) -> Part | None:
    """The smallest part in which the faces of all bodies of one frame are; None where nobody is near enough to have a visible face.

    Args:
        bodies: of any score: a weak body may well have a clear face.
        size: width and height of the network's input for the whole picture; multiples of 32.
    """
    width, height = size
    box = bodies.box * np.array([width, height, width, height])
    box = box[box[:, 3] >= _LEAST_BODY_PX]
    if not len(box):
        return None
    bottom = box[:, 1] + box[:, 3]
    heads = np.where(bottom > height - _CUT_PX, bottom, box[:, 1] + _HEAD_SHARE * box[:, 3])
    margin = _MARGIN * box[:, 2] + _MARGIN_PX
    left, right = _side((box[:, 0] - margin).min(), (box[:, 0] + box[:, 2] + margin).max(), width, _WIDTHS)
    top, low = _side((box[:, 1] - margin).min(), (heads + margin).max(), height, _HEIGHTS)
    return Part(left, top, right - left, low - top)


def _side(first: float, last: float, length: int, twelfths: tuple[int, ...]) -> tuple[int, int]:
    """The smallest of some parts of a side that holds `first` to `last`, or the whole side."""
    for share in twelfths:
        part = -(-share * length // (12 * _GRID)) * _GRID
        start = int(np.clip((first + last - part) / 2, 0, length - part)) // _GRID * _GRID
        if start <= max(first, 0) and min(last, length) <= start + part:
            return start, start + part
    return 0, length

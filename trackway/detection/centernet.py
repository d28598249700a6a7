"""CenterNet with left, top, right, bottom distances: a person is a peak of a heat map.

Outputs, in the pack's order: distances (B, 4, h, w) from the peak's cell to the box's sides in input pixels, and heat (B, 1, h, w)
after the sigmoid; a cell is 4 x 4 input pixels. Coordinates name pixels by their middle, as the flipped pictures of the training do
(x -> width - 1 - x): the edges of ours lie half a pixel further right and down. (X. Zhou et al., "Objects as Points", 2019.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trackway.detection.candidates import Candidates

__all__ = ["decode"]

_STRIDE = 4
_MIDDLE = 0.5
_NEIGHBOURS = np.ones((3, 3), np.uint8)


def decode(outputs: Sequence[npt.NDArray[Any]], score: float) -> Candidates:
    """Boxes of one picture.

    Args:
        outputs: distances (4, h, w) and heat (1, h, w).
        score: peaks up to this heat are dropped.
    """
    distances, heat = outputs[0], outputs[1][0]
    rows, columns = np.nonzero((heat > score) & (heat == cv2.dilate(heat, _NEIGHBOURS)))
    left, top, right, bottom = distances[:, rows, columns]
    x, y = columns * _STRIDE + _MIDDLE, rows * _STRIDE + _MIDDLE
    box = np.stack([x - left, y - top, left + right, top + bottom], axis=1)
    size = np.array([heat.shape[1], heat.shape[0]] * 2) * _STRIDE
    landmarks = np.empty((len(box), 0, 2), np.float32)
    return Candidates((box / size).astype(np.float32), heat[rows, columns], landmarks)

"""CenterFace: a face is a warm cell of a heat map, with its size, its offset within the cell and five points.

Outputs, in the pack's order: heat (B, 1, h, w); log size (B, 2, h, w), height and width in cells; offset (B, 2, h, w), y and x in
cells; points (B, 10, h, w), y and x in turn, as shares of the box. A cell is 4 x 4 input pixels. Warm cells next to a peak are left to
the choice among overlapping boxes. (Y. Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.detection.candidates import Candidates

__all__ = ["decode"]

_LARGEST_LOG = 10.0  # e^10 cells are larger than any picture; keeps a broken cell finite


def decode(outputs: Sequence[npt.NDArray[Any]], score: float) -> Candidates:
    """Boxes and points of one picture.

    Args:
        outputs: heat (1, h, w), log size (2, h, w), offset (2, h, w), points (10, h, w).
        score: cells up to this heat are dropped.
    """
    heat, log_size, offset, points = outputs
    rows, columns = np.nonzero(heat[0] > score)
    height, width = np.exp(np.minimum(log_size[:, rows, columns], _LARGEST_LOG))
    left = columns + offset[1, rows, columns] + 0.5 - width / 2
    top = rows + offset[0, rows, columns] + 0.5 - height / 2
    x = points[1::2, rows, columns] * width + left  # (5, N)
    y = points[0::2, rows, columns] * height + top
    size = np.array([heat.shape[2], heat.shape[1]])
    box = np.stack([left, top, width, height], axis=1) / np.tile(size, 2)
    landmarks = np.stack([x.T, y.T], axis=2) / size
    return Candidates(box.astype(np.float32), heat[0, rows, columns], landmarks.astype(np.float32))

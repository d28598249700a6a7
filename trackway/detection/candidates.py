"""What a decoder reads out of one picture's tensors, and the choice among boxes that cover the same thing."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["MAXIMUM", "Candidates", "overlaps"]

Array = npt.NDArray[Any]

MAXIMUM = 300
"""Detections kept per picture at most, the strongest; bounds what a picture of noise can cost downstream."""


@dataclasses.dataclass(frozen=True)
class Candidates:
    """Boxes of one picture.

    Attributes:
        box: (N, 4) float32 left, top, width, height as ratios of the picture.
        score: (N,) float32, 0..1.
        landmarks: (N, P, 2) float32 x, y ratios; P is 0 for detectors that give none.
    """

    box: Array
    score: Array
    landmarks: Array

    def strongest(self, overlap: float) -> Candidates:
        """By falling score, without those that overlap a stronger one by more than `overlap` (intersection over union), `MAXIMUM` at most.

        Equal scores keep their order, so that the same tensors always give the same rows.
        """
        order = np.argsort(-self.score, kind="stable")[: 4 * MAXIMUM]
        too_close = overlaps(self.box[order], self.box[order]) > overlap
        alive = np.ones(len(order), bool)
        for row in range(len(order)):
            if alive[row]:
                alive[row + 1 :] &= ~too_close[row, row + 1 :]
        kept = order[alive][:MAXIMUM]
        return Candidates(self.box[kept], self.score[kept], self.landmarks[kept])


def overlaps(first: Array, second: Array) -> Array:
    """(N, M) intersection over union of boxes (N, 4) and (M, 4), left, top, width, height; 0 where both are empty."""
    near = np.maximum(first[:, None, :2], second[None, :, :2])
    far = np.minimum(first[:, None, :2] + first[:, None, 2:], second[None, :, :2] + second[None, :, 2:])
    shared = np.clip(far - near, 0, None).prod(axis=2)
    areas = first[:, 2:].prod(axis=1)[:, None] + second[:, 2:].prod(axis=1)[None, :]
    union = areas - shared
    ratio: Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ratio

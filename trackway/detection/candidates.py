"""What a decoder reads out of one picture's tensors, and the choice among boxes that cover the same thing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["MAXIMUM", "Candidates", "overlaps", "shared_areas", "survivors"]

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

    def __getitem__(self, rows: Array) -> Candidates:
        """The boxes of a boolean mask or an index array, in that order."""
        return Candidates(self.box[rows], self.score[rows], self.landmarks[rows])

    @staticmethod
    def concatenate(parts: Sequence[Candidates]) -> Candidates:
        """All boxes of one part or more, in order."""
        return Candidates(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in dataclasses.fields(Candidates)))

    def strongest(self, overlap: float) -> Candidates:
        """By falling score, without those that overlap a stronger one by more than `overlap` (intersection over union), `MAXIMUM` at most.

        Equal scores keep their order, so that the same tensors always give the same rows.
        """
        ranked = self[np.argsort(-self.score, kind="stable")[: 4 * MAXIMUM]]
        return ranked[survivors(overlaps(ranked.box, ranked.box) > overlap)[:MAXIMUM]]


def survivors(clashes: Array) -> Array:
    """(K,) int rows that are left when each row, in order, removes the later ones that it clashes with; `clashes` is (N, N) bool."""
    alive = np.ones(len(clashes), bool)
    for row in range(len(clashes)):
        if alive[row]:
            alive[row + 1 :] &= ~clashes[row, row + 1 :]
    return np.flatnonzero(alive)


def shared_areas(first: Array, second: Array) -> Array:
    """(N, M) area of the intersection of boxes (N, 4) and (M, 4), left, top, width, height."""
    (left, top, width, height), (other_left, other_top, other_width, other_height) = first.T[..., None], second.T[:, None]
    wide = np.minimum(left + width, other_left + other_width) - np.maximum(left, other_left)
    high = np.minimum(top + height, other_top + other_height) - np.maximum(top, other_top)
    area: Array = np.maximum(wide, 0) * np.maximum(high, 0)
    return area


def overlaps(first: Array, second: Array) -> Array:
    """(N, M) intersection over union of boxes (N, 4) and (M, 4), left, top, width, height; 0 where both are empty."""
    shared = shared_areas(first, second)
    union = first[:, 2:].prod(axis=1)[:, None] + second[:, 2:].prod(axis=1)[None, :] - shared
    ratio: Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ratio

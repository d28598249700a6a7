"""Which faces of neighbouring pictures are one: a person's label must not change from one frame to the next (SPEC 5c).

A face goes on with the one that it overlaps and resembles. Both are asked: place alone would lead across a cut from one person to another,
looks alone are for clustering to judge.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.models.similarity import Similarity
from trackway.tracking.association import match
from trackway.tracking.boxes import overlap_with_margin, to_centre

__all__ = ["FaceTracklets"]

Array = npt.NDArray[Any]

_LEAST_OVERLAP = 0.2
_LEAST_SIMILARITY = 99.0
"""Of neighbouring pictures; across a cut another person may take the same place, and be as alike as two people are sometimes."""
_LOST_SECONDS = 1.0
"""How long a face that is not seen is waited for, and until the next picture at least."""


class FaceTracklets:
    """Numbers faces, picture by picture; numbers count from 0.

    Args:
        similarity: what cosines of the vectors mean.
    """

    def __init__(self, similarity: Similarity) -> None:
        self._least_cosine = similarity.cosine(_LEAST_SIMILARITY)
        self._box = np.zeros((4, 0))
        self._look = np.zeros((0, 0))
        self._number = np.zeros(0, np.int64)
        self._seen = np.zeros(0)
        self._last = 0.0
        self._started = 0

    def update(self, seconds: float, box: Array, look: Array) -> Array:
        """(N,) int64 number of each face of the next picture; -1 for one that nothing is known of.

        Args:
            seconds: of the picture; later than the one before.
            box: (N, 4) left, top, width, height in pixels.
            look: (N, E) unit vectors; NaN where unknown.
        """
        self._keep((self._seen >= self._last) | (seconds - self._seen <= _LOST_SECONDS))
        self._last = seconds
        number = np.full(len(box), -1, np.int64)
        rows = np.flatnonzero(np.isfinite(look).all(axis=1) & (box[:, 2:] > 0).all(axis=1))
        placed, looks = to_centre(box[rows]), look[rows].astype(np.float64)
        if len(rows) and len(self._number):
            overlap = overlap_with_margin(self._box, placed)
            alike = self._look @ looks.T
            ours, theirs = match(np.where(alike >= self._least_cosine, overlap, 0), _LEAST_OVERLAP)
            number[rows[theirs]] = self._number[ours]
        new = rows[number[rows] < 0]
        number[new] = np.arange(self._started, self._started + len(new))
        self._started += len(new)
        self._keep(~np.isin(self._number, number))
        self._box = np.hstack([self._box, placed])
        self._look = np.concatenate([self._look, looks]) if len(self._number) else looks
        self._number = np.concatenate([self._number, number[rows]])
        self._seen = np.concatenate([self._seen, np.full(len(rows), seconds)])
        return number

    def _keep(self, kept: Array) -> None:
        self._box, self._look, self._number, self._seen = self._box[:, kept], self._look[kept], self._number[kept], self._seen[kept]

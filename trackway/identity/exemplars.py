"""A few sights of a track that stand for all of them (SPEC D29)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["exemplars"]

Array = npt.NDArray[Any]

_LEAST = 3
_SIGHTS_EACH = 25
_ROUNDS = 50


def exemplars(vectors: npt.ArrayLike) -> Array:
    """The real sights nearest to the centres of K-means with max(3, N / 25) centres.

    Args:
        vectors: (N, D) of one track; rows with NaN are left out.

    Returns:
        (E,) int64 rows, rising, each once: all of them where there are no more than centres. The first centre is the sight nearest to the
        mean and each further one the sight farthest from those before, so that nothing is left to chance.
    """
    given = np.asarray(vectors, np.float64)
    known = np.flatnonzero(np.isfinite(given).all(axis=1))
    points, wanted = given[known], max(_LEAST, len(known) // _SIGHTS_EACH)
    if len(known) <= wanted:
        return known
    chosen = [int(_squared(points, points.mean(axis=0, keepdims=True))[:, 0].argmin())]
    while len(chosen) < wanted:
        chosen.append(int(_squared(points, points[chosen]).min(axis=1).argmax()))
    centres = points[chosen]
    for _ in range(_ROUNDS):
        nearest = _squared(points, centres).argmin(axis=1)
        moved = np.stack([points[nearest == row].mean(axis=0) if (nearest == row).any() else centres[row] for row in range(wanted)])
        if np.array_equal(moved, centres):
            break
        centres = moved
    return np.unique(known[_squared(points, centres).argmin(axis=0)])


def _squared(points: Array, centres: Array) -> Array:
    """(N, C) squared distances."""
    return np.asarray(np.einsum("ij,ij->i", points, points)[:, None] + np.einsum("ij,ij->i", centres, centres) - 2 * points @ centres.T)

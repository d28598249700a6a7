"""Groups grown from pairs, nearest first; what must stay apart never meets.

Nearest-neighbour chains (Murtagh 1983): memory is that of the distances, time that of looking through them a few times. The result is that
of always joining the nearest two groups, since with the two rules here a joined group is never nearer to others than its parts were. An
infinite distance stays infinite through every join, which is how two rows are kept apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["Joins", "average_link", "ward"]

Array = npt.NDArray[Any]

_Rule = Callable[[Array, Array, float, float, Array, float], Array]


class Joins(NamedTuple):
    """How groups grew, nearest first.

    Attributes:
        pair: (J, 2) int64 a row of each of the two groups that were joined.
        rows: how many there are.
    """

    pair: Array
    rows: int

    def groups(self, least: int = 1) -> Array:
        """(N,) group of every row, from 0, after the joins that leave at least so many groups."""
        first, second = self.pair[: max(self.rows - least, 0)].T
        edges = coo_array((np.ones(len(first)), (first, second)), (self.rows, self.rows))
        return connected_components(edges, directed=False)[1].astype(np.int64)


def average_link(distance: Array, weight: Array, *, limit: float = np.inf, contrast: float = np.inf) -> Joins:
    """The distance of two groups is the mean over their pairs.

    Args:
        distance: (N, N) symmetric; infinite for two rows that must stay apart.
        weight: (N,) above 0: how many of the same each row stands for.
        limit: groups farther from each other are not joined.
        contrast: neither are two groups, of several rows each, that are farther from each other than the looser of them is wide (mean
            distance within it) by more than this: two who look alike.
    """
    return _join(distance, weight, _mean, limit, contrast)


def ward(points: Array, weight: Array, apart: Array) -> Joins:
    """Those two are joined first whose means can be made one at the least cost in squared distance.

    Args:
        points: (N, D).
        weight: (N,) above 0.
        apart: (N, N) bool, symmetric: rows that must stay apart.
    """
    length = np.einsum("ij,ij->i", points, points)
    squared = np.maximum(length[:, None] + length - 2 * points @ points.T, 0)
    cost = squared * (weight[:, None] * weight / (weight[:, None] + weight))
    return _join(np.where(apart, np.inf, cost), weight, _growth)


def _join(distance: Array, weight: Array, rule: _Rule, limit: float = np.inf, contrast: float = np.inf) -> Joins:
    far, weight = np.array(distance, np.float64), np.array(weight, np.float64)
    np.fill_diagonal(far, np.inf)
    inner, pairs = np.zeros(len(far)), np.zeros(len(far))  # distances within each group, summed over so many pairs
    joins: list[tuple[float, int, int]] = []
    growing = np.ones(len(far), bool)
    chain: list[int] = []
    while growing.any():
        if not chain:
            chain.append(int(growing.argmax()))
        last = chain[-1]
        nearest = int(far[last].argmin())
        if len(chain) > 1 and far[last, chain[-2]] <= far[last, nearest]:
            nearest = chain[-2]
        height = float(far[last, nearest])
        if height > limit or height == np.inf:  # others only move away, so this group is complete
            growing[chain.pop()] = False
        elif len(chain) < 2 or nearest != chain[-2]:
            chain.append(nearest)
        else:
            del chain[-2:]
            one, other = sorted((last, nearest))
            if pairs[one] and pairs[other] and height - max(inner[one] / pairs[one], inner[other] / pairs[other]) > contrast:
                far[one, other] = far[other, one] = np.inf
                continue
            joins.append((height, one, other))
            inner[one] += inner[other] + weight[one] * weight[other] * height
            pairs[one] += pairs[other] + weight[one] * weight[other]
            far[one] = far[:, one] = rule(far[one], far[other], weight[one], weight[other], weight, height)
            far[other] = far[:, other] = far[one, one] = np.inf
            weight[one] += weight[other]
            growing[other] = False
    order = np.argsort([height for height, _, _ in joins], kind="stable")
    return Joins(np.array([joins[row][1:] for row in order], np.int64).reshape(-1, 2), len(far))


def _mean(one: Array, other: Array, one_weight: float, other_weight: float, weight: Array, height: float) -> Array:
    """Distances to everybody of two groups made one, given those of each."""
    return np.asarray((one_weight * one + other_weight * other) / (one_weight + other_weight))


def _growth(one: Array, other: Array, one_weight: float, other_weight: float, weight: Array, height: float) -> Array:
    """The same of costs (Lance and Williams 1967)."""
    grown = (one_weight + weight) * one + (other_weight + weight) * other - weight * height
    return np.asarray(grown / (one_weight + other_weight + weight))

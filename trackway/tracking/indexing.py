"""Rows of tables, found and counted without loops: ranges of them, places of numbers, groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["dense", "extent", "places", "ranges"]

Array = npt.NDArray[Any]


def ranges(first: Array, last: Array) -> tuple[Array, Array]:
    """All numbers of half-open ranges, one range after the other.

    Args:
        first: (H,) int where each begins.
        last: (H,) int before which it ends; one that ends before it begins has no numbers.

    Returns:
        (R,) the numbers; (R,) the range, 0 to H - 1, that each is of.
    """
    count = np.maximum(last - first, 0)
    owner = np.repeat(np.arange(len(first)), count)
    numbers: Array = first[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return numbers, owner


def places(numbers: Array, wanted: Array) -> Array:
    """(N,) where each of N wanted numbers is first among (M,) rising ones; -1 for one that is not."""
    if not len(numbers):
        return np.full(len(wanted), -1, np.int64)
    place = np.searchsorted(numbers, wanted).clip(max=len(numbers) - 1)
    return np.where(numbers[place] == wanted, place, -1)


def extent(values: Array, group: Array, groups: int) -> tuple[Array, Array]:
    """The least and the greatest value of each group.

    Args:
        values: (N,) int64.
        group: (N,) group of each value, 0 to G - 1.
        groups: G.

    Returns:
        (G,) and (G,) int64; (0, -1) for a group without values.
    """
    limits = np.iinfo(np.int64)
    first, last = np.full(groups, limits.max), np.full(groups, limits.min)
    np.minimum.at(first, group, values)
    np.maximum.at(last, group, values)
    empty = last < first
    first[empty], last[empty] = 0, -1
    return first, last


def dense(numbers: Array) -> Array:
    """(N,) the same numbers counted from 0 without holes, in their order: equal ones stay equal, greater ones greater."""
    return np.unique(numbers, return_inverse=True)[1]

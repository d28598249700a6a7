"""How much of each box somebody nearer hides, for whole tables of boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.tracking.indexing import ranges

__all__ = ["covered"]

Array = npt.NDArray[Any]

_PAIRS_AT_ONCE = 1 << 20


def covered(frame: Array, box: Array) -> Array:
    """The greatest share of each box, 0..1, that one other box of its frame covers whose lower edge is lower (`boxes.covered_share`).

    Args:
        frame: (N,) frame of each box, in any order.
        box: (N, 4) left, top, width, height, with area.
    """
    order = np.argsort(frame, kind="stable")
    low, high = box[order, :2], box[order, :2] + box[order, 2:]
    area = box[order, 2] * box[order, 3]
    later = np.searchsorted(frame[order], frame[order], "right") - np.arange(len(order)) - 1
    share = np.zeros(len(order))
    first = 0
    while first < len(order):
        # As many rows at a time as have that many neighbours in their frames, one at least.
        count = later[first : first + _PAIRS_AT_ONCE]
        count = count[: max(1, int(np.searchsorted(np.cumsum(count), _PAIRS_AT_ONCE, "right")))]
        rows = np.arange(first, first + len(count))
        other, owner = ranges(rows + 1, rows + 1 + count)
        one = rows[owner]
        common = np.minimum(high[one], high[other]) - np.maximum(low[one], low[other])
        close = np.flatnonzero((common > 0).all(axis=1))
        one, other, shared = one[close], other[close], common[close].prod(axis=1)
        behind = np.where(high[one, 1] < high[other, 1], one, other)
        apart = high[one, 1] != high[other, 1]
        np.maximum.at(share, behind[apart], (shared / area[behind])[apart])
        first += len(count)
    result = np.empty(len(order))
    result[order] = share
    return result

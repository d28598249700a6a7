"""Fragments joined into ways of persons so that the evidence for all joints together is greatest.

A way visits fragments one after the other; each fragment has at most one successor and one predecessor. Choosing the joints of a directed
acyclic graph so that their total weight is greatest is a minimum-cost flow of unit capacities (Zhang, Li, Nevatia, "Global data association
for multi-object tracking using network flows", CVPR 2008), and the same as an assignment of ends to beginnings, which is solved exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

__all__ = ["best_joints"]

Array = npt.NDArray[Any]


def best_joints(before: Array, after: Array, weight: Array, count: int) -> Array:
    """The joints of greatest total weight, none that weighs nothing or less.

    Args:
        before, after: (J,) fragments of each possible joint, each pair at most once.
        weight: (J,) what is gained by it.
        count: number of fragments.

    Returns:
        Positions of the chosen joints, ascending.
    """
    useful = np.flatnonzero(weight > 0)
    if not len(useful):
        return useful
    before, after, weight = before[useful], after[useful], weight[useful]
    # Leaving an end free costs nothing: every end may be given to a beginning of its own that does not exist, and the reverse.
    scale = 2 * weight.max() + 1
    chosen = np.zeros(len(useful), bool)
    for joints in _components(before, after, count):
        ends, row = np.unique(before[joints], return_inverse=True)
        starts, column = np.unique(after[joints], return_inverse=True)
        rows, columns = len(ends), len(starts)
        # [ weights  free end ]
        # [ free start  any   ] with the transposed pattern in the corner keeps a full matching possible.
        row_index = np.concatenate([row, np.arange(rows), rows + np.arange(columns), rows + column])
        column_index = np.concatenate([column, columns + np.arange(rows), np.arange(columns), columns + row])
        cost = np.concatenate([scale - weight[joints], np.full(rows + columns, scale), np.full(len(joints), scale)])
        matrix = coo_array((cost, (row_index, column_index)), shape=(rows + columns, rows + columns)).tocsr()
        matched = np.stack(min_weight_full_bipartite_matching(matrix))
        pair = row * columns + column
        real = matched[:, (matched[0] < rows) & (matched[1] < columns)]
        chosen[joints[np.isin(pair, real[0] * columns + real[1])]] = True
    return useful[chosen]


def _components(before: Array, after: Array, count: int) -> list[Array]:
    """Joints in groups that have no end and no beginning in common."""
    graph = coo_array((np.ones(len(before)), (before, count + after)), shape=(2 * count, 2 * count))
    label = connected_components(graph, directed=False)[1][before]
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)

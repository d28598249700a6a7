"""IDF1: every person is given at most one identity of the result for the whole sequence; how much is then right?

Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", ECCV Workshops 2016,
https://arxiv.org/abs/1609.01775.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from trackway.evaluation.counts import Counts, share
from trackway.evaluation.pairs import PairTable
from trackway.evaluation.scene import Scene

__all__ = ["Identity", "identity"]


@dataclasses.dataclass(frozen=True, eq=False)
class Identity(Counts):
    """Counts under the best one-to-one assignment of identities, and the scores that follow from them, 0..1.

    Attributes:
        right: boxes of the truth found under the identity that the person was given.
        missed: all other boxes of the truth.
        false: all other boxes of the result.
    """

    right: int
    missed: int
    false: int

    @property
    def idf1(self) -> float:
        """Harmonic mean of precision and recall."""
        return float(share(self.right, self.right + 0.5 * self.false + 0.5 * self.missed))

    @property
    def idp(self) -> float:
        """Share of the result that is right."""
        return float(share(self.right, self.right + self.false))

    @property
    def idr(self) -> float:
        """Share of the truth that is right."""
        return float(share(self.right, self.right + self.missed))


def identity(scene: Scene, least_overlap: float = 0.5) -> Identity:
    """Counts of one sequence.

    Args:
        scene: truth and result.
        least_overlap: intersection over union from which a box counts as found.
    """
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for frame in scene.frames():
        rows, columns = np.nonzero(frame.similarity >= least_overlap)
        parts.append((frame.truth[rows], frame.result[columns]))
    truth, result = map(np.concatenate, zip(*parts, strict=True))
    right = _most_right(PairTable(truth, result, np.ones(len(truth)), len(scene.result_rows)), len(scene.truth_rows))
    return Identity(right, int(scene.truth_rows.sum()) - right, int(scene.result_rows.sum()) - right)


def _most_right(together: PairTable, people: int) -> int:
    """Boxes that agree under the assignment by which most do: a bipartite matching of greatest weight, over pairs that met."""
    if not len(together.value):
        return 0
    met, column = np.unique(together.result, return_inverse=True)
    # The solver matches every person, so each has a way out of its own, which costs nothing against a pair that never agreed.
    nobody = np.arange(people)
    weight = np.concatenate([together.value + 1, np.ones(people)])
    place = np.concatenate([together.truth, nobody]), np.concatenate([column.reshape(-1), len(met) + nobody])
    table = csr_array(coo_array((weight, place), shape=(people, len(met) + people)))
    rows, columns = min_weight_full_bipartite_matching(table, maximize=True)
    return round(float(table[rows, columns].sum())) - people

"""HOTA: how well people are found, and how well those found keep their identity, in equal parts.

Luiten et al., "HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking", IJCV 2021, https://arxiv.org/abs/2009.07736.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from trackway.evaluation.counts import Counts, share
from trackway.evaluation.pairs import PairTable
from trackway.evaluation.scene import EPSILON, Scene

__all__ = ["ALPHAS", "Hota", "hota"]

Array = npt.NDArray[Any]

ALPHAS = np.arange(0.05, 0.99, 0.05)
"""(19,) overlaps from which a box counts as found; every score is the mean over all of them."""

_NEXT_TO_NOTHING = 1e-10


@dataclasses.dataclass(frozen=True, eq=False)
class Hota(Counts):
    """Counts at each of `ALPHAS`, (19,) each, and the scores that follow from them, 0..1.

    Attributes:
        found: boxes of the truth that the result has.
        missed: boxes of the truth that it has not.
        false: boxes of the result that are not in the truth.
        similarity: sum of the overlaps of what was found.
        association: sum over what was found of the Jaccard index of the two tracks that meet there.
        association_recall: the same of the share of the true track that was found under this identity.
        association_precision: the same of the share of the result's track that lies on this person.
    """

    found: Array
    missed: Array
    false: Array
    similarity: Array
    association: Array
    association_recall: Array
    association_precision: Array

    @property
    def hota(self) -> float:
        """Geometric mean of detection and association, at each overlap."""
        return float(np.mean(np.sqrt(share(self.found, self.found + self.missed + self.false) * share(self.association, self.found))))

    @property
    def det_a(self) -> float:
        """Share of found among found, missed and false."""
        return float(np.mean(share(self.found, self.found + self.missed + self.false)))

    @property
    def ass_a(self) -> float:
        """How far the tracks that meet in a found box agree over their whole lengths."""
        return float(np.mean(share(self.association, self.found)))

    @property
    def loc_a(self) -> float:
        """Mean overlap of what was found; 1 where nothing was."""
        sums = np.maximum(_NEXT_TO_NOTHING, self.similarity) / np.maximum(_NEXT_TO_NOTHING, self.found)
        return float(np.mean(sums))

    @property
    def det_re(self) -> float:
        """Share of the truth that was found."""
        return float(np.mean(share(self.found, self.found + self.missed)))

    @property
    def det_pr(self) -> float:
        """Share of the result that is true."""
        return float(np.mean(share(self.found, self.found + self.false)))

    @property
    def ass_re(self) -> float:
        """Low where people are torn into several identities."""
        return float(np.mean(share(self.association_recall, self.found)))

    @property
    def ass_pr(self) -> float:
        """Low where an identity covers several people."""
        return float(np.mean(share(self.association_precision, self.found)))


def hota(scene: Scene) -> Hota:
    """Counts of one sequence."""
    truth, result, similarity = _matches(scene, _alignment(scene))
    met = PairTable(truth, result, np.ones(len(truth)), len(scene.result_rows))
    place = met.places(truth, result)
    true_rows, their_rows = scene.truth_rows[met.truth], scene.result_rows[met.result]
    counted = [similarity >= alpha - EPSILON for alpha in ALPHAS]
    count: Array = np.stack([np.bincount(place[chosen], minlength=len(met.value)) for chosen in counted])  # (19, P)
    found = count.sum(axis=1)
    return Hota(
        found=found,
        missed=scene.truth_rows.sum() - found,
        false=scene.result_rows.sum() - found,
        similarity=np.array([similarity[chosen].sum() for chosen in counted]),
        association=(count * count / np.maximum(1, true_rows + their_rows - count)).sum(axis=1),
        association_recall=(count * count / np.maximum(1, true_rows)).sum(axis=1),
        association_precision=(count * count / np.maximum(1, their_rows)).sum(axis=1),
    )


def _alignment(scene: Scene) -> PairTable:
    """How far two identities agree over the whole sequence before anybody was matched: the Jaccard index of their tracks.

    In each frame a box is shared among all that overlap with it, in proportion.
    """
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for frame in scene.frames():
        similarity = frame.similarity
        all_claims = similarity.sum(axis=0)[None] + similarity.sum(axis=1)[:, None] - similarity
        claim = np.divide(similarity, all_claims, out=np.zeros_like(similarity), where=all_claims > EPSILON)
        rows, columns = np.nonzero(claim)
        parts.append((frame.truth[rows], frame.result[columns], claim[rows, columns]))
    truth, result, claim = map(np.concatenate, zip(*parts, strict=True))
    shared = PairTable(truth, result, claim, len(scene.result_rows))
    either = scene.truth_rows[shared.truth] + scene.result_rows[shared.result] - shared.value
    return PairTable(shared.truth, shared.result, shared.value / either, len(scene.result_rows))


def _matches(scene: Scene, alignment: PairTable) -> tuple[Array, Array, Array]:
    """True identity, identity of the result and overlap of every pair matched in some frame; the long agreement decides."""
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for frame in scene.frames():
        rows, columns = linear_sum_assignment(alignment.block(frame.truth, frame.result) * frame.similarity, maximize=True)
        similarity = frame.similarity[rows, columns]
        kept = similarity > 0
        parts.append((frame.truth[rows[kept]], frame.result[columns[kept]], similarity[kept]))
    truth, result, similarity = map(np.concatenate, zip(*parts, strict=True))
    return truth, result, similarity

"""How well vectors tell people apart, and the curve that turns their cosines into similarities (SPEC 6b).

Every pair of pictures is a question, "the same person?", and a score above some threshold is a yes. FAR is the share of yes among pairs of
different people, FRR the share of no among pairs of one person, TAR is 1 - FRR, and EER is where FAR and FRR are equal.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from trackway.models.similarity import Similarity

__all__ = ["Pairs", "all_pairs", "equal_error", "errors_at", "fit_similarity", "true_accepts"]

Array = npt.NDArray[Any]


class Pairs(NamedTuple):
    """Questions with their answers.

    Attributes:
        first, second: (P,) int rows of the pictures.
        score: (P,) higher where more alike.
        same: (P,) bool, one person.
    """

    first: Array
    second: Array
    score: Array
    same: Array

    def where(self, keep: Array) -> Pairs:
        """Those of a (P,) mask."""
        return Pairs(*(column[keep] for column in self))


def all_pairs(vectors: Array, identity: Array) -> Pairs:
    """Every pair of different pictures, scored by cosine.

    Args:
        vectors: (N, size) unit vectors.
        identity: (N,) who is shown.
    """
    first, second = np.triu_indices(len(vectors), 1)
    return Pairs(first, second, (vectors @ vectors.T)[first, second], identity[first] == identity[second])


def errors_at(pairs: Pairs, threshold: float) -> tuple[float, float]:
    """FAR and FRR where a score of at least `threshold` is a yes."""
    yes = pairs.score >= threshold
    return float(yes[~pairs.same].mean()), float(1 - yes[pairs.same].mean())


def equal_error(pairs: Pairs) -> tuple[float, float]:
    """EER, and the threshold there: the middle of the scores between which FAR and FRR change places."""
    thresholds = np.unique(pairs.score)
    far = 1 - np.searchsorted(np.sort(pairs.score[~pairs.same]), thresholds) / np.count_nonzero(~pairs.same)
    frr = np.searchsorted(np.sort(pairs.score[pairs.same]), thresholds) / np.count_nonzero(pairs.same)
    after = int(np.argmax(frr >= far)) if np.any(frr >= far) else len(thresholds) - 1
    before = max(after - 1, 0)
    best = before if max(far[before], frr[before]) < max(far[after], frr[after]) else after
    return float((far[best] + frr[best]) / 2), float(thresholds[[before, after]].mean())


def true_accepts(pairs: Pairs, most_far: float) -> float:
    """TAR at the lowest threshold at which FAR is at most `most_far`."""
    wrong = -np.sort(-pairs.score[~pairs.same])
    allowed = math.floor(most_far * len(wrong) + 1e-9)
    return float((pairs.score[pairs.same] > wrong[allowed]).mean()) if allowed < len(wrong) else 1.0


def fit_similarity(pairs: Pairs) -> Similarity:
    """The curve through the equal-error point, as steep as fits best when both kinds of pairs weigh the same.

    Args:
        pairs: scored by cosine; a few of both kinds, not told apart without any error and not the wrong way round.
    """
    weight = np.where(pairs.same, 0.5 / np.count_nonzero(pairs.same), 0.5 / np.count_nonzero(~pairs.same))
    sign = np.where(pairs.same, -1.0, 1.0)
    _, centre = equal_error(pairs)

    def loss(values: Array) -> float:
        return float((weight * np.logaddexp(0, sign * np.exp(values[0]) * (pairs.score - values[1]))).sum())

    fitted = minimize(loss, [math.log(40.0), centre], method="Nelder-Mead")
    return Similarity(centre=centre, slope=float(np.exp(fitted.x[0])))

"""What MOTChallenge evaluates: pedestrians; who is hard to judge counts neither for nor against a tracker.

Milan et al., "MOT16: A Benchmark for Multi-Object Tracking", https://arxiv.org/abs/1603.00831, section 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from trackway.evaluation.files import NO_CLASS, PEDESTRIAN, TruthRows
from trackway.evaluation.scene import EPSILON, IdentifiedBoxes, overlap

__all__ = ["DISTRACTORS", "MOT20_DISTRACTORS", "prepare"]

Array = npt.NDArray[Any]

DISTRACTORS = (2, 7, 8, 12)
"""Persons on vehicles, persons who never move, things that look like persons, reflections."""

MOT20_DISTRACTORS = (*DISTRACTORS, 6)
"""MOT20 adds vehicles without a motor."""

_FOUND = 0.5
"""Overlap by which a box lies on a distractor, whatever the metrics ask for."""


def prepare(
    truth: TruthRows, result: IdentifiedBoxes, distractors: tuple[int, ...] = DISTRACTORS
) -> tuple[IdentifiedBoxes, IdentifiedBoxes]:
    """Truth and result as they are compared.

    Of the truth, pedestrians remain that the file says to consider. Boxes of the result that lie on a distractor are left out: in
    each frame all boxes of the truth, of any class, considered or not, are matched with those of the result. A truth without classes
    loses the rows not to be considered, and the result nothing.
    """
    labelled = truth.label != NO_CLASS
    kept = truth.considered & (~labelled | (truth.label == PEDESTRIAN))
    on_distractor = _matched_with(np.isin(truth.label, distractors), truth.boxes, result)
    return truth.boxes[kept], result[~on_distractor]


def _matched_with(wanted: Array, truth: IdentifiedBoxes, result: IdentifiedBoxes) -> Array:
    """(M,) bool, the box of the result is matched with one of the wanted (N,) boxes of the truth."""
    matched = np.zeros(len(result), bool)
    truth_order, result_order = np.argsort(truth.frame, kind="stable"), np.argsort(result.frame, kind="stable")
    for frame in np.intersect1d(truth.frame[wanted], result.frame):
        ours = truth_order[slice(*np.searchsorted(truth.frame, [frame, frame + 1], sorter=truth_order))]
        theirs = result_order[slice(*np.searchsorted(result.frame, [frame, frame + 1], sorter=result_order))]
        similarity = overlap(truth.box[ours], result.box[theirs])
        similarity[similarity < _FOUND - EPSILON] = 0
        rows, columns = linear_sum_assignment(similarity, maximize=True)
        on_wanted = (similarity[rows, columns] > EPSILON) & wanted[ours[rows]]
        matched[theirs[columns[on_wanted]]] = True
    return matched

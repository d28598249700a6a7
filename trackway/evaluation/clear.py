"""CLEAR MOT: MOTA, MOTP, switches, fragmentations; boxes are matched frame by frame, and who was matched before stays so.

Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking Performance: The CLEAR MOT Metrics", EURASIP JIVP 2008,
https://doi.org/10.1155/2008/246309; mostly tracked and lost as in Li et al., CVPR 2009.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.optimize import linear_sum_assignment

from trackway.evaluation.counts import Counts, share
from trackway.evaluation.scene import EPSILON, Scene

__all__ = ["Clear", "clear"]

_STAYS = 1000
"""Weight of a match that goes on from the frame before, against an overlap of at most 1."""

_MOSTLY_TRACKED = 0.8
_MOSTLY_LOST = 0.2

_NOBODY = -1


@dataclasses.dataclass(frozen=True, eq=False)
class Clear(Counts):
    """Counts, and the scores that follow from them, at most 1; MOTA may be below 0.

    Attributes:
        found: boxes of the truth that the result has.
        missed: boxes of the truth that it has not.
        false: boxes of the result that are not in the truth.
        similarity: sum of the overlaps of what was found.
        switches: times that a person was found under another identity than when last found.
        fragmentations: times that a person was found again after having been lost for frames in which others were not.
        mostly_tracked: people found in more than 80 % of their boxes.
        partly_tracked: people in between.
        mostly_lost: people found in less than 20 %.
    """

    found: int
    missed: int
    false: int
    similarity: float
    switches: int
    fragmentations: int
    mostly_tracked: int
    partly_tracked: int
    mostly_lost: int

    @property
    def mota(self) -> float:
        """1 less the misses, the false boxes and the switches for each true box; 0 where nobody is there."""
        people = self.found + self.missed
        return float(share(self.found - self.false - self.switches, people)) if people else 0.0

    @property
    def motp(self) -> float:
        """Mean overlap of what was found."""
        return float(share(self.similarity, self.found))

    @property
    def recall(self) -> float:
        """Share of the truth that was found."""
        return float(share(self.found, self.found + self.missed))

    @property
    def precision(self) -> float:
        """Share of the result that is true."""
        return float(share(self.found, self.found + self.false))


def clear(scene: Scene, least_overlap: float = 0.5) -> Clear:
    """Counts of one sequence.

    Args:
        scene: truth and result.
        least_overlap: intersection over union from which a box counts as found.
    """
    people = len(scene.truth_rows)
    last, before = np.full((2, people), _NOBODY)  # identity when last found; identity in the frame before
    found, pieces = np.zeros((2, people), np.int64)
    switches, similarity = 0, 0.0
    tracked_before = np.zeros(0, np.int64)
    for frame in scene.frames():
        stays = frame.result[None] == before[frame.truth][:, None]
        gain = np.where(frame.similarity < least_overlap - EPSILON, 0.0, _STAYS * stays + frame.similarity)
        rows, columns = linear_sum_assignment(gain, maximize=True)
        matched = gain[rows, columns] > EPSILON
        rows, columns = rows[matched], columns[matched]
        person, given = frame.truth[rows], frame.result[columns]
        switches += int(((last[person] != _NOBODY) & (last[person] != given)).sum())
        pieces[person] += before[person] == _NOBODY
        found[person] += 1
        similarity += float(frame.similarity[rows, columns].sum())
        last[person] = given
        before[tracked_before] = _NOBODY
        before[person] = given
        tracked_before = person
    tracked = found / scene.truth_rows
    mostly = int((tracked > _MOSTLY_TRACKED).sum())
    lost = int((tracked < _MOSTLY_LOST).sum())
    total = int(found.sum())
    return Clear(
        found=total,
        missed=int(scene.truth_rows.sum()) - total,
        false=int(scene.result_rows.sum()) - total,
        similarity=similarity,
        switches=switches,
        fragmentations=int(np.maximum(pieces - 1, 0).sum()),
        mostly_tracked=mostly,
        partly_tracked=people - mostly - lost,
        mostly_lost=lost,
    )

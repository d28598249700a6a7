"""Files in, figures out: what `trackway evaluate` says of a sequence."""

from __future__ import annotations

import dataclasses
import functools
import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.evaluation.challenge import DISTRACTORS, prepare
from trackway.evaluation.files import read_result, read_truth
from trackway.evaluation.scene import IdentifiedBoxes
from trackway.evaluation.scores import Scores, evaluate
from trackway.evaluation.sequences import Sequence

__all__ = ["Report", "combine", "report"]

Array = npt.NDArray[Any]

_SPARSE = 0.5
"""A result with boxes in fewer of the truth's frames was probably sampled."""


@dataclasses.dataclass(frozen=True, eq=False)
class Report:
    """The scores of a sequence, or of several together.

    Attributes:
        name: of the sequence.
        scores: its metrics.
        minutes: from the first frame of its truth to the last; None where no frame rate is known, or there is no truth.
        notes: what a reader of the scores should know, each a sentence.
    """

    name: str
    scores: Scores
    minutes: float | None
    notes: tuple[str, ...] = ()

    def figures(self) -> dict[str, float | int]:
        """The scores by name, in the field's order: shares from 0 to 1 (MOTA may be below), then counts."""
        hota, identity, clear = self.scores.hota, self.scores.identity, self.scores.clear
        figures: dict[str, float | int] = {
            "HOTA": hota.hota,
            "DetA": hota.det_a,
            "AssA": hota.ass_a,
            "LocA": hota.loc_a,
            "IDF1": identity.idf1,
            "IDP": identity.idp,
            "IDR": identity.idr,
            "MOTA": clear.mota,
            "MOTP": clear.motp,
            "precision": clear.precision,
            "recall": clear.recall,
            "switches": clear.switches,
            "fragmentations": clear.fragmentations,
            "mostlyTracked": clear.mostly_tracked,
            "partlyTracked": clear.partly_tracked,
            "mostlyLost": clear.mostly_lost,
            "found": clear.found,
            "missed": clear.missed,
            "false": clear.false,
            "frames": self.scores.frames,
        }
        if self.minutes:
            figures["switchesPerMinute"] = clear.switches / self.minutes
        return figures


def report(sequence: Sequence, least_overlap: float = 0.5, fps: float | None = None, distractors: tuple[int, ...] = DISTRACTORS) -> Report:
    """Read and compare the files of a sequence.

    Args:
        sequence: where they are.
        least_overlap: intersection over union from which a box counts as found.
        fps: frames per second, where it is known better than from the sequence.
        distractors: classes of the truth whose boxes are left out of the result.

    Raises:
        FileError: either file is not what it should be.
    """
    given = read_result(sequence.result)
    truth, result = prepare(read_truth(sequence.truth), given, distractors)
    scores, fps = evaluate(truth, result, least_overlap), fps or sequence.frame_rate
    notes = _remarks(truth, result)
    if len(result) < len(given):
        notes += (f"{len(given) - len(result)} boxes of the result lie on what is not evaluated and were left out.",)
    length = int(np.ptp(truth.frame)) + 1 if len(truth) else 0
    return Report(sequence.name, scores, length / fps / 60 if fps and length else None, notes)


def combine(reports: list[Report]) -> Report:
    """All sequences as one: counts are added, and ratios taken of the sums. At least one report."""
    minutes = [each.minutes for each in reports if each.minutes is not None]
    scores = functools.reduce(operator.add, [each.scores for each in reports])
    return Report("combined", scores, sum(minutes) if len(minutes) == len(reports) else None)


def _remarks(truth: IdentifiedBoxes, result: IdentifiedBoxes) -> tuple[str, ...]:
    if not len(truth):
        return ("the truth has no box to evaluate: whatever the result has is false.",)
    if not len(result):
        return ("the result has no box: everything is missed.",)
    notes = []
    first, last = truth.frame.min(), truth.frame.max()
    if outside := int(((result.frame < first) | (result.frame > last)).sum()):
        notes.append(f"{outside} boxes of the result lie outside frames {first} to {last}, which the truth covers, and count as false.")
    wanted = np.unique(truth.frame)
    shared = int(np.isin(wanted, result.frame).sum())
    if shared < _SPARSE * len(wanted):
        notes.append(
            f"the result has boxes in {shared} of the {len(wanted)} frames of the truth, and misses everybody in the others;"
            " `trackway track --sample-fps 0` analyses every frame."
        )
    return tuple(notes)

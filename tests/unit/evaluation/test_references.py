"""The upper references of the bench: what the truth itself makes of detections and of another tracker's tracks."""

from __future__ import annotations

import numpy as np

from tests.performance.metrics import IdentifiedBoxes
from tests.performance.references import perfect_association, perfect_linking
from tests.performance.sequences import Sequence
from trackway.evaluation.scores import evaluate

FRAMES = np.arange(1, 41)


def standing(left: float, identity: int, frames: np.ndarray = FRAMES) -> IdentifiedBoxes:
    return IdentifiedBoxes(frames, np.full(len(frames), identity), np.tile([left, 0.0, 20, 40], (len(frames), 1)))


def together(*parts: IdentifiedBoxes) -> IdentifiedBoxes:
    columns = ([part.frame for part in parts], [part.identity for part in parts], [part.box for part in parts])
    return IdentifiedBoxes(*map(np.concatenate, columns))


def sequence(found: IdentifiedBoxes) -> Sequence:
    order = np.argsort(found.frame, kind="stable")
    truth = together(standing(0, 1), standing(100, 2))
    return Sequence("two", 10, 0.5, truth, found.frame[order], found.box[order], np.ones(len(order)))


def test_perfect_association_errs_in_nothing_but_what_was_not_found() -> None:
    found = together(standing(2, 0), standing(100, 0, FRAMES[::2]), standing(300, 0))
    result = perfect_association(sequence(found))
    scores = evaluate(sequence(found).truth, result).clear
    assert (scores.switches, scores.false, scores.missed) == (0, 0, 20)


def test_perfect_linking_joins_fills_and_leaves_out() -> None:
    """Two halves of a person with eight frames between them, one torn by eleven, somebody who is not there."""
    halves = [standing(0, 7, FRAMES[:16]), standing(1, 8, FRAMES[23:])]
    torn = [standing(100, 9, FRAMES[:10]), standing(100, 5, FRAMES[20:])]
    tracklets = together(*halves, *torn, standing(300, 6))
    scores = evaluate(sequence(tracklets).truth, perfect_linking(sequence(tracklets), tracklets)).clear
    assert (scores.switches, scores.false, scores.missed) == (0, 0, 10)


def test_a_tracklet_stays_whole() -> None:
    """A tracklet that changes the person belongs to the one it covers longer, wrong or not."""
    mixed = together(standing(0, 3, FRAMES[:25]), standing(100, 3, FRAMES[25:]))
    scores = evaluate(sequence(mixed).truth, perfect_linking(sequence(mixed), mixed))
    assert scores.identity.right == 25
    assert scores.identity.false == 15

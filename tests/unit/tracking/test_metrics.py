"""The metric code against figures that another evaluator published for the same files (py-motmetrics, in `../shared/data/index.json`)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.performance.metrics import IdentifiedBoxes, read_identified, score


@pytest.mark.parametrize(
    "result",
    [
        "TUD-Campus/result.txt",
        "MOT17-02/lift_frcnn_result.txt",
        "MOT17-05/lift_frcnn_result.txt",
        "MOT17-10/lift_frcnn_result.txt",
        "MOT17-13-result/lift_frcnn_result.txt",
    ],
)
def test_known_results_have_their_known_scores(shared_data: Path, result: str) -> None:
    path = shared_data / "assoc" / result
    entries = json.loads((shared_data / "index.json").read_text(encoding="utf-8"))["files"]
    known = next(entry for entry in entries if entry["file"] == f"assoc/{result}")["truth"]["py_motmetrics"]
    scores = score(read_identified(path.parent / "gt.txt"), read_identified(path))
    assert scores.idf1 == pytest.approx(100 * known["idf1"], abs=0.01)
    # The two evaluators break ties between frames differently: one match in thousands.
    assert scores.mota == pytest.approx(100 * known["mota"], abs=0.05)
    assert scores.switches == pytest.approx(known["num_switches"], abs=1)


def test_the_truth_itself_is_perfect_and_nothing_is_nothing() -> None:
    frame, identity = np.repeat(np.arange(20), 2), np.tile([4, 9], 20)
    box = np.stack([100.0 * identity, frame, np.full(40, 30), np.full(40, 60)], axis=1)
    truth = IdentifiedBoxes(frame, identity, box)
    perfect = score(truth, IdentifiedBoxes(frame, 7 - identity, box))
    assert (perfect.hota, perfect.idf1, perfect.mota, perfect.switches) == pytest.approx((100, 100, 100, 0))
    swapped = score(truth, IdentifiedBoxes(frame, np.where(frame < 10, identity, 13 - identity), box))
    assert (swapped.idf1, swapped.switches) == (50, 2)
    empty = score(truth, IdentifiedBoxes(frame[:0], identity[:0], box[:0]))
    assert (empty.hota, empty.idf1, empty.switches) == (0, 0, 0)

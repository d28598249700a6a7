"""Which rows are compared, against TrackEval's own reading and preprocessing of MOTChallenge files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from trackeval.datasets import MotChallenge2DBox

from tests.performance.metrics import trackeval_fields
from trackway.evaluation.challenge import DISTRACTORS, MOT20_DISTRACTORS, prepare
from trackway.evaluation.files import read_result, read_truth
from trackway.evaluation.scores import evaluate

Array = npt.NDArray[Any]


def trackeval_prepared(truth: Path, result: Path, folder: Path, frames: int, benchmark: str = "MOT17") -> dict[str, Any]:
    """What TrackEval compares, from the files."""
    for target, source in ((folder / "gt/one/gt/gt.txt", truth), (folder / "trackers/us/data/one.txt", result)):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    dataset = MotChallenge2DBox(
        {
            "GT_FOLDER": str(folder / "gt"),
            "TRACKERS_FOLDER": str(folder / "trackers"),
            "SKIP_SPLIT_FOL": True,
            "SEQ_INFO": {"one": frames},
            "BENCHMARK": benchmark,
            "PRINT_CONFIG": False,
        }
    )
    prepared: dict[str, Any] = dataset.get_preprocessed_seq_data(dataset.get_raw_seq_data("us", "one"), "pedestrian")
    return prepared


def assert_prepared_alike(truth: Path, result: Path, folder: Path, frames: int, benchmark: str = "MOT17") -> None:
    expected = trackeval_prepared(truth, result, folder, frames, benchmark)
    distractors = MOT20_DISTRACTORS if benchmark == "MOT20" else DISTRACTORS
    there, found = prepare(read_truth(truth), read_result(result), distractors)
    for side, boxes in ((expected["gt_dets"], there), (expected["tracker_dets"], found)):
        by_frame = [boxes.box[boxes.frame == frame].tolist() for frame in range(1, frames + 1)]
        assert by_frame == [rows.tolist() for rows in side]
    fields, scores = trackeval_fields(expected), evaluate(there, found)
    assert (scores.hota.hota, scores.identity.idf1, scores.clear.mota) == pytest.approx(
        (np.mean(fields["HOTA"]), fields["IDF1"], fields["MOTA"]), rel=1e-12
    )
    assert scores.clear.switches == fields["IDSW"]


def write(path: Path, rows: Array) -> Path:
    np.savetxt(path, rows, fmt="%.10g", delimiter=",")
    return path


def around(rows: Array, seed: int, error: float) -> Array:
    """A result with a box near every box of the truth, of any class, some of them twice."""
    random = np.random.default_rng(seed)
    found = np.concatenate([rows, rows[random.random(len(rows)) < 0.2] + [0, 1000, 0, 0, 0, 0, 0, 0, 0]])[:, :7]
    found[:, 2:6] += random.normal(0, error, (len(found), 4)) * found[:, 4:5]
    found[:, 4:6] = np.abs(found[:, 4:6])
    return random.permutation(found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), people=st.integers(1, 15), frames=st.integers(1, 12), benchmark=st.sampled_from(["MOT17", "MOT20"]))
def test_random_files_with_classes(tmp_path: Path, seed: int, people: int, frames: int, benchmark: str) -> None:
    random = np.random.default_rng(seed)
    frame, person = np.nonzero(random.random((frames, people)) > 0.3)
    assume(len(frame))
    label = random.choice([1, 1, 1, 2, 6, 7, 8, 11, 12, 13], people)[person]
    box = np.concatenate([random.integers(0, 80, (len(frame), 2)), random.integers(10, 40, (len(frame), 2))], axis=1)
    truth = np.column_stack([frame + 1, person, box, random.random(len(frame)) > 0.2, label, np.ones(len(frame))])
    given = write(tmp_path / "gt.txt", random.permutation(truth))
    assert_prepared_alike(given, write(tmp_path / "result.txt", around(truth, seed, 0.15)), tmp_path, frames, benchmark)


@pytest.mark.parametrize("benchmark", ["MOT17", "MOT20"])
def test_real_truth_with_every_class(shared_data: Path, tmp_path: Path, benchmark: str) -> None:
    for name in ("gt_mot17_fullres.txt", "gt_all_classes.txt"):
        truth = shared_data / "mot/MOT17-13" / name
        rows = np.loadtxt(truth, delimiter=",")
        result = write(tmp_path / "result.txt", around(rows, 5, 0.1))
        assert_prepared_alike(truth, result, tmp_path, 750, benchmark)
        kept = prepare(read_truth(truth), read_result(result))
        assert len(kept[1]) < len(read_result(result)) - 100  # few, but they are there


def test_a_real_result_against_real_truth_with_every_class(shared_data: Path, tmp_path: Path) -> None:
    result = shared_data / "assoc/MOT17-13-result/lift_frcnn_result.txt"
    assert_prepared_alike(shared_data / "mot/MOT17-13/gt_mot17_fullres.txt", result, tmp_path, 750)


def test_a_truth_without_classes_is_read_as_mot15(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "assoc/TUD-Campus"
    rows = np.loadtxt(folder / "gt.txt", delimiter=",")
    rows[::7, 6] = 0
    assert_prepared_alike(write(tmp_path / "gt.txt", rows), folder / "result.txt", tmp_path, 71, "MOT15")

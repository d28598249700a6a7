"""Every metric against TrackEval: on random scenes, on real results, and where nobody is or nothing is found."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from trackeval.metrics import CLEAR, HOTA, Identity

from tests.performance.metrics import read_identified, trackeval_data, trackeval_fields
from trackway.evaluation.scene import IdentifiedBoxes
from trackway.evaluation.scores import Scores, evaluate

Pair = tuple[IdentifiedBoxes, IdentifiedBoxes]  # truth and result

COUNTS = {
    "identity.right": "IDTP",
    "identity.missed": "IDFN",
    "identity.false": "IDFP",
    "clear.switches": "IDSW",
    "clear.fragmentations": "Frag",
    "clear.mostly_tracked": "MT",
    "clear.partly_tracked": "PT",
    "clear.mostly_lost": "ML",
}
RATIOS = {
    "hota.hota": "HOTA",
    "hota.det_a": "DetA",
    "hota.ass_a": "AssA",
    "hota.loc_a": "LocA",
    "hota.det_re": "DetRe",
    "hota.det_pr": "DetPr",
    "hota.ass_re": "AssRe",
    "hota.ass_pr": "AssPr",
    "identity.idf1": "IDF1",
    "identity.idp": "IDP",
    "identity.idr": "IDR",
    "clear.mota": "MOTA",
    "clear.motp": "MOTP",
    "clear.recall": "CLR_Re",
    "clear.precision": "CLR_Pr",
}


def value(scores: Scores, path: str) -> Any:
    metric, name = path.split(".")
    return getattr(getattr(scores, metric), name)


def assert_equals_trackeval(scores: Scores, fields: dict[str, Any]) -> None:
    assert {path: value(scores, path) for path in COUNTS} == {path: int(fields[name]) for path, name in COUNTS.items()}
    for ours, name in ((scores.hota.found, "HOTA_TP"), (scores.hota.missed, "HOTA_FN"), (scores.hota.false, "HOTA_FP")):
        assert ours.tolist() == fields[name].tolist()
    # Sums of thousands of numbers in another order: the last digits may differ.
    expected = {path: float(np.mean(fields[name])) for path, name in RATIOS.items()}
    assert {path: value(scores, path) for path in RATIOS} == pytest.approx(expected, rel=1e-12, abs=1e-12)


def boxes(rows: npt.ArrayLike) -> IdentifiedBoxes:
    """Rows of frame, identity, left, top, width, height."""
    table = np.asarray(rows, np.float64).reshape(-1, 6)
    return IdentifiedBoxes(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:])


def random_scene(seed: int, people: int, frames: int, step: float, miss: float, swap: float, clutter: float) -> Pair:
    """People who wander among each other, and a tracker that misses some, mistakes some for others and sees some that are not there.

    Whole steps make many overlaps equal, which is where two solvers may part.
    """
    random = np.random.default_rng(seed)
    present = random.random((frames, people)) > 0.2
    place = random.integers(0, 60, (people, 2)) + np.cumsum(random.integers(-3, 4, (frames, people, 2)), axis=0)
    box = np.concatenate([place * step, np.broadcast_to([20, 40], place.shape)], axis=2)
    frame, person = np.nonzero(present)
    truth = np.column_stack([frame + 1, person, box[frame, person]])
    # A permutation that changes now and then: nobody is twice in a frame.
    given = np.arange(people)
    identities = np.empty((frames, people), np.int64)
    for number in range(frames):
        if people > 1 and random.random() < swap:
            chosen = random.choice(people, 2, replace=False)
            given[chosen] = given[chosen[::-1]]
        identities[number] = given
    seen = random.random(len(frame)) > miss
    found = np.column_stack([frame, identities[frame, person], box[frame, person]])[seen]
    found[:, 0] += 1
    found[:, 2:4] += random.integers(-4, 5, (len(found), 2)) * step
    false = np.flatnonzero(random.random(frames) < clutter)
    ghosts = np.column_stack([false + 1, people + false % 3, random.integers(0, 60, (len(false), 2)), np.tile([20, 40], (len(false), 1))])
    result = np.concatenate([found, ghosts])
    return boxes(random.permutation(truth)), boxes(random.permutation(result))


shares = st.floats(0, 1)
scenes = st.builds(
    random_scene,
    seed=st.integers(0, 2**32 - 1),
    people=st.integers(1, 12),
    frames=st.integers(1, 40),
    step=st.sampled_from([1, 2, 0.37]),
    miss=shares,
    swap=shares,
    clutter=shares,
)


@settings(max_examples=150, deadline=None)
@given(scene=scenes, iou=st.sampled_from([0.3, 0.5, 0.75]))
def test_a_random_scene_is_scored_as_by_trackeval(scene: Pair, iou: float) -> None:
    assert_equals_trackeval(evaluate(*scene, iou), trackeval_fields(trackeval_data(*scene), iou))


@settings(max_examples=30, deadline=None)
@given(several=st.lists(scenes, min_size=1, max_size=4))
def test_sequences_add_up_as_in_trackeval(several: list[Pair]) -> None:
    assume(any(len(truth) for truth, _ in several))  # MOTA of no truth at all is 0 here, and minus the false boxes there
    data = [trackeval_data(*scene) for scene in several]
    options = {"PRINT_CONFIG": False}
    expected: dict[str, Any] = {}
    for metric in (HOTA(), Identity(options), CLEAR(options)):
        expected |= metric.combine_sequences({number: metric.eval_sequence(one) for number, one in enumerate(data)})
    first, *others = [evaluate(*scene) for scene in several]
    assert_equals_trackeval(sum(others, start=first), expected)


@pytest.mark.parametrize(
    ("truth", "result"),
    [
        ("KITTI-17/gt.txt", "KITTI-17/gt.txt"),
        ("TUD-Campus/gt.txt", "TUD-Campus/result.txt"),
        ("TUD-Campus/gt.txt", "KITTI-17/gt.txt"),
        ("MOT17-02/gt.txt", "MOT17-02/lift_frcnn_result.txt"),
        ("MOT17-02/gt.txt", "MOT17-13-result/lift_frcnn_result.txt"),
        ("MOT17-05/gt.txt", "MOT17-05/lift_frcnn_result.txt"),
        ("MOT17-10/gt.txt", "MOT17-10/lift_frcnn_result.txt"),
        ("MOT17-13-result/gt.txt", "MOT17-13-result/lift_frcnn_result.txt"),
    ],
)
@pytest.mark.parametrize("iou", [0.5, 0.3])
def test_a_real_result_is_scored_as_by_trackeval(shared_data: Path, truth: str, result: str, iou: float) -> None:
    sides = read_identified(shared_data / "assoc" / truth), read_identified(shared_data / "assoc" / result)
    assert_equals_trackeval(evaluate(*sides, iou), trackeval_fields(trackeval_data(*sides), iou))


NOBODY = boxes([])
ONE = boxes([[frame, 7, 10, 10, 20, 40] for frame in (1, 2, 3, 6)])


@pytest.mark.parametrize(
    "sides",
    [
        pytest.param((NOBODY, NOBODY), id="nobody and nothing"),
        pytest.param((ONE, NOBODY), id="no result"),
        pytest.param((NOBODY, ONE), id="no truth"),
        pytest.param((ONE, boxes([[frame, 1, 10, 10, 20, 40] for frame in (10, 11)])), id="other frames"),
        pytest.param((ONE, boxes([[frame, 1, 500, 10, 20, 40] for frame in (1, 2)])), id="elsewhere"),
        pytest.param((ONE, boxes([[frame, 1, 10, 10, 0, 40] for frame in (1, 2)])), id="no area"),
        pytest.param((ONE, boxes([[frame, 1, 10, 10, -20, -40] for frame in (1, 2)])), id="negative sizes"),
    ],
)
def test_where_nothing_is_right_too(sides: Pair) -> None:
    assert_equals_trackeval(evaluate(*sides), trackeval_fields(trackeval_data(*sides)))


def test_what_the_counts_say() -> None:
    """A person found under two identities with a frame missed in between, beside one who stays."""
    truth = boxes([[frame, person, 100 * person, 0, 20, 40] for frame in range(1, 11) for person in (1, 2)])
    result = boxes(
        [[frame, 1 + (frame > 5), 100, 0, 20, 40] for frame in range(1, 11) if frame != 5] + [[f, 9, 200, 0, 20, 40] for f in range(1, 11)]
    )
    scores = evaluate(truth, result)
    assert (scores.clear.switches, scores.clear.fragmentations, scores.clear.missed, scores.clear.false) == (1, 1, 1, 0)
    assert (scores.clear.mostly_tracked, scores.clear.mostly_lost) == (2, 0)
    assert scores.clear.mota == pytest.approx((19 - 1) / 20)
    assert (scores.identity.right, scores.identity.missed, scores.identity.false) == (15, 5, 4)
    assert scores.hota.det_a == pytest.approx(19 / 20)
    assert scores.hota.ass_a == pytest.approx((10 * 1 + 4 * 0.4 + 5 * 0.5) / 19)


def test_people_who_never_meet_cost_no_memory() -> None:
    """2,000 people one after the other: a full table of their pairs takes 32 MB, and a solver of everybody against everybody 128."""
    count = np.arange(2_000)
    one = IdentifiedBoxes(count + 1, count, np.tile([0.0, 0, 10, 10], (len(count), 1)))
    tracemalloc.start()
    scores = evaluate(one, one)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (scores.identity.idf1, scores.hota.hota, scores.clear.mota) == pytest.approx((1, 1, 1))
    assert peak < 10e6

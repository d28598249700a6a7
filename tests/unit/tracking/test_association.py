from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from tests.unit.tracking.worlds import PIXELS, World, walkers
from trackway.tracking.association import Associator, match
from trackway.tracking.config import PERSONS

Array = npt.NDArray[Any]


def best_by_trying_all(similarity: Array, least: float) -> float:
    """Greatest total similarity of any one-to-one pairing without pairs below `least`."""
    allowed = np.where(similarity >= least, similarity, 0.0)
    if allowed.shape[0] > allowed.shape[1]:
        allowed = allowed.T
    rows = range(allowed.shape[0])
    return max(float(sum(allowed[row, column] for row, column in zip(rows, order, strict=True))) for order in _orders(allowed))


def _orders(table: Array) -> itertools.permutations[tuple[int, ...]]:
    return itertools.permutations(range(table.shape[1]), table.shape[0])


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 5), st.sampled_from([0.01, 0.3, 0.9]))
def test_a_match_is_the_best_of_all(seed: int, rows: int, columns: int, least: float) -> None:
    similarity = np.random.default_rng(seed).random((rows, columns))
    ours, theirs = match(similarity, least)
    assert len(set(ours.tolist())) == len(ours)
    assert len(set(theirs.tolist())) == len(theirs)
    assert (similarity[ours, theirs] >= least).all()
    assert similarity[ours, theirs].sum() == pytest.approx(best_by_trying_all(similarity, least))


@pytest.mark.parametrize("neighbours", [0.5, 2.0])
def test_a_large_match_is_the_best_of_all_too(neighbours: float) -> None:
    """Of more pairs than are solved in one piece: against the whole table solved at once."""
    random = np.random.default_rng(0)
    shape = (520, 500)
    similarity = np.where(random.random(shape) < neighbours / shape[0], random.uniform(0.1, 1, shape), 0.0)
    ours, theirs = match(similarity, 0.3)
    assert len(set(ours.tolist())) == len(set(theirs.tolist())) == len(ours) > 100
    assert (similarity[ours, theirs] >= 0.3).all()
    allowed = np.where(similarity >= 0.3, similarity, 0.0)
    assert similarity[ours, theirs].sum() == pytest.approx(allowed[linear_sum_assignment(allowed, maximize=True)].sum())


def test_nothing_matches_nothing() -> None:
    assert [len(side) for side in match(np.zeros((0, 3)), 0.1)] == [0, 0]
    assert [len(side) for side in match(np.zeros((2, 3)), 0.1)] == [0, 0]


def associate(world: World, *, shift_px: tuple[float, float] = (0, 0), shift_ms: int = 0, shuffle: int | None = None) -> list[list[int]]:
    """Track of every detection, frame by frame, in the world's own order of detections."""
    associator = Associator(PERSONS)
    found = []
    for frame, time_ms in enumerate(world.time_ms.tolist()):
        seen = world.detections(frame)
        order = np.arange(len(seen)) if shuffle is None else np.random.default_rng((shuffle, frame)).permutation(len(seen))
        box = seen.box * PIXELS + [*shift_px, 0, 0]
        track = np.empty(len(seen), np.int64)
        track[order] = associator.update(time_ms + shift_ms, box[order], seen.score[order])
        found.append(track.tolist())
    return found


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_place_nor_clock_matter(seed: int) -> None:
    world = walkers(seed, seconds=5)
    expected = associate(world)
    assert associate(world, shuffle=seed) == expected
    assert associate(world, shift_ms=3_600_123) == expected
    assert associate(world, shift_px=(-2048.0, 4096.0)) == expected


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(0, 30))
def test_no_track_has_two_detections_in_a_frame(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    associator = Associator(PERSONS)
    for step in range(6):
        box = random.uniform(1, 60, (count, 4))
        track = associator.update(40 * step, box, random.random(count))
        given_out = track[track >= 0]
        assert len(np.unique(given_out)) == len(given_out)


def one(box: list[float], score: float = 0.6) -> tuple[Array, Array]:
    return np.array([box]), np.array([score])


STANDING = [100.0, 100, 40, 100]


def test_two_trackers_share_no_numbers() -> None:
    first, second = Associator(PERSONS), Associator(PERSONS)
    assert first.update(0, *one(STANDING)).tolist() == second.update(0, *one(STANDING)).tolist() == [0]


def test_weak_detections_start_nothing_and_carry_on_for_a_while() -> None:
    associator = Associator(PERSONS)
    assert associator.update(0, *one(STANDING, 0.2)).tolist() == [-1]
    assert associator.update(100, *one(STANDING, 0.5)).tolist() == [0]
    weak = [associator.update(time_ms, *one(STANDING, 0.2)).tolist() for time_ms in range(200, 1200, 100)]
    assert weak[:5] == [[0]] * 5
    assert weak[5:] == [[-1]] * 5


def test_what_is_below_the_lowest_score_is_never_used() -> None:
    associator = Associator(PERSONS)
    associator.update(0, *one(STANDING))
    assert associator.update(100, *one(STANDING, 0.05)).tolist() == [-1]


def test_a_lost_track_waits_two_seconds() -> None:
    for away_ms, number in ((1900, 0), (2500, 1)):
        associator = Associator(PERSONS)
        for time_ms in range(0, 1000, 100):
            associator.update(time_ms, *one(STANDING))
        for time_ms in range(1000, 900 + away_ms, 100):
            associator.update(time_ms, np.zeros((0, 4)), np.zeros(0))
        assert associator.update(900 + away_ms, *one(STANDING)).tolist() == [number]


def test_without_any_frame_in_between_everybody_is_looked_for_once() -> None:
    associator = Associator(PERSONS)
    for time_ms in (0, 100, 200, 300):
        associator.update(time_ms, *one(STANDING))
    assert associator.update(10_300, *one(STANDING)).tolist() == [0]
    assert associator.update(20_300, *one([900.0, 100, 40, 100])).tolist() == [1]


def test_a_track_on_trial_ends_soon() -> None:
    associator = Associator(PERSONS)
    associator.update(0, *one(STANDING))
    associator.update(200, np.zeros((0, 4)), np.zeros(0))
    assert associator.update(300, *one(STANDING)).tolist() == [1]


def test_fast_people_are_followed_at_few_frames_a_second() -> None:
    associator = Associator(PERSONS)
    tracks = [associator.update(200 * step, *one([100.0 + 50 * step, 100, 40, 100])).tolist() for step in range(8)]
    assert tracks == [[0]] * 8


def test_size_tells_apart_those_who_stand_one_behind_the_other() -> None:
    associator = Associator(PERSONS)
    near, far = [100.0, 100, 60, 150], [115.0, 105, 40, 90]
    both = np.array([near, far]), np.array([0.7, 0.6])
    assert associator.update(0, *both).tolist() == [0, 1]
    for time_ms in (100, 200, 300):
        associator.update(time_ms, *both)
    assert associator.update(400, *one([118.0, 104, 42, 92])).tolist() == [1]


def test_a_box_that_shrinks_behind_somebody_does_not_shrink_the_person() -> None:
    """SPEC X2: what is left to see of a walker grows shorter, vanishes, and comes back whole on the other side."""
    associator = Associator(PERSONS)
    tracks = []
    for step in range(30):
        left, near = 240.0 - 8 * step, [100.0, 90, 60, 170]
        hidden = max(0.0, min(left + 40, 160) - max(left, 100)) / 40
        height = 100 * (1 - 0.6 * hidden)
        boxes = [near, [left, 100, 40, height]] if hidden < 0.9 else [near]
        track = associator.update(100 * step, np.array(boxes), np.array([0.7, 0.6 - 0.5 * hidden][: len(boxes)]))
        tracks.append(track.tolist()[1:])
    assert [] in tracks
    # What is left of somebody nearly hidden may be nobody's; it is never another's.
    assert {number for track in tracks for number in track} <= {1, -1}
    assert tracks[0] == tracks[-1] == [1]


def test_the_same_frame_again_changes_nothing() -> None:
    associator = Associator(PERSONS)
    assert [associator.update(0, *one(STANDING)).tolist() for _ in range(3)] == [[0]] * 3


@pytest.mark.parametrize("broken", [[np.nan, 0, 10, 10], [0, 0, np.inf, 10], [0, 0, -5, 10], [0, 0, 10, 0]])
def test_a_box_that_is_none_is_left_out(broken: list[float]) -> None:
    associator = Associator(PERSONS)
    assert associator.update(0, np.array([broken, STANDING]), np.array([0.9, 0.6])).tolist() == [-1, 0]
    assert associator.update(100, np.array([STANDING, STANDING]), np.array([0.6, np.nan])).tolist() == [0, -1]


@pytest.mark.parametrize("measure", [1e-300, 1e200, 1.7e308, -1e308])
def test_numbers_beyond_all_measure_are_left_out(measure: float) -> None:
    associator = Associator(PERSONS)
    first, second = (
        associator.update(time_ms, np.array([STANDING, [0, 0, measure, 10], [0, 0, 10, measure]]), np.full(3, 0.6)).tolist()
        for time_ms in (0, 100)
    )
    assert first == second == [0, -1, -1]
    assert associator.update(200, np.array([[measure, 0, 10, 10]]), np.full(1, 0.6)).tolist() == [-1 if abs(measure) > 1 else 1]


@pytest.mark.parametrize("step_ms", [4, 10_000])
def test_two_thousand_strangers_in_every_frame_end_in_bounded_memory(step_ms: int) -> None:
    random = np.random.default_rng(step_ms)
    associator = Associator(PERSONS)
    for frame in range(3):
        box = np.concatenate([random.uniform(0, 4000, (2000, 2)), random.uniform(20, 60, (2000, 2))], axis=1)
        track = associator.update(step_ms * frame, box, random.uniform(0.35, 0.9, 2000))
        assert len(np.unique(track)) == 2000
        assert len(associator) <= 2500


def test_strangers_who_are_gone_take_no_place_of_those_who_are_waited_for() -> None:
    associator = Associator(PERSONS)
    places = np.stack(np.meshgrid(np.arange(40), np.arange(25)), axis=-1).reshape(-1, 2) * [100.0, 300.0]
    box = np.concatenate([places, np.full((1000, 2), [40.0, 100.0])], axis=1)
    people, sure = box[:600], np.full(1000, 0.6)
    known = [associator.update(100 * frame, people, sure[:600]).tolist() for frame in range(10)][-1]
    associator.update(1000, box[300:], sure[300:])  # the first three hundred are gone, strangers come
    # More are unseen than may wait; but the strangers, who were seen later than those first, are on trial, and over anyhow.
    associator.update(1200, box[:0], sure[:0])
    assert len(associator) == 500
    assert len(set(associator.update(1400, people, sure[:600]).tolist()) & set(known)) == 500


def test_two_thousand_boxes_in_a_frame() -> None:
    associator = Associator(PERSONS)
    random = np.random.default_rng(0)
    places = np.stack(np.meshgrid(np.arange(50), np.arange(40)), axis=-1).reshape(-1, 2) * [45.0, 110.0]
    box = np.concatenate([places, np.full((2000, 2), [40.0, 100.0])], axis=1)
    first = associator.update(0, box, np.full(2000, 0.6))
    assert sorted(first.tolist()) == list(range(2000))
    assert associator.update(100, box + random.normal(0, 1, box.shape), np.full(2000, 0.6)).tolist() == first.tolist()


def test_time_goes_forward() -> None:
    associator = Associator(PERSONS)
    associator.update(100, *one(STANDING))
    with pytest.raises(ValueError, match="time went backwards: 50 ms after 100 ms"):
        associator.update(50, *one(STANDING))

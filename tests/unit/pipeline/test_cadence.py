"""Which frames are looked at: never too rarely, as often as people move, from the frames alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import Detections
from trackway.media.frame import Frame
from trackway.pipeline.cadence import CERTAIN_PER_SECOND, Gap, Stretch, stretches

PIXELS = np.array([1000, 1000, 1000, 1000], np.float64)
NO_PICTURE: Any = None
GRID_MS = 1000 / CERTAIN_PER_SECOND


def frames(times: list[int], first: int = 0) -> list[Frame]:
    return [Frame(first + number, time_ms, NO_PICTURE) for number, time_ms in enumerate(times)]


def at_rate(fps: float, seconds: float) -> list[Frame]:
    return frames([round(1000 * number / fps) for number in range(round(fps * seconds))])


def all_of(found: list[Stretch]) -> list[int]:
    """Frame numbers in order of their stretches, the certain look last in each."""
    inside = [sorted([frame.number for frame in one.between] + [number for number, _ in one.passed]) for one in found]
    return [number for numbers, one in zip(inside, found, strict=True) for number in (*numbers, one.certain.number)]


def bodies(*box: tuple[float, float, float, float], score: float = 0.9) -> Detections:
    return Detections.make(len(box), frame=np.zeros(len(box)), box=np.array(box).reshape(-1, 4), score=np.full(len(box), score))


def standing(x: float, y: float = 0.3) -> tuple[float, float, float, float]:
    """A body 0.4 high."""
    return (x, y, 0.15, 0.4)


def gap(first: Detections, last: Detections, count: int = 4, *, straight: bool = False) -> Gap:
    inner = frames([40 * number for number in range(1, count + 1)], 1)
    return Gap(tuple(inner), 0, 40 * (count + 1), first, last, straight=straight)


@given(steps=st.lists(st.integers(1, 700), min_size=1, max_size=120), every=st.booleans())
def test_every_frame_is_in_one_stretch_and_the_ends_are_looked_at(steps: list[int], every: bool) -> None:
    given_frames = frames(list(itertools.accumulate(steps)))
    found = list(stretches(given_frames, every=every))
    assert all_of(found) == list(range(len(given_frames)))
    assert found[0].certain.number == 0
    assert not len(found[0].between)
    assert found[-1].certain.number == len(given_frames) - 1
    assert sum(map(len, found)) == len(given_frames)
    assert [one.start for one in found] == [None, *(one.end for one in found[:-1])]
    if every:
        assert all(len(one) == 1 for one in found)


@given(steps=st.lists(st.integers(1, 190), min_size=2, max_size=120))
def test_certain_looks_are_never_further_apart_than_two_marks_of_the_grid(steps: list[int]) -> None:
    looks = [one.certain.time_ms for one in stretches(frames(list(itertools.accumulate(steps))), every=False)]
    marks = np.floor(np.array(looks) / GRID_MS)
    assert (np.diff(marks) <= 1).all()  # whatever the frames, no fifth of a second that has one goes without a look
    assert (np.diff(looks) < 2 * GRID_MS).all()


@given(start=st.integers(0, 100), count=st.integers(20, 60))
def test_a_segment_looks_where_one_run_looks(start: int, count: int) -> None:
    whole = at_rate(25, 10)
    part = whole[start : start + count]
    expected = {one.certain.number for one in stretches(whole, every=False)}
    own = [one.certain.number for one in stretches(part, every=False)]
    assert set(own[1:-1]) == {number for number in expected if part[0].number < number < part[-1].number}


@pytest.mark.parametrize(("fps", "most"), [(25, 4), (60, 7), (240, 7)])
def test_few_pictures_wait_for_a_decision(fps: float, most: int) -> None:
    found = list(stretches(at_rate(fps, 3), every=False))
    assert max(len(one.between) for one in found) == most
    assert max(map(len, found)) == pytest.approx(fps / CERTAIN_PER_SECOND, abs=1)


def test_rare_frames_are_all_looked_at() -> None:
    assert all(len(one) == 1 for one in stretches(at_rate(1, 8), every=False))
    assert all(len(one) == 1 for one in stretches(frames([0, 40, 10_000, 10_040, 30_000]), every=False))


def test_seconds_and_ticks_begin_once() -> None:
    found = list(stretches(at_rate(25, 4), every=True))
    assert [one.certain.number for one in found if one.begins_second] == [0, 25, 50, 75]
    assert [one.certain.number for one in found if one.begins_tick] == list(range(0, 100, 5))


def test_people_who_stand_or_walk_slowly_need_no_look() -> None:
    assert not gap(bodies(), bodies()).is_doubtful(PIXELS)
    assert not gap(bodies(standing(0.2), standing(0.6)), bodies(standing(0.62), standing(0.22))).is_doubtful(PIXELS)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (bodies(), bodies(standing(0.2))),
        (bodies(standing(0.2)), bodies()),
        (bodies(standing(0.2)), bodies(standing(0.2), standing(0.7))),
        (bodies(standing(0.2)), bodies(standing(0.3))),
        (bodies(standing(0.2)), bodies(standing(0.6))),
        (bodies(standing(0.2)), bodies((0.2, 0.4, 0.05, 0.15))),
    ],
)
def test_who_comes_goes_or_runs_needs_one(first: Detections, last: Detections) -> None:
    assert gap(first, last).is_doubtful(PIXELS)
    assert gap(last, first).is_doubtful(PIXELS)


def test_the_faint_may_flicker() -> None:
    assert not gap(bodies(), bodies(standing(0.2), score=0.2)).is_doubtful(PIXELS)
    assert not gap(bodies(standing(0.2), score=0.2), bodies(standing(0.3), score=0.2)).is_doubtful(PIXELS)


@given(order=st.permutations(range(4)), shift=st.floats(0, 0.2))
def test_neither_order_nor_place_of_bodies_counts(order: list[int], shift: float) -> None:
    first = np.array([standing(0.05), standing(0.3), standing(0.55), standing(0.8, 0.1)])
    last = first + np.array([[0.03, 0, 0, 0], [0, 0.01, 0, 0], [0.005, 0, 0, 0], [0, 0, 0, 0]])
    moved = np.array([shift, shift, 0, 0])
    calm, fast = bodies(*map(tuple, first[order] + moved)), bodies(*map(tuple, last + moved))
    assert gap(calm, fast).is_doubtful(PIXELS) == gap(bodies(*map(tuple, first)), bodies(*map(tuple, last))).is_doubtful(PIXELS)


def test_halves_on_the_line_are_left_alone() -> None:
    first, middle, last = bodies(standing(0.2)), bodies(standing(0.256)), bodies(standing(0.31))
    whole = gap(first, last, 4)
    assert whole.is_doubtful(PIXELS)
    assert whole.middle.number == 2
    halves = whole.split(middle, None, PIXELS)
    assert [[frame.number for frame in half.frames] for half in halves] == [[1], [3, 4]]
    assert not any(half.is_doubtful(PIXELS) for half in halves)
    jumped = whole.split(bodies(standing(0.3)), None, PIXELS)
    assert [half.is_doubtful(PIXELS) for half in jumped] == [True, False]


@given(speed=st.floats(0, 4), acceleration=st.floats(-20, 20), fps=st.sampled_from([25, 30, 60]))
def test_looks_follow_the_motion(speed: float, acceleration: float, fps: int) -> None:
    """One body, by its true path: wherever nobody looked, the line is near the truth."""
    inner = frames([round(1000 * number / fps) for number in range(1, fps // 5)], 1)
    end_ms = round(1000 * (fps // 5) / fps)

    def seen(time_ms: int) -> Detections:
        seconds = time_ms / 1000
        return bodies(standing(0.3 + 0.4 * (speed * seconds + acceleration * seconds**2 / 2)))

    gaps = [Gap(tuple(inner), 0, end_ms, seen(0), seen(end_ms))]
    looked: list[int] = []
    off: list[float] = []
    while gaps:
        one = gaps.pop()
        if one.is_doubtful(PIXELS):
            looked.append(one.middle.number)
            gaps += one.split(seen(one.middle.time_ms), None, PIXELS)
            continue
        for frame in one.frames:
            share = (frame.time_ms - one.begin_ms) / (one.end_ms - one.begin_ms)
            line = one.first.box[0, 0] * (1 - share) + one.last.box[0, 0] * share
            off.append(abs(float(line - seen(frame.time_ms).box[0, 0])) / 0.4)
    assert len(set(looked)) == len(looked)
    assert len(looked) + len(off) == len(inner)
    assert max(off, default=0) < 0.11
    if abs(speed) + abs(acceleration) < 0.4:
        assert not looked


def test_an_empty_middle_leaves_both_halves_doubtful() -> None:
    whole = gap(bodies(standing(0.2)), bodies(standing(0.35)))
    assert [half.is_doubtful(PIXELS) for half in whole.split(bodies(), None, PIXELS)] == [True, True]


def test_faces_that_come_or_go_are_looked_for() -> None:
    body, face = bodies(standing(0.2)), bodies((0.24, 0.31, 0.05, 0.07))
    moved = bodies((0.26, 0.31, 0.05, 0.07))
    for first, last, lost in ((face, moved, False), (face, bodies(), True), (bodies(), face, True), (bodies(), bodies(), False)):
        one = Gap(tuple(frames([40, 80, 120], 1)), 0, 160, body, body, first, last)
        assert one.loses_faces(PIXELS) == one.is_doubtful(PIXELS) == lost
    for heights, lost in ((1.3, False), (1.5, True)):  # who walks fast takes the face along
        along = bodies((0.24 + heights * 0.07 * PIXELS[1] / PIXELS[0], 0.31, 0.05, 0.07))
        assert Gap(tuple(frames([40, 80, 120], 1)), 0, 160, body, body, face, along).loses_faces(PIXELS) == lost
    came = Gap(tuple(frames([40, 80, 120], 1)), 0, 160, body, body, bodies(), face)
    assert [half.loses_faces(PIXELS) for half in came.split(body, face, PIXELS)] == [True, False]
    assert not any(half.loses_faces(PIXELS) for half in came.split(body, None, PIXELS))

"""Readings made steady: what smoothing must keep, must calm, and must never make up (SPEC D39)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackway.columns import FaceTraits
from trackway.faces.smoothing import smooth

Array = npt.NDArray[Any]
MOVING = ("emotions", "smile", "eyes_open", "mouth_open", "pose", "gaze")
EVERYWHERE = ("age", "male", "real", "live")


def random_traits(rows: int, seed: int, *, known: float = 0.8) -> FaceTraits:
    """Any readings, each there with some probability."""
    random = np.random.default_rng(seed)
    columns = {name: random.random(column.shape) for name, column in FaceTraits.make(rows).columns().items()}
    middle = random.uniform(10, 80, rows)
    columns |= {"age": np.stack([middle - 10, middle + 10], axis=1), "pose": random.uniform(-60, 60, (rows, 3))}
    for name in columns:
        columns[name][random.random(rows) > known] = np.nan
    return FaceTraits(**columns)


def one_person(step_ms: float, **columns: Any) -> FaceTraits:
    rows = len(next(iter(columns.values())))
    return smooth(FaceTraits.make(rows, **columns), np.zeros(rows, np.int64), (step_ms * np.arange(rows)).astype(np.int64))


@settings(deadline=None)
@given(rows=st.integers(0, 40), people=st.integers(1, 4), seed=st.integers(0, 1000))
def test_d39_the_order_of_rows_means_nothing(rows: int, people: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    traits, person = random_traits(rows, seed), random.integers(0, people, rows)
    time_ms = random.permutation(rows) * 40
    order = random.permutation(rows)
    here, there = smooth(traits, person, time_ms)[order], smooth(traits[order], person[order], time_ms[order])
    for name, column in here.columns().items():
        np.testing.assert_allclose(column, there.columns()[name], atol=1e-4, err_msg=name)


@settings(deadline=None)
@given(rows=st.integers(1, 30), people=st.integers(1, 4), seed=st.integers(0, 1000))
def test_d39_nothing_is_made_up_and_nothing_that_was_read_is_lost(rows: int, people: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    traits, person = random_traits(rows, seed, known=0.5), random.integers(0, people, rows)
    steady = smooth(traits, person, 40 * np.arange(rows))
    for name in MOVING:
        np.testing.assert_array_equal(np.isnan(getattr(steady, name)), np.isnan(getattr(traits, name)), err_msg=name)
    for name in EVERYWHERE:
        for each in set(person.tolist()):
            ever = np.isfinite(getattr(traits, name)[person == each]).any()
            assert (np.isfinite(getattr(steady, name)[person == each]) == ever).all(), name
    np.testing.assert_array_equal(steady.landmarks, traits.landmarks)


@settings(deadline=None)
@given(rows=st.integers(1, 30), seed=st.integers(0, 1000))
def test_d39_people_do_not_mix(rows: int, seed: int) -> None:
    traits = random_traits(2 * rows, seed)
    person, time_ms = np.repeat([7, 3], rows), np.tile(33 * np.arange(rows), 2)
    together = smooth(traits, person, time_ms)
    for each in (7, 3):
        alone = smooth(traits[person == each], person[person == each], time_ms[person == each])
        for name, column in alone.columns().items():
            np.testing.assert_allclose(column, together[person == each].columns()[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("step_ms", [16, 40, 200])
def test_d39_what_does_not_change_stays(step_ms: int) -> None:
    still = random_traits(1, 1, known=1)[np.zeros(50, np.intp)]
    steady = smooth(still, np.zeros(50, np.int64), step_ms * np.arange(50))
    for name in (*MOVING, "male", "real", "live"):
        np.testing.assert_allclose(getattr(steady, name), getattr(still, name), atol=1e-4, err_msg=name)
    np.testing.assert_allclose(steady.age.mean(axis=1), still.age.mean(axis=1), atol=1e-3)


def test_d39_one_reading_stays_one_reading() -> None:
    one = random_traits(1, 5, known=1)
    steady = smooth(one, np.zeros(1, np.int64), np.zeros(1, np.int64))
    for name, column in one.columns().items():
        np.testing.assert_allclose(getattr(steady, name), column, atol=1e-3, err_msg=name)
    child = one_person(40, age=[[0.0, 15.0]])
    np.testing.assert_allclose(child.age, [[0, 15]], atol=1e-4)


@pytest.mark.parametrize("name", ["emotions", "smile", "eyes_open", "mouth_open", "gaze", "pose"])
def test_d39_noise_falls(name: str) -> None:
    random = np.random.default_rng(2)
    shape = (400, *getattr(FaceTraits.make(1), name).shape[1:])
    noisy = 0.5 + 0.1 * random.normal(size=shape)
    assert getattr(one_person(33, **{name: noisy}), name).var() < 0.6 * noisy.var()


def test_d39_nothing_comes_later_than_it_was() -> None:
    rise = (np.arange(41) >= 21) * 1.0
    rise[20] = 0.5
    for name in ("smile", "mouth_open"):
        told = getattr(one_person(33, **{name: rise}), name)
        np.testing.assert_allclose(told + told[::-1], 1, atol=1e-5)


@pytest.mark.parametrize(("fps", "closed"), [(25, 2), (30, 3), (60, 6), (10, 1), (120, 12)])
def test_d39_a_blink_survives(fps: int, closed: int) -> None:
    """Of 80 to 100 ms, the shortest that there are."""
    opened = np.full(4 * fps, 0.95)
    opened[2 * fps : 2 * fps + closed] = 0.05
    told = one_person(1000 / fps, eyes_open=opened).eyes_open
    assert told.min() < 0.5
    assert (told < 0.5).sum() <= closed + 1
    assert told[fps] > 0.9


def test_d39_angles_that_pass_half_a_turn() -> None:
    roll = np.array([178.0, 179, -180, -179, -178] * 8)
    told = one_person(33, pose=np.stack([roll, roll * 0, roll * 0], axis=1)).pose
    assert (np.abs(told[:, 0]) > 177).all()


def test_d39_an_age_narrows_as_readings_agree_but_not_beyond_what_the_network_knows() -> None:
    def half(ages: list[float]) -> float:
        middle = np.array(ages)
        low, high = one_person(40, age=np.stack([middle - 10, middle + 10], axis=1)).age[0]
        return float(high - low) / 2

    agreeing = [half([30.0 + 0.1 * (row % 3) for row in range(count)]) for count in (1, 2, 4, 16, 256)]
    assert agreeing == sorted(agreeing, reverse=True)
    assert agreeing[0] == pytest.approx(10)
    assert 6 <= agreeing[-1] < 6.5
    assert half([20, 30, 40, 50, 60, 70]) > half([44, 45, 46, 45, 44, 46])


def test_d39_an_outlier_of_age_is_left_out() -> None:
    middle = np.array([34.0, 36, 35, 33, 37, 70, 35])
    age = one_person(40, age=np.stack([middle - 10, middle + 10], axis=1)).age
    assert age.mean(axis=1) == pytest.approx(35, abs=0.1)


def test_d39_gender_is_what_the_sure_readings_say() -> None:
    assert one_person(40, male=[0.45, 0.45, 0.98]).male == pytest.approx(0.6267, abs=1e-3)
    seldom = one_person(40, male=[np.nan, 0.9, np.nan, np.nan]).male
    np.testing.assert_allclose(seldom, 0.9, atol=1e-6)


def test_d39_types_that_no_network_knows_stay_unknown() -> None:
    emotions = np.full((10, 8), 0.125)
    emotions[:, 3] = np.nan
    told = one_person(40, emotions=emotions).emotions
    assert np.isnan(told[:, 3]).all()
    np.testing.assert_allclose(np.delete(told, 3, axis=1), 0.125, atol=1e-6)


def test_d39_nobody() -> None:
    assert len(smooth(FaceTraits.make(0), np.zeros(0, np.int64), np.zeros(0, np.int64))) == 0


def test_nothing_that_moves_goes_on_in_the_next_scene() -> None:
    pose = np.array([[0, -30, 0]] * 4 + [[0, 30, 0]] * 4)
    mouth = np.repeat([0.0, 1.0], 4)
    age = np.tile([20.0, 40.0], (8, 1))
    traits = FaceTraits.make(8, pose=pose, mouth_open=mouth, age=age)
    person, time_ms, scene = np.zeros(8, np.int64), 40 * np.arange(8), np.repeat([0, 1], 4)
    steady = smooth(traits, person, time_ms, scene)
    np.testing.assert_allclose(steady.pose, pose, atol=1e-4)
    np.testing.assert_allclose(steady.mouth_open, mouth, atol=1e-6)
    one = smooth(traits, person, time_ms)
    assert 0.1 < one.mouth_open[3] < 0.5 < one.mouth_open[4] < 0.9
    np.testing.assert_array_equal(steady.age, one.age)  # people are as old as before

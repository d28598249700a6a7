"""Which sights of a face are the best."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import Detections
from trackway.faces.best_shots import best_rows, shot_quality
from trackway.tracking.rows import body_rows, face_rows

Array = npt.NDArray[Any]
SIZE = (1000, 500)


def sight(*, side: float = 150, sharp: float = 70, bright: float = 50, yaw: float = 0, pitch: float = 0, roll: float = 0) -> Detections:
    box = [[0.1, 0.1, side / SIZE[0], side / SIZE[1]]]
    return Detections.make(1, box=box, score=[0.9], pose=[[roll, yaw, pitch]], quality=[[bright, sharp]])


def quality(**columns: float) -> float:
    return float(shot_quality(sight(**columns), SIZE)[0])


def test_a_large_sharp_frontal_well_lit_face_is_the_best_there_is() -> None:
    assert quality() == quality(side=400, sharp=90, roll=80) == 1


@pytest.mark.parametrize(
    "worse",
    [
        [{"side": side} for side in (100, 60, 30, 10)],
        [{"sharp": sharp} for sharp in (50, 30, 10, 0)],
        [{"bright": bright} for bright in (20, 10, 5, 0)],
        [{"bright": bright} for bright in (80, 85, 92, 98)],
        [{"yaw": -yaw} for yaw in (10, 30, 60, 90)],
        [{"pitch": pitch} for pitch in (10, 30, 60, 90)],
    ],
    ids=["size", "sharpness", "dark", "glare", "yaw", "pitch"],
)
def test_every_factor_only_takes_away(worse: list[dict[str, float]]) -> None:
    values = [1.0, *(quality(**columns) for columns in worse)]
    assert all(later < earlier for earlier, later in itertools.pairwise(values))
    assert values[-1] < 0.1


def test_what_is_not_known_is_no_good_sight() -> None:
    blind = sight().replace(pose=np.full((1, 3), np.nan))
    assert shot_quality(blind, SIZE) == 0
    assert shot_quality(body_rows(sight(), np.zeros(1), np.zeros(1)), SIZE) == 0
    rows = face_rows(sight(side=60), np.zeros(1))
    assert shot_quality(rows, SIZE) == pytest.approx(quality(side=60))


Sights = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3000), st.sampled_from([0.0, 0.2, 0.5, 0.9])), max_size=40)


@given(sights=Sights, count=st.integers(1, 4), apart_ms=st.sampled_from([0, 300, 1000]))
def test_the_best_are_few_far_apart_and_no_better_one_was_left_out(sights: list[tuple[int, int, float]], count: int, apart_ms: int) -> None:
    person, time_ms, good = (np.array(column) for column in zip(*sights, strict=True)) if sights else (np.zeros(0),) * 3
    found = best_rows(person, time_ms, good, count=count, apart_ms=apart_ms)
    assert set(found) == set(person[good > 0].tolist())
    for each, rows in found.items():
        assert 1 <= len(rows) <= count
        assert (person[rows] == each).all()
        assert (np.diff(good[rows]) <= 0).all()
        apart = np.abs(time_ms[rows][:, None] - time_ms[rows][None])
        assert (apart[~np.eye(len(rows), dtype=bool)] >= apart_ms).all()
        for row in np.setdiff1d(np.flatnonzero((person == each) & (good > 0)), rows).tolist():
            better = rows[good[rows] >= good[row]]
            assert len(rows) == count or (np.abs(time_ms[better] - time_ms[row]) < apart_ms).any()
            assert len(better) == count or (np.abs(time_ms[better] - time_ms[row]) < apart_ms).any()


def test_of_equal_sights_the_earliest() -> None:
    time_ms = np.array([900, 100, 500])
    assert best_rows(np.zeros(3, int), time_ms, np.full(3, 0.5), count=2, apart_ms=300)[0].tolist() == [1, 2]

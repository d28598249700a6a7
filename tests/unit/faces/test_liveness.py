"""What a face does of itself is counted; what trembles, flickers or only stays is not (SPEC D37, D38)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import FaceTraits
from trackway.faces.liveness import LEAST_SIGHTS, head_features, liveness

Array = npt.NDArray[Any]


def lively(*, step_ms: int = 100, **values: Any) -> float:
    count = len(next(iter(values.values())))
    yaw = values.pop("yaw", None)
    if yaw is not None:
        values["pose"] = np.stack([np.zeros(count), np.asarray(yaw), np.zeros(count)], axis=1)
    return liveness(FaceTraits.make(count, **values), np.arange(count) * step_ms)


def times(count: int, of: int = 60) -> Array:
    """Something that goes on and off so often."""
    return np.where((np.arange(of) * count * 2 // of) % 2 == 1, 0.9, 0.1)


@pytest.mark.parametrize(("pose", "which"), [((0, 45, 0), 0), ((0, -45, 0), 1), ((-45, 0, 0), 2), ((45, 0, 0), 3), ((0, 0, 30), 4)])
def test_d37_each_turn_of_the_head_has_its_feature(pose: tuple[float, ...], which: int) -> None:
    found = head_features(np.array([pose]))[0]
    assert found[which] == 1
    assert found.sum() == 1
    assert head_features(np.array(pose)[None] / 2)[0, which] == pytest.approx(0.5)


def test_d37_without_a_pose_there_are_no_features() -> None:
    assert np.isnan(head_features(np.full((1, 3), np.nan))).all()


@pytest.mark.parametrize("name", ["mouth_open", "smile", "eyes_open"])
def test_d38_each_time_counts_less_than_the_one_before(name: str) -> None:
    scores = [liveness(FaceTraits.make(60, **{name: times(count)}), np.arange(60) * 100) for count in range(1, 6)]
    assert scores == pytest.approx([1 - 0.7**count for count in range(1, 6)])


def test_d38_a_face_that_only_is_there_is_not_lively() -> None:
    for value in (0.0, 0.5, 1.0):
        assert (
            lively(mouth_open=np.full(60, value), smile=np.full(60, value), eyes_open=np.full(60, value), yaw=np.full(60, 40 * value)) == 0
        )


@given(st.lists(st.floats(0.36, 0.59), min_size=LEAST_SIGHTS, max_size=80))
def test_d38_what_trembles_between_the_thresholds_is_not_counted(values: list[float]) -> None:
    assert lively(smile=values) == 0


def test_d38_what_comes_too_soon_after_another_is_not_counted() -> None:
    flicker = np.tile([0.1, 0.9], 30)
    assert lively(mouth_open=flicker, step_ms=200) == pytest.approx(1 - 0.7**30)
    assert lively(mouth_open=flicker[:10], step_ms=20) == pytest.approx(0.3)


def test_d38_turns_to_both_sides_count() -> None:
    assert lively(yaw=40 * np.sin(np.arange(60) / 60 * 2 * np.pi)) == pytest.approx(1 - 0.7**2)


def test_d38_who_stays_long_is_not_the_livelier() -> None:
    once = np.concatenate([np.full(60, 0.1), np.full(60, 0.9)])
    assert lively(smile=np.tile(once, 20)) == pytest.approx(0.3)


def test_d38_what_was_not_read_says_nothing() -> None:
    seldom = np.full(200, np.nan)
    seldom[:: 200 // (LEAST_SIGHTS - 1) + 1] = 0.5
    assert math.isnan(lively(smile=seldom))
    gaps = np.full(200, np.nan)
    gaps[::10] = np.tile([0.1, 0.9], 10)
    assert lively(smile=gaps, step_ms=50) == pytest.approx(1 - 0.7**10)

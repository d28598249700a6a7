"""The face at rest: found in a track however seldom it rests, and never claimed where little was seen (SPEC F20)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackway.columns import MEASURE_NAMES
from trackway.faces.neutral import AVERAGE, SPREAD, neutral_from, neutral_of

Array = npt.NDArray[Any]

LIP_GAP, LIDS, CORNER = MEASURE_NAMES.index("lipGap"), [0, 1], MEASURE_NAMES.index("cornerHeightLeft")
MOUTH = [column for column, name in enumerate(MEASURE_NAMES) if name.startswith(("corner", "lip", "lowerLip", "upperLip", "mouth", "jaw"))]


def somebody(seed: int = 1) -> Array:
    """(M,) a face at rest that is not the average's."""
    rest: Array = AVERAGE + 0.8 * SPREAD * np.random.default_rng(seed).choice([-1, 1], len(AVERAGE))
    return rest


def frames(rest: Array, count: int, seed: int = 2) -> Array:
    """(count, M) that face, as a network trembles."""
    seen: Array = rest + 0.15 * SPREAD * np.random.default_rng(seed).normal(size=(count, len(rest)))
    return seen


STRAIGHT = np.zeros(3)


@settings(max_examples=25, deadline=None)
@given(resting=st.floats(0.3, 1), seed=st.integers(0, 1000))
def test_f20_a_face_that_rests_now_and_then_is_found(resting: float, seed: int) -> None:
    rest, count = somebody(seed), 200
    seen = frames(rest, count, seed)
    talking = np.random.default_rng(seed).random(count) > resting
    seen[np.ix_(np.flatnonzero(talking), np.array(MOUTH))] += (
        np.random.default_rng(seed + 1).uniform(2, 8, (talking.sum(), 1)) * SPREAD[MOUTH]
    )
    seen[::15, LIDS] = 0.1  # blinks
    found = neutral_of(seen, np.tile(STRAIGHT, (count, 1)))
    assert found.source == "track"
    assert found.certain > 0.8
    assert (np.abs(found.measures - rest) / SPREAD).mean() < 0.35
    assert (np.abs(AVERAGE - rest) / SPREAD).mean() > 0.7  # what the average would be wrong by


def test_f20_a_mouth_that_never_rests_leaves_the_average_there() -> None:
    seen = frames(somebody(), 200)
    seen[:, MOUTH] += 12 * SPREAD[MOUTH]
    found = neutral_of(seen, np.tile(STRAIGHT, (200, 1)))
    away = np.abs(found.measures - AVERAGE) / SPREAD
    assert away[MOUTH].mean() < 2
    brows = [column for column, name in enumerate(MEASURE_NAMES) if name.startswith("brow")]
    assert np.abs(found.measures - somebody())[brows].max() < 0.5 * SPREAD[brows].max()  # they do rest
    assert found.certain < 0.75


def test_f20_little_is_little() -> None:
    certain = [neutral_of(frames(somebody(), count), np.tile(STRAIGHT, (count, 1))).certain for count in (1, 5, 25, 250)]
    assert certain == sorted(certain)
    assert certain[0] < 0.15
    assert certain[-1] > 0.9


@pytest.mark.parametrize("case", ["no frames", "no mesh", "turned away", "no pose"])
def test_f20_without_a_look_it_is_the_average(case: str) -> None:
    seen = frames(somebody(), 0 if case == "no frames" else 20)
    pose = np.tile([0, 60.0, 0] if case == "turned away" else STRAIGHT if case != "no pose" else np.full(3, np.nan), (len(seen), 1))
    found = neutral_of(np.full_like(seen, np.nan) if case == "no mesh" else seen, pose)
    assert found.source == "average"
    assert found.certain == 0
    np.testing.assert_array_equal(found.measures, AVERAGE)


def test_f20_frames_without_eyes_tell_the_rest_of_the_face() -> None:
    seen = frames(somebody(), 100)
    seen[:, LIDS] = np.nan
    found = neutral_of(seen, np.tile(STRAIGHT, (100, 1)))
    assert np.isfinite(found.measures).all()
    np.testing.assert_array_equal(found.measures[LIDS], AVERAGE[LIDS])
    assert found.source == "track"


def test_f20_a_calibration_picture_is_believed() -> None:
    given_measures = somebody() + 5 * SPREAD
    given_measures[LIP_GAP] = np.nan
    found = neutral_from(given_measures, np.array([1.0, 2.0, 3.0]))
    assert (found.certain, found.source) == (1.0, "calibration")
    assert found.measures[LIP_GAP] == AVERAGE[LIP_GAP]
    assert found.measures[CORNER] == given_measures[CORNER]
    assert found.pose.tolist() == [1, 2, 3]
    assert neutral_from(np.full(len(AVERAGE), np.nan)).source == "average"
    assert neutral_from(given_measures, np.full(3, np.nan)).pose.tolist() == [0, 0, 0]


def test_the_head_at_rest_is_how_it_is_mostly_held() -> None:
    pose = np.tile([2.0, -8.0, 5.0], (60, 1))
    pose[:20] += 10
    assert neutral_of(frames(somebody(), 60), pose).pose.tolist() == [2, -8, 5]


def test_the_average_has_two_equal_sides() -> None:
    for name in MEASURE_NAMES:
        if name.endswith("Left"):
            left, right = MEASURE_NAMES.index(name), MEASURE_NAMES.index(f"{name[:-4]}Right")
            assert AVERAGE[left] == AVERAGE[right]
    assert (SPREAD > 0).all()


def test_a_head_upside_down_rests_where_it_is() -> None:
    seen = frames(somebody(), 40)
    pose = np.column_stack([np.where(np.arange(40) % 2, 178.0, -178.0), np.zeros((40, 2))])
    roll = neutral_of(seen, pose).pose[0]
    assert abs((roll - 180 + 180) % 360 - 180) <= 2

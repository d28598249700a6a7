"""Brightness follows exposure, sharpness follows focus, and neither the other (SPEC R41)."""

from __future__ import annotations

import itertools
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.conftest import Picture
from trackway.columns import Detections
from trackway.faces.describe import describe
from trackway.faces.quality import SIDE, brightness, crop, sharpness

Array = npt.NDArray[Any]
FACE_BOX = (175, 60, 100, 130)  # of the astronaut


@pytest.fixture(scope="module")
def luma(astronaut: Picture) -> Array:
    return cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY)


def face(luma: Array) -> Array:
    found = crop(luma, np.array(FACE_BOX, float))
    assert found is not None
    return found


def test_sharpness_falls_with_every_bit_of_blur(luma: Array) -> None:
    steps = [sharpness(face(luma))] + [sharpness(face(cv2.GaussianBlur(luma, (0, 0), sigma))) for sigma in (0.7, 1, 1.5, 2, 3, 5, 8)]
    assert all(later < earlier for earlier, later in itertools.pairwise(steps))
    assert steps[0] > 85
    assert steps[-1] < 10


def test_sharpness_falls_with_resolution(luma: Array) -> None:
    steps = []
    for factor in (1, 2, 4, 8):
        small = cv2.resize(luma, (512 // factor, 512 // factor), interpolation=cv2.INTER_AREA)
        found = crop(small, np.array(FACE_BOX) / factor)
        assert found is not None
        steps.append(sharpness(found))
    assert all(later < earlier for earlier, later in itertools.pairwise(steps))


@given(gain=st.floats(0.4, 1.0), sigma=st.sampled_from([0, 1, 3]))
def test_sharpness_does_not_follow_exposure(gain: float, sigma: int) -> None:
    random = np.random.default_rng(1)
    plain = cv2.GaussianBlur(random.uniform(0, 255, (SIDE, SIDE)).astype(np.float32), (0, 0), 1 + sigma)
    plain = ((plain - plain.min()) / np.ptp(plain) * 200).astype(np.float32)
    dimmed = (plain * gain).round().astype(np.uint8)
    assert sharpness(dimmed) == pytest.approx(sharpness(plain.round().astype(np.uint8)), abs=10)


@given(low=st.floats(0.1, 0.95), step=st.floats(0.02, 0.5))
def test_brightness_rises_with_exposure(low: float, step: float) -> None:
    ramp = np.tile(np.linspace(20, 230, SIDE), (SIDE, 1))
    darker, brighter = ((ramp * gain).astype(np.uint8) for gain in (low, min(1, low + step)))
    assert brightness(darker, full_range=True) < brightness(brighter, full_range=True)
    assert brightness(darker, full_range=False) <= brightness(brighter, full_range=False)


@pytest.mark.parametrize(
    ("level", "full_range", "expected"), [(0, True, 0), (255, True, 100), (16, False, 0), (235, False, 100), (5, False, 0)]
)
def test_brightness_knows_the_range_of_luma(level: int, full_range: bool, expected: float) -> None:
    assert brightness(np.full((SIDE, SIDE), level, np.uint8), full_range=full_range) == pytest.approx(expected)


@pytest.mark.parametrize("noise", [0, 1])
def test_a_blank_patch_is_not_sharp(noise: int) -> None:
    random = np.random.default_rng(2)
    patch = (random.integers(0, 1 + noise, (SIDE, SIDE)) + 40).astype(np.uint8)
    assert sharpness(patch) < 60
    assert sharpness(np.full((SIDE, SIDE), 40, np.uint8)) == 0


@given(
    value=st.integers(0, 255),
    box=st.tuples(st.floats(-500, 900), st.floats(-500, 900), st.floats(0, 900), st.floats(0, 900)),
    full_range=st.booleans(),
)
def test_any_box_gives_numbers_in_range_or_nothing(value: int, box: tuple[float, ...], full_range: bool) -> None:
    picture = np.full((120, 160), value, np.uint8)
    picture[::2] //= 2
    found = crop(picture, np.array(box))
    if found is None:
        return
    assert found.shape == (SIDE, SIDE)
    assert 0 <= brightness(found, full_range=full_range) <= 100
    assert 0 <= sharpness(found) <= 100


def test_describe_fills_rows_in_order_and_leaves_gaps_open(luma: Array) -> None:
    points = np.array([[0.38, 0.2], [0.48, 0.2], [0.43, 0.25], [0.4, 0.3], [0.47, 0.3]])
    faces = Detections.make(
        3,
        frame=[5, 5, 5],
        time_ms=[200, 200, 200],
        box=np.array([FACE_BOX, (600, 600, 50, 50), FACE_BOX]) / 512,
        score=[0.9, 0.8, 0.7],
        landmarks=np.stack([points, points, np.full((5, 2), np.nan)]),
    )
    described = describe(faces, luma)
    assert described.score.tolist() == faces.score.tolist()
    assert np.isfinite(described.quality).all(axis=1).tolist() == [True, False, True]
    assert np.isfinite(described.pose).all(axis=1).tolist() == [True, True, False]
    dark = describe(faces, luma // 2)
    assert dark.quality[0, 0] < described.quality[0, 0]
    assert len(describe(Detections.make(0), luma)) == 0


def test_pose_is_measured_in_pixels_not_ratios() -> None:
    """The same head in a wide picture: ratios are squeezed, angles are not."""
    level = np.array([[-10, -8], [10, -8], [0, 2], [-8, 10], [8, 10]], float)
    turn = np.radians(26)
    points = level @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + 45
    for width, height in ((100, 100), (400, 100)):
        faces = Detections.make(1, box=[[0, 0, 1, 1]], score=[1], landmarks=(points / [width, height])[None])
        roll = describe(faces, np.zeros((height, width), np.uint8)).pose[0, 0]
        assert roll == pytest.approx(26, abs=1)

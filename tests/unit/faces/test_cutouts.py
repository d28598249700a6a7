"""Cutting faces out: what is where, and what is shown of it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.faces.cutouts import Cutout, cut_face, of_picture, square

Array = npt.NDArray[Any]

coordinates = st.floats(-1, 2, allow_nan=False, width=32)


@given(left=coordinates, top=coordinates, width=st.floats(0.01, 2), height=st.floats(0.01, 2))
def test_what_is_cut_out_is_what_it_says(left: float, top: float, width: float, height: float) -> None:
    columns, rows = np.meshgrid(np.arange(80), np.arange(50))
    picture = np.dstack([columns, rows, columns * 0]).astype(np.uint8)
    part = cut_face(of_picture(picture), np.array([left, top, width, height]))
    if part is None:
        return
    first = part.shown[:2] * [80, 50]
    np.testing.assert_allclose(part.pixels[0, 0, :2], first, atol=1e-6)
    np.testing.assert_allclose(part.size, part.shown[2:] * [80, 50], atol=1e-6)
    points = np.array([[left, top], [left + width, top + height]])
    np.testing.assert_allclose(part.to_ratios(part.from_ratios(points)), points, atol=1e-6)
    np.testing.assert_allclose(part.from_ratios(points), points * [80, 50] - first, atol=1e-5)


def test_how_much_of_a_box_is_shown() -> None:
    part = Cutout(np.zeros((50, 80, 3), np.uint8), np.array([0.0, 0, 1, 1]))
    assert part.share_of(np.array([0.2, 0.2, 0.5, 0.5])) == pytest.approx(1)
    assert part.share_of(np.array([-0.1, 0.2, 0.2, 0.5])) == pytest.approx(0.5)
    assert part.share_of(np.array([0.9, 0.9, 0.2, 0.2])) == pytest.approx(0.25)
    assert part.share_of(np.array([1.2, 0.2, 0.5, 0.5])) == 0
    assert part.share_of(np.array([0.2, 0.2, 0.0, 0.5])) == 0


@pytest.mark.parametrize("box", [[2.0, 2, 0.1, 0.1], [np.nan, 0, 1, 1], [-3, -3, 0.5, 0.5]])
def test_a_face_outside_has_no_pixels(box: list[float]) -> None:
    assert cut_face(of_picture(np.zeros((50, 80, 3), np.uint8)), np.array(box)) is None


def test_a_square_that_fits_is_the_picture_itself() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    same, back = square(picture, np.array([20.0, 20]), 40, 0, 40)
    np.testing.assert_array_equal(same, picture)
    np.testing.assert_allclose(back, [[1, 0], [0, 1], [0, 0]], atol=1e-12)


@given(
    x=st.floats(60, 140), y=st.floats(60, 140), length=st.floats(20, 100), turned=st.floats(-3.1, 3.1), side=st.sampled_from([32, 64, 192])
)
def test_a_dot_is_found_where_the_matrix_says(x: float, y: float, length: float, turned: float, side: int) -> None:
    """Independent of cv2's conventions: the centre of gravity of a blurred dot, before and after."""
    rows, columns = np.mgrid[:200, :200] + 0.5
    dot = np.array([x + length / 6, y - length / 8])
    spot = np.exp(-((columns - dot[0]) ** 2 + (rows - dot[1]) ** 2) / (2 * (length / 20 + 1) ** 2))
    picture = np.repeat((255 * spot).astype(np.uint8)[..., None], 3, axis=2)
    small, back = square(picture, np.array([x, y]), length, turned, side)
    weight = small[..., 0].astype(float)
    weight[weight < 40] = 0
    across, down = np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5)
    seen = np.array([(weight * across).sum(), (weight * down).sum()]) / weight.sum()
    np.testing.assert_allclose(seen @ back[:2] + back[2], dot, atol=0.1 + length / 100)


def test_a_square_is_turned_upright() -> None:
    """A picture that was turned clockwise by 30 degrees is turned back."""
    picture = np.zeros((101, 101, 3), np.uint8)
    picture[20:40, 45:56] = 255
    clockwise = np.asarray(cv2.warpAffine(picture, cv2.getRotationMatrix2D((50, 50), -30, 1), (101, 101)), np.uint8)
    back, _ = square(clockwise, np.array([50.5, 50.5]), 101, np.radians(30), 101)
    assert np.abs(back.astype(int) - picture).mean() < 3

"""Faces on the template: the same picture of a face however it lay in the frame."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.conftest import Picture
from trackway.faces.alignment import align, similarity

Array = npt.NDArray[Any]
POINTS = np.array([[205.0, 110], [245, 108], [228, 130], [209, 152], [243, 150]])
"""Of the astronaut, by eye."""


def moved(points: Array, angle: float, scale: float, shift: tuple[float, float]) -> Array:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    result: Array = scale * points @ turn + shift
    return result


def on_template(points: Array, side: int = 224) -> Array:
    matrix = similarity(points[None], side)[0]
    result: Array = points @ matrix[:, :2].T + matrix[:, 2]
    return result


@given(angle=st.floats(-3, 3), scale=st.floats(0.05, 20), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_points_land_on_the_same_spot(angle: float, scale: float, x: float, y: float) -> None:
    np.testing.assert_allclose(on_template(moved(POINTS, angle, scale, (x, y))), on_template(POINTS), atol=1e-3)


@given(seed=st.integers(0, 10_000))
def test_no_other_similarity_fits_better(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = POINTS + random.normal(0, 8, POINTS.shape)
    matrix = similarity(points[None], 224)[0]
    assert matrix[0, 0] == pytest.approx(matrix[1, 1])
    assert matrix[0, 1] == pytest.approx(-matrix[1, 0])
    target = on_template(moved(POINTS, 0, 1, (0, 0)))  # where a face of that shape lands
    template = similarity(target[None], 224)[0]
    np.testing.assert_allclose(template, [[1, 0, 0], [0, 1, 0]], atol=0.3 * 224)


def test_the_sides_scale_everything() -> None:
    np.testing.assert_allclose(2 * on_template(POINTS, 112), on_template(POINTS, 224), atol=1e-6)


def test_useless_points_give_nan() -> None:
    matrices = similarity(np.stack([np.full((5, 2), 7.0), np.full((5, 2), np.nan), POINTS]), 224)
    assert np.isfinite(matrices).all(axis=(1, 2)).tolist() == [False, False, True]
    assert similarity(np.zeros((0, 5, 2)), 224).shape == (0, 2, 3)


@pytest.mark.parametrize(("angle", "scale"), [(0.4, 1.0), (-0.3, 0.7), (0.0, 2.0), (1.5, 1.3)])
def test_a_turned_and_scaled_picture_gives_the_same_face(astronaut: Picture, angle: float, scale: float) -> None:
    centre = POINTS.mean(axis=0)
    shift = np.array([400.0, 400]) - moved(centre[None], angle, scale, (0, 0))[0]
    matrix = np.column_stack([scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]), shift])
    turned = np.asarray(cv2.warpAffine(astronaut, matrix, (800, 800), flags=cv2.INTER_CUBIC), np.uint8)
    face = align(astronaut, POINTS, 112)
    again = align(turned, moved(POINTS, angle, scale, (shift[0], shift[1])), 112)
    assert face.shape == (112, 112, 3)
    assert np.abs(face.astype(int) - again)[20:-20, 20:-20].mean() < 6


def test_a_large_face_is_averaged_not_sampled() -> None:
    """A fine chequerboard becomes grey, not a pattern of its own."""
    board = np.kron(np.indices((400, 400)).sum(axis=0) % 2, np.ones((2, 2))).astype(np.uint8) * 255
    points = POINTS.mean(axis=0) + 7 * (POINTS - POINTS.mean(axis=0))
    face = align(np.repeat(board[..., None], 3, axis=2), points - points.mean(axis=0) + 400, 112)
    assert face[30:80, 30:80].std() < 20

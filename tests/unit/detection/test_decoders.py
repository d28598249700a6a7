"""Tensors that are written for known boxes must be read as those boxes."""

from __future__ import annotations

import numpy as np
import pytest

from trackway.detection import centerface, centernet

HEIGHT, WIDTH = 24, 40  # cells; the network's input is four times as large


def test_r34_centernet_reads_peaks_as_people() -> None:
    heat = np.zeros((1, HEIGHT, WIDTH), np.float32)
    distances = np.zeros((4, HEIGHT, WIDTH), np.float32)
    for row, column, value, sides in ((5, 7, 0.9, (3, 10, 6, 20)), (20, 39, 0.2, (40, 30, 50, 16)), (0, 0, 0.05, (9, 9, 9, 9))):
        heat[0, row, column] = value
        distances[:, row, column] = sides
    heat[0, 5, 8] = 0.8  # beside a stronger cell: the same person
    found = centernet.decode([distances, heat], 0.1)
    assert found.score.tolist() == pytest.approx([0.9, 0.2])
    expected_px = [[28.5 - 3, 20.5 - 10, 9, 30], [156.5 - 40, 80.5 - 30, 90, 46]]  # the second leaves the picture, and may (SPEC R34)
    np.testing.assert_allclose(found.box * np.tile([WIDTH * 4, HEIGHT * 4], 2), expected_px, rtol=1e-5)
    assert found.landmarks.shape == (2, 0, 2)


def test_centerface_reads_warm_cells_as_faces_with_points() -> None:
    heat = np.zeros((1, HEIGHT, WIDTH), np.float32)
    log_size, offset, points = (np.zeros((channels, HEIGHT, WIDTH), np.float32) for channels in (2, 2, 10))
    row, column, centre, size = 10, 20, np.array([83.0, 43.4]), np.array([30.0, 44.0])  # pixels, x first
    heat[0, row, column] = 0.7
    log_size[:, row, column] = np.log(size[::-1] / 4)
    offset[:, row, column] = centre[::-1] / 4 - (row + 0.5, column + 0.5)
    places = np.array([[75, 35], [91, 36], [83.5, 44], [77, 52], [89, 53]], float)  # eyeLeft, eyeRight, nose, mouthLeft, mouthRight
    shares = (places - (centre - size / 2)) / size
    points[0::2, row, column], points[1::2, row, column] = shares[:, 1], shares[:, 0]
    found = centerface.decode([heat, log_size, offset, points], 0.5)
    whole = np.array([WIDTH * 4, HEIGHT * 4])
    np.testing.assert_allclose(found.box[0] * np.tile(whole, 2), [*(centre - size / 2), *size], rtol=1e-4)
    np.testing.assert_allclose(found.landmarks[0] * whole, places, rtol=1e-4)
    assert found.score.tolist() == pytest.approx([0.7])


def test_a_broken_cell_stays_finite() -> None:
    heat = np.ones((1, HEIGHT, WIDTH), np.float32)
    tensors = [np.full((channels, HEIGHT, WIDTH), 1e30, np.float32) for channels in (2, 2, 10)]
    found = centerface.decode([heat, tensors[0], np.zeros_like(tensors[1]), np.zeros_like(tensors[2])], 0.5)
    assert np.isfinite(found.box).all()


@pytest.mark.parametrize("decode", [centernet.decode, centerface.decode])
def test_a_cold_picture_has_nobody(decode: object) -> None:
    tensors = [np.zeros((channels, HEIGHT, WIDTH), np.float32) for channels in ((4, 1) if decode is centernet.decode else (1, 2, 2, 10))]
    found = decode(tensors, 0.1)  # type: ignore[operator]
    assert found.box.shape == (0, 4)
    assert found.score.shape == (0,)
    assert found.landmarks.shape[0] == 0

from __future__ import annotations

import numpy as np
import pytest

from trackway.tracking.pairing import fit, fits

STANDING = [100.0, 100, 80, 240]
BUST = [0.0, 0, 600, 350]


@pytest.mark.parametrize(
    ("body", "face"),
    [
        (STANDING, [128.0, 108, 24, 32]),
        (STANDING, [105.0, 112, 24, 32]),  # leaning over
        (BUST, [210.0, 68, 168, 226]),  # the head fills the picture
        (BUST, [360.0, 10, 215, 300]),
    ],
)
def test_a_head_where_heads_are(body: list[float], face: list[float]) -> None:
    assert fits(np.array(body), np.array(face))


@pytest.mark.parametrize(
    ("body", "face"),
    [
        (STANDING, [128.0, 250, 24, 32]),  # at the feet
        (STANDING, [200.0, 108, 24, 32]),  # beside
        (STANDING, [128.0, 60, 24, 32]),  # above
        (STANDING, [60.0, 80, 160, 260]),  # larger than the body
        ([np.nan] * 4, [128.0, 108, 24, 32]),
    ],
)
def test_no_head_elsewhere(body: list[float], face: list[float]) -> None:
    assert not fits(np.array(body), np.array(face))


def test_the_middle_of_the_shoulders_is_best() -> None:
    faces = np.array([[102.0, 110, 24, 32], [116, 110, 24, 32], [128, 110, 24, 32]])
    likeness = fit(np.array(STANDING), faces)
    assert likeness[0] < likeness[1] < likeness[2] <= 1


def test_size_and_place_of_the_picture_do_not_matter() -> None:
    body, face = np.array(STANDING), np.array([118.0, 112, 24, 32])
    np.testing.assert_allclose(fit(body * 3 + [50, 70, 0, 0], face * 3 + [50, 70, 0, 0]), fit(body, face))

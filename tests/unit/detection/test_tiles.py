"""Tiles cover the picture, and what several looks see is one person."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.detection.candidates import Candidates, shared_areas
from trackway.detection.persons import PersonDetector
from trackway.detection.tiles import LOOKS, ZOOM, TiledDetector, merge, tile_corners
from trackway.models.pack import load_pack

Array = npt.NDArray[Any]

TILE = (320, 192)
SIZE = (560, 336)  # 1.75 x
OVERLAP = 0.6
whole_pixels = st.integers(0, 2**32 - 1)


class Scripted:
    """A network whose heat map has a spot wherever the picture has a bright pixel; boxes are 16 pixels wide and high."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, images: Array) -> list[Array]:
        self.shapes.append(images.shape)
        heat = images[:, ::4, ::4, :1].transpose(0, 3, 1, 2).astype(np.float32) / 255
        return [np.full((len(images), 4, *heat.shape[2:]), 8, np.float32), heat]


class Video:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height


def candidates(box: Array, score: Array) -> Candidates:
    return Candidates(np.asarray(box, np.float32).reshape(-1, 4), np.asarray(score, np.float32), np.empty((len(score), 0, 2), np.float32))


def as_seen(box_px: Array, score: Array) -> list[Candidates]:
    """What perfect looks show of boxes in the enlarged picture: each tile only its part of them, cut at its borders."""
    corners, tile = tile_corners(*SIZE)
    looks = [candidates(box_px / np.tile(SIZE, 2), score)]
    for corner in corners:
        near = np.clip(box_px[:, :2] - corner, 0, tile)
        far = np.clip(box_px[:, :2] + box_px[:, 2:] - corner, 0, tile)
        shown = ((far - near) > 4).all(axis=1)
        looks.append(candidates((np.hstack([near, far - near]) / np.tile(tile, 2))[shown], score[shown]))
    return looks


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Array, Array]:
    """People of any size who do not cover each other (M, 4) in pixels, and their scores."""
    rng = np.random.default_rng(draw(whole_pixels))
    sides = np.exp(rng.uniform(np.log(8), np.log(300), (30, 2)))
    sides = np.minimum(sides, np.array(SIZE) - 1)
    place = rng.uniform(0, 1, (30, 2)) * (SIZE - sides)
    box = np.hstack([place, sides])
    alone: list[int] = []
    for row in range(len(box)):
        if not shared_areas(box[row : row + 1], box[alone]).any():
            alone.append(row)
    return box[alone], rng.permutation(np.linspace(0.2, 0.9, len(alone)))


@given(st.integers(16, 4096), st.integers(16, 4096))
def test_tiles_cover_the_picture_and_lie_in_it(tile_width: int, tile_height: int) -> None:
    width, height = round(tile_width * ZOOM), round(tile_height * ZOOM)
    corners, tile = tile_corners(width, height)
    assert tile == (tile_width, tile_height)
    assert len(corners) == LOOKS - 1
    for side, (length, part) in enumerate(zip((width, height), tile, strict=True)):
        starts = sorted(set(corners[:, side].tolist()))
        assert starts == [0, length - part]
        assert starts[1] < part  # the two overlap


@given(st.integers(16, 8192), st.integers(16, 8192))
def test_a_tile_has_the_shape_that_the_network_has_already(width: int, height: int) -> None:
    detector = PersonDetector(load_pack().model("personDetector"), Scripted())
    assert tile_corners(*TiledDetector(detector).input_size(Video(width, height)))[1] == detector.input_size(Video(width, height))


@given(scenes())
def test_everybody_is_found_once(scene: tuple[Array, Array]) -> None:
    box_px, score = scene
    found = merge(as_seen(box_px, score), SIZE, OVERLAP)
    order = np.argsort(-score)
    np.testing.assert_allclose(found.score, score[order], rtol=1e-6)
    np.testing.assert_allclose(found.box * np.tile(SIZE, 2), box_px[order], atol=1e-3)


@given(scenes())
def test_merging_what_was_merged_changes_nothing(scene: tuple[Array, Array]) -> None:
    once = merge(as_seen(*scene), SIZE, OVERLAP)
    twice = merge(as_seen(once.box * np.tile(SIZE, 2), once.score), SIZE, OVERLAP)
    np.testing.assert_allclose(twice.box, once.box, atol=1e-5)
    np.testing.assert_array_equal(twice.score, once.score)


@given(whole_pixels)
def test_the_order_of_boxes_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    looks = []
    for _ in range(LOOKS):
        place, sides = rng.uniform(0, 0.8, (20, 2)), rng.uniform(0.05, 0.5, (20, 2))
        looks.append(candidates(np.hstack([place, sides]), rng.integers(1, 5, 20) / 5))  # many equal scores
    orders = [rng.permutation(20) for _ in looks]
    plain, shuffled = merge(looks, SIZE, OVERLAP), merge([look[order] for look, order in zip(looks, orders, strict=True)], SIZE, OVERLAP)
    np.testing.assert_array_equal(shuffled.box, plain.box)
    np.testing.assert_array_equal(shuffled.score, plain.score)


def test_a_far_person_before_a_near_one_stays() -> None:
    near, far = [100, 20, 150, 300], [150, 150, 20, 50]
    found = merge(as_seen(np.array([near, far], float), np.array([0.8, 0.5])), SIZE, OVERLAP)
    assert found.score.tolist() == pytest.approx([0.8, 0.5])


def test_half_a_person_who_is_seen_whole_elsewhere_goes() -> None:
    looks = [candidates(np.empty((0, 4)), np.empty(0)) for _ in range(LOOKS)]
    looks[0] = candidates(np.array([[0.3, 0.2, 0.2, 0.7]]), np.array([0.6]))
    looks[1] = candidates(np.array([[0.3, 0.2, 0.2, 0.4]]) * np.tile(ZOOM, 4), np.array([0.5]))  # ends well before its tile does
    assert merge(looks, SIZE, OVERLAP).score.tolist() == pytest.approx([0.6])


@pytest.mark.parametrize("spot", [(40, 60), (168, 280), (160, 240), (140, 300), (332, 556)])
def test_a_person_on_a_seam_is_found_once(spot: tuple[int, int]) -> None:
    network = Scripted()
    detector = TiledDetector(PersonDetector(load_pack().model("personDetector"), network))
    images = np.zeros((2, SIZE[1], SIZE[0], 3), np.uint8)
    images[1, spot[0], spot[1]] = 200
    found = detector.detect(images, [3, 5], [120, 200])
    assert (found.frame.tolist(), found.time_ms.tolist()) == ([5], [200])
    assert found.score.tolist() == pytest.approx([200 / 255])
    centre = (found.box[0, :2] + found.box[0, 2:] / 2) * SIZE
    np.testing.assert_allclose(centre, [spot[1] + 0.5, spot[0] + 0.5], atol=1e-3)
    assert network.shapes == [(2 * LOOKS, TILE[1], TILE[0], 3)]

"""Motion of textured pictures whose motion is known, and cuts between pictures that have nothing in common."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from trackway.tracking.camera import Camera, CameraMotion

Array = npt.NDArray[Any]

WIDTH, HEIGHT = 160, 90
FRAME = (1280, 720)
SCALE = FRAME[0] / WIDTH
STILL = [1, 0, 0, 0]


def texture(seed: int, width: int = 640, height: int = 360) -> Array:
    """A picture with detail of every size, larger than what the camera shows of it."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width))
    for octave in range(3, 8):
        coarse = random.normal(0, 1, (2**octave, 2**octave)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / octave
    return np.asarray(20 + 215 * (picture - picture.min()) / np.ptp(picture), np.uint8)


def view(world: Array, x: float = 240, y: float = 135, zoom: float = 1, turn: float = 0) -> Array:
    """What a camera shows that looks at a place in the world; `turn` in degrees about the middle of the picture."""
    matrix = cv2.getRotationMatrix2D((x + WIDTH / 2 - 0.5, y + HEIGHT / 2 - 0.5), turn, zoom)
    shifted = np.asarray(matrix) - np.array([[0, 0, x], [0, 0, y]])
    return np.asarray(cv2.warpAffine(world, shifted, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC))


def with_people(luma: Array, step: int) -> Array:
    """Grey rectangles walk through the picture, from both sides."""
    crowded = luma.copy()
    for person, left in enumerate((20, 70, 120)):
        at = (left + (3 if person % 2 else -2) * step) % (WIDTH - 12)
        crowded[30:75, at : at + 12] = texture(100 + person, 12, 45)
    return crowded


def moved(camera: Camera, point: tuple[float, float]) -> Array:
    a, b, x, y = camera.motion
    return np.array([a * point[0] - b * point[1] + x, b * point[0] + a * point[1] + y])


def watch(*pictures: Array) -> list[Camera]:
    motion = CameraMotion(FRAME)
    return [motion.update(picture) for picture in pictures]


def test_nothing_is_known_of_the_first_frame() -> None:
    (first,) = watch(view(texture(0)))
    assert first.motion.tolist() == STILL
    assert not first.cut


@pytest.mark.parametrize("shift", [(0.5, 0.25), (3, -2), (-9.5, 4), (24, -8)])
def test_shifts_are_measured_in_pixels_of_the_frame(shift: tuple[float, float]) -> None:
    world = texture(1)
    cameras = watch(view(world), with_people(view(world, 240 - shift[0], 135 - shift[1]), 1))
    assert not cameras[1].cut
    for point in ((0.0, 0.0), (640.0, 360.0), FRAME):
        expected = np.array(point) + SCALE * np.array(shift)
        np.testing.assert_allclose(moved(cameras[1], point), expected, atol=0.15 * SCALE)


@pytest.mark.parametrize(("zoom", "turn"), [(1.04, 0), (0.97, 0), (1, 2), (1.02, -1.5)])
def test_zoom_and_turn_about_the_middle(zoom: float, turn: float) -> None:
    world = texture(2)
    camera = watch(with_people(view(world), 0), with_people(view(world, zoom=zoom, turn=turn), 1))[1]
    middle = np.array(FRAME) / 2
    np.testing.assert_allclose(moved(camera, (middle[0], middle[1])), middle, atol=0.15 * SCALE)
    assert np.hypot(*camera.motion[:2]) == pytest.approx(zoom, abs=0.003)
    # Positive angles of OpenCV turn against the clock, with y downwards.
    assert np.degrees(np.arctan2(camera.motion[1], camera.motion[0])) == pytest.approx(-turn, abs=0.15)


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_a_standing_camera_stands_exactly_whoever_walks_by(noise: float) -> None:
    random = np.random.default_rng(3)
    background = view(texture(3))
    pictures = [
        np.clip(with_people(background, step) + random.normal(0, noise, background.shape), 0, 255).astype(np.uint8) for step in range(12)
    ]
    cameras = watch(*pictures)
    assert [camera.motion.tolist() for camera in cameras] == [STILL] * 12
    assert not any(camera.cut for camera in cameras)


def test_a_camera_before_a_plain_wall_stands_whoever_walks_by() -> None:
    wall, walker = np.full((HEIGHT, WIDTH), 90, np.uint8), texture(14, 24, 80)
    pictures = []
    for left in range(10, 130, 5):
        picture = wall.copy()
        picture[6:86, left : left + 24] = walker
        pictures.append(picture)
    assert [camera.motion.tolist() for camera in watch(*pictures)] == [STILL] * len(pictures)


def test_a_cut_is_found_and_what_follows_is_measured_from_there() -> None:
    one, other = texture(4), texture(5)
    cameras = watch(view(one), view(one, 241), view(other), view(other, 244))
    assert [camera.cut for camera in cameras] == [False, False, True, False]
    assert cameras[2].motion.tolist() == STILL
    assert cameras[3].motion[2] == pytest.approx(-4 * SCALE, abs=0.15 * SCALE)


@pytest.mark.parametrize("pair", range(20))
def test_pictures_that_have_nothing_in_common_are_cut_apart(pair: int) -> None:
    assert watch(view(texture(20 + pair)), view(texture(60 + pair)))[1].cut


def test_neither_flash_nor_fade_nor_fast_pan_is_a_cut() -> None:
    world = texture(6)
    scene = view(world)
    flash = [scene, np.clip(scene.astype(int) * 1.6 + 60, 0, 255).astype(np.uint8), scene]
    whiteout = [scene, np.full_like(scene, 255), scene]
    share = np.linspace(1, 0, 10)
    through_black = [(scene * light).astype(np.uint8) for light in [*share, *share[::-1]]]
    crossing = [cv2.addWeighted(scene, light, view(texture(7)), 1 - light, 0) for light in np.linspace(1, 0, 25)]
    pan = [view(world, 100 + 24 * step) for step in range(12)]
    for pictures in (flash, whiteout, through_black, crossing, pan):
        assert not any(camera.cut for camera in watch(*pictures))


def test_a_cut_through_black_is_one_cut() -> None:
    black = np.zeros((HEIGHT, WIDTH), np.uint8)
    cameras = watch(view(texture(8)), black, black, view(texture(9)), view(texture(9)))
    assert [camera.cut for camera in cameras] == [False, False, False, True, False]


def test_what_moved_behind_a_white_frame_is_made_up_for() -> None:
    world = texture(10)
    white = np.full((HEIGHT, WIDTH), 255, np.uint8)
    cameras = watch(view(world), white, view(world, 237))
    assert cameras[1].motion.tolist() == STILL
    assert cameras[2].motion[2] == pytest.approx(3 * SCALE, abs=0.15 * SCALE)


def test_the_same_pictures_say_the_same() -> None:
    world = texture(11)
    pictures = [with_people(view(world, 240 + 2 * step, zoom=1 + step / 100), step) for step in range(6)]
    first, second = watch(*pictures), watch(*pictures)
    assert [camera.motion.tolist() for camera in first] == [camera.motion.tolist() for camera in second]


@pytest.mark.parametrize("size", [(1, 1), (9, 160), (90, 16), (15, 15)])
def test_pictures_too_small_to_tell_stand(size: tuple[int, int]) -> None:
    random = np.random.default_rng(12)
    cameras = watch(*(random.integers(0, 255, size).astype(np.uint8) for _ in range(3)))
    assert [camera.motion.tolist() for camera in cameras] == [STILL] * 3


@pytest.mark.parametrize("wrong", [np.zeros((45, 160), np.uint8), np.zeros((90, 160)), np.zeros((90, 160, 3), np.uint8)])
def test_pictures_of_another_kind_are_refused(wrong: Array) -> None:
    motion = CameraMotion(FRAME)
    motion.update(view(texture(13)))
    with pytest.raises(ValueError, match=r"expected a luma picture uint8 \(90, 160\), as before; found"):
        motion.update(wrong)

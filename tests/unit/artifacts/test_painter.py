"""What is drawn can be read, stays inside the picture, and touches nothing else."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from trackway.artifacts.appearances import Appearance
from trackway.artifacts.painter import Painter, color_of

Pixels = npt.NDArray[np.uint8]
POINTS = np.array([[0.45, 0.3], [0.55, 0.3], [0.5, 0.35], [0.46, 0.4], [0.54, 0.4]], np.float32)


def someone(person: int = 0, *, box: list[float] | None = None, face: bool = True, trail: int = 0) -> Appearance:
    body = np.array([0.3, 0.2, 0.4, 0.6] if box is None else box, np.float32)
    way = np.stack([np.linspace(-0.2, 0.5, trail), np.full(trail, 0.8)], axis=1).astype(np.float32)
    face_box = np.array([0.4, 0.25, 0.2, 0.2], np.float32)
    return Appearance(person, body, face_box if face else None, POINTS if face else None, way)


def painted(size: tuple[int, int], *people: Appearance, value: int = 128) -> tuple[Pixels, Pixels]:
    """The bare picture, and the same with people."""
    bare = np.full((size[1], size[0], 3), value, np.uint8)
    pixels = bare.copy()
    Painter(*size).draw(pixels, people)
    return bare, pixels


@pytest.mark.parametrize("size", [(64, 64), (161, 121), (640, 360), (360, 640), (1280, 720), (3840, 2160)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_box_stands_out_at_any_size_on_any_ground(size: tuple[int, int], value: int) -> None:
    bare, pixels = painted(size, someone(face=False), value=value)
    changed = np.abs(pixels.astype(int) - bare).max(axis=2)
    width, height = size
    for y in np.linspace(0.45, 0.75, 5):
        assert changed[round(y * height), round(0.26 * width) : round(0.34 * width) + 1].max() > 60
    assert changed[round(0.5 * height) : round(0.7 * height), round(0.4 * width) : round(0.6 * width)].max() == 0
    assert changed[: round(0.02 * height)].max() == 0


def test_lines_and_letters_grow_with_the_picture() -> None:
    shares = []
    for size in ((640, 360), (1920, 1080), (3840, 2160)):
        bare, pixels = painted(size, someone())
        shares.append(np.count_nonzero((pixels != bare).any(axis=2)) / (size[0] * size[1]))
    assert max(shares) < 3 * min(shares)


def test_each_person_has_a_color_of_their_own_that_letters_can_be_read_on() -> None:
    colors = np.array([color_of(person) for person in range(40)], float)
    assert all(np.abs(one - two).max() > 40 for one, two in itertools.pairwise(colors))
    assert len({tuple(color) for color in colors}) == 40
    assert np.all(colors / 255 @ [0.2126, 0.7152, 0.0722] > 0.44)
    assert color_of(5) == color_of(5)


def test_the_label_is_on_the_box_or_where_there_is_no_room_inside() -> None:
    _, above = painted((640, 360), someone(7, face=False))
    _, inside = painted((640, 360), someone(7, box=[0.3, 0.0, 0.4, 0.6], face=False))
    chip = np.array(color_of(7))
    assert np.all(above == chip, axis=2)[40:70].sum() > 100
    assert np.all(inside == chip, axis=2)[2:14].sum() > 60


def test_a_trail_fades() -> None:
    bare, pixels = painted((1280, 720), someone(face=False, trail=16))
    ink = np.abs(pixels.astype(int) - bare).max(axis=2)[round(0.8 * 720) - 1]
    assert 0 < ink[10] < ink[250] < ink[600] < 256


def test_someone_who_stands_still_leaves_no_trail() -> None:
    still = someone(face=False)
    standing = Appearance(0, still.box, None, None, np.tile(np.array([0.5, 0.9], np.float32), (10, 1)))
    assert np.array_equal(painted((640, 360), still)[1], painted((640, 360), standing)[1])


ratios = arrays.arrays(np.float32, 4, elements=st.floats(-3, 3, width=32))


@settings(deadline=None, max_examples=60)
@given(ratios, ratios, st.integers(0, 10**6), st.sampled_from([(16, 16), (33, 17), (320, 240)]))
def test_r34_nothing_is_too_strange_to_be_drawn(
    box: npt.NDArray[np.float32], face: npt.NDArray[np.float32], person: int, size: tuple[int, int]
) -> None:
    """SPEC R34: boxes leave the frame; drawing clips."""
    points = face[:2] + face[2:] * np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
    trail = np.stack([box[:2], box[2:], face[:2]])
    painted(size, Appearance(person, box, face, points, trail), Appearance(person, None, face, None, trail[:0]))

"""A part of a picture: the pixels that the whole picture would have shown there, whatever its form and however it is turned."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from av.video.frame import VideoFrame

from tests.unit.conftest import Picture
from tests.unit.media.conftest import MakeClip
from trackway.media.crop import Cropper
from trackway.media.decode import read_frames
from trackway.media.frame import Frame, Scaler
from trackway.media.probe import probe
from trackway.media.video import VideoInfo

Array = npt.NDArray[Any]
SIDE = 512
BOX = np.array([0.34, 0.1, 0.2, 0.3])  # the astronaut's face


@pytest.fixture
def info(make_clip: MakeClip) -> VideoInfo:
    """Of a video whose pictures are the astronaut's size."""
    path, _ = make_clip()
    return msgspec.structs.replace(probe(path).info, width=SIDE, height=SIDE)


def frame_of(picture: Picture, form: str) -> Frame:
    shown = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    shown.time_base = Fraction(1, 25)
    return Frame(0, 0, shown.reformat(format=form, interpolation="BICUBIC"))


def smooth(picture: Picture) -> Picture:
    """Coarse colours lose nothing of it."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.uint8)


def expected(picture: Picture, shown: Array) -> Array:
    left, top, right, bottom = (np.concatenate([shown[:2], shown[:2] + shown[2:]]) * SIDE).round().astype(int).tolist()
    return picture[top:bottom, left:right]


FORMS = [
    "yuv420p",
    "yuvj420p",
    "yuv422p",
    "yuv444p",
    "yuv411p",
    "yuv410p",
    "nv12",
    "nv21",
    "yuv420p10le",
    "gray",
    "rgb24",
    "bgr0",
    "p010le",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_shows_the_same(info: VideoInfo, astronaut: Picture, form: str) -> None:
    picture = smooth(astronaut)
    pixels, shown = Cropper(info).rgb(frame_of(picture, form), BOX)
    wanted = expected(picture, shown)
    assert pixels.shape == wanted.shape
    assert (shown[:2] <= BOX[:2]).all()
    assert (shown[:2] + shown[2:] >= BOX[:2] + BOX[2:]).all()
    assert (np.abs(shown - BOX) <= 8 / SIDE).all()
    if form == "gray":
        wanted = np.asarray(cv2.cvtColor(cv2.cvtColor(wanted, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
    assert np.abs(pixels.astype(int) - wanted).mean() < 4


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_and_mirrored_pictures(info: VideoInfo, astronaut: Picture, rotation: int, mirrored: bool) -> None:
    turned = msgspec.structs.replace(info, rotation=rotation, mirrored=mirrored)
    frame = frame_of(smooth(astronaut), "yuv444p")
    whole = Scaler(turned).rgb(frame, SIDE, SIDE)
    pixels, shown = Cropper(turned).rgb(frame, BOX)
    assert np.abs(pixels.astype(int) - expected(whole, shown)).mean() < 2


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_clip_from_a_file(make_clip: MakeClip, rotation: int) -> None:
    path, _ = make_clip(rotation=rotation)
    info = probe(path).info
    frame = next(iter(read_frames(path, info)))
    whole = Scaler(info).rgb(frame, info.width, info.height)
    pixels, shown = Cropper(info).rgb(frame, np.array([0.0, 0.0, 1.0, 1.0]))
    np.testing.assert_allclose(shown, [0, 0, 1, 1])
    assert pixels.shape == whole.shape
    assert np.abs(pixels.astype(int) - whole).mean() < 4


@pytest.mark.parametrize("box", [[-0.5, -0.5, 2, 2], [-0.1, 0.2, 0.3, 0.3], [0.9, 0.9, 0.3, 0.3]])
def test_what_leaves_the_picture_is_left_out(info: VideoInfo, astronaut: Picture, box: list[float]) -> None:
    pixels, shown = Cropper(info).rgb(frame_of(astronaut, "yuv444p"), np.array(box))
    assert (shown >= 0).all()
    assert (shown[:2] + shown[2:] <= 1).all()
    assert np.abs(pixels.astype(int) - expected(astronaut, shown)).mean() < 4


@pytest.mark.parametrize("box", [[1.5, 0, 0.2, 0.2], [0.2, -1, 0.1, 0.5], [np.nan, 0, 1, 1], [0, 0, np.inf, 1]])
def test_a_box_beside_the_picture_shows_nothing(info: VideoInfo, astronaut: Picture, box: list[float]) -> None:
    assert Cropper(info).rgb(frame_of(astronaut, "yuv420p"), np.array(box))[0].shape == (0, 0, 3)


def test_large_parts_are_shrunk(info: VideoInfo, astronaut: Picture) -> None:
    pixels, shown = Cropper(info).rgb(frame_of(astronaut, "yuv420p"), np.array([0, 0, 1.0, 0.5]), longest=128)
    assert pixels.shape == (64, 128, 3)
    np.testing.assert_allclose(shown, [0, 0, 1, 0.5])


def test_odd_sizes_and_a_size_that_changed(info: VideoInfo, astronaut: Picture) -> None:
    odd = cv2.resize(astronaut, (333, 301), interpolation=cv2.INTER_AREA)
    for box in (np.array([0.3, 0.1, 0.7, 0.9]), BOX):
        pixels, shown = Cropper(info).rgb(frame_of(np.asarray(odd, np.uint8), "yuv420p"), box)
        left, top, right, bottom = (np.concatenate([shown[:2], shown[:2] + shown[2:]]) * [333, 301, 333, 301]).round().astype(int).tolist()
        assert pixels.shape == (bottom - top, right - left, 3)
        assert np.abs(pixels.astype(int) - odd[top:bottom, left:right]).mean() < 6


def test_the_decoders_picture_is_left_alone(info: VideoInfo, astronaut: Picture) -> None:
    frame = frame_of(astronaut, "yuv420p")
    before = frame.picture.to_ndarray()
    Cropper(info).rgb(frame, BOX)
    np.testing.assert_array_equal(frame.picture.to_ndarray(), before)
    assert isinstance(frame.picture, av.VideoFrame)

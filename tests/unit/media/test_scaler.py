"""Pixels for models: the right picture, the right way up, in the right colors."""

from __future__ import annotations

from typing import Any

import av
import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.media.conftest import MakeClip
from trackway.errors import CorruptMedia
from trackway.media.decode import read_frames
from trackway.media.frame import SMALL_WIDTH, Frame, Scaler, greyed
from trackway.media.probe import probe
from trackway.media.video import VideoInfo

SIZES = [(64, 64), (160, 120), (96, 40), (31, 17), (320, 240)]


def first(make_clip: MakeClip, suffix: str = "mp4", **options: Any) -> tuple[VideoInfo, Frame]:
    path, _ = make_clip(suffix, **options)
    info = probe(path).info
    return info, next(iter(read_frames(path, info)))


def exactly(frame: Frame) -> npt.NDArray[np.uint8]:
    """The whole picture by another way: PyAV's own slow and exact conversion."""
    return np.asarray(frame.picture.to_ndarray(format="rgb24", interpolation="BICUBIC"), np.uint8)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuv444p", "yuv420p10le"])
def test_rgb_is_the_average_of_what_it_covers(make_clip: MakeClip, width: int, height: int, pixel_format: str) -> None:
    info, frame = first(make_clip, pixel_format=pixel_format, codec_options={"crf": "4"})
    found = Scaler(info).rgb(frame, width, height)
    method = cv2.INTER_AREA if width <= 160 else cv2.INTER_LINEAR
    expected = cv2.resize(exactly(frame), (width, height), interpolation=method)
    assert found.shape == (height, width, 3)
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - expected).mean() < 4


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_clips_look_like_the_upright_one(make_clip: MakeClip, rotation: int) -> None:
    """SPEC F19: the same picture, whichever way the camera was held."""
    lossless: dict[str, Any] = {"size": (160, 96), "codec_options": {"qp": "0", "preset": "ultrafast"}, "pixel_format": "yuv444p"}
    upright_info, upright = first(make_clip, **lossless)
    info, frame = first(make_clip, rotation=rotation, **lossless)
    assert np.abs(Scaler(info).rgb(frame, 80, 48).astype(int) - Scaler(upright_info).rgb(upright, 80, 48)).mean() < 4
    assert np.abs(Scaler(info).luma(frame).astype(int) - Scaler(upright_info).luma(upright)).mean() < 1


def test_a_chosen_rotation_turns_clockwise(make_clip: MakeClip) -> None:
    path, _ = make_clip()
    info = probe(path, rotation=90).info
    frame = next(iter(read_frames(path, info)))
    assert np.array_equal(Scaler(info).luma(frame), np.rot90(Scaler(probe(path).info).luma(frame), -1))
    assert Scaler(info).rgb(frame, 48, 64).shape == (64, 48, 3)


def test_a_mirrored_video_is_mirrored_after_turning(make_clip: MakeClip) -> None:
    info, frame = first(make_clip)
    mirrored = msgspec.structs.replace(info, mirrored=True)
    assert np.array_equal(Scaler(mirrored).luma(frame), Scaler(info).luma(frame)[:, ::-1])
    assert np.array_equal(Scaler(mirrored).rgb(frame, 64, 48), Scaler(info).rgb(frame, 64, 48)[:, ::-1])


def test_luma_is_the_decoders_own_memory(make_clip: MakeClip) -> None:
    info, frame = first(make_clip, size=(162, 122))
    luma = Scaler(info).luma(frame)
    assert luma.shape == (122, 162)
    assert not luma.flags.writeable
    assert np.shares_memory(luma, np.frombuffer(memoryview(frame.picture.planes[0]), np.uint8))
    assert np.array_equal(luma, frame.picture.to_ndarray()[:122])


@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "yuv422p10le", "yuv444p"])
def test_luma_of_other_forms_is_in_the_same_scale(make_clip: MakeClip, pixel_format: str) -> None:
    info, frame = first(make_clip, pixel_format=pixel_format, codec_options={"crf": "4"})
    usual_info, usual = first(make_clip, codec_options={"crf": "4"})
    assert np.abs(Scaler(info).luma(frame).astype(int) - Scaler(usual_info).luma(usual)).mean() < 3


def test_a_picture_of_another_size_is_brought_to_the_videos(make_clip: MakeClip) -> None:
    info, frame = first(make_clip)
    larger = Frame(0, 0, frame.picture.reformat(width=320, height=240))
    scaler = Scaler(info)
    assert scaler.luma(larger).shape == (120, 160)
    assert np.abs(scaler.luma(larger).astype(int) - scaler.luma(frame)).mean() < 3
    assert np.abs(scaler.rgb(larger, 64, 48).astype(int) - scaler.rgb(frame, 64, 48)).mean() < 3


def test_colors_that_a_broken_header_names_do_not_stop_us(make_clip: MakeClip) -> None:
    info, frame = first(make_clip)
    plain = Scaler(info).rgb(frame, 64, 48)
    for matrix in (0, 3, 8, 14, 17, 200):
        frame.picture.colorspace = matrix
        assert Scaler(info).rgb(frame, 64, 48).shape == plain.shape


def test_a_form_that_cannot_be_converted_is_named(make_clip: MakeClip) -> None:
    info, _ = first(make_clip)
    with pytest.raises(CorruptMedia, match="pictures of the form gray32le, which cannot be converted"):
        Scaler(info).rgb(Frame(0, 0, av.VideoFrame(160, 120, "gray32le")), 64, 48)


@pytest.mark.parametrize("rotation", [0, 90, 270])
def test_the_small_luma_is_the_whole_turned_picture(make_clip: MakeClip, rotation: int) -> None:
    info, frame = first(make_clip, rotation=rotation)
    found = Scaler(info).small_luma(frame)
    assert found.shape == (round(SMALL_WIDTH * info.height / info.width), SMALL_WIDTH)
    expected = cv2.resize(np.ascontiguousarray(Scaler(info).luma(frame)), found.shape[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(found, expected)
    assert found.std() > 5


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuv444p", "yuv420p10le"])
def test_f17_a_picture_in_grey_keeps_its_brightness_and_its_source(make_clip: MakeClip, pixel_format: str) -> None:
    info, frame = first(make_clip, pixel_format=pixel_format)
    scaler = Scaler(info)
    before = scaler.rgb(frame, 64, 64).copy()
    grey = greyed(frame)
    np.testing.assert_array_equal(scaler.luma(grey), scaler.luma(frame))
    assert np.ptp(scaler.rgb(grey, 64, 64), axis=2).max() <= 2
    assert np.ptp(before, axis=2).max() > 20
    np.testing.assert_array_equal(scaler.rgb(frame, 64, 64), before)

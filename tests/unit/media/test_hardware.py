"""Decoding on a device: the same frames wherever they are decoded, and a word about where that was."""

from __future__ import annotations

import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tests.unit.media.conftest import MakeClip
from trackway.errors import CorruptMedia
from trackway.media.decode import read_frames
from trackway.media.frame import Frame, Scaler
from trackway.media.hardware import DecoderReport, Decoding, Hardware
from trackway.media.probe import Probe, probe
from trackway.media.segments import plan_segments


def pictures(path: Path, found: Probe, **options: Any) -> list[tuple[int, int, int]]:
    """Number, time and brightness of every frame."""
    scaler = Scaler(found.info)
    return [(frame.number, frame.time_ms, zlib.crc32(scaler.luma(frame).tobytes())) for frame in read_frames(path, found.info, **options)]


@pytest.mark.parametrize("device", ["cuda", "drm", "no such device"])
@pytest.mark.parametrize("sample_fps", [0.0, 7.0])
def test_frames_are_the_same_and_their_decoder_is_named(make_clip: MakeClip, device: str, sample_fps: float) -> None:
    """Whatever this machine has: software gives the frames where the device does not, and says why."""
    path, _ = make_clip(seconds=2.0, key_frame_interval=12)
    found, told = probe(path), list[DecoderReport]()
    assert pictures(path, found, sample_fps=sample_fps, hardware=Hardware(device, told.append)) == pictures(
        path, found, sample_fps=sample_fps
    )
    (report,) = told
    assert report.requested == device
    assert (report.used == device) != bool(report.reason)
    if device != "cuda":  # of these, FFmpeg has no decoder for H.264
        assert report.used == "cpu"


def test_a_segment_is_the_same_too(make_clip: MakeClip) -> None:
    path, _ = make_clip(seconds=6.0, key_frame_interval=12)
    found, told = probe(path), list[DecoderReport]()
    _, last = plan_segments(found, 3)
    assert pictures(path, found, segment=last, hardware=Hardware(tell=told.append)) == pictures(path, found, segment=last)
    assert len(told) == 1


@pytest.mark.parametrize(
    ("accelerated", "form", "used", "reason"),
    [
        (True, "nv12", "cuda", ""),
        (True, "p010le", "cuda", ""),
        (True, "yuv422p", "cpu", "it does not take this stream (h264, yuv422p)"),
        (False, "yuv420p", "cpu", "FFmpeg's decoder h264 has no variant for it"),
    ],
)
def test_the_form_of_a_picture_shows_what_decoded_it(accelerated: bool, form: str, used: str, reason: str) -> None:
    """FFmpeg's own fallback is silent: the context says "accelerated", and its pictures come from software."""
    told: list[DecoderReport] = []
    context = SimpleNamespace(is_hwaccel=accelerated, codec=SimpleNamespace(name="h264"))
    stream = cast(VideoStream, SimpleNamespace(codec_context=context))
    Decoding(Hardware("cuda", told.append)).begun(stream, VideoFrame(32, 32, form))
    assert told == [DecoderReport("cuda", used, reason)]


def test_without_a_device_nobody_is_told(make_clip: MakeClip, caplog: pytest.LogCaptureFixture) -> None:
    path, _ = make_clip()
    found = probe(path)
    with caplog.at_level("INFO"):
        assert pictures(path, found)
    assert caplog.records == []


def test_a_fallback_is_a_warning_in_the_log(make_clip: MakeClip, caplog: pytest.LogCaptureFixture) -> None:
    path, _ = make_clip()
    next(iter(read_frames(path, probe(path).info, hardware=Hardware("no such device"))))
    (record,) = caplog.records
    assert "decoded on the processor, not by no such device: this FFmpeg knows no such device" in record.getMessage()


def test_a_broken_file_is_the_file_s_fault(make_clip: MakeClip, tmp_path: Path) -> None:
    path, _ = make_clip()
    info = probe(path).info
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CorruptMedia, match="changed"):
        next(iter(read_frames(broken, info, hardware=Hardware())))


@pytest.mark.parametrize("size", [(160, 120), (162, 90)])
@pytest.mark.parametrize("color_range", [1, 2], ids=["limited", "full"])
def test_pixels_are_those_of_software(size: tuple[int, int], color_range: int) -> None:
    """NVDEC gives NV12, whose samples are those of software's YUV 4:2:0 in another order; sent on as they are, scaling would differ."""
    width, height = size
    samples = np.random.default_rng(1).integers(0, 256, (height * 3 // 2, width), dtype=np.uint8)
    chroma = samples[height:].reshape(2, -1).T.reshape(-1, width)
    downloaded = VideoFrame.from_ndarray(np.concatenate([samples[:height], chroma]), format="nv12")
    downloaded.colorspace, downloaded.color_range = 1, color_range
    sent = Decoding(Hardware()).as_software(Frame(3, 120, downloaded))
    assert (sent.number, sent.time_ms, sent.picture.format.name) == (3, 120, "yuv420p")
    assert (sent.picture.colorspace, sent.picture.color_range) == (1, color_range)
    np.testing.assert_array_equal(sent.picture.to_ndarray(), samples)


def test_ten_bits_stay_ten_bits() -> None:
    samples = np.random.default_rng(2).integers(0, 1024, (48, 32), dtype=np.uint16)
    planar = VideoFrame.from_ndarray(samples, format="yuv420p10le")
    downloaded = planar.reformat(format="p010le")
    np.testing.assert_array_equal(Decoding(Hardware()).as_software(Frame(0, 0, downloaded)).picture.to_ndarray(), samples)


def test_software_s_pictures_are_left_alone() -> None:
    frame = Frame(0, 0, VideoFrame(32, 32, "yuv420p"))
    assert Decoding(Hardware()).as_software(frame) is frame

"""What is said about a video is true, whatever its container, codec, clock and orientation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest
from av.container import InputContainer, OutputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from tests.unit.media.conftest import MakeClip
from trackway.errors import CorruptMedia, FileError, MediaTooLarge, VideoTooLong
from trackway.media.limits import MediaLimits
from trackway.media.probe import probe
from trackway.media.video import VideoInfo

VP9 = {"codec": "libvpx-vp9", "codec_options": {"deadline": "realtime", "cpu-used": "8"}}
HEVC = {"codec": "libx265", "codec_options": {"preset": "ultrafast", "x265-params": "log-level=none"}}
MPEG2 = {"codec": "mpeg2video", "codec_options": {"bf": "2"}}
MJPEG = {"codec": "mjpeg", "pixel_format": "yuvj420p"}


@pytest.mark.parametrize(
    ("suffix", "options", "codec", "container"),
    [
        ("mp4", {}, "h264", "QuickTime / MOV"),
        ("mov", HEVC, "hevc", "QuickTime / MOV"),
        ("mkv", {}, "h264", "Matroska"),
        ("webm", VP9, "vp9", "Matroska"),
        ("avi", {"codec": "mpeg4"}, "mpeg4", "AVI (Audio Video Interleaved)"),
        ("avi", MJPEG, "mjpeg", "AVI (Audio Video Interleaved)"),
        ("ts", {}, "h264", "MPEG-TS (MPEG-2 Transport Stream)"),
        ("mpg", MPEG2, "mpeg2video", "MPEG-1 Systems / MPEG program stream"),
        ("flv", {}, "h264", "FLV (Flash Video)"),
        ("mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}}, "h264", "QuickTime / MOV"),
    ],
)
def test_r31_facts_of_a_video(make_clip: MakeClip, suffix: str, options: dict[str, Any], codec: str, container: str) -> None:
    """SPEC R31, X5."""
    path, truth = make_clip(suffix, **options)
    found = probe(path)
    info = found.info
    assert (info.codec, info.format, info.width, info.height) == (codec, container, 160, 120)
    assert (info.frame_count, info.duration_ms, info.frame_rate) == (25, 1000, 25.0)
    assert (info.rotation, info.mirrored, info.has_audio) == (0, False, False)
    assert info.size_bytes == path.stat().st_size
    assert info.timed
    assert np.array_equal(found.frame_ms, truth.frame_ms)
    assert found.is_key[0]
    assert not found.is_key.all() or codec == "mjpeg"


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_r56_a_variable_rate_keeps_every_time(make_clip: MakeClip, suffix: str) -> None:
    """SPEC X4: the presentation time, never number / rate."""
    path, truth = make_clip(suffix, seconds=2.0, variable_rate=True)
    found = probe(path)
    assert len(set(np.diff(truth.frame_ms))) > 3
    assert np.array_equal(found.frame_ms, truth.frame_ms)
    assert found.info.frame_rate == pytest.approx(25, rel=0.05)


def test_a_late_first_picture_is_at_zero(make_clip: MakeClip) -> None:
    found = probe(make_clip(start_ms=10_000).path)
    assert found.info.start_pts * found.info.time_base == 10
    assert found.frame_ms[0] == 0
    assert found.info.duration_ms == 1000


@pytest.mark.parametrize("rate", [24000 / 1001, 29.97, 30.0, 50.0])
def test_the_rate_is_the_headers_own(make_clip: MakeClip, rate: float) -> None:
    assert probe(make_clip("mkv", fps=rate).path).info.frame_rate == pytest.approx(rate, rel=1e-4)


def test_sound_is_noticed(make_clip: MakeClip) -> None:
    assert probe(make_clip(audio="aac").path).info.has_audio


@pytest.mark.parametrize(("pixel_format", "expected"), [("yuvj420p", "FULL"), ("yuv420p", None)])
def test_r31_color_range_is_told_only_if_the_file_does(make_clip: MakeClip, pixel_format: str, expected: str | None) -> None:
    assert probe(make_clip(pixel_format=pixel_format).path).info.color_range == expected


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_display_matrix_is_obeyed(make_clip: MakeClip, rotation: int) -> None:
    """SPEC F19: the processed picture is the upright one."""
    info = probe(make_clip(rotation=rotation).path).info
    assert (info.width, info.height, info.rotation) == (160, 120, rotation)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_chosen_rotation_goes_before_the_matrix(make_clip: MakeClip, rotation: Any) -> None:
    info = probe(make_clip(rotation=90).path, rotation=rotation).info
    assert info.rotation == rotation
    assert (info.width, info.height) == ((120, 160) if rotation in (0, 180) else (160, 120))


@pytest.mark.parametrize(("degrees", "mirror"), [(0, True), (90, True), (180, True), (270, True)])
def test_a_mirrored_matrix_is_told_apart(tmp_path: Path, degrees: int, mirror: bool) -> None:
    path = tmp_path / "mirrored.mp4"
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", rate=25)
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        track.set_display_rotation(-degrees, hflip=mirror)
        container.mux(track.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(track.encode(None))
    info = probe(path).info
    assert info.mirrored
    assert info.rotation in (degrees, (360 - degrees) % 360)  # mirroring before or after turning


def test_a_raw_stream_is_counted(make_clip: MakeClip, tmp_path: Path) -> None:
    path = tmp_path / "raw.h264"
    _remux(make_clip(fps=30.0).path, path, "h264")
    found = probe(path)
    assert not found.info.timed
    assert (found.info.frame_count, found.info.frame_rate, found.info.duration_ms) == (30, 30.0, 1000)
    assert found.frame_ms.tolist() == [round(1000 * number / 30) for number in range(30)]


def test_h264_with_b_frames_in_avi_is_counted(make_clip: MakeClip) -> None:
    """AVI stores no presentation times, and those that FFmpeg makes up are wrong."""
    found = probe(make_clip("avi").path)
    assert not found.info.timed
    assert found.frame_ms.tolist() == list(range(0, 1000, 40))


def test_one_frame_is_a_video(make_clip: MakeClip) -> None:
    found = probe(make_clip(seconds=0.04).path)
    assert (found.info.frame_count, found.info.duration_ms, found.info.frame_rate) == (1, 40, 25.0)


def test_cover_art_is_no_video(make_clip: MakeClip, tmp_path: Path) -> None:
    """The track that moves is chosen, not the picture that an editor attached."""
    path = tmp_path / "covered.mp4"
    with av.open(str(make_clip().path)) as read, av.open(str(path), "w") as written:
        cover = written.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        track = written.add_stream_from_template(read.streams.video[0])
        written.mux(cover.encode(av.VideoFrame(32, 32, "yuvj420p")))
        _copy(read, written, track)
    with av.open(str(path)) as read:
        codecs = [track.codec_context.name for track in read.streams.video]
    info = probe(path).info
    assert len(codecs) == 2
    assert (info.codec, codecs[info.stream], info.width, info.frame_count) == ("h264", "h264", 160, 25)


def test_facts_survive_as_json(make_clip: MakeClip) -> None:
    info = probe(make_clip().path).info
    assert msgspec.json.decode(msgspec.json.encode(info), type=VideoInfo) == info


@pytest.mark.parametrize(
    ("limits", "error", "sentence"),
    [
        ({"max_bytes": 1000}, MediaTooLarge, "bytes; at most 1,000 are accepted"),
        ({"max_pixels": 160 * 119}, MediaTooLarge, "160 x 120 pixels; at most 19,040"),
        ({"max_frames": 24}, MediaTooLarge, "more than 24 frames"),
        ({"max_duration_ms": 900}, VideoTooLong, "longer than 0.00025 hours"),
        ({"max_duration_ms": 980}, VideoTooLong, "at most 0.000272222 are accepted"),
    ],
)
def test_r25_a_limit_is_kept_and_named(make_clip: MakeClip, limits: dict[str, int], error: type[Exception], sentence: str) -> None:
    """SPEC R25."""
    with pytest.raises(error, match=sentence):
        probe(make_clip().path, limits=MediaLimits(**limits))


def test_a_probe_that_does_not_end_is_ended(make_clip: MakeClip) -> None:
    with pytest.raises(CorruptMedia, match=r"did not end within 0\.001 seconds"):
        probe(make_clip().path, limits=MediaLimits(probe_seconds=0.001))


@pytest.mark.parametrize("name", ["missing.mp4", ".", "pipe.mp4", "nul\0.mp4"])
def test_what_is_no_readable_file_is_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(FileError, match=r"expected a video file|cannot be read"):
        probe(f"{tmp_path}/{name}")


def test_names_that_look_like_addresses_are_files(make_clip: MakeClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("concat:a|b.mp4", "http:x.mp4", "%05d.mp4", "-i.mp4", "ünïcödé +&.mp4"):
        Path(name).write_bytes(make_clip().path.read_bytes())
        assert probe(name).info.frame_count == 25


def test_the_child_sees_no_secrets(make_clip: MakeClip, monkeypatch: pytest.MonkeyPatch) -> None:
    """SPEC section 10 of the design: untrusted media meets neither credentials nor a process without bounds."""
    started: list[Any] = []
    run = subprocess.run

    def spy(*arguments: Any, **options: Any) -> Any:
        started.append(options["env"])
        return run(*arguments, **options)

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(subprocess, "run", spy)
    probe(make_clip().path)
    assert set(started[0]) <= {"PYTHONPATH", "PATH", "LD_LIBRARY_PATH", "PYTHONHOME"}


def test_the_child_gives_up_its_rights() -> None:
    code = (
        "from trackway.media.probe_child import bound_process; from trackway.media.limits import MediaLimits; import resource as r\n"
        "bound_process(MediaLimits(probe_seconds=7.5, probe_memory_bytes=1 << 30))\n"
        "print([r.getrlimit(k) for k in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE)])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[(1073741824, 1073741824), (8, 8), (0, 0), (16, 16)]"


def _remux(source: Path, target: Path, container: str) -> None:
    """The same packets in another container."""
    with av.open(str(source)) as read, av.open(str(target), "w", format=container) as written:
        _copy(read, written, written.add_stream_from_template(read.streams.video[0]))


def _copy(read: InputContainer, written: OutputContainer, track: VideoStream) -> None:
    for packet in read.demux(read.streams.video[0]):
        if packet.dts is not None:
            packet.stream = track
            written.mux(packet)

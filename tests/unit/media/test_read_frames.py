"""Frames come out complete, in order, at their times, and the same ones whichever way they are asked for."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.media.conftest import MakeClip
from trackway.errors import CorruptMedia, MediaTooLarge
from trackway.media.decode import read_frames
from trackway.media.frame import Frame
from trackway.media.limits import MediaLimits
from trackway.media.probe import Probe, probe
from trackway.media.segments import Segment, plan_segments
from trackway.media.timeline import Timeline, enters_sample

OPEN_GOP = {"codec_options": {"x264-params": "open-gop=1:bframes=5:b-pyramid=normal:scenecut=0"}}
CLOSED_GOP = {"codec_options": {"x264-params": "open-gop=0:bframes=3:scenecut=0"}}
NO_B_FRAMES = {"codec_options": {"x264-params": "bframes=0"}}
INTRA_REFRESH = {"codec_options": {"x264-params": "intra-refresh=1"}}
HEVC = {"codec": "libx265", "codec_options": {"preset": "ultrafast", "x265-params": "log-level=none:open-gop=1:bframes=4"}}
VP9 = {"codec": "libvpx-vp9", "codec_options": {"deadline": "realtime", "cpu-used": "8"}}
MPEG2 = {"codec": "mpeg2video", "codec_options": {"bf": "2"}}
WAYS = [
    ("mp4", OPEN_GOP),
    ("mp4", {**OPEN_GOP, "variable_rate": True, "start_ms": 10_000}),
    ("mkv", {**CLOSED_GOP, "variable_rate": True}),
    ("ts", OPEN_GOP),
    ("mp4", INTRA_REFRESH),
    ("mp4", HEVC),
    ("webm", VP9),
    ("mpg", MPEG2),
    ("avi", {"codec": "mpeg4"}),
    ("flv", NO_B_FRAMES),
    ("ts", {"codec_options": {"x264-params": "interlaced=1:open-gop=1:bframes=3"}, "size": (160, 128)}),
    ("mpg", {"codec": "mpeg2video", "codec_options": {"flags": "+ilme+ildct", "bf": "2"}, "size": (160, 128)}),
]

Picture = tuple[int, int, int]


def pictures(path: Path, found: Probe, **options: Any) -> list[Picture]:
    """Number, time and pixels of each frame."""
    return [(frame.number, frame.time_ms, checksum(frame)) for frame in read_frames(path, found.info, **options)]


def checksum(frame: Frame) -> int:
    return zlib.crc32(frame.picture.to_ndarray(format="yuv420p").tobytes())


def own(found: list[Picture], segment: Segment) -> list[Picture]:
    return [picture for picture in found if segment.start_ms <= picture[1] < segment.end_ms]


@pytest.mark.parametrize(("suffix", "options"), WAYS)
def test_segments_give_what_one_run_gives(make_clip: MakeClip, suffix: str, options: dict[str, Any]) -> None:
    """DESIGN section 2: where a video is cut changes neither numbers, nor times, nor pixels."""
    path, truth = make_clip(suffix, seconds=4.0, key_frame_interval=12, **options)
    found = probe(path)
    whole = pictures(path, found)
    assert [number for number, _, _ in whole] == list(range(100))
    assert [time_ms for _, time_ms, _ in whole] == truth.frame_ms.tolist()
    segments = plan_segments(found, 0.9)
    assert len(segments) > 2
    assert [picture for segment in segments for picture in own(pictures(path, found, segment=segment), segment)] == whole
    assert pictures(path, found, threads=3) == whole
    sampled = pictures(path, found, sample_fps=7.0)
    assert pictures(path, found, sample_fps=7.0, threads=3) == sampled
    assert sampled == [picture for before, picture in zip([None, *whole], whole, strict=False) if taken(picture, before, 7.0)]
    assert [picture for segment in segments for picture in own(pictures(path, found, segment=segment, sample_fps=7.0), segment)] == sampled


def taken(picture: Picture, before: Picture | None, fps: float) -> bool:
    return before is None or int(picture[1] * fps / 1000) != int(before[1] * fps / 1000)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    interval=st.integers(3, 40),
    b_frames=st.integers(0, 7),
    open_gop=st.booleans(),
    variable=st.booleans(),
    seconds=st.floats(0.2, 2.0),
    fps=st.sampled_from([1.0, 3.7, 10.0, 24.9, 60.0]),
)
def test_any_gop_cut_anywhere(
    make_clip: MakeClip, interval: int, b_frames: int, open_gop: bool, variable: bool, seconds: float, fps: float
) -> None:
    options = {"x264-params": f"bframes={b_frames}:open-gop={int(open_gop)}:scenecut=0"}
    path, _ = make_clip(size=(64, 48), seconds=3.0, key_frame_interval=interval, variable_rate=variable, codec_options=options)
    found = probe(path)
    for sample_fps in (0.0, fps):
        whole = pictures(path, found, sample_fps=sample_fps)
        parts = [own(pictures(path, found, segment=part, sample_fps=sample_fps), part) for part in plan_segments(found, seconds)]
        assert [picture for part in parts for picture in part] == whole


def test_a_segment_goes_on_for_its_overlap(make_clip: MakeClip) -> None:
    path, _ = make_clip(seconds=8.0, key_frame_interval=25)
    found = probe(path)
    first, second = plan_segments(found, 4.0)
    times = [time_ms for _, time_ms, _ in pictures(path, found, segment=first)]
    assert times == list(range(0, 6000, 40))
    assert second.overlap_ms == 0
    assert [time_ms for _, time_ms, _ in pictures(path, found, segment=second)] == list(range(4000, 8000, 40))


def test_a_container_without_a_usable_index_is_read_from_the_start(make_clip: MakeClip) -> None:
    """Seeking is a shortcut: where it leads astray, the frames are the same."""
    path, _ = make_clip(seconds=4.0, key_frame_interval=12)
    found = probe(path)
    segment = plan_segments(found, 1.0)[2]
    astray = Segment(**{name: getattr(segment, name) for name in segment.__struct_fields__ if name != "seek_pts"}, seek_pts=-(2**40))
    assert pictures(path, found, segment=astray) == pictures(path, found, segment=segment)


def test_a_recording_that_starts_between_key_frames_starts_at_the_next(make_clip: MakeClip, tmp_path: Path) -> None:
    """What cannot be decoded does not exist: the first picture is at 0."""
    path, truth = make_clip("ts", seconds=2.0, key_frame_interval=20)
    data = path.read_bytes()
    cut = tmp_path / "cut.ts"
    cut.write_bytes(data[len(data) // 4 // 188 * 188 :])
    found = probe(cut)
    frames = pictures(cut, found)
    missing = len(truth.frame_ms) - len(frames)
    assert missing in (20, 40)
    assert found.info.frame_count == len(frames)
    assert [(number, time_ms) for number, time_ms, _ in frames] == [(number, 40 * number) for number in range(len(frames))]
    assert [pixels for *_, pixels in frames] == [pixels for *_, pixels in pictures(path, probe(path))][missing:]


def test_counted_frames_are_in_order_and_complete(make_clip: MakeClip) -> None:
    """H.264 with B-frames in AVI: FFmpeg's times would lie."""
    path, _ = make_clip("avi")
    found = probe(path)
    truth, _ = make_clip("mkv")
    counted = pictures(path, found)
    assert [(number, time_ms) for number, time_ms, _ in counted] == [(number, 40 * number) for number in range(25)]
    assert [pixels for _, _, pixels in counted] == [pixels for _, _, pixels in pictures(truth, probe(truth))]
    assert [number for number, _, _ in pictures(path, found, sample_fps=10.0)] == [0, 3, 5, 8, 10, 13, 15, 18, 20, 23]


def test_a_picture_size_that_changes_midway(tmp_path: Path) -> None:
    path = tmp_path / "growing.ts"
    write_two_sizes(path, (64, 48), (128, 96))
    info = probe(path).info
    sizes = [(frame.picture.width, frame.picture.height) for frame in read_frames(path, info)]
    assert (info.width, info.height) == (64, 48)
    assert sizes == [(64, 48)] * 5 + [(128, 96)] * 5


def test_a_later_picture_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing.ts"
    write_two_sizes(path, (64, 48), (128, 96))
    info = probe(path).info
    with pytest.raises(MediaTooLarge, match="128 x 96 pixels"):
        next(read_frames(path, info, limits=MediaLimits(max_pixels=64 * 48)))


def write_two_sizes(path: Path, *sizes: tuple[int, int]) -> None:
    with path.open("wb") as file:
        for part, (width, height) in enumerate(sizes):
            piece = path.with_name(f"{part}.ts")
            with av.open(str(piece), "w", options={"mpegts_flags": "+initial_discontinuity"}) as container:
                track = container.add_stream("libx264", rate=25, options={"bf": "0", "preset": "ultrafast"})
                track.width, track.height, track.pix_fmt = width, height, "yuv420p"
                for number in range(5):
                    picture = av.VideoFrame.from_ndarray(np.full((height, width, 3), 40 * number, np.uint8))
                    picture.pts = 5 * part + number
                    container.mux(track.encode(picture))
                container.mux(track.encode(None))
            file.write(piece.read_bytes())


def test_a_file_that_vanished_or_changed(make_clip: MakeClip, tmp_path: Path) -> None:
    info = probe(make_clip().path).info
    path = tmp_path / "clip.mp4"
    for data in (None, b"", make_clip().path.read_bytes()[:800]):
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(CorruptMedia):
            next(read_frames(path, info))


def test_nothing_stays_open_when_a_reader_stops_early(make_clip: MakeClip) -> None:
    path, _ = make_clip()
    before = open_files()
    frames = read_frames(path, probe(path).info)
    next(frames)
    assert len([*open_files()]) > len([*before])
    frames.close()  # type: ignore[attr-defined]
    assert open_files() == before


def open_files() -> list[str]:
    return sorted(str(link.readlink()) for link in alive(Path("/proc/self/fd")))


def alive(folder: Path) -> Iterator[Path]:
    yield from (link for link in folder.iterdir() if link.is_symlink() and link.exists())


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=400), st.integers(0, 1000), st.integers(0, 12), st.randoms())
def test_a_timeline_counts_like_a_sorted_list(times: list[int], start: int, depth: int, chance: Any) -> None:
    """Against the whole list sorted, as long as pictures are stored at most a reorder depth away from their place."""
    shown = sorted(set(times))
    stored = [shown[place] for place in sorted(range(len(shown)), key=lambda place: place + chance.randint(0, depth))]
    timeline = Timeline(start, 7)
    expected = [pts for pts in shown if pts >= start]
    known: list[int] = []
    for pts in stored:
        timeline.add(pts)
        known = sorted({*known, pts} & {*expected})
        if known:
            assert timeline.number(known[-1]) == 6 + len(known)
            assert timeline.before(known[-1]) == (known[-2] if len(known) > 1 else None)


@given(st.lists(st.integers(0, 5000), min_size=1, unique=True), st.sampled_from([0.5, 1.0, 7.3, 10.0, 25.0]))
def test_a_sample_has_one_frame_in_each_share_of_time(times: list[int], fps: float) -> None:
    times.sort()
    sampled = [time for before, time in zip([None, *times], times, strict=False) if enters_sample(time, before, fps)]
    shares = [int(time * fps / 1000) for time in sampled]
    assert shares == sorted(set(shares))
    assert set(shares) == {int(time * fps / 1000) for time in times}
    assert [time for before, time in zip([None, *times], times, strict=False) if enters_sample(time, before, 0)] == times

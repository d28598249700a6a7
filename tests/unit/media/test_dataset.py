"""`VideoDataset`: which frames it takes, and that what it gives does not depend on how it is asked (SPEC M13, M14, M23)."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Clip
from trackway import VideoDataset
from trackway.errors import ArgumentError, CorruptMedia, FileError
from trackway.media import dataset as module
from trackway.media.decode import Frame, read_frames
from trackway.media.probe import probe
from trackway.media.sample import make_sample


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dataset") / "small.mp4"
    make_sample(path, seconds=2, size=(96, 72), key_frame_interval=10, codec_options={"bf": "2"})
    return path


def test_m23_attributes_are_mexcas(sample_clip: Clip) -> None:
    video = VideoDataset(str(sample_clip.path), skip_frames=5, start=1, end=2)
    assert video.file_name == sample_clip.path.name
    assert (video.video_fps, video.duration, len(video)) == (25.0, 5.0, 5)
    assert video.video_frames.tolist() == video.video_frames_idx.tolist() == [25, 30, 35, 40, 45]
    np.testing.assert_allclose(np.diff(video.video_pts), 0.2, rtol=0, atol=1e-12)
    np.testing.assert_allclose(video.frame_seconds, np.arange(125) / 25, rtol=0, atol=1e-12)


def test_m23_only_time_stamps_are_read_at_the_start(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "read_frames", None)  # whoever decodes now, fails
    assert len(VideoDataset(small)) == 50


@pytest.mark.parametrize(
    ("start", "end", "skip"), [(0, None, 1), (0, None, 7), (1, 2, 1), (0.5, None, 5), (0.29, 1.99, 3), (0, 0, 4), (1.96, 99, 1)]
)
def test_m13_and_m14_frames_are_those_of_the_formula(small: Path, start: float, end: float | None, skip: int) -> None:
    expected = np.arange(int(start * 25), int((end or 0) * 25) or 50, skip)
    assert VideoDataset(small, skip, start, end).video_frames.tolist() == expected[expected < 50].tolist()


def test_m23_a_picture_is_the_same_however_it_is_reached(small: Path) -> None:
    whole = [item["Image"] for item in VideoDataset(small)]
    assert len({picture.tobytes() for picture in whole}) == 50
    every_third, shuffled = VideoDataset(small, 3), VideoDataset(small)
    for item in every_third:
        np.testing.assert_array_equal(item["Image"], whole[item["Frame"]])
    for index in [*np.random.default_rng(0).permutation(50)[:20].tolist(), 7, 7, 8, 6, -1]:
        item = shuffled[index]
        assert item["Frame"] == index % 50
        np.testing.assert_array_equal(item["Image"], whole[index])


def test_m23_a_slice_is_a_batch(small: Path) -> None:
    video = VideoDataset(small, 5)
    several = video[2:5]
    assert several["Image"].shape == (3, 72, 96, 3)
    assert several["Frame"].tolist() == [10, 15, 20]
    np.testing.assert_array_equal(several["Image"][1], video[3]["Image"])
    assert video[50:]["Image"].shape == (0, 72, 96, 3)


def test_m23_in_order_the_file_is_opened_once(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def noted(*given: Any, **named: Any) -> Iterator[Frame]:
        opened.append(given)
        return read_frames(*given, **named)

    monkeypatch.setattr(module, "read_frames", noted)
    video = VideoDataset(small, 2)
    for index in range(len(video)):
        _ = video[index]
    assert len(opened) == 1


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_f19_rotation_is_obeyed(tmp_path: Path, rotation: int) -> None:
    upright, turned = tmp_path / "upright.mp4", tmp_path / "turned.mp4"
    make_sample(upright, seconds=0.4, size=(96, 64))
    make_sample(turned, seconds=0.4, size=(96, 64), rotation=rotation)  # type: ignore[arg-type]
    expected, seen = VideoDataset(upright)[3]["Image"], VideoDataset(turned)[3]["Image"]
    assert seen.shape == (64, 96, 3)
    assert np.abs(seen.astype(int) - expected).mean() < 6


def test_x4_times_are_the_files_own_where_the_rate_varies(tmp_path: Path) -> None:
    path = tmp_path / "varying.mp4"
    truth = make_sample(path, seconds=1, size=(96, 64), variable_rate=True, start_ms=480)
    video, known = VideoDataset(path), probe(path)
    assert [round(1000 * (pts - video.video_pts[0])) for pts in video.video_pts] == truth.frame_ms.tolist()
    assert video.video_pts.tolist() == [float(pts * known.info.time_base) for pts in known.frame_pts.tolist()]


def test_m23_a_copy_in_another_process_reads_for_itself(small: Path) -> None:
    video = VideoDataset(small, 10)
    first = video[0]["Image"]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(video))[0]["Image"], first)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"skip_frames": 0}, "skip_frames must be a whole number from 1 on, got 0"),
        ({"skip_frames": 1.5}, "whole number"),
        ({"start": 2.0}, "starts at 2 s, but .* ends at 2 s; choose an earlier start"),
        ({"start": 60}, "choose an earlier start"),
        ({"start": -1}, "start of a part must be seconds from 0 on, got -1"),
        ({"start": 1, "end": 1.01}, "holds no frame"),
        ({"end": float("nan")}, "end of a part must be seconds"),
    ],
)
def test_a_part_that_is_none_is_refused_in_a_sentence(small: Path, options: dict[str, float], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        VideoDataset(small, **options)  # type: ignore[arg-type]


def test_no_file_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        VideoDataset(tmp_path / "none.mp4")


def test_a_damaged_frame_is_named_and_left_out(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_four(*given: Any, **named: Any) -> Iterator[Frame]:
        return (frame for frame in read_frames(*given, **named) if frame.number != 4)

    monkeypatch.setattr(module, "read_frames", without_four)
    video = VideoDataset(small, end=0.4)
    assert [item["Frame"] for item in video] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    with pytest.raises(CorruptMedia, match="frame 4 cannot be decoded"):
        _ = video[4]

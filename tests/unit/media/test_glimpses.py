"""A few pictures of a video: spread over it, the same at every call, and none at worst."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.conftest import Clip
from trackway.media.frame import Frame, Scaler
from trackway.media.glimpses import glimpses
from trackway.media.probe import probe
from trackway.media.sample import make_sample


def times(frames: list[Frame]) -> list[int]:
    return [frame.time_ms for frame in frames]


def test_key_frames_from_all_over_the_video(sample_clip: Clip) -> None:
    found = probe(sample_clip.path)
    frames = glimpses(sample_clip.path, found.info, 4)
    assert times(frames) == [0, 1000, 3000, 4000]  # the key frames, of one second each, before 625, 1875, 3125 and 4375 ms
    assert [frame.number for frame in frames] == [0, 1, 2, 3]
    assert all(frame.picture.key_frame for frame in frames)


def test_the_same_pictures_at_every_call(sample_clip: Clip) -> None:
    info = probe(sample_clip.path).info
    first, second = (glimpses(sample_clip.path, info, 3) for _ in range(2))
    assert times(first) == times(second)
    scaler = Scaler(info)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(scaler.rgb(one, 64, 48), scaler.rgb(other, 64, 48))


def test_without_key_frames_to_seek_the_opening_speaks(tmp_path: Path) -> None:
    path = tmp_path / "long_group.mp4"
    make_sample(path, seconds=4, size=(180, 136), key_frame_interval=1000)
    assert times(glimpses(path, probe(path).info, 3)) == [0, 800, 1600]


def test_without_times_the_opening_speaks(sample_clip: Clip) -> None:
    info = msgspec.structs.replace(probe(sample_clip.path).info, timed=False, time_base_numerator=1, time_base_denominator=25)
    assert times(glimpses(sample_clip.path, info, 6)) == [0, 400, 800, 1200, 1600, 2000]


def test_a_short_video_shows_no_more_than_it_has(tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    make_sample(path, seconds=0.08, size=(180, 136))
    assert times(glimpses(path, probe(path).info, 6)) == [0, 40]


@pytest.mark.parametrize("kept", [0, 3000])
def test_damage_gives_fewer_pictures_or_none(sample_clip: Clip, tmp_path: Path, kept: int) -> None:
    info = probe(sample_clip.path).info
    path = tmp_path / "damaged.mp4"
    data = sample_clip.path.read_bytes()
    start = data.index(b"mdat") + kept
    path.write_bytes(data[:start] + bytes(len(data) - start))
    assert len(glimpses(path, info, 4)) < 4
    path.write_bytes(b"")
    assert glimpses(path, info, 4) == []

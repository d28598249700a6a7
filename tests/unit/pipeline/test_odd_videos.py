"""Videos that are odd but readable: every sampled frame gets its rows, in bounded memory (scripted detectors, the rest is real)."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from tests.unit.pipeline.clips import Picture, grey, write_clip
from tests.unit.pipeline.scripted import Scripted, in_bursts, scripted
from trackway.jobs.options import JobOptions
from trackway.media.frame import Frame
from trackway.media.probe import probe
from trackway.pipeline.segment import track_segment
from trackway.pipeline.video import track_video

ALL = JobOptions(sample_fps=0, detail="standard", faces=False)
LARGE = (320, 200)


def size_changes() -> list[tuple[int, Picture]]:
    return [(40 * number, grey(90) if number < 20 else grey(160, LARGE)) for number in range(50)]


VIDEOS: dict[str, tuple[list[tuple[int, Picture]], int]] = {
    "size changes midway": (size_changes(), 50),
    "black": ([(40 * number, grey()) for number in range(40)], 40),
    "one frame": ([(0, grey(100))], 1),
    "two frames": ([(0, grey(100)), (40, grey(101))], 2),
    "1 fps": ([(1000 * number, grey(20 * number)) for number in range(8)], 8),
    "240 fps": ([(round(number * 1000 / 240), grey(number % 200)) for number in range(200)], 200),
    "pauses of 10 seconds": ([(40 * number + 10_000 * (number // 10), grey(100)) for number in range(30)], 30),
}


@pytest.mark.parametrize("kind", VIDEOS)
@pytest.mark.parametrize("workers", [1, 3])
def test_every_frame_has_its_row(tmp_path: Path, kind: str, workers: int) -> None:
    pictures, count = VIDEOS[kind]
    path = write_clip(tmp_path / "odd.ts", pictures)
    result = track_video(path, ALL, scripted(workers=workers))
    assert result.tracks.frame[result.tracks.has_body].tolist() == list(range(count))
    assert result.tracks.time_ms.tolist() == pytest.approx([time_ms - pictures[0][0] for time_ms, _ in pictures], abs=1)
    seen = np.isfinite(result.tracks.box).all(axis=1)
    assert seen.all()


@pytest.mark.parametrize("kind", ["size changes midway", "240 fps", "pauses of 10 seconds"])
def test_the_default_sampling_looks_at_the_grid(tmp_path: Path, kind: str) -> None:
    path = write_clip(tmp_path / "odd.ts", VIDEOS[kind][0])
    tracked = track_segment(path, probe(path).info, JobOptions(detail="standard"), scripted(workers=2, left=in_bursts))
    cells = (tracked.frames.time_ms // 100).tolist()
    assert cells == sorted(set(cells))
    assert tracked.frames.detected[[0, -1]].all()


def test_nobody_is_carried_across_a_pause(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "odd.ts", VIDEOS["pauses of 10 seconds"][0])
    frames = track_segment(path, probe(path).info, ALL, scripted()).frames
    for number in (9, 10, 19, 20):
        assert frames.detected[number]


def test_fast_cameras_keep_few_pictures(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "fast.ts", [(round(number * 1000 / 240), grey(number % 200)) for number in range(480)])
    most = 0

    def count(frame: int) -> None:
        nonlocal most
        if frame % 10 == 0:
            most = max(most, sum(isinstance(thing, Frame) for thing in gc.get_objects()))

    vision = scripted(workers=2, each=count)
    track_segment(path, probe(path).info, ALL, vision)
    assert isinstance(vision.persons, Scripted)
    assert 0 < len(vision.persons.frames) < 60
    assert most <= 8 * 7  # eight to a stretch; four stretches in flight, one in each worker's hand, one being read

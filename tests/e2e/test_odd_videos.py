"""`trackway track` on videos as cameras and editors leave them: odd rates, holes, sizes. Whatever they are, the rows are sound."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from typer.testing import CliRunner

from tests.conftest import Clip
from trackway.cli.main import app

Picture = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def people(sample_clip: Clip) -> list[Picture]:
    """One second of two people, 25 pictures."""
    with av.open(str(sample_clip.path)) as opened:
        shown = itertools.islice(opened.decode(video=0), 25)
        return [frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False) for frame in shown]


def write(path: Path, pictures: Sequence[Picture], time_ms: Sequence[int]) -> Path:
    """A video whose pictures have these very times."""
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "0"})
        track.width, track.height, track.pix_fmt, track.time_base = width, height, "yuv420p", Fraction(1, 1000)
        track.codec_context.time_base = Fraction(1, 1000)
        for picture, at in zip(pictures, time_ms, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            container.mux(track.encode(frame))
        container.mux(track.encode())
    return path


def track(video: Path, folder: Path, *options: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The metadata and the person rows of a run that must succeed."""
    done = CliRunner().invoke(app, ["track", str(video), "--output", str(folder), "--detail", "standard", *options])
    if done.exception is not None:
        raise done.exception
    rows = [json.loads(line) for line in (folder / "persons.jsonl").read_text().splitlines()]
    metadata: dict[str, Any] = json.loads((folder / "video.json").read_text())
    assert_sound(rows, metadata["DurationMillis"])
    return metadata, rows


def assert_sound(rows: list[dict[str, Any]], duration_ms: int) -> None:
    keys = [(row["Timestamp"], row["Person"]["Index"]) for row in rows]
    assert keys == sorted(set(keys))
    assert all(0 <= time <= duration_ms for time, _ in keys)
    for row in rows:
        box = row["Person"].get("BoundingBox", row["Person"].get("Face", {}).get("BoundingBox"))
        assert box["Width"] > 0
        assert box["Height"] > 0


def persons(rows: list[dict[str, Any]]) -> set[int]:
    return {row["Person"]["Index"] for row in rows}


@pytest.mark.parametrize(
    ("times", "sample_fps"),
    [
        pytest.param(lambda number: 1000 * number, "10", id="1 fps"),
        pytest.param(lambda number: number * 1000 // 240, "0", id="240 fps, every frame"),
        pytest.param(lambda number: number * 1000 // 240, "10", id="240 fps, sampled"),
        pytest.param(lambda number: 40 * number + 10_000 * (number // 10), "10", id="gaps of ten seconds"),
        pytest.param(lambda number: 40 * number + (number % 3) * 13, "0", id="uneven times"),
        pytest.param(lambda number: 10_000 + 40 * number, "10", id="begins at ten seconds"),
    ],
)
def test_times_of_any_kind(models: object, people: list[Picture], tmp_path: Path, times: Callable[[int], int], sample_fps: str) -> None:
    video = write(tmp_path / "odd.mp4", people, [times(number) for number in range(len(people))])
    _, rows = track(video, tmp_path / "out", "--sample-fps", sample_fps, "--no-annotated")
    assert len(rows) > 0
    assert len(persons(rows)) <= 6  # two people, and who comes back after a gap may be taken for another


def test_a_hole_is_not_filled(models: object, people: list[Picture], tmp_path: Path) -> None:
    """Nobody is drawn through ten seconds without a picture."""
    video = write(tmp_path / "hole.mp4", people, [40 * number + 10_000 * (number >= 12) for number in range(25)])
    _, rows = track(video, tmp_path / "out", "--sample-fps", "0", "--no-annotated")
    times = {row["Timestamp"] for row in rows}
    assert times
    assert not {time for time in times if 500 < time < 10_400}


def test_one_picture(models: object, people: list[Picture], tmp_path: Path) -> None:
    _, rows = track(write(tmp_path / "one.mp4", people[:1], [0]), tmp_path / "out")
    assert {row["Timestamp"] for row in rows} <= {0}


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_pictures_of_nothing(models: object, tmp_path: Path, shade: int) -> None:
    blank = [np.full((180, 320, 3), shade, np.uint8)] * 20
    metadata, rows = track(write(tmp_path / "blank.mp4", blank, range(0, 800, 40)), tmp_path / "out", "--detail", "auto")
    assert rows == []
    assert (metadata["FrameWidth"], metadata["FrameHeight"]) == (320, 180)
    assert (tmp_path / "out" / "persons.mot.txt").read_bytes() == b""


def test_noise_is_nobody_for_long(models: object, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    noise = [random.integers(0, 256, (180, 320, 3), np.uint8) for _ in range(20)]
    _, rows = track(write(tmp_path / "noise.mp4", noise, range(0, 800, 40)), tmp_path / "out", "--sample-fps", "0")
    assert len(persons(rows)) <= 1


def test_a_size_that_changes_midway(models: object, people: list[Picture], tmp_path: Path) -> None:
    """A camera that is turned from 720x540 to 360x270: boxes are shares of the picture, so the people stay where they are."""
    halves = [people[:12], [np.ascontiguousarray(picture[::2, ::2]) for picture in people[12:24]]]
    video = tmp_path / "changing.ts"
    with video.open("wb") as file:
        for number, half in enumerate(halves):
            piece = write(tmp_path / f"{number}.ts", half, [40 * (12 * number + step) for step in range(12)])
            file.write(piece.read_bytes())
    metadata, rows = track(video, tmp_path / "out", "--sample-fps", "0")
    assert (metadata["FrameWidth"], metadata["FrameHeight"]) == (720, 540)
    assert (tmp_path / "out" / "annotated.mp4").stat().st_size > 0
    assert len(persons(rows)) == 2


def test_a_picture_as_small_as_pictures_get(models: object, tmp_path: Path) -> None:
    tiny = [np.full((16, 16, 3), 90, np.uint8)] * 5
    assert track(write(tmp_path / "tiny.mp4", tiny, range(0, 200, 40)), tmp_path / "out")[1] == []


def test_a_picture_as_narrow_as_a_door(models: object, people: list[Picture], tmp_path: Path) -> None:
    slit = [np.ascontiguousarray(picture[:, :32]) for picture in people[:10]]
    track(write(tmp_path / "slit.mp4", slit, range(0, 400, 40)), tmp_path / "out")

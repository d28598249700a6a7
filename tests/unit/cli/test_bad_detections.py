"""`trackway associate` on detections as bad files hold them: tracks of what can be used, or one sentence and exit status 2."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from trackway.cli.main import app
from trackway.errors import FileError

STANDING = [f"{frame},-1,{left},100,40,100,0.{9 - left // 100}" for frame in range(1, 31) for left in (100, 300)]


def associate(folder: Path, lines: Iterator[str] | list[str]) -> tuple[dict[str, int], np.ndarray]:
    """The summary, and the rows of the result."""
    source, output = folder / "det.txt", folder / "result.txt"
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    done = CliRunner().invoke(app, ["associate", str(source), "--output", str(output), "--fps", "25", "--json"])
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout), np.array([line.split(",") for line in output.read_text().splitlines()], np.float64).reshape(-1, 10)


def assert_sound(rows: np.ndarray) -> None:
    """Finite boxes with an area, nobody twice in a frame, sorted, persons counted from 1 without holes."""
    assert np.isfinite(rows).all()
    assert (rows[:, 4:6] > 0).all()
    keys = rows[:, :2].tolist()
    assert keys == sorted(keys)
    assert len(set(map(tuple, keys))) == len(keys)
    assert set(rows[:, 1]) == set(range(1, len(set(rows[:, 1])) + 1))


@pytest.mark.parametrize(
    "box",
    [
        "nan,100,40,100,0.9",
        "100,inf,40,100,0.9",
        "100,100,-inf,100,0.9",
        "100,100,-40,100,0.9",
        "100,100,0,100,0.9",
        "100,100,40,0,0.9",
        "100,100,40,100,nan",
        "100,100,40,100,1e300",
        "1e300,100,40,100,0.9",
        "100,100,1e200,1e200,0.9",
    ],
)
def test_unusable_boxes_change_nothing(tmp_path: Path, box: str) -> None:
    expected, rows = associate(tmp_path, STANDING)
    summary, with_bad = associate(tmp_path, [line for good in STANDING for line in (good, f"{good.split(',')[0]},-1,{box}")])
    assert (summary["persons"], summary["skipped"], expected["skipped"]) == (2, len(STANDING), 0)
    np.testing.assert_array_equal(with_bad, rows)


def test_any_order_of_rows_gives_the_same_tracks(tmp_path: Path) -> None:
    shuffled = np.random.default_rng(3).permutation(STANDING).tolist()
    np.testing.assert_array_equal(associate(tmp_path, shuffled)[1], associate(tmp_path, STANDING)[1])


def test_missing_frames_and_late_beginnings(tmp_path: Path) -> None:
    late = [line.replace(line.split(",")[0], str(int(line.split(",")[0]) + 5_000_000), 1) for line in STANDING]
    summary, rows = associate(tmp_path, [line for number, line in enumerate(late) if number % 7])
    assert_sound(rows)
    assert summary["persons"] == 2
    assert rows[0, 0] >= 5_000_001


def test_everything_at_one_place(tmp_path: Path) -> None:
    """A detector without suppression: twenty times nearly the same box."""
    _, rows = associate(tmp_path, [f"{frame},-1,{100 + step / 10},100,40,100,0.9" for frame in range(1, 20) for step in range(20)])
    assert_sound(rows)


def test_the_same_row_again_is_nobody_else(tmp_path: Path) -> None:
    summary, rows = associate(tmp_path, [again for line in STANDING for again in (f"{line[:-1]}1", line, line)])
    assert summary == {**associate(tmp_path, STANDING)[0], "skipped": 2 * len(STANDING)}
    np.testing.assert_array_equal(rows, associate(tmp_path, STANDING)[1])


def test_two_thousand_boxes_in_a_frame(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = [
        f"{frame},-1,{40 * (place % 50) + random.uniform(0, 8):.2f},{25 * (place // 50):.2f},30,60,{random.random():.3f}"
        for frame in (1, 2, 3)
        for place in range(2000)
    ]
    summary, rows = associate(tmp_path, lines)
    assert summary["detections"] == 6000
    assert_sound(rows)


def test_boxes_of_a_hair_and_of_a_world(tmp_path: Path) -> None:
    sizes = ("1e-30,1e-30", "1e-3,1e-3", "1e14,1e14", "40,1e-20")
    _, rows = associate(tmp_path, [f"{frame},-1,10,10,{size},0.9" for frame in range(1, 20) for size in sizes])
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("scores", [(0, 0), (-5, -3), (1e9, 2e9), (40, 99)])
def test_scores_of_any_kind(tmp_path: Path, scores: tuple[float, float]) -> None:
    lines = [f"{frame},-1,{left},100,40,100,{score}" for frame in range(1, 31) for left, score in zip((100, 300), scores, strict=True)]
    summary, rows = associate(tmp_path, lines)
    assert_sound(rows)
    assert summary["persons"] == 2


def test_a_video_of_days(tmp_path: Path) -> None:
    """A million frames, of which some have people."""
    _, rows = associate(tmp_path, [f"{frame + step},-1,100,100,40,100,0.9" for frame in range(1, 1_000_000, 50_000) for step in range(30)])
    assert_sound(rows)
    assert rows[-1, 0] > 950_000


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1,-1,100,100,40", "expected 7 to 10 numbers between commas"),
        ("1;-1;100;100;40;100;0.9", "expected 7 to 10 numbers between commas"),
        ("one,-1,100,100,40,100,0.9", "expected numbers between commas, found 'one"),
        ("0,-1,100,100,40,100,0.9", "expected a frame number from 1"),
        ("-3,-1,100,100,40,100,0.9", "expected a frame number from 1"),
        ("2.5,-1,100,100,40,100,0.9", "expected a frame number from 1"),
        ("1e12,-1,100,100,40,100,0.9", "expected a frame number from 1"),
        ("\x00\x01\x02", "expected 7 to 10 numbers between commas"),
    ],
)
def test_rows_that_are_no_detections(tmp_path: Path, line: str, sentence: str) -> None:
    with pytest.raises(FileError, match=f"det.txt, line 61: {sentence}") as raised:
        associate(tmp_path, [*STANDING, line])
    assert raised.value.exit_status == 2
    assert "\n" not in str(raised.value)

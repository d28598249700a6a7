"""`trackway associate` (issue 2, point 6)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.performance.metrics import read_identified, score
from trackway.cli.main import app
from trackway.errors import FileError, OptionError, TrackwayError

STANDING = "".join(f"{frame},-1,100,100,40,100,0.9\n{frame},-1,300,100,40,100,0.8\n" for frame in range(1, 31))


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["associate", *map(str, arguments)])
    if isinstance(result.exception, TrackwayError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def detections(tmp_path: Path) -> Path:
    path = tmp_path / "det.txt"
    path.write_text(STANDING + "31,-1,nan,1,1,1,1\n")
    return path


def test_tracks_of_a_file(detections: Path, tmp_path: Path) -> None:
    output = tmp_path / "result.txt"
    said = run(detections, "--output", output, "--fps", "25")
    assert "2 persons in 60 rows from 60 detections (1 more repeated or without a usable box)" in said
    rows = np.loadtxt(output, delimiter=",")
    assert rows.shape == (60, 10)
    assert sorted(set(rows[:, 1])) == [1, 2]


def test_the_summary_for_programs(detections: Path, tmp_path: Path) -> None:
    output = tmp_path / "result.txt"
    summary = json.loads(run(detections, "-o", output, "--fps", "25", "--json"))
    assert summary == {"persons": 2, "rows": 60, "detections": 60, "skipped": 1, "output": str(output)}


def test_an_empty_file_gives_an_empty_result(tmp_path: Path) -> None:
    source, output = tmp_path / "det.txt", tmp_path / "result.txt"
    source.touch()
    assert "0 persons in 0 rows from 0 detections" in run(source, "--output", output, "--fps", "25")
    assert output.read_bytes() == b""


@pytest.mark.parametrize("fps", ["0", "-5", "nan", "inf", "100000"])
def test_a_frame_rate_is_a_frame_rate(detections: Path, tmp_path: Path, fps: str) -> None:
    with pytest.raises(OptionError, match="--fps: expected more than 0 and at most 1000"):
        run(detections, "--output", tmp_path / "result.txt", "--fps", fps)


def test_a_share_is_a_share(detections: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--weak-share: expected a share from 0 to 1, found 20"):
        run(detections, "--output", tmp_path / "result.txt", "--fps", "25", "--weak-share", "20")


def test_files_that_are_not_there(detections: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        run(tmp_path / "nowhere.txt", "--output", tmp_path / "result.txt", "--fps", "25")


def test_where_tracks_cannot_go_is_said_before_any_work(detections: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.txt"
    with pytest.raises(OptionError, match=r"--output: expected a file in a folder that exists, .* make the folder first"):
        run(nowhere, "--output", tmp_path / "no folder" / "result.txt", "--fps", "25")
    with pytest.raises(OptionError, match="--output: expected a file, found the folder"):
        run(nowhere, "--output", tmp_path, "--fps", "25")
    with pytest.raises(OptionError, match="--output: expected another file than the detections"):
        run(detections, "--output", detections.parent / "." / detections.name, "--fps", "25")
    assert detections.read_text().startswith(STANDING)


@pytest.mark.parametrize(("sequence", "fps", "hota"), [("TUD-Campus", 25, 53.4), ("KITTI-17", 10, 43.0), ("MOT17-02", 30, 34.1)])
def test_better_than_the_best_peer_on_published_detections(shared_data: Path, tmp_path: Path, sequence: str, fps: int, hota: float) -> None:
    """The figures are the best of SORT, ByteTrack, OC-SORT, BoT-SORT and C-BIoU (`tests.performance.association`)."""
    folder, output = shared_data / "assoc" / sequence, tmp_path / "result.txt"
    run(folder / "det.txt", "--output", output, "--fps", str(fps))
    assert score(read_identified(folder / "gt.txt"), read_identified(output)).hota > hota

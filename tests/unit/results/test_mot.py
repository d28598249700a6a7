from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracks import random_tracks
from trackway.errors import FileError
from trackway.results.mot import read_detections, write_tracks


@dataclasses.dataclass(frozen=True)
class Picture:
    width: int
    height: int


def file(folder: Path, content: str | bytes) -> Path:
    path = folder / "det.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(rows=st.integers(0, 60), seed=st.integers(0, 99), width=st.integers(16, 8000), height=st.integers(16, 8000))
def test_what_is_written_is_read_back(tmp_path: Path, rows: int, seed: int, width: int, height: int) -> None:
    tracks = random_tracks(rows, seed=seed)
    tracks = tracks.replace(box=np.abs(tracks.box) + 0.01)
    path = tmp_path / "tracks.txt"
    write_tracks(path, tracks, Picture(width, height))
    found = read_detections(path)
    bodies = tracks[tracks.has_body]
    assert found.frame.tolist() == (bodies.frame + 1).tolist()
    np.testing.assert_allclose(found.box_px, bodies.box * np.array([width, height, width, height]), atol=0.006)
    np.testing.assert_allclose(found.score, bodies.score, atol=0.0001)
    ids = [int(line.split(",")[1]) for line in path.read_text().splitlines()]
    assert ids == (bodies.person + 1).tolist()


def test_the_format_to_the_letter(tmp_path: Path) -> None:
    tracks = random_tracks(1, persons=1, faces=0).replace(box=[[0.25, 0.5, 0.125, 0.25]], score=[0.75], frame=[41])
    path = tmp_path / "tracks.txt"
    write_tracks(path, tracks, Picture(640, 480))
    assert path.read_bytes() == b"42,1,160.00,240.00,80.00,120.00,0.7500,-1,-1,-1\n"


def test_rows_come_sorted_by_frame(tmp_path: Path) -> None:
    found = read_detections(file(tmp_path, "7,-1,1,2,3,4,0.5\n2,-1,5,6,7,8,0.25,-1,-1,-1\n7,-1,9,9,9,9,-1.5\n"))
    assert found.frame.tolist() == [2, 7, 7]
    assert found.box_px.tolist() == [[5, 6, 7, 8], [1, 2, 3, 4], [9, 9, 9, 9]]
    assert found.score.tolist() == [0.25, 0.5, -1.5]


@pytest.mark.parametrize(
    "content",
    [
        "# comment\n\n1,-1,1,2,3,4,1\n",
        "1,-1,1,2,3,4,1\r\n",
        "1,-1,1,2,3,4,1,\n",
        " 1, -1, 1, 2, 3, 4, 1 ",
        "\ufeff1,-1,1,2,3,4,1\n",
        "1.0,-1,1e0,2,3,4,1,-1,-1,-1",
    ],
)
def test_harmless_variations(tmp_path: Path, content: str) -> None:
    found = read_detections(file(tmp_path, content))
    assert (found.frame.tolist(), found.box_px.tolist(), found.score.tolist(), found.skipped) == ([1], [[1, 2, 3, 4]], [1], 0)


@pytest.mark.parametrize("row", ["1,-1,nan,2,3,4,1", "1,-1,1,2,3,4,inf", "1,-1,1,2,0,4,1", "1,-1,1,2,3,-4,1"])
def test_boxes_that_are_none_are_counted(tmp_path: Path, row: str) -> None:
    found = read_detections(file(tmp_path, f"{row}\n2,-1,1,2,3,4,1\n"))
    assert (found.frame.tolist(), found.skipped) == ([2], 1)


def test_of_the_same_box_in_a_frame_the_surest_remains(tmp_path: Path) -> None:
    found = read_detections(file(tmp_path, "2,-1,1,2,3,4,0.5\n1,-1,1,2,3,4,0.5\n2,7,1,2,3,4,0.75\n2,-1,1,2,3,5,0.25\n2,-1,1,2,3,4,0.5\n"))
    assert (found.frame.tolist(), found.score.tolist(), found.skipped) == ([1, 2, 2], [0.5, 0.75, 0.25], 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,-1,1,2,3,4,1\n1,-1,1,2,3,4\n", "line 2: expected 7 to 10 numbers between commas .*, found 6"),
        ("1,-1,1,2,3,4,1,1,1,1,1\n", "line 1: .* found 11"),
        ("1 -1 1 2 3 4 1\n", "line 1: .* found 1"),
        ("\n# x\n1,-1,a,2,3,4,1\n", "line 3: expected numbers between commas, found '1,-1,a,2,3,4,1'"),
        ("0,-1,1,2,3,4,1\n", "line 1: expected a frame number from 1 to 2147483647, found 0"),
        ("1.5,-1,1,2,3,4,1\n", "expected a frame number"),
        ("nan,-1,1,2,3,4,1\n", "expected a frame number"),
        ("9999999999,-1,1,2,3,4,1\n", "expected a frame number"),
        (b"\x00\x01\xff\xfe" * 40 + b"\n", "line 1: expected 7 to 10"),
        (b"\x00" * 10_000, "line 1: .* is this a text file"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_detections(file(tmp_path, content))


def test_an_empty_file_has_no_detections(tmp_path: Path) -> None:
    found = read_detections(file(tmp_path, ""))
    assert (len(found.frame), found.box_px.shape, found.skipped) == (0, (0, 4), 0)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        read_detections(tmp_path / "nowhere.txt")
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        read_detections(tmp_path)

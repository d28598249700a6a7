"""Truth and result files: what is read, and what is said of what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from trackway.errors import FileError
from trackway.evaluation.files import NO_CLASS, read_result, read_truth

ROW = "1,7,10,20,30,40,1"


def file(folder: Path, content: str) -> Path:
    path = folder / "rows.txt"
    path.write_bytes(content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "considered", "label"),
    [
        pytest.param("", [], [], id="empty"),
        pytest.param(
            f"\ufeff# truth\n\n{ROW}\r\n2,7,10,20,30,40,0,\r\n", [True, False], [NO_CLASS] * 2, id="seven columns, any line ending"
        ),
        pytest.param(f"{ROW},-1,-1,-1\n", [True], [NO_CLASS], id="no coordinates"),
        pytest.param(f"{ROW},3.5,-2,8\n", [True], [NO_CLASS], id="world coordinates"),
        pytest.param(f"{ROW},-1,1\n", [True], [NO_CLASS], id="no class"),
        pytest.param(f"{ROW},1\n2,7,1,1,1,1,0,12,0.5\n", [True, False], [1, 12], id="classes"),
    ],
)
def test_a_truth(tmp_path: Path, content: str, considered: list[bool], label: list[int]) -> None:
    truth = read_truth(file(tmp_path, content))
    assert (truth.considered.tolist(), truth.label.tolist()) == (considered, label)
    assert truth.boxes.identity.tolist() == [7] * len(label)


def test_a_result(tmp_path: Path) -> None:
    result = read_result(file(tmp_path, "3,2.0,1.5,2,3,4,0.9,-1,-1,-1\n1,0,5,6,0,8,-1,1\n"))
    assert (result.frame.tolist(), result.identity.tolist()) == ([3, 1], [2, 0])
    assert result.box.tolist() == [[1.5, 2, 3, 4], [5, 6, 0, 8]]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (f"{ROW}\n{ROW[:-2]}\n", "line 2: expected 7 to 10 numbers between commas .*, found 6"),
        (f"{ROW}\n" + ",".join("1" * 11), "line 2: expected 7 to 10 numbers between commas .*, found 11"),
        ("1 7 10 20 30 40 1\n", "line 1: expected 7 to 10 numbers between commas .*, found 1"),
        ("frame,id,left,top,width,height,confidence\n", "line 1: expected numbers between commas, found 'frame,id"),
        ("1,7,nan,20,30,40,1\n", "line 1: expected numbers of at most 1e[+]15, found '1,7,nan"),
        ("1,7,10,20,inf,40,1\n", "line 1: expected numbers of at most 1e[+]15"),
        ("nan,7,10,20,30,40,1\n", "line 1: expected numbers of at most 1e[+]15"),
        ("0,7,10,20,30,40,1\n", "line 1: expected a frame number from 1 to 2147483647, found 0"),
        ("1.5,7,10,20,30,40,1\n", "line 1: expected a frame number from 1 to 2147483647, found 1.5"),
        ("1,-1,10,20,30,40,1\n", "line 1: expected an identity from 0 .*, found -1; are these detections, which `trackway associate`"),
        ("1,-3,10,20,30,40,1\n", "line 1: expected an identity from 0 to 2147483647, found -3[.]"),
        ("1,1e10,10,20,30,40,1\n", "line 1: expected an identity from 0 to 2147483647, found 1e[+]10"),
        ("1,7,10,20,1e300,1e300,1\n", "line 1: expected numbers of at most 1e[+]15"),
        (
            f"{ROW}\n# remark\n2,7,1,1,1,1,1\n1,7,1,1,1,1,1\n",
            "lines 1 and 4: expected every identity once in a frame, found 7 twice in frame 1",
        ),
        ("\x00" * 5000, "line 1: a row of at most 4096 bytes was expected; is this a text file"),
    ],
)
def test_rows_of_neither_kind(tmp_path: Path, content: str, sentence: str) -> None:
    for read in (read_truth, read_result):
        with pytest.raises(FileError, match=f"^[^\n]*rows.txt, {sentence}[^\n]*$"):
            read(file(tmp_path, content))


@pytest.mark.parametrize("label", ["0", "14", "2.5", "-2"])
def test_a_class_that_is_none(tmp_path: Path, label: str) -> None:
    with pytest.raises(FileError, match=f"line 2: expected a class from 1 to 13 in column 8 .*, found {label}"):
        read_truth(file(tmp_path, f"{ROW},1,1\n2,7,1,1,1,1,1,{label},1\n"))


def test_classes_in_some_rows_only(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="line 2: expected a class from 1 to 13 in column 8"):
        read_truth(file(tmp_path, f"{ROW},1,1\n2,7,1,1,1,1,1,-1,1\n"))


def test_tracks_of_cars(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"line 2: expected tracks of persons .*, found class 3; leave other classes out"):
        read_result(file(tmp_path, f"{ROW},1\n2,7,1,1,1,1,1,3\n"))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"The truth .*nowhere.txt cannot be read: No such file"):
        read_truth(tmp_path / "nowhere.txt")
    with pytest.raises(FileError, match=r"The tracks .* cannot be read: Is a directory"):
        read_result(tmp_path)

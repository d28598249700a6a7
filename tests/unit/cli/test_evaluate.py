"""`trackway evaluate` (files, folders, what it prints)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tests.tracks import random_tracks
from trackway.cli.main import app
from trackway.errors import FileError, OptionError, TrackwayError
from trackway.results.mot import write_tracks


def walk(people: int = 2, frames: int = 10, shift: float = 0, label: str = "") -> str:
    """People who stand side by side."""
    return "".join(
        f"{frame},{person},{100 * person + shift},50,40,100,1{label}\n" for frame in range(1, frames + 1) for person in range(people)
    )


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    if isinstance(result.exception, TrackwayError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="ascii")
    return path


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return write(tmp_path / "truth" / "street" / "gt" / "gt.txt", walk())


def test_a_table(truth: Path, tmp_path: Path) -> None:
    said = run("--truth", truth, "--result", write(tmp_path / "r.txt", walk()))
    header, row, legend = said.stdout.splitlines()
    assert header.split() == ["sequence", "HOTA", "DetA", "AssA", "IDF1", "MOTA", "prec", "rec", "switches", "frag"]
    assert row.split() == ["street", *["100.0"] * 7, "0", "0"]
    assert "an overlap of 0.5" in legend
    assert said.stderr == ""


def test_figures_for_programs(truth: Path, tmp_path: Path) -> None:
    swapped = walk(frames=5) + "".join(f"{frame},{1 - person},{100 * person},50,40,100,1\n" for frame in range(6, 11) for person in (0, 1))
    answer = json.loads(run("-t", truth, "-r", write(tmp_path / "r.txt", swapped), "--fps", "10", "--json").stdout)
    assert answer["iou"] == 0.5
    (figures,) = answer["sequences"]
    assert (figures["name"], figures["IDF1"], figures["MOTA"], figures["switches"], figures["frames"]) == ("street", 0.5, 0.9, 2, 10)
    assert figures["switchesPerMinute"] == pytest.approx(120)
    assert "combined" not in answer


def test_minutes_are_those_of_the_sequence_however_long_nobody_is_there(tmp_path: Path) -> None:
    rows = [f"{frame},{{}},100,50,40,100,1" for frame in (1, 2, 599, 600)]
    truth = write(tmp_path / "gt.txt", "\n".join(row.format(1) for row in rows))
    result = write(tmp_path / "r.txt", "\n".join(row.format(1 + (number > 1)) for number, row in enumerate(rows)))
    (figures,) = json.loads(run("-t", truth, "-r", result, "--fps", "10", "--json").stdout)["sequences"]
    assert figures["switches"] == 1
    assert figures["switchesPerMinute"] == pytest.approx(1)


def test_the_overlap_that_counts(truth: Path, tmp_path: Path) -> None:
    shifted = write(tmp_path / "r.txt", walk(shift=20))  # a third
    recalls = [
        json.loads(run("-t", truth, "-r", shifted, "--iou", iou, "--json").stdout)["sequences"][0]["recall"] for iou in ("0.5", "0.3")
    ]
    assert recalls == [0, 1]


def test_folders_of_sequences(truth: Path, tmp_path: Path) -> None:
    write(truth.parent.parent / "seqinfo.ini", "[Sequence]\nframeRate=10\n")
    write(tmp_path / "truth" / "square.txt", walk(people=3))
    write(tmp_path / "results" / "street.txt", walk())
    write(tmp_path / "results" / "square" / "persons.mot.txt", walk(people=1))
    write(tmp_path / "results" / "unasked.txt", walk())
    said = run("-t", tmp_path / "truth", "-r", tmp_path / "results")
    rows = [line.split() for line in said.stdout.splitlines()[:-1]]
    assert [row[0] for row in rows] == ["sequence", "square", "street", "combined"]
    assert [row[7] for row in rows[1:]] == ["33.3", "100.0", "60.0"]
    assert [row[-1] for row in rows] == ["minute", "-", "0.0", "-"]
    answer = json.loads(run("-t", tmp_path / "truth", "-r", tmp_path / "results", "--json").stdout)
    assert answer["combined"]["recall"] == pytest.approx(30 / 50)


def test_what_track_wrote(tmp_path: Path) -> None:
    class Picture:
        width, height = 640, 480

    tracks = random_tracks(60, persons=3)
    tracks = tracks.replace(box=np.abs(tracks.box) + 0.01)
    (tmp_path / "out").mkdir()
    write_tracks(tmp_path / "out" / "persons.mot.txt", tracks, Picture())
    scored = run("-t", tmp_path / "out" / "persons.mot.txt", "-r", tmp_path / "out", "--json")
    assert json.loads(scored.stdout)["sequences"][0]["HOTA"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("truth", "result", "note"),
    [
        (walk(), "", "the result has no box: everything is missed."),
        ("", walk(), "the truth has no box to evaluate"),
        ("", "", "the truth has no box to evaluate"),
        (walk(label=",1,1"), "", "the result has no box"),
        (walk(label=",7,1"), walk(), "20 boxes of the result lie on what is not evaluated"),
        (walk(), walk(frames=12), "4 boxes of the result lie outside frames 1 to 10, which the truth covers, and count as false."),
        (walk(frames=100), walk(frames=40), "the result has boxes in 40 of the 100 frames of the truth"),
    ],
)
def test_what_a_reader_should_know(tmp_path: Path, truth: str, result: str, note: str) -> None:
    said = run("-t", write(tmp_path / "one.txt", truth), "-r", write(tmp_path / "r.txt", result))
    assert note in said.stderr
    assert said.stderr.startswith("one: ")
    assert "nan" not in said.stdout


def test_both_sides_are_asked_for(truth: Path, tmp_path: Path) -> None:
    result = write(tmp_path / "r.txt", walk())
    (tmp_path / "empty").mkdir()
    for sides, sentence in (
        ((tmp_path / "nowhere", result), "There is no truth .*nowhere"),
        ((truth, tmp_path / "nowhere"), "There is no result .*nowhere"),
        ((tmp_path / "truth", result), "The truth .* is a folder, the result .* is a file; give two files or two folders"),
        ((truth, tmp_path / "empty"), "has no persons.mot.txt; give two files or two folders"),
        ((tmp_path / "empty", tmp_path / "empty"), "has no truth; expected NAME/gt/gt.txt, NAME/gt.txt or NAME.txt"),
        ((tmp_path / "truth", tmp_path / "empty"), "has no result of street; expected NAME.txt or NAME/persons.mot.txt for each of 1"),
    ):
        with pytest.raises(FileError, match=sentence):
            run("-t", sides[0], "-r", sides[1])


@pytest.mark.parametrize(
    ("option", "given"), [("--iou", "0"), ("--iou", "1.1"), ("--iou", "nan"), ("--fps", "0"), ("--fps", "-25"), ("--fps", "inf")]
)
def test_options_within_reason(truth: Path, tmp_path: Path, option: str, given: str) -> None:
    with pytest.raises(OptionError, match=f"{option}: expected more than 0 and at most .*, found {given}"):
        run("-t", truth, "-r", write(tmp_path / "r.txt", walk()), option, given)

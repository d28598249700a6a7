"""`trackway track`, as a user runs it: the files it writes, checked by other programs' readers and by the clip's own truth."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import botocore.session
import numpy as np
import pytest
from botocore.model import Shape
from botocore.validate import ParamValidator

from trackway.cli.main import main
from trackway.media.sample import SampleTruth, make_sample

FILES = {"video.json", "persons.jsonl", "faces.jsonl", "tracks.json", "identities.json", "persons.mot.txt", "annotated.mp4"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trackway.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def truth_and_folder(models: object, tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleTruth, Path]:
    folder = tmp_path_factory.mktemp("track")
    truth = make_sample(folder / "Zwei Leute + Ton.mp4", seconds=6, audio="aac")
    done = run("track", str(folder / "Zwei Leute + Ton.mp4"), "--output", str(folder / "a b" / "result"))
    assert done.returncode == 0, done.stderr
    return truth, folder / "a b" / "result"


@pytest.fixture
def truth(truth_and_folder: tuple[SampleTruth, Path]) -> SampleTruth:
    return truth_and_folder[0]


@pytest.fixture
def folder(truth_and_folder: tuple[SampleTruth, Path]) -> Path:
    return truth_and_folder[1]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def shape(name: str) -> Shape:
    return botocore.session.get_session().get_service_model("rekognition").shape_for(name)


def test_all_files_are_there_and_no_others(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES


@pytest.mark.parametrize(("name", "model"), [("persons.jsonl", "PersonDetection"), ("faces.jsonl", "FaceDetection")])
def test_r32_r36_rows_are_what_botocore_expects(folder: Path, name: str, model: str) -> None:
    rows, expected = lines(folder / name), shape(model)
    assert rows
    for row in rows:
        assert not ParamValidator().validate(row, expected).has_errors()


def test_r31_video_metadata_is_what_botocore_expects(folder: Path) -> None:
    metadata = json.loads((folder / "video.json").read_text())
    assert not ParamValidator().validate(metadata, shape("VideoMetadata")).has_errors()
    assert (metadata["FrameWidth"], metadata["FrameHeight"], metadata["DurationMillis"]) == (720, 540, 6000)


def test_r45_rows_rise_by_time_then_index(folder: Path) -> None:
    order = [(row["Timestamp"], row["Person"]["Index"]) for row in lines(folder / "persons.jsonl")]
    assert order == sorted(order)
    assert len(order) == len(set(order))


def test_r33_two_people_keep_their_numbers_through_the_crossing(folder: Path, truth: SampleTruth) -> None:
    who: dict[int, set[int]] = {}
    for time_ms, index, box in bodies(folder):
        seen = truth.time_ms == time_ms
        if seen.sum() == 2 and intersection_over_union(*truth.box[seen]) > 0.3:
            continue  # one is before the other: which of them a box shows is nobody's to say
        overlaps = [intersection_over_union(box, other) for other in truth.box[seen]]
        if overlaps and max(overlaps) > 0.6:
            who.setdefault(index, set()).add(int(truth.person[seen][int(np.argmax(overlaps))]))
    assert all(len(people) == 1 for people in who.values()), "a number changed from one person to the other"
    numbers = [summary["index"] for summary in json.loads((folder / "tracks.json").read_text())]
    assert numbers in ([0, 1], [0, 1, 2])  # the one who leaves may come back under a new number, nobody else has two
    assert who[0] != who[1]


def test_x4_times_are_those_of_the_frames(folder: Path, truth: SampleTruth) -> None:
    assert {time_ms for time_ms, _, _ in bodies(folder)} <= set(truth.frame_ms.tolist())


def test_mot_file_says_the_same_in_pixels_of_1_based_frames(folder: Path, truth: SampleTruth) -> None:
    mot = np.loadtxt(folder / "persons.mot.txt", delimiter=",", ndmin=2)
    rows = list(bodies(folder))
    assert len(mot) == len(rows)
    frame_of = {int(time_ms): number for number, time_ms in enumerate(truth.frame_ms)}
    expected = sorted((frame_of[time_ms] + 1, index) for time_ms, index, _ in rows)
    found = sorted((int(frame), int(number)) for frame, number in mot[:, :2])
    assert [frame for frame, _ in found] == [frame for frame, _ in expected]
    assert len({number for _, number in found}) == len({index for _, index in expected})
    widest = max(box[2] for _, _, box in rows) * 720
    assert mot[:, 4].max() == pytest.approx(widest, abs=0.01)


def test_x10_the_annotated_video_is_as_long_and_keeps_the_sound(folder: Path) -> None:
    with av.open(str(folder / "annotated.mp4")) as container:
        assert {stream.type for stream in container.streams} == {"video", "audio"}
        assert container.duration is not None
        assert container.duration / 1000 == pytest.approx(6000, abs=60)
        assert sum(1 for _ in container.decode(video=0)) == 150


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.mp4", "-o", "out"], "There is no file nowhere.mp4"),
        ([".", "-o", "out"], "is not a file"),
        (["text.mp4", "-o", "out"], "Unsupported codec/format."),
        (["empty.mp4", "-o", "out"], "empty (0 bytes)"),
        (["text.mp4", "-o", "text.mp4"], "is not a folder"),
        (["text.mp4", "-o", "out", "--sample-fps", "-1"], "sampleFps"),
        (["text.mp4", "-o", "out", "--rotation", "45"], "--rotation"),
        (["text.mp4"], "--output"),
    ],
    ids=["missing", "folder", "text", "empty", "output is a file", "option", "choice", "no output"],
)
def test_what_a_user_does_wrong_is_one_sentence_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    (tmp_path / "text.mp4").write_text("Dear video,\n")
    (tmp_path / "empty.mp4").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["trackway", "track", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


def bodies(folder: Path) -> Iterator[tuple[int, int, np.ndarray[Any, Any]]]:
    for row in lines(folder / "persons.jsonl"):
        box = row["Person"].get("BoundingBox")
        if box is not None:
            yield row["Timestamp"], row["Person"]["Index"], np.array([box["Left"], box["Top"], box["Width"], box["Height"]])


def intersection_over_union(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    shared = float(np.prod(np.maximum(0, high - low)))
    return shared / float(one[2] * one[3] + other[2] * other[3] - shared)

"""`VideoAnnotation`: files of both mexcas, read and written, and what a job's result becomes (SPEC M16 to M19, M21, M24, 5b)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tests.unit.results.head_reader import HeadAnnotation
from trackway import VideoAnnotation
from trackway.columns import UNIT_NAMES, AnalysedFrames, FaceShapes, Tracks
from trackway.errors import ArgumentError, FileError, InvalidAnnotation
from trackway.faces.action_units import XGB20
from trackway.media.video import VideoInfo
from trackway.results.annotation import annotation_of

V0_FILE = """{"frame": [0, 5, 5, 10], "time": [0.0, 0.2, 0.2, 0.4], "made_up": 3,
 "face_box": [NaN, [-3.5, 10.0, 60.0, 90.0], [200.0, 12.0, 260.0, 95.0], NaN], "face_prob": [NaN, 0.99, 0.98, NaN],
 "face_landmarks": [NaN, [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]], NaN], "face_aus": [NaN, [0.1, NaN], [1.0, 0.0], NaN],
 "face_label": [NaN, 0.0, 1.0, NaN], "face_confidence": [NaN, 0.75, NaN, NaN]}"""
"""As mexca 0.4 wrote them."""


def info(**changed: Any) -> VideoInfo:
    facts: dict[str, Any] = {
        "codec": "h264", "format": "QuickTime / MOV", "demuxer": "mov", "stream": 0, "width": 400, "height": 200, "rotation": 0,
        "mirrored": False, "duration_ms": 2000, "frame_rate": 12.5, "frame_count": 25, "color_range": None, "has_audio": False,
        "size_bytes": 1, "time_base_numerator": 1, "time_base_denominator": 1000, "start_pts": 0, "timed": True,
    }  # fmt: skip
    return VideoInfo(**{**facts, **changed})


def a_job() -> tuple[Tracks, AnalysedFrames, FaceShapes]:
    """Frames 0, 2, 4, 6; two faces in 2, one in 4; nobody looked for faces in 6."""
    faces = Tracks.make(
        3,
        frame=[2, 2, 4],
        time_ms=[160, 160, 320],
        person=[0, 1, 0],
        face_box=[[-0.05, 0.1, 0.2, 0.5], [0.5, 0.1, 0.2, 0.5], [0.1, 0.1, 0.2, 0.5]],
        face_score=[0.9, 0.8, 0.7],
        landmarks=np.full((3, 5, 2), 0.25),
    )
    frames = AnalysedFrames.make(4, frame=[0, 2, 4, 6], time_ms=[0, 160, 320, 480], faces=[True, True, True, False])
    return faces, frames, FaceShapes.make(3, points=np.full((3, 68, 2), 0.5))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"a video")
    return path


@pytest.fixture
def told(video: Path) -> VideoAnnotation:
    """Of that job: person 0 is label 1, person 1 is label 0."""
    faces, frames, shapes = a_job()
    units = np.full((3, len(UNIT_NAMES)), 0.5)
    units[0, UNIT_NAMES.index("AU11")] = np.nan
    return annotation_of(
        faces, info(), frames, version="v1", filename=str(video), shapes=shapes, units=units, unit_names=XGB20, label=np.array([1, 0]),
        confidence=np.array([0.5, 0.25]), averages=np.array([[1.0, 0.0], [0.0, 1.0]]),
    )  # fmt: skip


def test_m16_and_m17_a_row_per_face_and_one_for_a_frame_without(told: VideoAnnotation) -> None:
    assert told.frame == [0, 2, 2, 4]
    fields: tuple[list[Any], ...] = (told.face_box, told.face_prob, told.face_landmarks, told.face_aus)
    assert [column[0] for column in fields] == [None] * 4
    assert told.face_label == [None, "1", "0", "1"]
    assert told.face_confidence == [None, 0.5, 0.25, 0.5]


def test_m15_time_is_the_number_over_the_rate(told: VideoAnnotation) -> None:
    assert told.time == [0, 0.16, 0.16, 0.32]


def test_m19_boxes_are_corners_in_pixels(told: VideoAnnotation) -> None:
    assert told.face_box[1:] == [[-20, 20, 60, 120], [200, 20, 280, 120], [40, 20, 120, 120]]


def test_m19_head_reads_the_job_with_missing_faces_and_two_in_a_frame(told: VideoAnnotation, tmp_path: Path, video: Path) -> None:
    told.write_json(tmp_path / "told.json")
    read = HeadAnnotation.from_json(tmp_path / "told.json")
    assert read.filename == video
    assert read.face_box[:2] == [None, [0, 20, 60, 120]]
    assert read.face_label == [None, "1", "0", "1"]
    assert read.face_average_embeddings == {"0": [1, 0], "1": [0, 1]}
    units = read.face_aus[1]
    assert units is not None
    assert [unit for name, unit in zip(XGB20, units, strict=True) if unit is None or name == "AU12"] == [None, 0.5]
    assert all(len(points) == 5 for points in read.face_landmarks if points)


def test_m19_the_oracle_refuses_what_it_should(told: VideoAnnotation, tmp_path: Path) -> None:
    told.write_json(tmp_path / "told.json")
    content = json.loads((tmp_path / "told.json").read_text())
    for name, value in {"frame": [2, 0, 2, 4], "face_prob": [None, 2.0, 1, 1], "face_label": [None, "7", "0", "1"], "time": [0]}.items():
        (tmp_path / "wrong.json").write_text(json.dumps({**content, name: value}))
        with pytest.raises(ValidationError):
            HeadAnnotation.from_json(tmp_path / "wrong.json")
        with pytest.raises(FileError, match=r"wrong\.json is no video annotation"):
            VideoAnnotation.from_json(tmp_path / "wrong.json")


def test_m18_nan_tokens_of_v0_are_read(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(V0_FILE)
    read = VideoAnnotation.from_json(tmp_path / "old.json")
    assert read.frame == [0, 5, 5, 10]
    assert read.face_box == [None, [-3.5, 10, 60, 90], [200, 12, 260, 95], None]
    assert read.face_aus == [None, [0.1, None], [1, 0], None]
    assert read.face_label == [None, 0, 1, None]
    assert read.face_confidence == [None, 0.75, None, None]


def test_m18_v0_is_written_as_it_was_read(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(V0_FILE)
    VideoAnnotation.from_json(tmp_path / "old.json").write_json(tmp_path / "again.json", "v0")
    expected = json.loads(V0_FILE)
    del expected["made_up"]
    assert str(json.loads((tmp_path / "again.json").read_text())) == str(expected)  # NaN equals nothing, not even itself
    with pytest.raises(ValueError, match="NaN"):
        HeadAnnotation.from_json(tmp_path / "again.json", tmp_path / "old.json")


def test_m24_v0_of_a_job_has_numbers_for_labels_and_68_points(tmp_path: Path) -> None:
    faces, frames, shapes = a_job()
    told = annotation_of(faces, info(), frames, version="v0", shapes=shapes, label=np.array([0, -1]))
    told.write_json(tmp_path / "v0.json", "v0")
    read = json.loads((tmp_path / "v0.json").read_text())
    assert list(read) == ["frame", "time", "face_box", "face_prob", "face_landmarks", "face_aus", "face_label", "face_confidence"]
    assert read["face_label"][1] == read["face_label"][3] == 0
    assert math.isnan(read["face_label"][0])
    assert math.isnan(read["face_label"][2])
    assert np.shape(read["face_landmarks"][1]) == (68, 2)
    assert read["face_box"][1] == [-20, 20, 60, 120]


def test_m19_a_v0_file_becomes_one_that_head_reads(tmp_path: Path, video: Path) -> None:
    (tmp_path / "old.json").write_text(V0_FILE)
    VideoAnnotation.from_json(tmp_path / "old.json", extra_filename=None).write_json(tmp_path / "new.json")
    read = HeadAnnotation.from_json(tmp_path / "new.json", video)
    assert read.face_label == [None, "0", "1", None]
    assert read.face_box[1] == [0, 10, 60, 90]


def test_m19_reading_what_was_written_changes_nothing(told: VideoAnnotation, tmp_path: Path) -> None:
    told.write_json(tmp_path / "told.json")
    first = VideoAnnotation.from_json(tmp_path / "told.json")
    first.write_json(tmp_path / "again.json")
    assert (tmp_path / "told.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_m19_the_video_must_be_where_the_file_says_or_somebody_else(told: VideoAnnotation, tmp_path: Path, video: Path) -> None:
    told.write_json(tmp_path / "told.json")
    moved = video.rename(tmp_path / "moved.mp4")
    with pytest.raises(FileError, match=r"is about .*video\.mp4, which is not there; give the video's path as extra_filename"):
        VideoAnnotation.from_json(tmp_path / "told.json")
    assert VideoAnnotation.from_json(tmp_path / "told.json", extra_filename=moved).filename == str(moved)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"frame": [1, 0]}, "frame must be ascending from 0 on"),
        ({"time": [-1, 0]}, "time must be ascending"),
        ({"face_box": [None, [1, 2, 3]]}, "face_box of row 1 must be x1, y1, x2, y2, got 3 numbers"),
        ({"face_box": [None, [-1, 2, 3, 4]]}, "face_box of row 1 must not be negative"),
        ({"face_prob": [None, 1.5]}, "face_prob of row 1 must be between 0 and 1, got 1.5"),
        ({"face_landmarks": [None, [[1, 2, 3]]]}, "face_landmarks of row 1 must be pairs"),
        ({"face_landmarks": [None, [[-1, 2]]]}, "face_landmarks of row 1 must not be negative"),
        ({"face_aus": [None, [7]]}, "face_aus of row 1 must be between 0 and 1"),
        ({"face_confidence": [None]}, "face_confidence has 1 rows, frame has 2"),
        ({"face_prob": [0.5, 0.5]}, "row 0 tells of a face without a face_box"),
        ({"face_average_embeddings": {"1": [0.5]}}, r"face_average_embeddings lacks the labels \['0'\]"),
        ({"face_box": "none"}, "Expected `array`"),
    ],
)
def test_m19_each_rule_has_its_sentence(tmp_path: Path, video: Path, changed: dict[str, Any], words: str) -> None:
    sound = {"filename": str(video), "frame": [0, 1], "time": [0, 0.1], "face_box": [None, [1, 2, 3, 4]], "face_label": [None, "0"]}
    path = tmp_path / "annotation.json"
    path.write_text(json.dumps({"face_prob": [None, 1], "face_landmarks": [None, []], "face_aus": [None, []], **sound}))
    assert VideoAnnotation.from_json(path).face_label == [None, "0"]
    path.write_text(json.dumps({"face_prob": [None, 1], "face_landmarks": [None, []], "face_aus": [None, []], **sound, **changed}))
    with pytest.raises(FileError, match=words):
        VideoAnnotation.from_json(path)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("frame", [1, 0, 2], "frame must be ascending"),
        ("time", [0.6, 0.4, 0.2], "time must be ascending"),
        ("face_box", [[0, 1, 2], [0, 1, 2, 3], None], "face_box of row 0 must be x1, y1, x2, y2"),
        ("face_box", [[0, 1, 2, 3], None, [0, 1, 2, 3]], "row 1 tells of a face without a face_box"),
        ("face_landmarks", [[[0, 1, 2]], [[0, 1]], None], "face_landmarks of row 0 must be pairs"),
        ("face_prob", [1.5, 0, None], "face_prob of row 0 must be between 0 and 1"),
        ("face_label", ["1", "2", None], "lacks the labels"),
        ("face_label", ["3"], "face_label has 1 rows, frame has 3"),
        ("face_box", "none", "face_box: Expected `array"),
        ("face_embeddings", 3, "face_embeddings: Expected `array"),
        ("nonsense", [], "has no nonsense; expected one of filename"),
    ],
)
def test_m19_what_is_set_is_checked_and_nothing_changes_where_it_does_not_fit(name: str, value: Any, words: str) -> None:
    sound: dict[str, Any] = {
        "filename": Path("clip.mp4"), "frame": [0, 1, 2], "time": [0.2, 0.4, 0.6], "face_box": [[0, 1, 2, 3], [0, 1, 2, 3], None],
        "face_prob": [0.5, 0.9, None], "face_landmarks": [[[0, 1]], [[0, 1]], None], "face_aus": [[0.1, 0.2], [0.1, 0.2], None],
        "face_label": [3.0, 4.0, None], "face_confidence": [0.9, None, None], "face_average_embeddings": {"3": np.ones(5), 4: np.zeros(5)},
    }  # fmt: skip
    annotation = VideoAnnotation(**sound)
    assert annotation.filename == "clip.mp4"
    with pytest.raises(ArgumentError, match=words):
        setattr(annotation, name, value)
    assert annotation == VideoAnnotation(**sound)
    if name in sound:
        with pytest.raises(ValueError, match=words):
            VideoAnnotation(**{**sound, name: value})


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_m24_nan_and_numbers_of_numpy_are_taken(tmp_path: Path, version: Any) -> None:
    nan = float("nan")
    given: dict[str, Any] = {
        "frame": list(np.arange(2)), "time": list(np.arange(2) / 25), "face_box": [np.array([-1.0, 2, 3, 4]), nan],
        "face_prob": [np.float32(0.5), nan], "face_landmarks": [np.ones((5, 2)), nan], "face_aus": [np.array([0.5, nan]), nan],
        "face_label": [np.float64(0), nan], "face_confidence": [nan, nan], "face_embeddings": [np.ones(3), None],
    }  # fmt: skip
    annotation = VideoAnnotation(**given)
    assert annotation.face_aus == [[0.5, None], None]
    annotation.write_json(tmp_path / "told.json", version)
    read = VideoAnnotation.from_json(tmp_path / "told.json")
    assert read.face_box == [[-1.0 if version == "v0" else 0.0, 2, 3, 4], None]
    assert (read.face_prob, read.face_aus) == ([0.5, None], [[0.5, None], None])


def test_there_is_no_third_version(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="There is no version 'v7'; expected one of v1, v0"):
        VideoAnnotation().write_json(tmp_path / "told.json", "v7")  # type: ignore[arg-type]


def test_m19_labels_of_a_file_of_head_are_words(tmp_path: Path, video: Path) -> None:
    (tmp_path / "head.json").write_text(json.dumps({"filename": str(video), "frame": [0, 1], "face_label": [3.0, None]}))
    assert VideoAnnotation.from_json(tmp_path / "head.json").face_label == ["3", None]


@pytest.mark.parametrize(
    ("content", "words"),
    [("[" * 100_000, "is no JSON"), ("{", "is no JSON"), ("[]", "expected an object"), ("{}", "with the list 'frame'")],
)
def test_what_is_no_annotation_is_refused(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(InvalidAnnotation, match=words):
        VideoAnnotation.from_json(tmp_path / "other.json")
    with pytest.raises(FileError, match=r"none\.json cannot be read"):
        VideoAnnotation.from_json(tmp_path / "none.json")


def test_a_file_that_cannot_be_written_is_an_error_of_ours(told: VideoAnnotation, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        told.write_json(tmp_path / "none" / "told.json")

"""`trackway extract-faces`: mexca's flags, its file, one sentence for what goes wrong (SPEC M25 to M28)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.unit.pipeline.mexca.clips import BOTH, NOBODY, scene, write_clip
from tests.unit.results.head_reader import HeadAnnotation
from trackway import NotEnoughFacesError, VideoAnnotation
from trackway.cli.main import app
from trackway.errors import ArgumentError, FileError, OptionError
from trackway.models.cache import ModelCache

ALL_FLAGS = {
    "--num-faces": "2", "--batch-size": "2", "--skip-frames": "3", "--process-subclip": "0.08 None", "--show-progress": "True",
    "--min-face-size": "30", "--thresholds": "0.6 0.7 0.7", "--factor": "0.709", "--post-process": "True", "--select-largest": "False",
    "--selection-method": "largest", "--keep-all": "True", "--device": "cpu", "--max-cluster-frames": "50",
    "--embeddings-model": "vggface2", "--au-model": "svm", "--landmark-model": "pfld",
}  # fmt: skip


def words(flags: dict[str, str]) -> list[str]:
    """The arguments of a command line."""
    return [word for flag, values in flags.items() for word in (flag, *values.split())]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both for five frames, nobody for three."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_clip(path, [scene(BOTH, step) for step in range(5)] + [scene(NOBODY)] * 3)


@pytest.fixture
def run(models: ModelCache) -> CliRunner:
    assert models
    return CliRunner()


def test_m25_every_flag_of_mexca_is_accepted(run: CliRunner, clip: Path, tmp_path: Path) -> None:
    done = run.invoke(app, ["extract-faces", "-f", str(clip), "-o", str(tmp_path / "out"), *words(ALL_FLAGS)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "2 faces in 2 frames" in done.stderr
    assert "1/1" in done.stderr
    read = HeadAnnotation.from_json(tmp_path / "out" / "clip_video_annotation.json")
    assert (read.frame, read.face_label) == ([2, 2, 5], ["0", "1", None])
    assert {unit for units in read.face_aus for unit in units or []} <= {0, 1, None}


def test_m25_mexca_04s_own_file_can_be_had(run: CliRunner, clip: Path, tmp_path: Path) -> None:
    flags = words({"--skip-frames": "4", "--show-progress": "False", "--min-face-size": "30", "--file-format": "v0"})
    assert run.invoke(app, ["extract-faces", "-f", str(clip), "-o", str(tmp_path), *flags]).exit_code == 0
    target = tmp_path / "clip_video_annotation.json"
    assert "NaN" not in target.read_text().partition("face_aus")[0]
    assert "filename" not in json.loads(target.read_text())
    assert VideoAnnotation.from_json(target).face_label == [0, 1, 0, 1]


@pytest.mark.parametrize("word", ["true", "False", "FALSE"])
def test_m25_booleans_are_words_in_lower_case_too(run: CliRunner, clip: Path, tmp_path: Path, word: str) -> None:
    flags = ["--keep-all", word, "--skip-frames", "4", "--min-face-size", "30", "--show-progress", "false"]
    assert run.invoke(app, ["extract-faces", "-f", str(clip), "-o", str(tmp_path), *flags]).exit_code == 0
    rows = VideoAnnotation.from_json(tmp_path / "clip_video_annotation.json").frame
    assert rows == ([0, 0, 4, 4] if word == "true" else [0, 4])


@pytest.mark.parametrize(("flags", "said"), [("--keep-all yes", "'yes' is not one of"), ("--num-faces some", "whole number or None")])
def test_m25_other_words_are_refused(run: CliRunner, clip: Path, tmp_path: Path, flags: str, said: str) -> None:
    done = run.invoke(app, ["extract-faces", "-f", str(clip), "-o", str(tmp_path), *flags.split()])
    assert done.exit_code == 2
    assert said in done.stderr


def test_m28_several_videos_are_saved_one_by_one(run: CliRunner, clip: Path, tmp_path: Path) -> None:
    flags = ["-f", str(clip), "-f", str(tmp_path / "none.mp4"), "-f", str(tmp_path / "again.mp4")]
    (tmp_path / "again.mp4").write_bytes(clip.read_bytes())
    quick = words({"--skip-frames": "7", "--show-progress": "False", "--min-face-size": "30"})
    done = run.invoke(app, ["extract-faces", "-o", str(tmp_path / "out"), *flags, *quick])
    assert done.exit_code == 2
    assert f"trackway: {tmp_path / 'none.mp4'}: " in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["again_video_annotation.json", "clip_video_annotation.json"]


def test_m28_videos_of_one_name_are_refused(run: CliRunner, clip: Path, tmp_path: Path) -> None:
    done = run.invoke(app, ["extract-faces", "-o", str(tmp_path), "-f", str(clip), "-f", str(tmp_path / "clip.avi")])
    assert isinstance(done.exception, OptionError)
    assert "clip_video_annotation.json; give them different names" in str(done.exception)


@pytest.mark.parametrize(
    ("flags", "kind", "said"),
    [
        ("--num-faces 9", NotEnoughFacesError, "Not enough faces detected"),
        ("--process-subclip 60 None", OptionError, "choose an earlier start"),
        ("--skip-frames 0", OptionError, "skip_frames must be"),
        ("--au-model openface", ArgumentError, "There is no au_model 'openface'"),
        ("--vocabulary v1", ArgumentError, "clusterer='auto'"),
    ],
)
def test_bad_input_is_one_sentence(run: CliRunner, clip: Path, tmp_path: Path, flags: str, kind: type[Exception], said: str) -> None:
    common = ["--min-face-size", "30", "--show-progress", "False"]
    done = run.invoke(app, ["extract-faces", "-f", str(clip), "-o", str(tmp_path), *common, *flags.split()])
    assert isinstance(done.exception, kind)
    assert said in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(run: CliRunner, clip: Path) -> None:
    assert isinstance(run.invoke(app, ["extract-faces", "-f", str(clip), "-o", str(clip / "out")]).exception, FileError)


def test_m27_a_failure_ends_the_process_with_its_status_and_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "trackway.cli.main", "extract-faces", "-f", str(tmp_path / "none.mp4"), "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("trackway: ")
    assert done.stderr.count("\n") == 1

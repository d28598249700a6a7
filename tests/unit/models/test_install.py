"""Pulling and verifying a pack whose archives are the tests' own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from tests.unit.models.packs import made_up
from trackway.errors import ModelError
from trackway.models.cache import ModelCache
from trackway.models.fetch import in_folder
from trackway.models.install import pull, verify
from trackway.models.pack import Pack


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return made_up(tmp_path)


@pytest.fixture
def cache(tmp_path: Path) -> ModelCache:
    return ModelCache(tmp_path / "cache")


def test_a_second_pull_needs_no_archive(pack: Pack, cache: ModelCache, tmp_path: Path) -> None:
    assert pull(pack, cache, archives=in_folder(tmp_path)) == 2
    verify(pack, cache)
    assert pull(pack, cache, archives=in_folder(tmp_path / "nowhere")) == 0


def test_only_what_is_broken_is_pulled_again(pack: Pack, cache: ModelCache, tmp_path: Path) -> None:
    pull(pack, cache, archives=in_folder(tmp_path))
    cache.path(pack.models["faceDetector"]).write_bytes(b"changed")
    with pytest.raises(ModelError, match="were changed"):
        verify(pack, cache)
    assert pull(pack, cache, archives=in_folder(tmp_path)) == 1
    verify(pack, cache)


def test_concurrent_pulls_agree(pack: Pack, cache: ModelCache, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: pull(pack, cache, archives=in_folder(tmp_path)), range(4)))
    verify(pack, cache)
    assert len(list((cache.folder / "models").iterdir())) == 2


def test_progress_counts_the_missing_models(pack: Pack, cache: ModelCache, tmp_path: Path) -> None:
    heard: list[tuple[str, int | None] | int] = []

    class Listener:
        def stage(self, name: str, total: int | None = None) -> None:
            heard.append((name, total))

        def update(self, done: int) -> None:
            heard.append(done)

    pull(pack, cache, archives=in_folder(tmp_path), progress=Listener())
    assert heard == [("install models", 2), 1, 2]
    pull(pack, cache, archives=in_folder(tmp_path), progress=Listener())
    assert len(heard) == 3


@pytest.mark.parametrize("role", ["personDetector", "faceDetector"])
def test_a_changed_archive_is_refused(pack: Pack, cache: ModelCache, tmp_path: Path, role: str) -> None:
    archive = tmp_path / pack.models[role].source.archive  # type: ignore[index]
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    with pytest.raises(ModelError, match=f"{archive.name} should have sha256"):
        pull(pack, cache, archives=in_folder(tmp_path))


def test_an_absent_archive_lists_what_is_there(pack: Pack, cache: ModelCache, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelError, match=r"Expected made-up-1\.0\.0\.tgz.*found nothing"):
        pull(pack, cache, archives=in_folder(empty))


def test_another_member_or_another_result_is_refused(pack: Pack, cache: ModelCache, tmp_path: Path) -> None:
    entry = pack.models["faceDetector"]
    (path,) = entry.source.members
    other = msgspec.structs.replace(entry.source, members={path: "0" * 64})
    wrong = msgspec.structs.replace(pack, models={"faceDetector": msgspec.structs.replace(entry, source=other)})
    with pytest.raises(ModelError, match="the pack pins other bytes"):
        pull(wrong, cache, archives=in_folder(tmp_path))
    other = msgspec.structs.replace(entry.source, members={"made_up/absent.onnx": "0" * 64})
    wrong = msgspec.structs.replace(pack, models={"faceDetector": msgspec.structs.replace(entry, source=other)})
    with pytest.raises(ModelError, match="does not hold what the pack names"):
        pull(wrong, cache, archives=in_folder(tmp_path))
    wrong = msgspec.structs.replace(pack, models={"faceDetector": msgspec.structs.replace(entry, onnx_sha256="0" * 64)})
    with pytest.raises(ModelError, match="converts to sha256"):
        pull(wrong, cache, archives=in_folder(tmp_path))
    assert not list(cache.folder.rglob("*.onnx"))

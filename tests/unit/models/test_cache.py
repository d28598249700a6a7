"""The cache gives the pinned bytes or an error, never anything between."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.unit.models.packs import made_up
from trackway.errors import ModelError
from trackway.models.cache import ModelCache, cache_folder
from trackway.models.fetch import in_folder
from trackway.models.install import pull
from trackway.models.pack import Model


@pytest.fixture
def installed(tmp_path: Path) -> tuple[ModelCache, Model]:
    pack, cache = made_up(tmp_path), ModelCache(tmp_path / "cache")
    pull(pack, cache, archives=in_folder(tmp_path))
    return cache, pack.models["faceDetector"]


def test_where_it_lies() -> None:
    assert cache_folder({"TRACKWAY_CACHE": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert cache_folder({"XDG_CACHE_HOME": "/b"}) == Path("/b/trackway")
    assert cache_folder({}) == Path("~/.cache/trackway").expanduser()


def test_what_is_prepared_lies_beside_or_where_it_can_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A container's models are part of its read-only root."""
    monkeypatch.setenv("TRACKWAY_CACHE", "/opt/models")
    assert ModelCache().prepared == Path("/opt/models/prepared")
    monkeypatch.setenv("TRACKWAY_PREPARED", str(tmp_path / "elsewhere"))
    assert ModelCache().prepared == tmp_path / "elsewhere"
    assert ModelCache(tmp_path).prepared == tmp_path / "prepared"  # whoever names a folder means all of it


def test_every_changed_byte_is_noticed(installed: tuple[ModelCache, Model]) -> None:
    cache, model = installed
    path = cache.path(model)
    sound = path.read_bytes()
    for position in range(0, len(sound), max(1, len(sound) // 40)):
        path.write_bytes(sound[:position] + bytes([sound[position] ^ 1]) + sound[position + 1 :])
        with pytest.raises(ModelError) as caught:
            cache.read(model)
    for part in (str(path), model.onnx_sha256, "trackway models pull"):
        assert part in str(caught.value)
    path.write_bytes(sound)
    assert cache.read(model) == sound


def test_absent_weights_say_what_to_do(tmp_path: Path) -> None:
    pack = made_up(tmp_path)
    with pytest.raises(ModelError, match=r"not installed.*trackway models pull"):
        ModelCache(tmp_path / "nowhere").read(pack.models["faceDetector"])


def test_a_folder_that_cannot_be_made_is_an_error(installed: tuple[ModelCache, Model], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="TRACKWAY_CACHE"):
        ModelCache(tmp_path / "file").write(installed[1], b"")


def test_readers_see_whole_files_while_writers_write(installed: tuple[ModelCache, Model]) -> None:
    cache, model = installed
    sound = cache.read(model)
    failures: list[BaseException] = []

    def write() -> None:
        for _ in range(30):
            cache.write(model, sound)

    def read() -> None:
        try:
            for _ in range(60):
                assert cache.read(model) == sound
        except (ModelError, AssertionError) as error:
            failures.append(error)

    threads = [threading.Thread(target=task) for task in (write, write, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert os.listdir(cache.path(model).parent).count(cache.path(model).name) == 1
    assert not [name for name in os.listdir(cache.path(model).parent) if name.startswith(".incoming")]

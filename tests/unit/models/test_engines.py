"""TensorRT's engines: built once for each GPU, version, network and shape, shared where machines can, and never read half written.

The builder here is a fake, which writes files as onnxruntime's TensorRT provider does; no GPU has built an engine in these tests.
"""

from __future__ import annotations

import ctypes
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trackway.errors import ModelError
from trackway.models.engines import Engines, describe_gpu
from trackway.models.kept import Kept, seal

GPU = "sm75-tesla-t4-trt101601-ort1.31.1"
NAME = "0123456789abcdef-8x384x704"


class Builder:
    """Opens sessions as onnxruntime does: reads the engine that it finds in its folder, and builds one where there is none it accepts."""

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.built = 0
        self.folders: set[str] = set()

    def __call__(self, options: dict[str, str]) -> str:
        assert (options["trt_engine_cache_enable"], options["trt_timing_cache_enable"]) == ("1", "1")
        folder = Path(options["trt_engine_cache_path"])
        self.folders.add(str(folder))
        engine = folder / "TensorrtExecutionProvider_graph_0_fp16_sm75.engine"
        if not engine.exists() or engine.read_text() != f"engine {self.version}":
            self.built += 1
            engine.write_text(f"engine {self.version}")
            (Path(options["trt_timing_cache_path"]) / "TensorrtExecutionProvider_cache_sm75.timing").write_text("times")
        return engine.read_text()


class Memory(dict[str, bytes]):
    """A shelf."""

    def put(self, name: str, content: bytes) -> None:
        self[name] = content


def test_an_engine_is_built_once(tmp_path: Path) -> None:
    builder = Builder()
    assert [Engines(Kept(tmp_path), GPU).open(NAME, builder) for _ in range(3)] == ["engine 1"] * 3
    assert builder.built == 1
    assert len(builder.folders) == 3  # each time a folder of its own
    assert not any(Path(folder).exists() for folder in builder.folders)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == [f"{GPU}/{NAME}"]


def test_each_gpu_network_and_shape_has_its_own(tmp_path: Path) -> None:
    builder = Builder()
    for gpu in (GPU, "sm89-nvidia-l4-trt101601-ort1.31.1"):
        for name in (NAME, "0123456789abcdef-8x384x672"):
            Engines(Kept(tmp_path), gpu).open(name, builder)
    assert builder.built == 4


def test_an_engine_that_tensorrt_no_longer_accepts_is_replaced(tmp_path: Path) -> None:
    Engines(Kept(tmp_path), GPU).open(NAME, Builder("1"))
    newer = Builder("2")
    for _ in range(2):
        assert Engines(Kept(tmp_path), GPU).open(NAME, newer) == "engine 2"
    assert newer.built == 1


def test_a_damaged_engine_is_built_anew(tmp_path: Path) -> None:
    builder, kept = Builder(), Kept(tmp_path)
    Engines(kept, GPU).open(NAME, builder)
    path = tmp_path / GPU / NAME
    path.write_bytes(path.read_bytes()[:-3])
    assert Engines(kept, GPU).open(NAME, builder) == "engine 1"
    assert builder.built == 2
    assert kept.read(f"{GPU}/{NAME}") is not None


def test_machines_share_engines_over_a_shelf(tmp_path: Path) -> None:
    shelf, first, second = Memory(), Builder(), Builder()
    Engines(Kept(tmp_path / "one"), GPU, shelf).open(NAME, first)
    assert list(shelf) == [f"{GPU}/{NAME}"]
    for _ in range(2):
        Engines(Kept(tmp_path / "two"), GPU, shelf).open(NAME, second)
    assert (first.built, second.built) == (1, 0)
    assert Kept(tmp_path / "two").read(f"{GPU}/{NAME}") is not None  # and needs the shelf no more


@pytest.mark.parametrize("content", [b"", b"no engine", seal(b"half")[:-1]], ids=["empty", "other", "cut"])
def test_a_damaged_engine_on_the_shelf_is_replaced(tmp_path: Path, content: bytes) -> None:
    shelf, builder = Memory({f"{GPU}/{NAME}": content}), Builder()
    Engines(Kept(tmp_path), GPU, shelf).open(NAME, builder)
    assert builder.built == 1
    assert shelf[f"{GPU}/{NAME}"] != content


def test_a_network_without_an_engine_keeps_nothing(tmp_path: Path) -> None:
    """TensorRT may leave a whole network to CUDA; then it writes no engine."""
    shelf = Memory()
    Engines(Kept(tmp_path), GPU, shelf).open(NAME, lambda options: None)
    assert not shelf
    assert not list(tmp_path.iterdir())


def test_a_build_that_fails_keeps_nothing(tmp_path: Path) -> None:
    def fail(options: dict[str, str]) -> None:
        (Path(options["trt_engine_cache_path"]) / "half.engine").write_text("hal")
        raise ModelError("out of memory")

    with pytest.raises(ModelError, match="out of memory"):
        Engines(Kept(tmp_path), GPU).open(NAME, fail)
    assert not list(tmp_path.iterdir())


def test_builders_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    barrier, builder, opened = threading.Barrier(4), Builder(), list[str]()

    def make(options: dict[str, str]) -> str:
        barrier.wait()
        return builder(options)

    threads = [threading.Thread(target=lambda: opened.append(Engines(Kept(tmp_path), GPU).open(NAME, make)), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == ["engine 1"] * 4
    assert len(builder.folders) == 4


class Driver:
    """As much of libcuda as is asked."""

    def __init__(self, status: int = 0) -> None:
        self.status = status

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return self.status

    def cuDeviceGet(self, device: Any, number: int) -> int:  # noqa: N802
        return 0

    def cuDeviceGetName(self, name: Any, length: int, device: ctypes.c_int) -> int:  # noqa: N802
        name.value = b"Tesla T4"
        return 0

    def cuDeviceGetAttribute(self, value: Any, attribute: int, device: ctypes.c_int) -> int:  # noqa: N802
        value._obj.value = {75: 7, 76: 5}[attribute]
        return 0


def test_a_gpu_is_described_by_all_that_an_engine_depends_on() -> None:
    libraries = {"libcuda.so.1": Driver(), "libnvinfer.so.10": SimpleNamespace(getInferLibVersion=lambda: 101601)}
    assert describe_gpu(libraries.__getitem__).startswith("sm75-tesla-t4-trt101601-ort1.")


def test_a_gpu_that_is_not_there_is_an_error() -> None:
    libraries = {"libcuda.so.1": Driver(status=100), "libnvinfer.so.10": SimpleNamespace(getInferLibVersion=lambda: 101601)}
    with pytest.raises(ModelError, match=r"shows no GPU \(CUDA error 100\)"):
        describe_gpu(libraries.__getitem__)


def test_missing_libraries_are_an_error() -> None:
    def load(name: str) -> Any:
        raise OSError(f"{name}: cannot open shared object file")

    with pytest.raises(ModelError, match=r"libcuda\.so\.1: cannot open"):
        describe_gpu(load)

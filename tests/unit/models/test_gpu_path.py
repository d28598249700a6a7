"""What a network does on the way to a GPU, with sessions of the CPU in place of the GPU's: halving, batches, buffers, engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trackway.models import session
from trackway.models.binding import BoundSession
from trackway.models.engines import Engines
from trackway.models.half import half_precision
from trackway.models.kept import Kept
from trackway.models.providers import open_session
from trackway.models.session import OnnxNetwork


class Gpu:
    """Notes what is asked of it, and lets the CPU do it.

    Attributes:
        opened: provider, TensorRT's options and network of every session.
        devices: where buffers were asked for.
    """

    def __init__(self) -> None:
        self.opened: list[tuple[str, dict[str, str] | None, bytes]] = []
        self.devices: list[str] = []

    def open_session(self, data: bytes, options: Any, provider: str, tensorrt: dict[str, str] | None = None) -> Any:
        self.opened.append((provider, tensorrt, data))
        if tensorrt is not None:
            (Path(tensorrt["trt_engine_cache_path"]) / "network.engine").write_bytes(b"engine")
        return open_session(data, options, "cpu")

    def bind(self, opened: Any, shape: tuple[int, ...], device: str) -> BoundSession:
        self.devices.append(device)
        return BoundSession(opened, shape, "cpu")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpu]:
    fake = Gpu()
    monkeypatch.setattr(session, "open_session", fake.open_session)
    monkeypatch.setattr(session, "BoundSession", fake.bind)
    yield fake
    assert set(fake.devices) == {"cuda"}


def images(count: int = 5, height: int = 16, width: int = 24) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, size=(count, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("batch", [1, 4, 8])
def test_cuda_gets_the_halved_network_in_whole_batches(network: bytes, gpu: Gpu, batch: int) -> None:
    found = OnnxNetwork(network, provider="cuda", batch=batch).run(images())
    assert gpu.opened == [("cuda", None, half_precision(network))]
    for tensor, wanted in zip(found, OnnxNetwork(network, batch=batch).run(images()), strict=True):
        assert tensor.shape == wanted.shape
        assert tensor.dtype == np.float32
        np.testing.assert_allclose(tensor, wanted, rtol=0.01, atol=0.01 * np.abs(wanted).max())


def test_halving_is_done_once_for_all_shapes(network: bytes, gpu: Gpu, tmp_path: Path) -> None:
    for height in (16, 32, 16):
        OnnxNetwork(network, provider="cuda", kept=Kept(tmp_path)).run(images(height=height))
    assert len(gpu.opened) == 3
    (half,) = tmp_path.iterdir()
    assert half.name.startswith("half-")
    assert {data for _, _, data in gpu.opened} == {half_precision(network)}


def test_tensorrt_gets_the_whole_network_and_one_engine_for_each_shape(network: bytes, gpu: Gpu, tmp_path: Path) -> None:
    engines = Engines(Kept(tmp_path), "sm75-tesla-t4")
    for height in (16, 32, 16):
        OnnxNetwork(network, digest="0123456789abcdef" * 4, provider="tensorrt", batch=8, engines=engines).run(images(height=height))
    assert [(provider, data) for provider, _, data in gpu.opened] == [("tensorrt", network)] * 3
    names = sorted(path.name for path in (tmp_path / "sm75-tesla-t4").iterdir())
    assert names == ["0123456789abcdef-8x16x24", "0123456789abcdef-8x32x24"]


def test_tensorrt_without_a_place_for_engines_builds_them_each_time(network: bytes, gpu: Gpu) -> None:
    OnnxNetwork(network, provider="tensorrt").run(images())
    assert gpu.opened == [("tensorrt", None, network)]

"""Networks run where they are told to, in fixed shapes, or not at all (ANCHORS B.4.6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import pytest

from tests.unit.models.packs import model, old_onnx
from trackway.errors import ModelError
from trackway.models.convert import convert
from trackway.models.session import OnnxNetwork, choose_provider, require_provider


@pytest.fixture(scope="module")
def network() -> bytes:
    files = {"net.onnx": old_onnx(np.random.default_rng(2))}
    return convert(model(files, b""), files)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, size=(5, 16, 24, 3), dtype=np.uint8)


@pytest.mark.parametrize("batch", [1, 2, 4, 8])
def test_batches_are_cut_and_filled_up_without_a_trace(network: bytes, images: np.ndarray, batch: int) -> None:
    single = OnnxNetwork(network)
    expected = [np.concatenate(tensors) for tensors in zip(*(single.run(images[index : index + 1]) for index in range(5)), strict=True)]
    for found, wanted in zip(OnnxNetwork(network, batch=batch).run(images), expected, strict=True):
        assert len(found) == 5
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_threads_may_share_a_network_and_change_sizes(network: bytes, images: np.ndarray) -> None:
    shared = OnnxNetwork(network)
    sizes = [(16, 24), (8, 8), (16, 8), (8, 24)] * 4
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda size: shared.run(images[:1, : size[0], : size[1]]), sizes))
    for (height, width), (size, heat) in zip(sizes, results, strict=True):
        assert size.shape == (1, 2, height, width)
        assert heat.shape == (1, 3, height, width)


def test_a_gpu_that_is_not_there_is_an_error_and_never_the_cpu() -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime is built for CUDA")
    for provider in ("cuda", "tensorrt"):
        with pytest.raises(ModelError, match=f"Provider {provider} was asked for"):
            choose_provider(provider)
    assert choose_provider("auto") == "cpu"
    assert choose_provider("cpu") == "cpu"
    with pytest.raises(ModelError, match="expected auto, cpu, cuda, tensorrt"):
        choose_provider("tpu")  # type: ignore[arg-type]


def test_a_silent_fallback_is_noticed(network: bytes) -> None:
    """What onnxruntime-gpu gives on a machine without a driver: CUDA was asked for, and the session is the CPU's."""
    fallen_back = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    with pytest.raises(ModelError, match="fell back to CPUExecutionProvider"):
        require_provider(fallen_back, "cuda")
    require_provider(fallen_back, "cpu")


def test_a_broken_network_is_an_error(images: np.ndarray) -> None:
    with pytest.raises(ModelError, match="cannot open the network on cpu"):
        OnnxNetwork(b"no network").run(images)

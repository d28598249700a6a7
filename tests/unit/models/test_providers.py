"""Networks run where they are told to, or not at all; only "auto" may come to the CPU, and says why (ANCHORS B.4.6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

from trackway.errors import ModelError
from trackway.models import providers
from trackway.models.providers import (
    Choice,
    Provider,
    built_for_gpu,
    choose_provider,
    open_session,
    provider_chain,
    require_provider,
    session_options,
)


@pytest.fixture
def without_gpu() -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime is built for CUDA")


@pytest.mark.usefixtures("without_gpu")
@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_a_gpu_that_is_not_there_is_an_error_and_never_the_cpu(provider: Provider) -> None:
    with pytest.raises(ModelError, match=f"Provider {provider} was asked for"):
        choose_provider(provider)


@pytest.mark.usefixtures("without_gpu")
def test_auto_says_why_it_came_to_the_cpu() -> None:
    found = choose_provider("auto")
    assert (found.requested, found.used) == ("auto", "cpu")
    assert "has only" in found.reason
    assert "CPUExecutionProvider" in found.reason


def test_what_was_asked_for_needs_no_reason() -> None:
    assert choose_provider("cpu") == Choice("cpu", "cpu", "")


def test_a_provider_of_another_name_is_an_error() -> None:
    with pytest.raises(ModelError, match="expected auto, cpu, cuda, tensorrt"):
        choose_provider("tpu")  # type: ignore[arg-type]


def test_a_silent_fallback_is_noticed(network: bytes) -> None:
    """What onnxruntime-gpu gives on a machine without a driver: CUDA was asked for, and the session is the CPU's."""
    fallen_back = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    with pytest.raises(ModelError, match="fell back to CPUExecutionProvider"):
        require_provider(fallen_back, "cuda")
    require_provider(fallen_back, "cpu")


CUDA_ERROR = """/onnxruntime_src/cuda_call.cc:146 std::conditional_t<THRW, void, common::Status> onnxruntime::CudaCall(ERRTYPE, const char*)

CUDA failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=worker ; file=/onnxruntime_src/cuda.cc ; expr=cudaSetDevice(0);

"""


class FakeRuntime:
    """As much of an onnxruntime built for GPUs as opening a session touches, on a machine where each provider does as it is told."""

    def __init__(self, **outcomes: str | Exception) -> None:
        self.outcomes = outcomes
        self.asked: list[tuple[list[tuple[str, dict[str, str]]], dict[str, Any]]] = []
        self.__version__ = "1.31.1"

    def __getattr__(self, name: str) -> Any:
        return getattr(onnxruntime, name)

    def get_available_providers(self) -> list[str]:
        return ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]

    def preload_dlls(self) -> None:
        print("Failed to load libcudart.so.13")

    def InferenceSession(self, data: bytes, options: Any, *, providers: Any, **more: Any) -> Any:  # noqa: N802
        self.asked.append((providers, more))
        outcome = self.outcomes.get(providers[0][0], providers[0][0])
        if isinstance(outcome, Exception):
            raise outcome
        return type("Session", (), {"get_providers": lambda self: [outcome]})()


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    fake = FakeRuntime()
    monkeypatch.setattr(providers, "onnxruntime", fake)
    return fake


@pytest.mark.parametrize("outcome", [RuntimeError(CUDA_ERROR), "CPUExecutionProvider"], ids=["no device", "silent fallback"])
def test_a_gpu_that_fails_is_refused_by_name_and_left_by_auto(runtime: FakeRuntime, outcome: str | Exception) -> None:
    runtime.outcomes["CUDAExecutionProvider"] = outcome
    with pytest.raises(ModelError) as caught:
        choose_provider("cuda")
    found = choose_provider("auto")
    assert (found.used, found.reason) == ("cpu", str(caught.value))


def test_a_reason_is_told_without_signatures(runtime: FakeRuntime) -> None:
    runtime.outcomes["CUDAExecutionProvider"] = RuntimeError(CUDA_ERROR)
    expected = "onnxruntime 1.31.1 cannot open the network on cuda: CUDA failure 100: no CUDA-capable device is detected."
    assert choose_provider("auto").reason == expected


def test_a_gpu_that_works_is_taken(runtime: FakeRuntime, capsys: pytest.CaptureFixture[str]) -> None:
    assert choose_provider("auto") == Choice("auto", "cuda")
    assert choose_provider("tensorrt") == Choice("tensorrt", "tensorrt")
    assert capsys.readouterr().out == ""  # what the preloading of libraries prints


def test_what_onnxruntime_is_built_for(runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    assert built_for_gpu()
    monkeypatch.setattr(runtime, "get_available_providers", lambda: ["AzureExecutionProvider", "CPUExecutionProvider"])
    assert not built_for_gpu()


def test_no_call_may_move_to_the_cpu_later(runtime: FakeRuntime) -> None:
    """The Python wrapper would repeat a failing call on the CPU, in the middle of a video."""
    open_session(b"", session_options(1), "cuda")
    assert runtime.asked[0][1] == {"enable_fallback": 0}


def test_the_chain_ends_with_the_cpu() -> None:
    names = {provider: [name for name, _ in provider_chain(provider)] for provider in ("cpu", "cuda", "tensorrt")}
    assert names["cpu"] == ["CPUExecutionProvider"]
    assert names["cuda"] == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert names["tensorrt"] == ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    ((_, tensorrt), (_, cuda), _) = provider_chain("tensorrt", {"trt_engine_cache_path": "/engines"})
    assert tensorrt["trt_fp16_enable"] == "1"
    assert tensorrt["trt_engine_cache_path"] == "/engines"
    assert cuda["cudnn_conv_algo_search"] == "HEURISTIC"  # deterministic, where EXHAUSTIVE goes by the clock


def test_sessions_share_the_machine() -> None:
    options = session_options(3)
    assert (options.intra_op_num_threads, options.inter_op_num_threads, options.enable_mem_pattern) == (3, 1, False)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_real_session_computes(network: bytes) -> None:
    session = open_session(network, session_options(1), "cpu")
    size, heat = session.run(None, {"images": np.zeros((1, 8, 8, 3), np.uint8)})
    assert size.shape == (1, 2, 8, 8)
    assert heat.shape == (1, 3, 8, 8)

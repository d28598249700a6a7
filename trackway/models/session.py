"""Networks in onnxruntime: where they run is asserted, never assumed, and every input shape has a session of its own.

onnxruntime answers a request for a GPU that it cannot use with a log line and the CPU; here that is an error. Open sides are fixed before
a session is made, because engines optimise, allocate and are tested best for fixed shapes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnx import TensorProto, helper
from onnxruntime.capi import onnxruntime_pybind11_state as native

from trackway.errors import ModelError
from trackway.models.convert import INPUT

__all__ = ["Network", "OnnxNetwork", "Provider", "choose_provider", "require_provider"]

Array = npt.NDArray[Any]
Provider = Literal["cpu", "cuda", "tensorrt"]

_FAILURES = (
    native.EPFail,
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.NotImplemented,
    native.RuntimeException,
)
_NAMES: dict[Provider, str] = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}


class Network(Protocol):
    """What a detector needs of a network."""

    def run(self, images: Array) -> Sequence[Array]:
        """Output tensors (B, ...) for pictures (B, height, width, 3) uint8 RGB."""


class OnnxNetwork:
    """A converted network; threads may share it.

    Args:
        data: the ONNX file.
        provider: where it runs.
        threads: cores for one call. 1 is best when as many calls run at once as there are cores.
        batch: pictures per call; other numbers are cut and filled up, so that no second shape comes up. Above 1 pays on a GPU only.
        engines: folder where TensorRT keeps the engines that it builds; building one takes minutes.
    """

    def __init__(self, data: bytes, *, provider: Provider = "cpu", threads: int = 1, batch: int = 1, engines: Path | None = None) -> None:
        self._data = data
        self._provider = provider
        self._threads = threads
        self._batch = batch
        self._engines = engines
        self._sessions: dict[tuple[int, int], onnxruntime.InferenceSession] = {}
        self._lock = threading.Lock()

    def run(self, images: Array) -> list[Array]:
        """Output tensors (B, ...) for pictures (B, height, width, 3) uint8 RGB.

        Raises:
            ModelError: no session can be opened for this size on this provider.
        """
        session = self._session(images.shape[1], images.shape[2])
        parts = [self._run_batch(session, images[start : start + self._batch]) for start in range(0, len(images), self._batch)]
        return parts[0] if len(parts) == 1 else [np.concatenate(tensors) for tensors in zip(*parts, strict=True)]

    def _run_batch(self, session: onnxruntime.InferenceSession, images: Array) -> list[Array]:
        missing = self._batch - len(images)
        if missing:
            images = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.uint8)])
        outputs = session.run(None, {INPUT: np.ascontiguousarray(images)})
        return [tensor[: self._batch - missing] for tensor in outputs]

    def _session(self, height: int, width: int) -> onnxruntime.InferenceSession:
        with self._lock:
            if (height, width) not in self._sessions:
                options = _options(self._threads)
                for name, side in (("batch", self._batch), ("height", height), ("width", width)):
                    options.add_free_dimension_override_by_name(name, side)
                self._sessions[height, width] = _open(self._data, options, self._provider, self._engines)
            return self._sessions[height, width]


def choose_provider(wanted: Provider | Literal["auto"]) -> Provider:
    """Where networks will run, tried out on a tiny one. "auto" takes CUDA where it works, else the CPU; TensorRT must be asked for,
    because the minutes that its engines take to build pay for long videos only.

    Raises:
        ModelError: the provider asked for does not work here, or there is none of that name.
    """
    if wanted == "auto":
        return "cuda" if _NAMES["cuda"] in onnxruntime.get_available_providers() and _works("cuda") else "cpu"
    if wanted not in _NAMES:
        raise ModelError(f"There is no provider {wanted!r}; expected auto, {', '.join(_NAMES)}.")
    _open(_tiny_network(), _options(1), wanted, None)
    return wanted


def _works(provider: Provider) -> bool:
    try:
        _open(_tiny_network(), _options(1), provider, None)
    except ModelError:
        return False
    return True


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # one block per call and thread for all tensors: 110 MiB more, 2 % faster
    options.log_severity_level = 3  # errors; what matters of the warnings is asserted below
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # spinning threads of one session starve those of the other
    return options


def _open(data: bytes, options: onnxruntime.SessionOptions, provider: Provider, engines: Path | None) -> onnxruntime.InferenceSession:
    available = onnxruntime.get_available_providers()
    if _NAMES[provider] not in available:
        raise ModelError(
            f"Provider {provider} was asked for, but this onnxruntime {onnxruntime.__version__} has only {', '.join(available)}; "
            "install onnxruntime-gpu, or ask for cpu or auto."
        )
    chain: list[Any] = [_NAMES["cpu"]]
    if provider != "cpu":
        chain.insert(0, _NAMES["cuda"])
    if provider == "tensorrt":
        kept = {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(engines)} if engines is not None else {}
        chain.insert(0, (_NAMES["tensorrt"], {"trt_fp16_enable": True, **kept}))
    try:
        session = onnxruntime.InferenceSession(data, options, providers=chain)
    except _FAILURES as error:
        raise ModelError(f"onnxruntime {onnxruntime.__version__} cannot open the network on {provider}: {error}.") from error
    require_provider(session, provider)
    return session


def require_provider(session: onnxruntime.InferenceSession, provider: Provider) -> None:
    """Raises ModelError where onnxruntime silently took another provider than the one it was asked for."""
    used = session.get_providers()
    if used[0] != _NAMES[provider]:
        raise ModelError(
            f"Provider {provider} was asked for, but onnxruntime fell back to {used[0]}; "
            "check the driver and the CUDA, cuDNN or TensorRT libraries, or ask for cpu or auto."
        )


def _tiny_network() -> bytes:
    """y = relu(x)."""
    sides = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "tiny", sides[:1], sides[1:])
    network: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    return network

"""Where networks run: which of onnxruntime's execution providers, with which options, and proof that it is the one asked for.

onnxruntime answers a request for a GPU that it cannot use with a log line and the CPU. Here a provider that was named is used or refused,
and only "auto" may come to the CPU, with the reason.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import Literal

import msgspec
import onnxruntime
from onnx import TensorProto, helper
from onnxruntime.capi import onnxruntime_pybind11_state as native

from trackway.errors import ModelError

__all__ = [
    "Choice",
    "Provider",
    "built_for_gpu",
    "choose_provider",
    "open_session",
    "provider_chain",
    "require_provider",
    "session_options",
]

Provider = Literal["cpu", "cuda", "tensorrt"]
Options = dict[str, str]

_NAMES: dict[Provider, str] = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}
_FAILURES = (
    native.EPFail,
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.NotImplemented,
    native.RuntimeException,
    RuntimeError,  # the GPU providers' own libraries
    ValueError,  # a provider that this onnxruntime was built without
)
_CUDA: Options = {
    "cudnn_conv_algo_search": "HEURISTIC",  # EXHAUSTIVE times the candidates, and another run may settle on another one
    "cudnn_conv_use_max_workspace": "1",
    "arena_extend_strategy": "kSameAsRequested",  # fixed shapes: doubling would only waste what decoding needs too
}
_TENSORRT: Options = {"trt_fp16_enable": "1", "trt_max_workspace_size": str(2 << 30)}


class Choice(msgspec.Struct, frozen=True, rename="camel"):
    """Where networks run.

    Attributes:
        requested: what was asked for.
        used: what is used.
        reason: why "auto" did not come to a GPU; empty where one is used, or the CPU was asked for.
    """

    requested: str
    used: Provider
    reason: str = ""


def built_for_gpu() -> bool:
    """Whether this onnxruntime knows CUDA: who installed it expects that a GPU does the work, and wants to hear why not."""
    return _NAMES["cuda"] in onnxruntime.get_available_providers()


def choose_provider(wanted: Provider | Literal["auto"]) -> Choice:
    """Where networks will run, tried out on a tiny one. "auto" takes CUDA where it works, else the CPU; TensorRT must be asked for,
    because the minutes that its engines take to build pay for long videos only.

    Raises:
        ModelError: the provider asked for does not work here, or there is none of that name.
    """
    if wanted == "auto":
        try:
            _try_out("cuda")
        except ModelError as error:
            return Choice(wanted, "cpu", str(error))
        return Choice(wanted, "cuda")
    if wanted not in _NAMES:
        raise ModelError(f"There is no provider {wanted!r}; expected auto, {', '.join(_NAMES)}.")
    _try_out(wanted)
    return Choice(wanted, wanted)


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Options that hold for every session; `threads` are the cores of one call.

    Measured with both default networks, two calls at once on two cores: spinning threads take 2.7 times the processor's time; a block for
    all tensors of a call (`enable_mem_pattern`) takes 50 MiB more and is no faster; without the arena every call is a third slower.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.log_severity_level = 3  # errors; what matters of the warnings is asserted
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def provider_chain(provider: Provider, tensorrt: Options | None = None) -> list[tuple[str, Options]]:
    """What onnxruntime is asked for: the provider first, then those for operations that it lacks.

    Args:
        provider: the one wanted.
        tensorrt: further options of TensorRT, where engines are kept.
    """
    chain: list[tuple[str, Options]] = [(_NAMES["cpu"], {})]
    if provider != "cpu":
        chain.insert(0, (_NAMES["cuda"], dict(_CUDA)))
    if provider == "tensorrt":
        chain.insert(0, (_NAMES["tensorrt"], {**_TENSORRT, **(tensorrt or {})}))
    return chain


def open_session(
    data: bytes, options: onnxruntime.SessionOptions, provider: Provider, tensorrt: Options | None = None
) -> onnxruntime.InferenceSession:
    """A session of a network that really runs on `provider`.

    Args:
        data: the ONNX file.
        options: from `session_options`.
        provider: where it shall run.
        tensorrt: as in `provider_chain`.

    Raises:
        ModelError: it does not run there, with onnxruntime's reason.
    """
    available = onnxruntime.get_available_providers()
    if _NAMES[provider] not in available:
        raise ModelError(
            f"Provider {provider} was asked for, but this onnxruntime {onnxruntime.__version__} has only {', '.join(available)}; "
            "install onnxruntime-gpu, or ask for cpu or auto."
        )
    try:
        # The fallback of the Python wrapper would go to the CPU at a failing call too, in the middle of a video.
        session = onnxruntime.InferenceSession(data, options, providers=provider_chain(provider, tensorrt), enable_fallback=0)
    except _FAILURES as error:
        raise ModelError(f"onnxruntime {onnxruntime.__version__} cannot open the network on {provider}: {_reason(error)}.") from error
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


def _reason(error: Exception) -> str:
    """What went wrong, without the C++ signatures that CUDA's errors come wrapped in."""
    text = " ".join(str(error).split())
    found = re.search(r"(CUDA|CUDNN|TensorRT) failure[^;]*", text)
    return (found[0] if found else text).strip(" .")


def _try_out(provider: Provider) -> None:
    if provider != "cpu":
        # CUDA and cuDNN as pip installs them lie on no loader's path; a system's own are found without this. It prints what it misses.
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            onnxruntime.preload_dlls()
    open_session(_tiny_network(), session_options(1), provider)


def _tiny_network() -> bytes:
    """y = relu(x)."""
    sides = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "tiny", sides[:1], sides[1:])
    network: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    return network

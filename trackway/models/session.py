"""Networks in onnxruntime: every input shape has a session of its own.

Open sides are fixed before a session is made, because engines optimise, allocate and are tested best for fixed shapes.
"""

from __future__ import annotations

import hashlib
import platform
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from trackway.models.binding import BoundSession
from trackway.models.convert import INPUT
from trackway.models.engines import Engines
from trackway.models.half import half_precision
from trackway.models.kept import Kept
from trackway.models.providers import Provider, open_session, session_options

__all__ = ["Network", "OnnxNetwork", "Provider"]

Array = npt.NDArray[Any]
Shape = tuple[int, int, int, int]
Run = Callable[[Array], list[Array]]

_AS_IT_IS = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL


class Network(Protocol):
    """What a detector needs of a network."""

    def run(self, images: Array) -> Sequence[Array]:
        """Output tensors (B, ...) for pictures (B, height, width, 3) uint8 RGB."""


class OnnxNetwork:
    """A converted network; threads may share it.

    On a CPU it computes as it was published. On a GPU it computes in half precision, from buffers that stay on the device.

    Args:
        data: the ONNX file.
        digest: its SHA-256 in hexadecimal, where it is known; what is kept on disk is named by it.
        provider: where it runs.
        threads: cores for one call. 1 is best when as many calls run at once as there are cores.
        batch: pictures per call; other numbers are cut and filled up, so that no second shape comes up. Above 1 pays on a GPU only.
        kept: where optimised and halved graphs are kept; None makes them anew.
        engines: where TensorRT's engines are kept; None builds them anew, which takes minutes.
    """

    def __init__(
        self,
        data: bytes,
        *,
        digest: str | None = None,
        provider: Provider = "cpu",
        threads: int = 1,
        batch: int = 1,
        kept: Kept | None = None,
        engines: Engines | None = None,
    ) -> None:
        self._data = data
        self._digest = digest or hashlib.sha256(data).hexdigest()
        self._provider = provider
        self._threads = threads
        self._batch = batch
        self._kept = kept
        self._engines = engines
        self._runs: dict[Shape, Run] = {}
        self._lock = threading.Lock()

    def run(self, images: Array) -> list[Array]:
        """Output tensors (B, ...) for pictures (B, height, width, 3) uint8 RGB.

        Raises:
            ModelError: no session can be opened for this size on this provider.
        """
        run = self._opened((self._batch, images.shape[1], images.shape[2], 3))
        parts = [self._run_batch(run, images[start : start + self._batch]) for start in range(0, len(images), self._batch)]
        return parts[0] if len(parts) == 1 else [np.concatenate(tensors) for tensors in zip(*parts, strict=True)]

    def _run_batch(self, run: Run, images: Array) -> list[Array]:
        missing = self._batch - len(images)
        if missing:
            images = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.uint8)])
        return [tensor[: self._batch - missing] for tensor in run(np.ascontiguousarray(images))]

    def _opened(self, shape: Shape) -> Run:
        with self._lock:
            if shape not in self._runs:
                self._runs[shape] = self._open_on_cpu(shape) if self._provider == "cpu" else self._open_on_gpu(shape)
            return self._runs[shape]

    def _open_on_cpu(self, shape: Shape) -> Run:
        options = _fixed(session_options(self._threads), shape)
        if self._kept is None:
            session = open_session(self._data, options, "cpu")
        else:
            session = self._open_optimised(options, self._kept, self._name("optimised", shape))
        return lambda images: list(session.run(None, {INPUT: images}))

    def _open_optimised(self, options: onnxruntime.SessionOptions, kept: Kept, name: str) -> onnxruntime.InferenceSession:
        """From the network as onnxruntime rewrote it before for this shape and processor: constants folded, operations fused."""
        optimised = kept.read(name)
        if optimised is not None:
            options.graph_optimization_level = _AS_IT_IS
            return open_session(optimised, options, "cpu")
        with tempfile.TemporaryDirectory(prefix="trackway-network-") as folder:
            path = Path(folder) / name
            options.optimized_model_filepath = str(path)
            session = open_session(self._data, options, "cpu")
            kept.write(name, path.read_bytes())
        return session

    def _open_on_gpu(self, shape: Shape) -> Run:
        options = _fixed(session_options(self._threads), shape)
        if self._provider == "cuda":
            session = open_session(self._halved(), options, "cuda")
        elif self._engines is None:
            session = open_session(self._data, options, "tensorrt")
        else:
            name = f"{self._digest[:16]}-{'x'.join(map(str, shape[:3]))}"
            session = self._engines.open(name, lambda cache: open_session(self._data, options, "tensorrt", cache))
        return BoundSession(session, shape, "cuda").run

    def _halved(self) -> bytes:
        return half_precision(self._data) if self._kept is None else self._kept.get(self._name("half"), lambda: half_precision(self._data))

    def _name(self, kind: str, shape: Sequence[int] = ()) -> str:
        """Of a file that depends on this network and, where it is optimised for a shape, on the processor too."""
        depends = (self._digest, onnxruntime.__version__, *((tuple(shape), instruction_sets()) if shape else ()))
        return f"{kind}-{hashlib.sha256(repr(depends).encode()).hexdigest()[:32]}.onnx"


def instruction_sets(description: Path = Path("/proc/cpuinfo")) -> str:
    """Those of this processor, by which onnxruntime chooses how an optimised network lays out its tensors."""
    try:
        lines = description.read_text().splitlines()
    except OSError:
        lines = []
    return " ".join([platform.machine(), *[line for line in lines if line.startswith(("flags", "Features"))][:1]])


def _fixed(options: onnxruntime.SessionOptions, shape: Shape) -> onnxruntime.SessionOptions:
    for name, side in zip(("batch", "height", "width"), shape, strict=False):
        options.add_free_dimension_override_by_name(name, side)
    return options

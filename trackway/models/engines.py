"""TensorRT engines, which take minutes to build and hold for one kind of GPU and one version of TensorRT.

They are kept below `<GPU>-<versions>/<network>-<batch>x<height>x<width>`, one sealed file each, and where a machine has a shelf that others
reach too, there as well. onnxruntime writes engines with plain writes into a folder that it is given; it always gets one of its own, so
that nobody can read half of one.
"""

from __future__ import annotations

import ctypes
import io
import re
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import onnxruntime

from trackway.errors import ModelError
from trackway.models.kept import Kept, seal, unseal

__all__ = ["Engines", "Shelf", "describe_gpu"]

Session = TypeVar("Session")
Files = dict[str, bytes]

_COMPUTE_CAPABILITY = (75, 76)
"""CUDA's numbers of the device attributes that hold it: major, minor."""

_NAME_BYTES = 256


class Shelf(Protocol):
    """Where machines leave engines for each other."""

    def get(self, name: str) -> bytes | None:
        """What lies there under `name`; None where nothing does or it cannot be had."""

    def put(self, name: str, content: bytes) -> None:
        """Leave it there, where that is possible."""


class Engines:
    """The engines of one kind of GPU.

    Args:
        kept: this machine's own.
        gpu: from `describe_gpu`.
        shelf: where machines share them.
    """

    def __init__(self, kept: Kept, gpu: str, shelf: Shelf | None = None) -> None:
        self._kept = kept
        self._gpu = gpu
        self._shelf = shelf

    def open(self, name: str, make: Callable[[dict[str, str]], Session]) -> Session:
        """A session made with the engine called `name`, which is built now if there is none that TensorRT accepts.

        Args:
            name: of network and shape.
            make: opens the session with the options given; it builds what it does not find.
        """
        with tempfile.TemporaryDirectory(prefix="trackway-engine-") as folder:
            found = self._find(name)
            _unpack(found, Path(folder))
            session = make(_options(folder))
            built = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
            if any(path.endswith(".engine") for path in built) and built != found:
                self._keep(name, _pack(built))
        return session

    def _find(self, name: str) -> Files:
        """The files of an engine: from this machine, else from the shelf; empty where neither has it."""
        packed = self._kept.read(self._place(name))
        if packed is None and self._shelf is not None:
            shared = self._shelf.get(self._place(name))
            packed = None if shared is None else unseal(shared)
            if packed is not None:
                self._kept.write(self._place(name), packed)
        return {} if packed is None else _files(packed)

    def _keep(self, name: str, packed: bytes) -> None:
        self._kept.write(self._place(name), packed)
        if self._shelf is not None:
            self._shelf.put(self._place(name), seal(packed))

    def _place(self, name: str) -> str:
        return f"{self._gpu}/{name}"


def describe_gpu(load: Callable[[str], Any] = ctypes.CDLL) -> str:
    """What an engine depends on besides its network: architecture and name of the first GPU, versions of TensorRT and onnxruntime.

    Args:
        load: opens a shared library by its name.

    Raises:
        ModelError: there is no driver, no GPU or no TensorRT 10.
    """
    try:
        driver, tensorrt = load("libcuda.so.1"), load("libnvinfer.so.10")
    except OSError as error:
        raise ModelError(f"TensorRT needs the NVIDIA driver and the libraries of TensorRT 10: {error}.") from error
    device, value, name = ctypes.c_int(), ctypes.c_int(), ctypes.create_string_buffer(_NAME_BYTES)
    status = driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(device), 0) or driver.cuDeviceGetName(name, _NAME_BYTES, device)
    capability = ""
    for attribute in _COMPUTE_CAPABILITY:
        status = status or driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        capability += str(value.value)
    if status:
        raise ModelError(f"The NVIDIA driver shows no GPU (CUDA error {status}); give the container one, or ask for cpu.")
    model = re.sub("[^a-z0-9]+", "-", name.value.decode(errors="replace").lower())
    return f"sm{capability}-{model}-trt{tensorrt.getInferLibVersion()}-ort{onnxruntime.__version__}"


def _options(folder: str) -> dict[str, str]:
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": folder,
        "trt_timing_cache_enable": "1",  # a build that must be done again, for another shape say, repeats no measurement
        "trt_timing_cache_path": folder,
    }


def _pack(files: Files) -> bytes:
    """The same files give the same bytes; engines do not compress."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _files(packed: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _unpack(files: Files, folder: Path) -> None:
    for name, content in files.items():
        (folder / Path(name).name).write_bytes(content)

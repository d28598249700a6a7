"""Calls of a session whose tensors stay in the same places on the device: nothing is allocated from picture to picture."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from trackway.models.convert import INPUT

__all__ = ["BoundSession"]

Array = npt.NDArray[Any]


class BoundSession:
    """A session with its inputs and outputs bound to buffers of the device. Threads may share it: each call has a set of buffers to itself,
    and there are as many sets as calls have run at once.

    Args:
        session: with fixed shapes.
        shape: of its one input.
        device: onnxruntime's name of where the buffers lie, "cuda" or "cpu".
    """

    def __init__(self, session: onnxruntime.InferenceSession, shape: tuple[int, ...], device: str) -> None:
        self._session = session
        self._shape = shape
        self._device = device
        self._free: list[_Buffers] = []
        self._lock = threading.Lock()

    def run(self, images: Array) -> list[Array]:
        """Copies of the output tensors for uint8 pictures of the shape given."""
        with self._lock:
            buffers = self._free.pop() if self._free else None
        if buffers is None:
            buffers = _Buffers(self._session, self._shape, self._device)
        try:
            return buffers.run(images)
        finally:
            with self._lock:
                self._free.append(buffers)


class _Buffers:
    """One set of buffers."""

    def __init__(self, session: onnxruntime.InferenceSession, shape: tuple[int, ...], device: str) -> None:
        self._session = session
        self._device = device
        self._input = onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, np.uint8, device, 0)
        self._outputs: list[Any] = []
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input(INPUT, self._input)

    def run(self, images: Array) -> list[Array]:
        self._input.update_inplace(np.ascontiguousarray(images))
        if not self._outputs:
            self._make_outputs()
        self._binding.synchronize_inputs()
        self._session.run_with_iobinding(self._binding)
        self._binding.synchronize_outputs()
        # On a GPU numpy() copies to the host; on the CPU it shows the buffer itself, which the next call fills.
        return [value.numpy() if self._device != "cpu" else value.numpy().copy() for value in self._outputs]

    def _make_outputs(self) -> None:
        """The first call lets onnxruntime allocate, because a network seldom names the shapes of its outputs; then these are kept."""
        names = [output.name for output in self._session.get_outputs()]
        first = self._session.io_binding()
        first.bind_ortvalue_input(INPUT, self._input)
        for name in names:
            first.bind_output(name, self._device, 0)
        self._session.run_with_iobinding(first)
        first.synchronize_outputs()
        self._outputs = first.get_outputs()
        for name, value in zip(names, self._outputs, strict=True):
            self._binding.bind_ortvalue_output(name, value)

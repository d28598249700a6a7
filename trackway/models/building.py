"""An ONNX graph under construction: constants, operands in the right order of axes, activations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from trackway.errors import ModelError
from trackway.models.tfjs import Graph, Node

__all__ = ["TO_PIXELS", "TO_PLANES", "Building", "Shape"]

Array = npt.NDArray[Any]
Shape = tuple[int, ...]

TO_PLANES = (0, 3, 1, 2)
"""TensorFlow's order of a picture's axes -> ONNX's."""
TO_PIXELS = (0, 2, 3, 1)
"""And back."""


class Building:
    """The ONNX graph as far as it is built.

    Attributes:
        graph: what is translated.
        nodes, inputs, initialisers: what there is of the ONNX graph.
        shapes: of every node so far, in TensorFlow's order; -1 where a side is open.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.initialisers: list[onnx.TensorProto] = []
        self.shapes: dict[str, Shape] = {}

    def emit(self, operation: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Appends one ONNX node; its output's name comes back."""
        self.nodes.append(helper.make_node(operation, inputs, [output], name=output, **attributes))
        return output

    def literal(self, array: npt.ArrayLike, dtype: npt.DTypeLike, hint: str) -> str:
        """A new constant in ONNX's order."""
        name = f"{hint}/{len(self.initialisers)}"
        self.initialisers.append(numpy_helper.from_array(np.array(array, dtype, order="C"), name))
        return name

    def constant(self, name: str) -> Array:
        """The array of an input that must be known beforehand."""
        array = self.graph.constant(name)
        if array is None:
            raise ModelError(f"Node {name!r} must be a constant here, but it is computed.")
        return array

    def operand(self, name: str, rank: int) -> str:
        """The ONNX name of an input that meets a tensor of `rank`; a constant is turned into that tensor's order."""
        array = self.graph.constant(name)
        if array is None:
            if len(self.shapes[name]) not in (rank, 0):
                raise ModelError(f"Node {name!r} of rank {len(self.shapes[name])} meets one of rank {rank}; that is not supported.")
            return name
        if rank == 4:
            array = array.reshape((1,) * (4 - array.ndim) + array.shape).transpose(TO_PLANES)
        return self.literal(array, array.dtype, name)

    def activate(self, name: str, kind: str, output: str) -> str:
        """One of the activations that TensorFlow fuses into other operations."""
        if kind == "Relu6":
            return self.emit("Clip", [name, self.literal(0, np.float32, "low"), self.literal(6, np.float32, "high")], output)
        if kind in ("Relu", "Sigmoid", "Elu"):
            return self.emit(kind, [name], output)
        raise ModelError(f"Activation {kind} (node {output!r}) cannot be translated; supported are Relu, Relu6, Sigmoid and Elu.")

    def finish(self, name: str, node: Node, rank: int) -> None:
        """The bias and the activation that a fused node asks for, in that order; `name` is computed so far."""
        steps = node.texts("fused_ops")
        extra = list(node.inputs[2:])
        for index, step in enumerate(steps):
            output = node.name if index == len(steps) - 1 else f"{node.name}/{step}"
            if step == "BiasAdd":
                name = self.emit("Add", [name, self.operand(extra.pop(0), rank)], output)
            elif step == "Prelu":
                name = self.emit("PRelu", [name, self.operand(extra.pop(0), rank)], output)
            else:
                name = self.activate(name, step, output)

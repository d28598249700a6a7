"""TensorFlow.js graph -> ONNX graph.

TensorFlow keeps pictures as (batch, height, width, channels), ONNX as (batch, channels, height, width). Every tensor of rank 4 is therefore
held in ONNX's order from the placeholder on, all others as they are; constants are turned when an operation reads them. Shapes are followed
in TensorFlow's order, which gives every rank, lets a mistake show where it happens, and turns absolute sizes into factors, so that the
result takes pictures of other sizes than the one it was exported for.

Padding "SAME" becomes SAME_UPPER, which is the same rule: the odd pixel goes to the bottom and the right. Where a kernel is dilated, which
onnxruntime does not combine with that rule, the margins are written out; they do not depend on the picture's size then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from trackway.errors import ModelError
from trackway.models.tfjs import Graph, Node

__all__ = ["OPSET", "translate"]

Array = npt.NDArray[Any]
Shape = tuple[int, ...]  # in TensorFlow's order; -1 where a side is open

OPSET = 17
_IR_VERSION = 8
_TO_PLANES = (0, 3, 1, 2)
_TO_PIXELS = (0, 2, 3, 1)


def translate(graph: Graph, outputs: Sequence[str] = ()) -> onnx.ModelProto:
    """The part of `graph` that computes `outputs` (default: every node that nobody reads). The same graph gives the same bytes.

    Raises:
        ModelError: an operation, or a way of using one, that is not supported.
    """
    wanted = list(outputs) or graph.results()
    building = _Building(graph)
    for node in graph.needed_for(wanted):
        building.add(node)
    produced = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None] * len(building.shapes[name])) for name in wanted]
    body = helper.make_graph(building.nodes, "tfjs", building.inputs, produced, building.initialisers)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION, producer_name="trackway")
    onnx.checker.check_model(model)
    return model


class _Building:
    """The ONNX graph as far as it is built."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.initialisers: list[onnx.TensorProto] = []
        self.shapes: dict[str, Shape] = {}

    def add(self, node: Node) -> None:
        """Translates one node whose inputs are there already."""
        if node.operation == "Const":
            self.shapes[node.name] = self.graph.constants[node.name].shape
            return
        handler = _HANDLERS.get(node.operation)
        if handler is None:
            raise ModelError(
                f"Operation {node.operation} (node {node.name!r}) cannot be translated; supported are {', '.join(sorted(_HANDLERS))}."
            )
        self.shapes[node.name] = handler(self, node)

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
            array = array.reshape((1,) * (4 - array.ndim) + array.shape).transpose(_TO_PLANES)
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


def _placeholder(building: _Building, node: Node) -> Shape:
    shape = node.shape()
    if len(shape) != 4:
        raise ModelError(f"The input {node.name!r} has shape {shape}; expected a batch of pictures (batch, height, width, channels).")
    axes = ("batch", "height", "width", "channels")
    sides: list[int | str] = [axis if side == -1 else side for axis, side in zip(axes, shape, strict=True)]
    sides[0] = "batch"
    building.inputs.append(helper.make_tensor_value_info(node.name, onnx.TensorProto.FLOAT, [sides[axis] for axis in _TO_PLANES]))
    return shape


def _convolution(building: _Building, node: Node) -> Shape:
    weights = building.constant(node.inputs[1])  # (height, width, in, out), or (height, width, in, multiplier) per channel
    height, width, channels, last = weights.shape
    depthwise = "Depthwise" in node.operation
    if depthwise:
        turned, groups, filters = weights.transpose(2, 3, 0, 1).reshape(channels * last, 1, height, width), channels, channels * last
    else:
        turned, groups, filters = weights.transpose(3, 2, 0, 1), 1, last
    fused = bool(node.texts("fused_ops"))
    output = f"{node.name}/convolution" if fused else node.name
    strides, dilations = node.integers("strides")[1:3], node.integers("dilations", (1, 1, 1, 1))[1:3]
    kernel = [(side - 1) * dilation + 1 for side, dilation in zip((height, width), dilations, strict=True)]
    building.emit(
        "Conv",
        [node.inputs[0], building.literal(turned, np.float32, node.inputs[1])],
        output,
        kernel_shape=[height, width],
        strides=strides,
        dilations=dilations,
        group=groups,
        **_padding(node, kernel, strides, dilations),
    )
    if fused:
        building.finish(output, node, 4)
    return _slid(building.shapes[node.inputs[0]], kernel, strides, filters, node)


def _maximum_pool(building: _Building, node: Node) -> Shape:
    kernel, strides = node.integers("ksize")[1:3], node.integers("strides")[1:3]
    building.emit("MaxPool", [node.inputs[0]], node.name, kernel_shape=kernel, strides=strides, **_padding(node, kernel, strides))
    shape = building.shapes[node.inputs[0]]
    return _slid(shape, kernel, strides, shape[3], node)


def _padding(node: Node, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int] = (1, 1)) -> dict[str, Any]:
    """ONNX attributes for the padding that `node` asks for; `kernel` is what one step sees, gaps included."""
    if node.text("data_format", "NHWC") != "NHWC":
        raise ModelError(f"Node {node.name!r} has data format {node.text('data_format')}; only NHWC is supported.")
    padding = node.text("padding")
    if padding not in ("SAME", "VALID"):
        raise ModelError(f"Node {node.name!r} pads {padding}; only SAME and VALID are supported.")
    if padding == "VALID" or max(dilations) == 1:
        return {"auto_pad": "SAME_UPPER" if padding == "SAME" else "VALID"}
    if max(strides) > 1:
        raise ModelError(f"Node {node.name!r} has strides {strides} and dilations {dilations} at once; that is not supported.")
    before = [(side - 1) // 2 for side in kernel]
    return {"pads": [*before, *(side - 1 - first for side, first in zip(kernel, before, strict=True))]}


def _slid(shape: Shape, kernel: Sequence[int], strides: Sequence[int], channels: int, node: Node) -> Shape:
    """The shape after a window has slid over a picture."""
    same = node.text("padding") == "SAME"
    sides = [
        side if side == -1 else -(-side // stride) if same else -(-(side - window + 1) // stride)
        for side, window, stride in zip(shape[1:3], kernel, strides, strict=True)
    ]
    return shape[0], sides[0], sides[1], channels


def _elementwise(building: _Building, node: Node) -> Shape:
    operation = {"AddV2": "Add", "Maximum": "Max", "Minimum": "Min", "RealDiv": "Div"}.get(node.operation, node.operation)
    left, right = (building.shapes[name] for name in node.inputs)
    rank = max(len(left), len(right))
    building.emit(operation, [building.operand(name, rank) for name in node.inputs], node.name)
    pairs = zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True)
    return tuple(b if a == 1 else a for a, b in pairs)


def _activation(building: _Building, node: Node) -> Shape:
    building.activate(node.inputs[0], node.operation, node.name)
    return building.shapes[node.inputs[0]]


def _prelu(building: _Building, node: Node) -> Shape:
    shape = building.shapes[node.inputs[0]]
    building.emit("PRelu", [node.inputs[0], building.operand(node.inputs[1], len(shape))], node.name)
    return shape


def _softmax(building: _Building, node: Node) -> Shape:
    shape = building.shapes[node.inputs[0]]
    building.emit("Softmax", [node.inputs[0]], node.name, axis=1 if len(shape) == 4 else -1)
    return shape


def _identity(building: _Building, node: Node) -> Shape:
    shape = building.shapes[node.inputs[0]]
    building.emit("Identity", [building.operand(node.inputs[0], len(shape))], node.name)
    return shape


def _mean(building: _Building, node: Node) -> Shape:
    shape, keep = building.shapes[node.inputs[0]], node.flag("keep_dims")
    axes = sorted(int(axis) % len(shape) for axis in building.constant(node.inputs[1]).reshape(-1))
    if len(shape) == 4 and not keep and axes != [1, 2]:
        raise ModelError(f"Node {node.name!r} averages a picture over axes {axes} and drops them; only height and width can be dropped.")
    turned = [_TO_PLANES.index(axis) for axis in axes] if len(shape) == 4 else axes
    building.emit("ReduceMean", [node.inputs[0]], node.name, axes=turned, keepdims=int(keep))
    if keep:
        return tuple(1 if axis in axes else side for axis, side in enumerate(shape))
    return tuple(side for axis, side in enumerate(shape) if axis not in axes)


def _resize(building: _Building, node: Node) -> Shape:
    shape = building.shapes[node.inputs[0]]
    height, width = (int(side) for side in building.constant(node.inputs[1]))
    if -1 in shape[1:3]:
        raise ModelError(f"Node {node.name!r} resizes a picture of unknown size; that is not supported.")
    mode = "half_pixel" if node.flag("half_pixel_centers") else "align_corners" if node.flag("align_corners") else "asymmetric"
    factors = building.literal([1, 1, height / shape[1], width / shape[2]], np.float32, "factors")
    building.emit("Resize", [node.inputs[0], "", factors], node.name, mode="linear", coordinate_transformation_mode=mode)
    return shape[0], height, width, shape[3]


def _concatenate(building: _Building, node: Node) -> Shape:
    parts, shapes = node.inputs[:-1], [building.shapes[name] for name in node.inputs[:-1]]
    rank = len(shapes[0])
    axis = int(building.constant(node.inputs[-1])) % rank
    turned = _TO_PLANES.index(axis) if rank == 4 else axis
    building.emit("Concat", [building.operand(name, rank) for name in parts], node.name, axis=turned)
    lengths = [shape[axis] for shape in shapes]
    return *shapes[0][:axis], -1 if -1 in lengths else sum(lengths), *shapes[0][axis + 1 :]


def _pad(building: _Building, node: Node) -> Shape:
    shape, margins = building.shapes[node.inputs[0]], building.constant(node.inputs[1])  # (rank, 2)
    turned = margins[list(_TO_PLANES)] if len(shape) == 4 else margins
    building.emit("Pad", [node.inputs[0], building.literal(turned.T.reshape(-1), np.int64, "margins")], node.name)
    return tuple(side if side == -1 else side + int(sum(margin)) for side, margin in zip(shape, margins, strict=True))


def _reshape(building: _Building, node: Node) -> Shape:
    name, target = node.inputs[0], tuple(int(side) for side in building.constant(node.inputs[1]))
    if len(building.shapes[name]) == 4:
        name = building.emit("Transpose", [name], f"{node.name}/pixels", perm=_TO_PIXELS)
    shape = building.literal(target, np.int64, "shape")
    if len(target) != 4:
        building.emit("Reshape", [name, shape], node.name)
    else:
        building.emit("Reshape", [name, shape], f"{node.name}/reshaped")
        building.emit("Transpose", [f"{node.name}/reshaped"], node.name, perm=_TO_PLANES)
    return target


def _matrix_product(building: _Building, node: Node) -> Shape:
    if node.flag("transpose_a"):
        raise ModelError(f"Node {node.name!r} transposes its input; that is not supported.")
    weights = building.constant(node.inputs[1])
    weights = weights.T if node.flag("transpose_b") else weights
    fused = bool(node.texts("fused_ops"))
    output = f"{node.name}/product" if fused else node.name
    building.emit("MatMul", [node.inputs[0], building.literal(weights, np.float32, node.inputs[1])], output)
    if fused:
        building.finish(output, node, 2)
    return building.shapes[node.inputs[0]][0], weights.shape[1]


_HANDLERS: Mapping[str, Callable[[_Building, Node], Shape]] = MappingProxyType(
    {
        "Placeholder": _placeholder,
        "Conv2D": _convolution,
        "_FusedConv2D": _convolution,
        "DepthwiseConv2dNative": _convolution,
        "FusedDepthwiseConv2dNative": _convolution,
        "MaxPool": _maximum_pool,
        "Add": _elementwise,
        "AddV2": _elementwise,
        "Sub": _elementwise,
        "Mul": _elementwise,
        "RealDiv": _elementwise,
        "Maximum": _elementwise,
        "Minimum": _elementwise,
        "Relu": _activation,
        "Relu6": _activation,
        "Elu": _activation,
        "Sigmoid": _activation,
        "Prelu": _prelu,
        "Softmax": _softmax,
        "Identity": _identity,
        "Mean": _mean,
        "ResizeBilinear": _resize,
        "ConcatV2": _concatenate,
        "Pad": _pad,
        "Reshape": _reshape,
        "_FusedMatMul": _matrix_product,
        "MatMul": _matrix_product,
    }
)

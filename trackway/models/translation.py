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
import onnx
from onnx import helper

from trackway.errors import ModelError
from trackway.models.building import TO_PIXELS, TO_PLANES, Building, Shape
from trackway.models.tfjs import Graph, Node

__all__ = ["OPSET", "translate"]

OPSET = 17
_IR_VERSION = 8


def translate(graph: Graph, outputs: Sequence[str] = ()) -> onnx.ModelProto:
    """The part of `graph` that computes `outputs` (default: every node that nobody reads). The same graph gives the same bytes.

    Raises:
        ModelError: an operation, or a way of using one, that is not supported.
    """
    wanted = list(outputs) or graph.results()
    building = Building(graph)
    for node in graph.needed_for(wanted):
        building.shapes[node.name] = _translated(building, node)
    produced = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None] * len(building.shapes[name])) for name in wanted]
    body = helper.make_graph(building.nodes, "tfjs", building.inputs, produced, building.initialisers)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION, producer_name="trackway")
    onnx.checker.check_model(model)
    return model


def _translated(building: Building, node: Node) -> Shape:
    """Adds what `node` computes; its inputs are there already. Its shape comes back."""
    if node.operation == "Const":
        return building.graph.constants[node.name].shape
    handler = _HANDLERS.get(node.operation)
    if handler is None:
        raise ModelError(
            f"Operation {node.operation} (node {node.name!r}) cannot be translated; supported are {', '.join(sorted(_HANDLERS))}."
        )
    return handler(building, node)


def _placeholder(building: Building, node: Node) -> Shape:
    shape = node.shape()
    if len(shape) != 4:
        raise ModelError(f"The input {node.name!r} has shape {shape}; expected a batch of pictures (batch, height, width, channels).")
    axes = ("batch", "height", "width", "channels")
    sides: list[int | str] = [axis if side == -1 else side for axis, side in zip(axes, shape, strict=True)]
    sides[0] = "batch"
    building.inputs.append(helper.make_tensor_value_info(node.name, onnx.TensorProto.FLOAT, [sides[axis] for axis in TO_PLANES]))
    return shape


def _convolution(building: Building, node: Node) -> Shape:
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


def _maximum_pool(building: Building, node: Node) -> Shape:
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


def _elementwise(building: Building, node: Node) -> Shape:
    operation = {"AddV2": "Add", "Maximum": "Max", "Minimum": "Min", "RealDiv": "Div"}.get(node.operation, node.operation)
    left, right = (building.shapes[name] for name in node.inputs)
    rank = max(len(left), len(right))
    building.emit(operation, [building.operand(name, rank) for name in node.inputs], node.name)
    pairs = zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True)
    return tuple(b if a == 1 else a for a, b in pairs)


def _activation(building: Building, node: Node) -> Shape:
    building.activate(node.inputs[0], node.operation, node.name)
    return building.shapes[node.inputs[0]]


def _prelu(building: Building, node: Node) -> Shape:
    shape = building.shapes[node.inputs[0]]
    building.emit("PRelu", [node.inputs[0], building.operand(node.inputs[1], len(shape))], node.name)
    return shape


def _softmax(building: Building, node: Node) -> Shape:
    shape = building.shapes[node.inputs[0]]
    building.emit("Softmax", [node.inputs[0]], node.name, axis=1 if len(shape) == 4 else -1)
    return shape


def _identity(building: Building, node: Node) -> Shape:
    shape = building.shapes[node.inputs[0]]
    building.emit("Identity", [building.operand(node.inputs[0], len(shape))], node.name)
    return shape


def _mean(building: Building, node: Node) -> Shape:
    shape, keep = building.shapes[node.inputs[0]], node.flag("keep_dims")
    axes = sorted(int(axis) % len(shape) for axis in building.constant(node.inputs[1]).reshape(-1))
    if len(shape) == 4 and not keep and axes != [1, 2]:
        raise ModelError(f"Node {node.name!r} averages a picture over axes {axes} and drops them; only height and width can be dropped.")
    turned = [TO_PLANES.index(axis) for axis in axes] if len(shape) == 4 else axes
    building.emit("ReduceMean", [node.inputs[0]], node.name, axes=turned, keepdims=int(keep))
    if keep:
        return tuple(1 if axis in axes else side for axis, side in enumerate(shape))
    return tuple(side for axis, side in enumerate(shape) if axis not in axes)


def _resize(building: Building, node: Node) -> Shape:
    shape = building.shapes[node.inputs[0]]
    height, width = (int(side) for side in building.constant(node.inputs[1]))
    if -1 in shape[1:3]:
        raise ModelError(f"Node {node.name!r} resizes a picture of unknown size; that is not supported.")
    mode = "half_pixel" if node.flag("half_pixel_centers") else "align_corners" if node.flag("align_corners") else "asymmetric"
    factors = building.literal([1, 1, height / shape[1], width / shape[2]], np.float32, "factors")
    building.emit("Resize", [node.inputs[0], "", factors], node.name, mode="linear", coordinate_transformation_mode=mode)
    return shape[0], height, width, shape[3]


def _concatenate(building: Building, node: Node) -> Shape:
    parts, shapes = node.inputs[:-1], [building.shapes[name] for name in node.inputs[:-1]]
    rank = len(shapes[0])
    axis = int(building.constant(node.inputs[-1])) % rank
    turned = TO_PLANES.index(axis) if rank == 4 else axis
    building.emit("Concat", [building.operand(name, rank) for name in parts], node.name, axis=turned)
    lengths = [shape[axis] for shape in shapes]
    return *shapes[0][:axis], -1 if -1 in lengths else sum(lengths), *shapes[0][axis + 1 :]


def _pad(building: Building, node: Node) -> Shape:
    shape, margins = building.shapes[node.inputs[0]], building.constant(node.inputs[1])  # (rank, 2)
    turned = margins[list(TO_PLANES)] if len(shape) == 4 else margins
    building.emit("Pad", [node.inputs[0], building.literal(turned.T.reshape(-1), np.int64, "margins")], node.name)
    return tuple(side if side == -1 else side + int(sum(margin)) for side, margin in zip(shape, margins, strict=True))


def _reshape(building: Building, node: Node) -> Shape:
    name, target = node.inputs[0], tuple(int(side) for side in building.constant(node.inputs[1]))
    if len(building.shapes[name]) == 4:
        name = building.emit("Transpose", [name], f"{node.name}/pixels", perm=TO_PIXELS)
    shape = building.literal(target, np.int64, "shape")
    if len(target) != 4:
        building.emit("Reshape", [name, shape], node.name)
    else:
        building.emit("Reshape", [name, shape], f"{node.name}/reshaped")
        building.emit("Transpose", [f"{node.name}/reshaped"], node.name, perm=TO_PLANES)
    return target


def _matrix_product(building: Building, node: Node) -> Shape:
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


_HANDLERS: Mapping[str, Callable[[Building, Node], Shape]] = MappingProxyType(
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

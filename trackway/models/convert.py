"""From the files of a package to the network that is cached and loaded: one ONNX file that takes pictures as they come.

Whatever its origin, a converted network has one input `images` (batch, height, width, 3) uint8 RGB with open sides, and exactly the outputs
that the pack names, in its order. The same members give the same bytes, so that the pack can pin their digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError
from onnx import helper, numpy_helper

from trackway.errors import ModelError
from trackway.models.fusion import fuse_hard_swish
from trackway.models.pack import Pixels, Weights
from trackway.models.tfjs import read_graph
from trackway.models.translation import translate

__all__ = ["INPUT", "convert"]

INPUT = "images"
"""Name of the only input of a converted network."""

_FLOAT = onnx.TensorProto.FLOAT

_LUMA = (0.299, 0.587, 0.114)
"""Red, green, blue in grey (ITU-R BT.601)."""


def convert(model: Weights, members: Mapping[str, bytes]) -> bytes:
    """The ONNX file for `model` from the members of its source.

    Args:
        model: what to make.
        members: path inside the archive -> bytes, for every path in `model.source.members`.

    Raises:
        ModelError: the members are not what `model.format` says, or use something unsupported.
    """
    files = [members[path] for path in model.source.members]
    network = _from_tfjs(files, model) if model.format == "tfjs" else _from_onnx(files, model)
    for output in model.outputs:
        if output.channels is not None:
            _keep_channels(network, output.name, output.channels)
    _take_pictures(network, model.pixels)
    _drop_unread(network)
    onnx.checker.check_model(network)
    data: bytes = network.SerializeToString(deterministic=True)
    return data


def _from_tfjs(files: Sequence[bytes], model: Weights) -> onnx.ModelProto:
    if len(files) < 2:
        raise ModelError(f"{model.title}: a TensorFlow.js model is a topology and its weight files, but only {len(files)} member is named.")
    network = translate(read_graph(files[0], b"".join(files[1:])), [output.name for output in model.outputs])
    fuse_hard_swish(network)
    return network


def _from_onnx(files: Sequence[bytes], model: Weights) -> onnx.ModelProto:
    try:
        network = onnx.load_from_string(files[0])
    except DecodeError as error:
        raise ModelError(f"{model.title}: expected an ONNX file, found something else: {error}.") from error
    graph = network.graph
    weights = {initialiser.name for initialiser in graph.initializer}  # exporters of old list them as inputs, which forbids folding
    inputs = [value for value in graph.input if value.name not in weights]
    found = {value.name: value for value in graph.output}
    missing = [output.name for output in model.outputs if output.name not in found]
    if len(inputs) != 1 or missing:
        raise ModelError(
            f"{model.title}: expected one input and the outputs {', '.join(missing or found)}; "
            f"found the inputs {', '.join(value.name for value in inputs)} and the outputs {', '.join(found)}."
        )
    ranks = {name: len(value.type.tensor_type.shape.dim) for name, value in found.items()}
    outputs = [helper.make_tensor_value_info(output.name, _FLOAT, [None] * ranks[output.name]) for output in model.outputs]
    del graph.input[:], graph.output[:], graph.value_info[:]  # their fixed sizes were those of the export
    graph.input.append(helper.make_tensor_value_info(inputs[0].name, _FLOAT, ["batch", 3, "height", "width"]))
    graph.output.extend(outputs)
    return network


def _take_pictures(network: onnx.ModelProto, pixels: Pixels) -> None:
    """Puts uint8 pixels -> float planes in front of the network: a quarter of the bytes to hand over, and no copy in Python."""
    graph = network.graph
    planes = graph.input[0].name
    if planes == INPUT:  # many networks call theirs so
        planes = f"{INPUT}/planes"
        for node in graph.node:
            for index, name in enumerate(node.input):
                node.input[index] = planes if name == INPUT else name
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(INPUT, onnx.TensorProto.UINT8, ["batch", "height", "width", 3]))
    steps = [helper.make_node("Cast", [INPUT], [f"{INPUT}/float"], to=_FLOAT)]

    def then(operation: str, constant: npt.NDArray[Any], output: str, **attributes: Any) -> None:
        graph.initializer.append(numpy_helper.from_array(constant, f"{output}/by"))
        steps.append(helper.make_node(operation, [steps[-1].output[0], f"{output}/by"], [output], **attributes))

    if pixels.order == "bgr":
        then("Gather", np.array([2, 1, 0]), f"{INPUT}/bgr", axis=3)
    if any(pixels.mean):
        then("Sub", np.array(pixels.mean, np.float32), f"{INPUT}/centred")
    if any(deviation != 1 for deviation in pixels.deviation):
        then("Div", np.array(pixels.deviation, np.float32), f"{INPUT}/scaled")
    if pixels.order == "grey":
        then("MatMul", np.array(_LUMA, np.float32)[:, None], f"{INPUT}/grey")
    steps.append(helper.make_node("Transpose", [steps[-1].output[0]], [planes], perm=[0, 3, 1, 2]))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*steps, *rest])


def _drop_unread(network: onnx.ModelProto) -> None:
    """Drops weights that no node reads; onnxruntime would, with a warning for each."""
    read = {name for node in network.graph.node for name in node.input}
    used = [onnx.TensorProto.FromString(weight.SerializeToString()) for weight in network.graph.initializer if weight.name in read]
    del network.graph.initializer[:]
    network.graph.initializer.extend(used)


def _keep_channels(network: onnx.ModelProto, output: str, channels: Sequence[int]) -> None:
    """Computes only some channels of an output, by cutting the filters of the convolution that makes them."""
    producers = {name: node for node in network.graph.node for name in node.output}
    weights = {initialiser.name: initialiser for initialiser in network.graph.initializer}
    waiting, convolution = [output], None
    while waiting and convolution is None:
        node = producers.get(waiting.pop())
        if node is None or node.op_type not in ("Identity", "Sigmoid", "Relu", "Add", "Conv"):
            raise ModelError(f"The channels of {output!r} cannot be chosen: it does not come straight from a convolution.")
        if node.op_type == "Conv":
            convolution = node
            cut = list(node.input[1:])
        else:
            cut_here = [name for name in node.input if name in weights]
            _cut(weights, cut_here, channels, axis=1)
            waiting = [name for name in node.input if name not in weights]
    _cut(weights, cut, channels, axis=0)


def _cut(weights: Mapping[str, onnx.TensorProto], names: Sequence[str], channels: Sequence[int], axis: int) -> None:
    for name in names:
        array = np.ascontiguousarray(numpy_helper.to_array(weights[name]).take(channels, axis=axis))
        weights[name].CopyFrom(numpy_helper.from_array(array, name))

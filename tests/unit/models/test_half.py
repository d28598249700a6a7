"""Half precision: the same bytes each time, and outputs that differ by its rounding only."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from trackway.models.cache import ModelCache
from trackway.models.half import half_precision
from trackway.models.pack import Role, load_pack
from trackway.models.providers import session_options

# Of an output's largest value; every tensor is rounded to eleven significant bits, through some fifty layers.
TOLERANCE = 0.03


def test_the_same_network_gives_the_same_bytes(network: bytes) -> None:
    assert half_precision(network) == half_precision(network)


@pytest.mark.parametrize("role", ["personDetector", "faceDetector"])
def test_weights_are_halved_and_the_sides_keep_their_types(models: ModelCache, role: Role) -> None:
    data = models.read(load_pack().model(role))
    half, whole = onnx.load_from_string(half_precision(data)).graph, onnx.load_from_string(data).graph
    assert half.input == whole.input
    assert [(value.name, value.type.tensor_type.elem_type) for value in half.output] == [
        (value.name, TensorProto.FLOAT) for value in whole.output
    ]
    assert TensorProto.FLOAT16 in {weight.data_type for weight in half.initializer}
    assert half.ByteSize() < 0.55 * whole.ByteSize()


@pytest.mark.parametrize("role", ["personDetector", "faceDetector"])
def test_outputs_differ_by_rounding_only(models: ModelCache, role: Role, astronaut: np.ndarray) -> None:
    """A CPU computes halved networks in single precision throughout, so that here every tensor is rounded on the way, as a GPU does."""
    data, images = models.read(load_pack().model(role)), astronaut[None, 32:416, 16:496]
    exact, rounded = _run(data, images), _run(_rounding(half_precision(data)), images)
    for found, wanted in zip(rounded, exact, strict=True):
        scale = np.abs(wanted).max()
        assert 0 < np.abs(found - wanted).max() <= TOLERANCE * scale


def _run(data: bytes, images: np.ndarray) -> list[np.ndarray]:
    options = session_options(2)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    result: list[np.ndarray] = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"]).run(None, {"images": images})
    return result


def _rounding(half: bytes) -> bytes:
    """The network in single precision, with each result rounded to half and back."""
    network = onnx.load_from_string(half)
    graph = network.graph
    nodes = []
    for weight in graph.initializer:
        if weight.data_type == TensorProto.FLOAT16:
            values = onnx.numpy_helper.to_array(weight).astype(np.float32)
            weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    outputs = {value.name for value in graph.output}
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.FLOAT
        nodes.append(node)
        for index, name in enumerate(list(node.output)):
            if name in outputs or not name:
                continue
            node.output[index] = f"{name}/exact"
            nodes.append(helper.make_node("Cast", [f"{name}/exact"], [f"{name}/half"], to=TensorProto.FLOAT16))
            nodes.append(helper.make_node("Cast", [f"{name}/half"], [name], to=TensorProto.FLOAT))
    rounding = helper.make_graph(nodes, graph.name, graph.input, graph.output, graph.initializer)
    result: bytes = helper.make_model(rounding, opset_imports=network.opset_import, ir_version=network.ir_version).SerializeToString()
    return result

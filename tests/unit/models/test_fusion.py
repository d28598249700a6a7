"""The hard swish keeps its values and loses its words."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.unit.models.tf_graphs import mobile_stem
from trackway.models.fusion import fuse_hard_swish
from trackway.models.tfjs import read_graph
from trackway.models.translation import translate


def values(network: onnx.ModelProto, picture: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(network.SerializeToString(), providers=["CPUExecutionProvider"])
    result: np.ndarray = session.run(None, {session.get_inputs()[0].name: picture})[0]
    return result


def gate(shift: float, ceiling: float, factor: float, *, second_reader: bool = False) -> onnx.ModelProto:
    """y = clip(x + shift, 0, ceiling) * factor, and a second reader of the clipped value if wanted."""
    scalars = {"shift": shift, "low": 0.0, "high": ceiling, "factor": factor}
    nodes = [
        helper.make_node("Add", ["x", "shift"], ["a"]),
        helper.make_node("Clip", ["a", "low", "high"], ["c"]),
        helper.make_node("Mul", ["c", "factor"], ["y"]),
    ]
    names = ["y"]
    if second_reader:
        nodes.append(helper.make_node("Relu", ["c"], ["z"]))
        names.append("z")
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in names]
    constants = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in scalars.items()]
    graph = helper.make_graph(nodes, "gate", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])], outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_a_swish_becomes_one_gate_and_one_product() -> None:
    random = np.random.default_rng(3)
    network = translate(read_graph(*mobile_stem(random)), ["head"])
    picture = random.uniform(0, 255, size=(1, 3, 8, 8)).astype(np.float32)
    before = values(network, picture)
    assert fuse_hard_swish(network) == 1
    onnx.checker.check_model(network)
    kinds = Counter(node.op_type for node in network.graph.node)
    assert kinds["HardSigmoid"] == 1
    assert "Clip" not in kinds
    np.testing.assert_allclose(values(network, picture), before, atol=1e-5)


def test_a_lone_gate_is_found() -> None:
    network = gate(3, 6, 0.16662598)  # 1/6 as half precision stores it
    x = np.linspace(-5, 5, 101, dtype=np.float32)
    before = values(network, x)
    assert fuse_hard_swish(network) == 1
    assert [node.op_type for node in network.graph.node] == ["HardSigmoid"]
    np.testing.assert_allclose(values(network, x), before, atol=3e-4)


@pytest.mark.parametrize(
    "network",
    [gate(3, 6, 0.5), gate(2, 6, 1 / 6), gate(3, 5, 1 / 6), gate(3, 6, 1 / 6, second_reader=True)],
    ids=["factor", "shift", "ceiling", "shared"],
)
def test_anything_else_is_left_alone(network: onnx.ModelProto) -> None:
    x = np.linspace(-5, 5, 101, dtype=np.float32)
    before = values(network, x)
    assert fuse_hard_swish(network) == 0
    np.testing.assert_array_equal(values(network, x), before)

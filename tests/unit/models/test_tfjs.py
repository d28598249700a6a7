"""Reading TensorFlow.js files."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.unit.models.tf_graphs import node, placeholder, saved
from trackway.errors import ModelError
from trackway.models.tfjs import read_graph


def _stored(weights: bytes, **entry: Any) -> tuple[bytes, bytes]:
    document = {
        "modelTopology": {"node": [{"name": "w", "op": "Const"}]},
        "weightsManifest": [{"paths": ["w.bin"], "weights": [{"name": "w", **entry}]}],
    }
    return json.dumps(document).encode(), weights


def test_half_precision_is_widened() -> None:
    values = np.array([1.5, -0.25, 6.1e-5], np.float16)
    graph = read_graph(
        *_stored(values.tobytes(), dtype="float32", shape=[3], quantization={"dtype": "float16", "original_dtype": "float32"})
    )
    assert graph.constants["w"].dtype == np.float32
    assert graph.constants["w"].tolist() == values.astype(np.float32).tolist()


def test_bytes_are_scaled_and_shifted() -> None:
    graph = read_graph(
        *_stored(bytes([0, 10, 255]), dtype="float32", shape=[3], quantization={"dtype": "uint8", "scale": 0.5, "min": -1.0})
    )
    assert graph.constants["w"].tolist() == [-1.0, 4.0, 126.5]


def test_scalars_take_one_value() -> None:
    graph = read_graph(*_stored(np.int32(7).tobytes(), dtype="int32", shape=[]))
    assert graph.constants["w"].shape == ()
    assert int(graph.constants["w"]) == 7


@pytest.mark.parametrize("surplus", [-1, 1])
def test_weights_of_another_length_are_refused(surplus: int) -> None:
    topology, weights = _stored(b"\0" * (8 + surplus), dtype="float32", shape=[2])
    with pytest.raises(ModelError, match="weight files"):
        read_graph(topology, weights)


@pytest.mark.parametrize("topology", [b"", b"[]", b'{"modelTopology": {}}', b"\xff\xfe", b'{"modelTopology": {"node": 3}}'])
def test_other_files_are_refused(topology: bytes) -> None:
    with pytest.raises(ModelError, match=r"model\.json"):
        read_graph(topology, b"")


def test_an_unknown_storage_type_is_named() -> None:
    with pytest.raises(ModelError, match="complex64"):
        read_graph(*_stored(b"", dtype="complex64", shape=[0]))


def test_nodes_come_after_what_they_read_and_nothing_else_comes() -> None:
    nodes = [
        node("sum", "Add", ["left", "right:0"]),
        node("left", "Relu", ["picture", "^unrelated"]),
        node("right", "Relu", ["left"]),
        node("unrelated", "Exotic", ["sum:1"]),
        placeholder("picture", (1, 2, 2, 1)),
    ]
    graph = read_graph(*saved(nodes, {}))
    assert [found.name for found in graph.needed_for(["sum"])] == ["picture", "left", "right", "sum"]
    assert graph.results() == ["sum", "unrelated"]


def test_deep_graphs_need_no_recursion() -> None:
    nodes = [placeholder("n0", (1, 2, 2, 1))] + [node(f"n{index}", "Relu", [f"n{index - 1}"]) for index in range(1, 5000)]
    assert len(read_graph(*saved(nodes, {})).needed_for(["n4999"])) == 5000


@pytest.mark.parametrize(("output", "says"), [("nothing", "its results are sum"), ("sum:1", "only first outputs")])
def test_an_absent_output_is_named(output: str, says: str) -> None:
    graph = read_graph(*saved([node("sum", "Relu", ["picture"]), placeholder("picture", (1, 2, 2, 1))], {}))
    with pytest.raises(ModelError, match=says):
        graph.needed_for([output])

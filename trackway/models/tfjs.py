"""TensorFlow.js graph models, read without TensorFlow: a JSON list of nodes and a blob of weights.

Only what a plain inference graph uses is understood; anything else is refused by name.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.errors import ModelError

__all__ = ["Graph", "Node", "read_graph"]

Array = npt.NDArray[Any]

_STORED = {"float32": np.float32, "int32": np.int32, "bool": np.bool_, "float16": np.float16, "uint8": np.uint8, "uint16": np.uint16}


@dataclass(frozen=True)
class Node:
    """One operation. `inputs` are names of nodes whose first output it reads ("name:1" for a second one, which is not supported)."""

    name: str
    operation: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def integers(self, key: str, default: Sequence[int] = ()) -> list[int]:
        """A list of integers."""
        if key not in self.attributes:
            return list(default)
        return [int(value) for value in self.attributes[key]["list"].get("i", [])]

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        return _text(self.attributes[key]["s"]) if key in self.attributes else default

    def texts(self, key: str) -> list[str]:
        """A list of strings."""
        return [_text(value) for value in self.attributes.get(key, {}).get("list", {}).get("s", [])]

    def flag(self, key: str) -> bool:
        """A boolean; false where it is not given."""
        return bool(self.attributes.get(key, {}).get("b", False))

    def shape(self) -> tuple[int, ...]:
        """The shape that a placeholder declares; -1 where a side is open."""
        return tuple(int(side["size"]) for side in self.attributes["shape"]["shape"]["dim"])


@dataclass(frozen=True)
class Graph:
    """Nodes by name and the arrays that the constant nodes hold."""

    nodes: Mapping[str, Node]
    constants: Mapping[str, Array]

    def results(self) -> list[str]:
        """Nodes that no other node reads, in file order."""
        read = {name for node in self.nodes.values() for name in node.inputs}
        return [name for name in self.nodes if name not in read]

    def constant(self, name: str) -> Array | None:
        """The array that a constant node, or an Identity of one, holds; None for a computed node."""
        while name not in self.constants and self.nodes[name].operation == "Identity":
            name = self.nodes[name].inputs[0]
        return self.constants.get(name)

    def needed_for(self, outputs: Sequence[str]) -> list[Node]:
        """The nodes on which `outputs` depend, each after what it reads; the order depends on the graph alone.

        Raises:
            ModelError: a name that the graph does not have.
        """
        done: set[str] = set()
        order: list[Node] = []
        waiting = [(name, False) for name in reversed(outputs)]
        while waiting:
            name, inputs_are_done = waiting.pop()
            if name not in self.nodes:
                hint = "only first outputs are supported" if ":" in name else f"its results are {', '.join(self.results())}"
                raise ModelError(f"The graph has no node {name!r}; {hint}.")
            if inputs_are_done:
                order.append(self.nodes[name])
            elif name not in done:
                done.add(name)
                waiting.append((name, True))
                waiting.extend((read, False) for read in reversed(self.nodes[name].inputs) if read not in done)
        return order


def read_graph(topology: bytes, weights: bytes) -> Graph:
    """The graph in a `model.json` and its weight files, joined in the order in which the JSON names them.

    Raises:
        ModelError: the JSON is not a graph model, or the weights are of another length than it says.
    """
    try:
        document = json.loads(topology)
        nodes = {raw["name"]: _node(raw) for raw in document["modelTopology"]["node"]}
        listed = [entry for group in document["weightsManifest"] for entry in group["weights"]]
    except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"Expected the model.json of a TensorFlow.js graph model, found something else: {error!r}.") from error
    constants: dict[str, Array] = {}
    offset = 0
    for entry in listed:
        array, size = _array(entry, weights, offset)
        constants[entry["name"]] = array
        offset += size
    if offset != len(weights):
        raise ModelError(f"The weight files hold {len(weights)} bytes, but the model.json describes {offset}.")
    return Graph(nodes, constants)


def _node(raw: Mapping[str, Any]) -> Node:
    # "name:0" is the first output of a node; "^name" is an ordering between side effects, and inference has none
    inputs = tuple(name.removesuffix(":0") for name in raw.get("input", []) if not name.startswith("^"))
    return Node(raw["name"], raw["op"], inputs, raw.get("attr", {}))


def _array(entry: Mapping[str, Any], weights: bytes, offset: int) -> tuple[Array, int]:
    """One weight, widened to what the graph computes with, and the bytes it takes up."""
    quantization = entry.get("quantization") or {}
    stored = quantization.get("dtype", entry["dtype"])
    if stored not in _STORED:
        raise ModelError(f"Weight {entry['name']!r} is stored as {stored}; supported are {', '.join(_STORED)}.")
    count = int(np.prod(entry["shape"], dtype=np.int64))
    size = count * np.dtype(_STORED[stored]).itemsize
    if offset + size > len(weights):
        raise ModelError(f"The weight files end at byte {len(weights)}, inside weight {entry['name']!r}.")
    array = np.frombuffer(weights, _STORED[stored], count, offset).reshape(entry["shape"])
    if quantization:
        array = array.astype(np.float32)
        if stored in ("uint8", "uint16"):
            array = array * np.float32(quantization["scale"]) + np.float32(quantization["min"])
    return array, size


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()

"""Little TensorFlow.js models, written the way the exporters write them."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def attributes(**given: Any) -> dict[str, Any]:
    """Python values in the exporters' wrapping."""

    def wrap(value: Any) -> dict[str, Any]:
        match value:
            case bool():
                return {"b": value}
            case str():
                return {"s": text(value)}
            case [str(), *_]:
                return {"list": {"s": [text(item) for item in value]}}
            case _:
                return {"list": {"i": [str(item) for item in value]}}

    return {name: wrap(value) for name, value in given.items()}


def placeholder(name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"name": name, "op": "Placeholder", "attr": {"shape": {"shape": {"dim": [{"size": str(side)} for side in shape]}}}}


def node(name: str, operation: str, inputs: list[str], **given: Any) -> dict[str, Any]:
    return {"name": name, "op": operation, "input": inputs, "attr": attributes(**given)}


def saved(nodes: list[dict[str, Any]], constants: dict[str, Array]) -> tuple[bytes, bytes]:
    """(model.json, weights) of a graph; every constant becomes a Const node."""
    document = {
        "format": "graph-model",
        "modelTopology": {"node": [{"name": name, "op": "Const"} for name in constants] + nodes},
        "weightsManifest": [
            {
                "paths": ["weights.bin"],
                "weights": [{"name": name, "dtype": str(array.dtype), "shape": list(array.shape)} for name, array in constants.items()],
            }
        ],
    }
    return json.dumps(document).encode(), b"".join(array.tobytes() for array in constants.values())


def mobile_stem(random: np.random.Generator) -> tuple[bytes, bytes]:
    """A strided convolution, a hard swish as exporters spell it, and a two-channel head: (1, 8, 8, 3) -> "head" (1, 4, 4, 2)."""
    constants: dict[str, Array] = {
        "kernel": random.normal(size=(3, 3, 3, 4)).astype(np.float32) / 100,
        "bias": random.normal(size=4).astype(np.float32),
        "three": np.array(3, np.float32),
        "sixth": np.array(1 / 6, np.float32),
        "head/kernel": random.normal(size=(1, 1, 4, 2)).astype(np.float32),
        "head/bias": random.normal(size=2).astype(np.float32),
    }
    nodes = [
        placeholder("picture", (1, 8, 8, 3)),
        node("stem", "_FusedConv2D", ["picture", "kernel", "bias"], strides=[1, 2, 2, 1], padding="SAME", fused_ops=["BiasAdd"]),
        node("shifted", "AddV2", ["stem", "three"]),
        node("clipped", "Relu6", ["shifted"]),
        node("scaled", "Mul", ["stem", "sixth"]),
        node("swish", "Mul", ["scaled", "clipped"]),
        node("logits", "_FusedConv2D", ["swish", "head/kernel", "head/bias"], strides=[1, 1, 1, 1], padding="SAME", fused_ops=["BiasAdd"]),
        node("head", "Sigmoid", ["logits"]),
    ]
    return saved(nodes, constants)

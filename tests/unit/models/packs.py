"""A pack of made-up networks, in archives that a test writes itself: nothing comes from the network."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.unit.models.tf_graphs import mobile_stem
from trackway.models.convert import convert
from trackway.models.pack import InputSpec, Model, Output, Pack, Role, Source


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def old_onnx(random: np.random.Generator) -> bytes:
    """As old exporters write: weights among the inputs, every side fixed. "heat" = sigmoid(conv(x)), "size" = conv(x) + 1."""
    weights: dict[str, np.ndarray] = {
        "w": random.normal(size=(3, 3, 1, 1)).astype(np.float32) / 100,
        "v": random.normal(size=(2, 3, 1, 1)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["heat"]),
        helper.make_node("Conv", ["x", "v"], ["distances"]),
        helper.make_node("Add", ["distances", "one"], ["size"]),
    ]
    weights["batches_tracked"] = np.zeros(1, np.float32)
    weights["one"] = np.arange(1, 3, dtype=np.float32).reshape(1, 2, 1, 1)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [10, 3, 32, 32])]
    inputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape) for name, array in weights.items()]
    outputs = [
        helper.make_tensor_value_info("heat", TensorProto.FLOAT, [10, 3, 32, 32]),
        helper.make_tensor_value_info("size", TensorProto.FLOAT, [10, 2, 32, 32]),
    ]
    graph = helper.make_graph(nodes, "old", inputs, outputs, [numpy_helper.from_array(array, name) for name, array in weights.items()])
    data: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=4).SerializeToString()
    onnx.checker.check_model(data)
    return data


def model(members: dict[str, bytes], archive: bytes, **changes: object) -> Model:
    """A manifest entry that matches those bytes, its digest included."""
    tfjs = len(members) > 1
    entry = Model(
        title="Made-up network",
        source=Source(
            registry="npm" if tfjs else "pypi",
            package="made-up",
            version="1.0.0" if tfjs else "1.0",
            archive="made-up-1.0.0.tgz" if tfjs else "made_up-1.0-py3-none-any.whl",
            sha256=sha256(archive),
            members={path: sha256(data) for path, data in members.items()},
        ),
        format="tfjs" if tfjs else "onnx",
        outputs=(Output("head"),) if tfjs else (Output("size"), Output("heat")),
        onnx_sha256="0" * 64,
        licence="MIT",
        commercial="yes",
        input=InputSpec(pixels=4096, multiple=8),
        decoder="centernet",
        score=0.5,
        overlap=0.5,
    )
    entry = msgspec.structs.replace(entry, **changes)
    return msgspec.structs.replace(entry, onnx_sha256=sha256(convert(entry, members)))


def made_up(folder: Path, **changes: object) -> Pack:
    """A pack with both roles; its archives lie in `folder`."""
    random = np.random.default_rng(1)
    topology, weights = mobile_stem(random)
    tf_members = {"package/models/net.json": topology, "package/models/net.bin": weights}
    onnx_members = {"made_up/net.onnx": old_onnx(random)}
    tarball, wheel = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tarball, mode="w:gz") as packed:
        description = {"package/package.json": b'{"name": "made-up", "version": "1.0.0"}'}
        for path, data in {**description, **tf_members}.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    with zipfile.ZipFile(wheel, "w") as zipped:
        for path, data in onnx_members.items():
            zipped.writestr(path, data)
        zipped.writestr("made_up-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
        zipped.writestr("made_up-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        zipped.writestr("made_up-1.0.dist-info/RECORD", "")
    models: dict[Role, Model] = {
        "personDetector": model(tf_members, tarball.getvalue(), **changes),
        "faceDetector": model(onnx_members, wheel.getvalue(), **changes),
    }
    for role, archive in (("personDetector", tarball), ("faceDetector", wheel)):
        (folder / models[role].source.archive).write_bytes(archive.getvalue())  # type: ignore[index]
    return Pack("made-up", "For tests.", models)

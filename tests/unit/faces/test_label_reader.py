"""A pack may bring a network for action units: which labels it may have, and what becomes of its answers (SPEC M8, M9)."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.portraits import collins
from trackway.columns import UNIT_NAMES
from trackway.errors import ModelError
from trackway.faces.action_units import MEFARG41
from trackway.faces.cutouts import of_picture
from trackway.faces.label_reader import LabelReader
from trackway.faces.traits import TraitReader
from trackway.models.cache import ModelCache
from trackway.models.convert import convert
from trackway.models.pack import Output, Pack, Pixels, Source, TraitNetwork
from trackway.models.session import OnnxNetwork
from trackway.pipeline.still import StillReader

Array = npt.NDArray[Any]

SIDE = 32


def brightness(numbers: int) -> bytes:
    """A network that answers the mean of the picture, times 0, 1, 2 ... : (B, 3, 32, 32) -> (B, numbers)."""
    weights = np.tile(np.arange(numbers, dtype=np.float32) / 3, (3, 1))
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["units"]),
    ]
    pictures = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
    answers = helper.make_tensor_value_info("units", TensorProto.FLOAT, ["batch", numbers])
    graph = helper.make_graph(nodes, "units", [pictures], [answers], [numpy_helper.from_array(weights, "w")])
    data: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    onnx.checker.check_model(data)
    return data


def made_up(labels: tuple[str, ...], numbers: int | None = None) -> tuple[TraitNetwork, OnnxNetwork]:
    """A manifest's entry, and its network."""
    content = brightness(len(labels) if numbers is None else numbers)
    digest = hashlib.sha256(content).hexdigest()
    entry = TraitNetwork(
        title="Made-up units",
        source=Source("file", "units", "1", "units.onnx", digest, {"units.onnx": digest}),
        format="onnx",
        outputs=(Output("units"),),
        onnx_sha256="0" * 64,
        licence="MIT",
        commercial="yes",
        pixels=Pixels(deviation=(255.0, 255.0, 255.0)),
        width=SIDE,
        height=SIDE,
        labels=labels,
    )
    return entry, OnnxNetwork(convert(entry, {"units.onnx": content}))


def test_m9_answers_stand_where_their_labels_say() -> None:
    reader = LabelReader.of_units(*made_up(("AUR12", "AU26", "AU1", "AU43")))
    grey = np.full((3, SIDE, SIDE, 3), 102, np.uint8)
    found = reader.read(grey, np.array([100.0, 20.0, 100.0]))
    told = {name: value for name, value in zip(UNIT_NAMES, found[0].tolist(), strict=True) if not np.isnan(value)}
    assert told == pytest.approx({"AUR12": 0, "AU26": 0.4, "AU1": 0.8, "AU43": 1}, abs=1e-4)  # 1.2 is no intensity
    assert np.isnan(found[1]).all()  # too small
    np.testing.assert_array_equal(found[2], found[0])
    assert reader.read(grey[:0], np.zeros(0)).shape == (0, len(UNIT_NAMES))


@pytest.mark.parametrize("labels", [(), ("AU1", "AU99"), ("AU1", "AU2", "AU1")], ids=["none", "unknown", "twice"])
def test_labels_are_units_each_once(labels: tuple[str, ...]) -> None:
    entry, network = made_up(("AU1",))
    with pytest.raises(ModelError, match=r"Made-up units: expected labels out of AU1, AU2, .*found (none|AU1)"):
        LabelReader.of_units(msgspec.structs.replace(entry, labels=labels), network)


def test_an_answer_of_another_length_is_refused() -> None:
    reader = LabelReader.of_units(*made_up(("AU1", "AU2"), numbers=3))
    with pytest.raises(ModelError, match="expected 2 numbers for each face, as the manifest has labels; found an answer of shape"):
        reader.read(np.zeros((1, SIDE, SIDE, 3), np.uint8), np.array([100.0]))


def test_m9_a_manifest_may_name_the_role() -> None:
    entry, _ = made_up(MEFARG41)
    written = msgspec.json.encode(Pack("mine", "With units.", {}, traits={"actionUnits": entry}))
    assert msgspec.json.decode(written, type=Pack).traits["actionUnits"].labels == MEFARG41


def test_m9_a_pack_with_such_a_network_fills_the_units_of_faces(models: ModelCache) -> None:
    entry, network = made_up(MEFARG41)
    reader = TraitReader.of({"actionUnits": entry}, lambda _: network)
    assert reader is not None
    picture = collins()
    faces = StillReader.open(cache=models, threads=1).faces(picture)[:1]
    units = reader.shapes(of_picture(picture), faces).units
    told = {name for name, value in zip(UNIT_NAMES, units[0], strict=True) if not np.isnan(value)}
    assert told == set(MEFARG41)
    assert np.isnan(reader.shapes(of_picture(picture), faces).measures).all()

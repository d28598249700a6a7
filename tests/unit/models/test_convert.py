"""What a converted network looks like, whatever it was made from."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper
from PIL import Image

from tests.unit.models.packs import made_up, model, old_onnx
from tests.unit.models.tf_graphs import mobile_stem
from trackway.errors import ModelError
from trackway.models.convert import convert
from trackway.models.fetch import in_folder, read_members
from trackway.models.pack import Output, Pack, Pixels, Role


def run(data: bytes, images: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    assert [(entry.name, entry.type) for entry in session.get_inputs()] == [("images", "tensor(uint8)")]
    result: list[np.ndarray] = session.run(None, {"images": images})
    return result


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return made_up(tmp_path)


def members(pack: Pack, role: Role, folder: Path) -> dict[str, bytes]:
    source = pack.models[role].source
    return read_members(in_folder(folder)(source, folder), source)


@pytest.mark.parametrize("role", ["personDetector", "faceDetector"])
def test_the_same_members_give_the_same_bytes(pack: Pack, role: Role, tmp_path: Path) -> None:
    files = members(pack, role, tmp_path)
    assert convert(pack.models[role], files) == convert(pack.models[role], dict(reversed(files.items())))


def test_old_onnx_takes_pictures_of_any_size_and_keeps_its_values(pack: Pack, tmp_path: Path) -> None:
    files = members(pack, "faceDetector", tmp_path)
    data = convert(pack.models["faceDetector"], files)
    graph = onnx.load_from_string(data).graph
    assert [value.name for value in graph.input] == ["images"]
    assert {weight.name for weight in graph.initializer} == {"w", "v", "one"}  # and none that nothing reads
    images = np.random.default_rng(0).integers(0, 256, size=(2, 16, 24, 3), dtype=np.uint8)
    size, heat = run(data, images)  # in the pack's order, which is not the file's
    (source,) = files.values()
    weights = {entry.name: onnx.numpy_helper.to_array(entry) for entry in onnx.load_from_string(source).graph.initializer}
    planes = images.astype(np.float64)
    np.testing.assert_allclose(size.transpose(0, 2, 3, 1), planes @ weights["v"][:, :, 0, 0].T + [1, 2], rtol=1e-4, atol=1e-3)
    expected = 1 / (1 + np.exp(-(planes @ weights["w"][:, :, 0, 0].T)))
    np.testing.assert_allclose(heat.transpose(0, 2, 3, 1), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("tfjs", [True, False])
@pytest.mark.parametrize("channels", [(0,), (1, 0)])
def test_kept_channels_equal_those_of_the_whole(tfjs: bool, channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(5)
    files = dict(zip(("net.json", "net.bin"), mobile_stem(random), strict=True)) if tfjs else {"net.onnx": old_onnx(random)}
    names = ("head",) if tfjs else ("heat", "size")
    whole = model(files, b"", outputs=tuple(Output(name) for name in names))
    part = msgspec.structs.replace(whole, outputs=tuple(Output(name, channels) for name in names))
    images = random.integers(0, 256, size=(1, 8, 8, 3), dtype=np.uint8)
    for kept, full in zip(run(convert(part, files), images), run(convert(whole, files), images), strict=True):
        np.testing.assert_allclose(kept, full[:, list(channels)], rtol=1e-5, atol=1e-5)


def test_channels_need_a_convolution(pack: Pack, tmp_path: Path) -> None:
    files = members(pack, "personDetector", tmp_path)
    entry = msgspec.structs.replace(pack.models["personDetector"], outputs=(Output("swish", (0,)),))
    with pytest.raises(ModelError, match="does not come straight from a convolution"):
        convert(entry, files)


def test_errors_name_what_is_there(pack: Pack, tmp_path: Path) -> None:
    entry = pack.models["faceDetector"]
    (path,) = entry.source.members
    with pytest.raises(ModelError, match="expected an ONNX file"):
        convert(entry, {path: b"\xff\xff\xff no protobuf"})
    wrong = msgspec.structs.replace(entry, outputs=(Output("absent"),))
    with pytest.raises(ModelError, match=r"absent.*outputs heat, size"):
        convert(wrong, members(pack, "faceDetector", tmp_path))
    with pytest.raises(ModelError, match="only 1 member"):
        convert(msgspec.structs.replace(entry, format="tfjs"), members(pack, "faceDetector", tmp_path))


def test_a_network_of_one_channel_gets_the_luma() -> None:
    planes = helper.make_tensor_value_info("grey", onnx.TensorProto.FLOAT, [1, 1, 8, 8])
    answer = helper.make_tensor_value_info("same", onnx.TensorProto.FLOAT, [1, 1, 8, 8])
    graph = helper.make_graph([helper.make_node("Identity", ["grey"], ["same"])], "one", [planes], [answer])
    files = {"net.onnx": helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()}
    pixels = Pixels(order="grey", mean=(127.5,) * 3, deviation=(127.5,) * 3)
    entry = model(files, b"", outputs=(Output("same"),), pixels=pixels)
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 12, 3), np.uint8)
    (found,) = run(convert(entry, files), images)
    luma = np.stack([np.asarray(Image.fromarray(image).convert("L"), np.float64) for image in images])
    np.testing.assert_allclose(found[:, 0], luma / 127.5 - 1, atol=0.01)

"""Eight bits: made once, the same each time, exact enough for the faces of the sample clip."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto

from trackway.detection.candidates import overlaps
from trackway.detection.faces import FaceDetector
from trackway.errors import ModelError
from trackway.media.sample_scene import Scene
from trackway.models.cache import ModelCache
from trackway.models.drawings import draw_people
from trackway.models.eight_bits import eight_bits, kept_eight_bits
from trackway.models.kept import Kept
from trackway.models.pack import load_pack
from trackway.models.precision import choose_precision
from trackway.models.providers import Provider
from trackway.models.session import OnnxNetwork


@dataclasses.dataclass(frozen=True)
class FaceNetwork:
    """The default pack's, as it was published and in 8 bits."""

    full: bytes
    int8: bytes
    digest: str


@pytest.fixture(scope="module")
def faces(models: ModelCache, faces_in_eight_bits: bytes) -> FaceNetwork:
    model = load_pack().model("faceDetector")
    return FaceNetwork(models.read(model), faces_in_eight_bits, model.onnx_sha256)


@pytest.fixture
def _few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough where it does not matter how exact the network is."""
    monkeypatch.setattr("trackway.models.eight_bits._PICTURES", (2, 640, 384))


def test_the_clips_faces_are_found_in_their_places(faces: FaceNetwork) -> None:
    model = load_pack().model("faceDetector")
    scene = Scene((672, 384), np.random.default_rng(0))
    images = np.stack([scene.show(share)[0] for share in np.linspace(0, 1, 12)])
    frames = list(range(len(images)))
    expected, found = (FaceDetector(model, OnnxNetwork(network)).detect(images, frames, frames) for network in (faces.full, faces.int8))
    assert len(expected) > 12
    np.testing.assert_array_equal(found.frame, expected.frame)
    for frame in frames:
        shared = overlaps(expected.box[expected.frame == frame], found.box[found.frame == frame])
        assert (shared.max(axis=1, initial=1) >= 0.8).all()
    assert not np.array_equal(found.box, expected.box)  # it was another network


def test_a_face_that_fills_the_picture_keeps_its_size(faces: FaceNetwork, astronaut: np.ndarray) -> None:
    close = cv2.resize(astronaut[40:190, 150:300], (384, 384))[None]
    model = load_pack().model("faceDetector")
    expected, found = (FaceDetector(model, OnnxNetwork(network)).detect(close, [0], [0]) for network in (faces.full, faces.int8))
    assert expected.box[0, 3] > 0.7
    assert overlaps(expected.box, found.box) == pytest.approx(1, abs=0.15)


def test_weights_are_whole_numbers_and_outputs_are_not(faces: FaceNetwork) -> None:
    full, network = onnx.load_from_string(faces.full), onnx.load_from_string(faces.int8)
    assert network.graph.input == full.graph.input  # open sides
    assert [value.name for value in network.graph.output] == [value.name for value in full.graph.output]
    assert len(faces.int8) < 0.4 * len(faces.full)
    whole = {weight.name for weight in network.graph.initializer if weight.data_type == TensorProto.INT8}
    dequantised = {node.output[0] for node in network.graph.node if node.op_type == "DequantizeLinear" and node.input[0] in whole}
    exact = [node for node in network.graph.node if node.op_type == "Conv" and node.input[1] not in dequantised]
    assert sorted(node.output[0] for node in exact if node.output[0] in {value.name for value in network.graph.output}) == [
        "538",
        "539",
        "540",
    ]
    assert len(exact) == 4  # and the scores, whose sigmoid is the output


def test_weights_leave_a_bit_for_processors_that_cut_sums_off(faces: FaceNetwork) -> None:
    weights = [weight for weight in onnx.load_from_string(faces.int8).graph.initializer if weight.data_type == TensorProto.INT8]
    largest = [
        int(np.abs(onnx.numpy_helper.to_array(weight).astype(int)).max()) for weight in weights if weight.dims and len(weight.dims) == 4
    ]
    assert len(largest) > 50
    assert set(largest) == {64}


def test_what_is_kept_is_what_would_be_made(faces: FaceNetwork, tmp_path: Path) -> None:
    assert kept_eight_bits(faces.full, faces.digest, Kept(tmp_path)) == faces.int8  # made anew, to the same bytes
    assert kept_eight_bits(b"not looked at", faces.digest, Kept(tmp_path)) == faces.int8


@pytest.mark.usefixtures("_few_pictures")
def test_a_damaged_file_is_made_again(network: bytes, tmp_path: Path) -> None:
    made = kept_eight_bits(network, "digest", Kept(tmp_path))
    (path,) = tmp_path.iterdir()
    sound = path.read_bytes()
    path.write_bytes(sound[:200] + b"damage" + sound[206:])
    assert kept_eight_bits(network, "digest", Kept(tmp_path)) == made
    assert path.read_bytes() == sound


@pytest.mark.usefixtures("_few_pictures")
def test_each_network_is_kept_by_itself(network: bytes, tmp_path: Path) -> None:
    for digest in ("one", "another", "one"):
        kept_eight_bits(network, digest, Kept(tmp_path))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_network_that_cannot_be_converted_is_named(network: bytes) -> None:
    strange = onnx.load_from_string(network)
    strange.opset_import[0].version = 1
    with pytest.raises(ModelError, match="cannot run in int8"):
        eight_bits(strange.SerializeToString())


def test_drawn_people_are_the_same_each_time_and_have_faces(faces: FaceNetwork) -> None:
    drawn = np.stack(list(draw_people(8, 640, 384)))
    np.testing.assert_array_equal(drawn, np.stack(list(draw_people(8, 640, 384))))
    frames = list(range(len(drawn)))
    seen = FaceDetector(load_pack().model("faceDetector"), OnnxNetwork(faces.full)).detect(drawn, frames, frames)
    assert len(seen) > 20
    assert seen.score.max() > 0.8


@pytest.mark.parametrize("provider", ["cpu", "cuda", "tensorrt"])
def test_a_pack_that_forbids_it_is_an_error_everywhere(provider: Provider) -> None:
    pack = load_pack()
    assert {role: model.int8 for role, model in pack.models.items()} == {"personDetector": False, "faceDetector": True}
    models = {role: msgspec.structs.replace(model, int8=False) for role, model in pack.models.items()}
    with pytest.raises(ModelError, match=r"no detector of the model pack 'default' allows it.*\"int8\": true"):
        choose_precision("int8", provider, msgspec.structs.replace(pack, models=models))


@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_a_gpu_keeps_to_half_precision_and_says_so(provider: Provider) -> None:
    assert choose_precision("full", provider, load_pack()) == ("float16", "")
    assert choose_precision("int8", provider, load_pack()) == ("float16", f"int8 is for the CPU; {provider} computes in half precision.")


def test_a_processor_does_what_is_asked() -> None:
    assert choose_precision("full", "cpu", load_pack()) == ("float32", "")
    assert choose_precision("int8", "cpu", load_pack()) == ("int8", "")

"""Networks that describe people: what a manifest says of them becomes part of the network, and a user's own file will do."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.models.packs import old_onnx, sha256
from trackway.errors import ModelError
from trackway.models.cache import ModelCache
from trackway.models.convert import convert
from trackway.models.deferred import DeferredNetwork
from trackway.models.embedding import unit_vectors
from trackway.models.fetch import fetch
from trackway.models.install import pull
from trackway.models.pack import Calibration, Embedder, Output, Pack, Pixels, Source, closeness, load_pack
from trackway.models.session import OnnxNetwork
from trackway.pipeline.vision import Vision
from trackway.tracking.appearance import ReidNetwork

Array = npt.NDArray[Any]


def own(path: Path, **changes: object) -> Embedder:
    """A manifest entry for a file that the user has, its digests included."""
    data = path.read_bytes()
    entry = Embedder(
        title="Own network",
        source=Source(
            registry="file", package="own", version="1", archive=str(path), sha256=sha256(data), members={path.name: sha256(data)}
        ),
        format="onnx",
        outputs=(Output("size"),),
        onnx_sha256="0" * 64,
        licence="MIT",
        commercial="yes",
        width=16,
        height=32,
        size=2 * 16 * 32,
        calibration=Calibration(same=2.2, different=0.95, spread=0.55, cap=4.0),
    )
    entry = msgspec.structs.replace(entry, **changes)
    return msgspec.structs.replace(entry, onnx_sha256=sha256(convert(entry, {path.name: data})))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.onnx"
    path.write_bytes(old_onnx(np.random.default_rng(3)))
    return path


@pytest.mark.parametrize(
    "pixels",
    [
        Pixels(),
        Pixels(order="bgr"),
        Pixels(mean=(10.0, 20.0, 30.0)),
        Pixels(order="bgr", mean=(103.9, 116.8, 123.7), deviation=(58.0, 57.0, 56.0)),
    ],
)
def test_what_pixels_are_wanted_becomes_part_of_the_network(file: Path, pixels: Pixels) -> None:
    entry = own(file, pixels=pixels)
    data = convert(entry, {file.name: file.read_bytes()})
    images = np.random.default_rng(0).integers(0, 256, size=(2, 8, 12, 3), dtype=np.uint8)
    (size,) = onnxruntime.InferenceSession(data).run(None, {"images": images})
    weights = {value.name: onnx.numpy_helper.to_array(value) for value in onnx.load_from_string(file.read_bytes()).graph.initializer}
    fed = images[..., ::-1] if pixels.order == "bgr" else images
    planes = (fed.astype(np.float64) - pixels.mean) / pixels.deviation
    np.testing.assert_allclose(size.transpose(0, 2, 3, 1), planes @ weights["v"][:, :, 0, 0].T + [1, 2], rtol=1e-4, atol=1e-2)


def test_a_users_own_file_is_installed_from_where_it_lies(file: Path, tmp_path: Path) -> None:
    pack = Pack("own", "For tests.", {}, {"personEmbedder": own(file)})
    manifest = tmp_path / "own.json"
    manifest.write_bytes(msgspec.json.encode(pack))
    cache = ModelCache(tmp_path / "cache")
    assert pull(load_pack(str(manifest)), cache) == 1
    assert pull(load_pack(str(manifest)), cache) == 0
    assert file.is_file()
    network = OnnxNetwork(cache.read(pack.embedders["personEmbedder"]))
    assert network.run(np.zeros((3, 32, 16, 3), np.uint8))[0].shape == (3, 2, 32, 16)
    file.write_bytes(b"another")
    with pytest.raises(ModelError, match="should have sha256"):
        fetch(pack.embedders["personEmbedder"].source, tmp_path)
    file.unlink()
    with pytest.raises(ModelError, match=r"Expected .*own\.onnx"):
        fetch(pack.embedders["personEmbedder"].source, tmp_path)


def test_a_network_for_people_alone_must_be_permitted_too(file: Path) -> None:
    pack = Pack("own", "For tests.", {}, {"faceEmbedder": own(file, commercial="no", licence="CC-BY-NC-4.0")})
    with pytest.raises(ModelError, match=r"CC-BY-NC-4\.0.*--allow-non-commercial"):
        pack.require_permission(allow_non_commercial=False)


def test_one_that_is_not_installed_is_named_before_the_run(file: Path, tmp_path: Path, models: ModelCache) -> None:
    pack = msgspec.structs.replace(load_pack(), embedders={"personEmbedder": own(file)})
    manifest, cache = tmp_path / "own.json", ModelCache(tmp_path / "cache")
    manifest.write_bytes(msgspec.json.encode(pack))
    for model in pack.models.values():
        cache.write(model, models.read(model))
    with pytest.raises(ModelError, match=r"Own network are not installed.*trackway models pull"):
        Vision.open(str(manifest), cache=cache)
    pull(pack, cache)
    vision = Vision.open(str(manifest), cache=cache)
    assert isinstance(vision.bodies, ReidNetwork)
    assert vision.face_embedder is None
    look = vision.bodies.describe(np.full((64, 64, 3), 99, np.uint8), np.array([[0.1, 0.1, 0.5, 0.8]]))
    assert look.shape == (1, 1024)


def test_a_deferred_network_is_opened_once_and_only_when_needed() -> None:
    opened: list[int] = []

    class Doubling:
        def run(self, images: Array) -> list[Array]:
            return [images * 2]

    def make() -> Doubling:
        time.sleep(0.01)
        opened.append(1)
        return Doubling()

    network = DeferredNetwork(make)
    assert not opened
    threads = [threading.Thread(target=network.run, args=(np.ones(1),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1
    assert network.run(np.ones(2))[0].tolist() == [2, 2]


@given(same=st.floats(0.5, 4), apart=st.floats(0.1, 3), spread=st.floats(0.1, 2), cap=st.floats(0, 10), cosine=st.floats(-1.1, 1.1))
def test_evidence_rises_with_the_cosine_within_its_bounds(same: float, apart: float, spread: float, cap: float, cosine: float) -> None:
    calibration = Calibration(same=same, different=same - apart, spread=spread, cap=cap)
    nats = calibration.nats([cosine - 0.01, cosine])
    assert np.isfinite(nats).all()
    assert nats[0] <= nats[1]
    assert np.abs(nats).max() <= cap
    middle = 1.01 - np.exp(-(same - apart / 2))
    if abs(middle) < 1:
        assert calibration.nats(middle) == pytest.approx(0, abs=1e-6 * apart / spread**2)


def test_closeness_of_rounded_cosines_is_finite() -> None:
    assert closeness(np.float32(1.0000001)) == closeness(1.0) == pytest.approx(-np.log(0.01))
    assert closeness(0.01) == pytest.approx(0)


def test_a_published_network_answers_as_it_does_alone(shared_data: Path, tmp_path: Path) -> None:
    """OSNet x0.25 (MSMT17, MIT) through a manifest, as a user would write it."""
    path = shared_data / "models" / "osnet_x0_25_msmt17.onnx"
    entry = own(
        path,
        title="OSNet x0.25",
        outputs=(Output("output"),),
        width=128,
        height=256,
        size=512,
        pixels=Pixels(mean=(123.675, 116.28, 103.53), deviation=(58.395, 57.12, 57.375)),
    )
    cache = ModelCache(tmp_path)
    pull(Pack("own", "For tests.", {}, {"personEmbedder": entry}), cache)
    data = cache.read(entry)
    assert hashlib.sha256(data).hexdigest() == entry.onnx_sha256
    bodies = ReidNetwork(entry, OnnxNetwork(data))
    picture = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    box = np.array([[0.1, 0.1, 0.2, 0.8], [0.6, 0.1, 0.2, 0.8], [0.1, 0.1, 0.2, 0.8]])
    look = bodies.describe(picture, box)
    assert look.shape == (3, 512)
    np.testing.assert_allclose(np.linalg.norm(look, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(look[0], look[2], atol=1e-5)
    session = onnxruntime.InferenceSession(path.read_bytes())
    scaled = (_squashed(picture[9:81, 16:48]) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    expected = session.run(None, {session.get_inputs()[0].name: scaled.transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
    assert look[0] @ expected / np.linalg.norm(expected) > 0.999


def test_unit_vectors_point_where_they_did() -> None:
    unit = unit_vectors(np.array([[3, 4], [0, -2], [0, 0]], np.float32))
    np.testing.assert_allclose(unit, [[0.6, 0.8], [0.0, -1.0], [0.0, 0.0]], atol=1e-6)
    assert unit.dtype == np.float32
    assert unit_vectors(np.zeros((0, 2), np.float32)).shape == (0, 2)


def _squashed(pixels: Array) -> Array:
    return np.asarray(cv2.resize(pixels, (128, 256), interpolation=cv2.INTER_LINEAR), np.float64)

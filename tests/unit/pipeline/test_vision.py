"""Opening the networks: what is verified, chosen and reported."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import numpy as np
import pytest

from tests.portraits import collins
from tests.unit.models.packs import made_up
from tests.unit.pipeline.scripted import Scripted, scripted
from trackway.columns import Detections
from trackway.detection.candidates import overlaps
from trackway.errors import ModelError
from trackway.faces.cutouts import of_picture
from trackway.faces.embedding import Cut
from trackway.faces.traits import TraitReader
from trackway.models.cache import ModelCache
from trackway.models.fetch import in_folder
from trackway.models.install import pull
from trackway.models.pack import Weights, load_pack
from trackway.models.providers import Choice, Provider
from trackway.pipeline import vision as vision_module
from trackway.pipeline.still import StillReader
from trackway.pipeline.vision import Vision, VisionReport, usable_cores
from trackway.readings import Wanted
from trackway.tracking.appearance import ColourTexture

POINTS = [[0.4, 0.42], [0.6, 0.42], [0.5, 0.52], [0.42, 0.62], [0.58, 0.62]]


def test_the_report_says_what_runs_where(models: ModelCache) -> None:
    report = Vision.open(threads=3, provider="auto", cache=models).report
    assert (report.requested, report.pack, report.workers, report.batch) == ("auto", "default", 3, 1)
    assert report.provider in ("cpu", "cuda")
    assert report.models == {role: model.onnx_sha256 for role, model in load_pack().weights.items()}
    assert msgspec.json.decode(msgspec.json.encode(report), type=VisionReport) == report


def test_a_gpu_that_is_not_there_is_refused(models: ModelCache) -> None:
    with pytest.raises(ModelError, match="Provider cuda was asked for"):
        Vision.open(provider="cuda", cache=models)


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not installed.*trackway models pull"):
        Vision.open(cache=ModelCache(tmp_path))


def test_changed_weights_are_refused(models: ModelCache, tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    for model in load_pack().weights.values():
        cache.write(model, models.read(model))
    Vision.open(cache=cache)
    path = cache.path(load_pack().model("faceDetector"))
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="were changed"):
        Vision.open(cache=cache)


def test_people_are_described_without_a_network_of_their_own(models: ModelCache) -> None:
    vision = Vision.open(cache=models)
    assert isinstance(vision.bodies, ColourTexture)
    assert vision.face_embedder is not None
    nobody = np.zeros(0, np.int64)
    looks = vision.new_looks().build((nobody, nobody, nobody), (nobody, nobody, nobody))
    caps = [vision.bodies.calibration.cap, vision.face_embedder.calibration.cap]
    assert looks.calibration[:, 3].tolist() == caps


def test_the_face_network_is_read_when_it_is_needed(models: ModelCache, tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    for model in load_pack().weights.values():
        cache.write(model, models.read(model))
    path = cache.path(load_pack().embedders["faceEmbedder"])
    path.write_bytes(b"changed")
    embedder = Vision.open(cache=cache).face_embedder  # a video without faces would never notice
    assert embedder is not None
    face = Detections.make(1, box=[[0.3, 0.3, 0.4, 0.4]], landmarks=[POINTS], pose=[[0, 0, 0]], quality=[[50, 90]])
    picture = np.full((200, 200, 3), 128, np.uint8)
    with pytest.raises(ModelError, match="were changed"):
        embedder.embed(lambda _: (picture, np.array([0.0, 0, 1, 1])), face)
    path.unlink()
    with pytest.raises(ModelError, match="FaceRes are not installed"):
        Vision.open(cache=cache)


def test_non_commercial_weights_need_a_word(tmp_path: Path) -> None:
    pack, cache = made_up(tmp_path, commercial="no"), ModelCache(tmp_path / "cache")
    pull(pack, cache, archives=in_folder(tmp_path))
    manifest = tmp_path / "own.json"
    manifest.write_bytes(msgspec.json.encode(pack))
    with pytest.raises(ModelError, match="--allow-non-commercial"):
        Vision.open(str(manifest), cache=cache)


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", None), ("50000 100000", 1), ("100000 100000", 1), ("nonsense", None), (None, None)]
)
def test_cores_follow_the_containers_quota(tmp_path: Path, quota: str | None, cores: int | None) -> None:
    path = tmp_path / "cpu.max"
    if quota is not None:
        path.write_text(quota)
    assert usable_cores(path) == (cores or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(("provider", "frames"), [("cpu", []), ("cuda", [0]), ("tensorrt", [0])])
def test_a_gpu_opens_its_networks_before_anybody_waits_for_a_frame(provider: Provider, frames: list[int]) -> None:
    """TensorRT may build for longer than a frame may take."""
    vision, info = scripted(), SimpleNamespace(width=640, height=360)
    report = msgspec.structs.replace(vision.report, provider=provider)
    dataclasses.replace(vision, report=report).warm_up(info)
    for detector in (cast(Scripted, vision.persons), cast(Scripted, vision.faces)):
        width, height = detector.input_size(info)
        assert (detector.frames, detector.shapes) == (frames, {(1, height, width, 3)} if frames else set())


@pytest.mark.parametrize(("provider", "wanted", "read"), [("cpu", True, 0), ("cuda", True, 1), ("cuda", False, 0)])
def test_a_gpu_opens_the_networks_for_traits_where_traits_will_be_read(provider: Provider, wanted: bool, read: int) -> None:
    faces: list[Detections] = []

    class Reader:
        def readings(self, cut: Cut, seen: Detections, what: Wanted) -> None:
            assert cut(seen.box[0])[0].size
            assert all(what)
            faces.append(seen)

    vision, info = scripted(), SimpleNamespace(width=640, height=360)
    report = msgspec.structs.replace(vision.report, provider=provider)
    dataclasses.replace(vision, report=report, traits=cast(TraitReader, Reader())).warm_up(info, traits=wanted)
    assert [len(seen) for seen in faces] == [1] * read


def test_the_networks_for_traits_are_read_when_a_face_is(models: ModelCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles that share a network share its session."""
    titles: list[str] = []
    read = ModelCache.read

    def listing(cache: ModelCache, model: Weights) -> bytes:
        titles.append(model.title)
        return read(cache, model)

    monkeypatch.setattr(ModelCache, "read", listing)
    vision = Vision.open(cache=models)
    detectors = {model.title for model in load_pack().models.values()}
    assert set(titles) == detectors
    picture = collins()
    faces = StillReader.open(cache=models).faces(picture)
    titles.clear()
    assert vision.traits is not None
    assert vision.face_embedder is not None
    vision.traits.read(of_picture(picture), faces)
    vision.face_embedder.embed(of_picture(picture), faces)
    roles = {role: model.title for role, model in load_pack().traits.items()}
    assert sorted(titles) == sorted(roles.values())


def test_a_fallback_is_reported(models: ModelCache) -> None:
    report = Vision.open(provider="auto", cache=models).report
    assert (report.provider == "cpu") == bool(report.fallback)
    assert report.precision == ("float32" if report.provider == "cpu" else "float16")
    assert Vision.open(provider="cpu", cache=models).report.fallback == ""


def test_only_a_detector_that_the_pack_allows_it_for_computes_in_int8(
    models: ModelCache, tmp_path: Path, astronaut: np.ndarray, faces_in_eight_bits: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    converted: list[bytes] = []

    def convert(data: bytes) -> bytes:
        converted.append(data)
        return faces_in_eight_bits

    monkeypatch.setattr("trackway.models.eight_bits.eight_bits", convert)
    cache = ModelCache(tmp_path)
    for model in load_pack().weights.values():
        cache.write(model, models.read(model))
    opened = {precision: Vision.open(cache=cache, precision=precision) for precision in ("full", "int8")}
    assert {precision: (vision.report.precision, vision.report.precision_fallback) for precision, vision in opened.items()} == {
        "full": ("float32", ""),
        "int8": ("int8", ""),
    }
    assert not cache.prepared.exists()  # made when it is first used
    assert converted == []
    picture = astronaut[None, 32:416, 16:496]
    bodies = [vision.persons.detect(picture, [0], [0]) for vision in opened.values()]
    faces = [vision.faces.detect(picture, [0], [0]) for vision in opened.values()]
    np.testing.assert_array_equal(bodies[0].box, bodies[1].box)
    assert overlaps(faces[0].box, faces[1].box) == pytest.approx(1, abs=0.2)
    assert not np.array_equal(faces[0].box, faces[1].box)
    assert sum(path.name.startswith("int8-") for path in cache.prepared.iterdir()) == 1
    assert converted == [models.read(load_pack().model("faceDetector"))]


def test_int8_that_the_pack_forbids_is_refused(models: ModelCache, tmp_path: Path) -> None:
    pack = load_pack()
    allowed = {role: msgspec.structs.replace(model, int8=False) for role, model in pack.models.items()}
    manifest = tmp_path / "own.json"
    manifest.write_bytes(msgspec.json.encode(msgspec.structs.replace(pack, models=allowed)))
    with pytest.raises(ModelError, match="Precision int8 was asked for, but no detector"):
        Vision.open(str(manifest), cache=models, precision="int8")


def test_int8_on_a_gpu_is_half_precision_with_a_reason(models: ModelCache, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Provider, int]] = []

    class Network:
        def __init__(self, data: bytes, *, provider: Provider, **_: object) -> None:
            asked.append((provider, len(data)))

        def run(self, images: np.ndarray) -> list[np.ndarray]:
            return []

    monkeypatch.setattr(vision_module, "choose_provider", lambda wanted: Choice(wanted, "cuda"))
    monkeypatch.setattr(vision_module, "OnnxNetwork", Network)
    report = Vision.open(cache=models, provider="cuda", precision="int8").report
    assert report.precision == "float16"
    assert report.precision_fallback == "int8 is for the CPU; cuda computes in half precision."
    pack = load_pack()
    weights = [*pack.models.values(), *pack.embedders.values()]
    assert sorted(asked) == sorted(("cuda", len(models.read(model))) for model in weights)  # as they were published


def test_a_processor_that_infers_decodes_too(models: ModelCache) -> None:
    assert Vision.open(provider="cpu", cache=models).hardware is None

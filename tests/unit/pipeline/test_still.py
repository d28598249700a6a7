"""Stills from end to end with the default pack: who is found, in which order, whose face it is; loading without waiting."""

from __future__ import annotations

import io
import threading
import time
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.unit.media.test_still import STORED, tiff
from trackway.detection.candidates import overlaps
from trackway.detection.faces import FaceDetector
from trackway.errors import ModelError
from trackway.media.still import open_still
from trackway.models.cache import ModelCache
from trackway.models.deferred import DeferredNetwork
from trackway.models.pack import load_pack
from trackway.pipeline.still import MOST_FACES, StillReader

Picture = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def reader(models: ModelCache) -> StillReader:
    return StillReader.open(cache=models)


def test_a_face_is_described(reader: StillReader, astronaut: Picture) -> None:
    faces = reader.faces(astronaut)
    assert len(faces) == 1
    assert faces.frame.tolist() == [0]
    assert np.isfinite(faces.pose).all()
    assert np.isfinite(faces.quality).all()
    assert overlaps(faces.box, np.array([[0.35, 0.12, 0.18, 0.23]]))[0, 0] > 0.7


def test_nobody_is_no_error(reader: StillReader) -> None:
    faces = reader.faces(np.full((200, 300, 3), 128, np.uint8))
    assert len(faces) == 0
    assert reader.embed(np.full((200, 300, 3), 128, np.uint8), faces).shape == (0, reader.embedding.size)


@pytest.mark.parametrize("orientation", STORED)
def test_all_eight_orientations_have_the_same_face(reader: StillReader, astronaut: Picture, orientation: int) -> None:
    file = io.BytesIO()
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](astronaut)))
    stored.save(file, "JPEG", quality=95, exif=b"Exif\0\0" + tiff(">", (0x0112, 3, 1, orientation)))
    found, upright = reader.faces(open_still(file.getvalue()).rgb), reader.faces(astronaut)
    np.testing.assert_allclose(found.box, upright.box, atol=0.01)
    np.testing.assert_allclose(found.landmarks, upright.landmarks, atol=0.01)


def test_a_lying_picture_without_exif_says_so_by_roll(reader: StillReader, astronaut: Picture) -> None:
    upright = reader.faces(astronaut)
    lying = np.ascontiguousarray(np.rot90(astronaut))
    found = reader.faces(lying)
    assert found.pose[0, 0] == pytest.approx(upright.pose[0, 0] - 90, abs=2)
    np.testing.assert_allclose(found.pose[0, 1:], upright.pose[0, 1:], atol=2)
    assert (reader.embed(lying, found) @ reader.embed(astronaut, upright).T).item() > 0.98


def test_r71_the_hundred_largest_of_two_hundred_largest_first(reader: StillReader, astronaut: Picture) -> None:
    face = astronaut[20:220, 120:320]
    large, small = (cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA) for side in (120, 60))
    picture = np.vstack([np.tile(large, (6, 20, 1)), np.tile(small, (2, 40, 1))])  # 120 large ones, 80 small ones
    faces = reader.faces(picture)
    assert len(faces) == MOST_FACES
    area = faces.box[:, 2:].prod(axis=1)
    assert (np.diff(area) <= 0).all()
    assert (faces.box[:, 1] < 6 / 7).all()


def test_every_face_gets_a_unit_vector_whatever_it_looks_like(reader: StillReader, astronaut: Picture) -> None:
    face = reader.faces(astronaut)
    odd = type(face).concatenate(
        [
            face,
            face.replace(landmarks=np.full((1, 5, 2), 0.5)),  # points on one spot
            face.replace(landmarks=np.full((1, 5, 2), np.nan)),
            face.replace(box=[[1.5, 1.5, 0.1, 0.1]], landmarks=face.landmarks + 2),  # outside
            face.replace(landmarks=0.5 + (face.landmarks - 0.5) * 1e-4, box=[[0.5, 0.5, 1e-4, 1e-4]]),
        ]
    )
    vectors = reader.embed(astronaut, odd)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors[0] @ vectors[3:].T < 0.5).all()  # where nothing is to be seen there is no resemblance


def test_one_person_is_similar_smaller_darker_and_mirrored(reader: StillReader, astronaut: Picture) -> None:
    known = reader.embed(astronaut, reader.faces(astronaut))[0]
    changed = (cv2.resize(astronaut, (200, 200), interpolation=cv2.INTER_AREA), astronaut // 2, np.ascontiguousarray(astronaut[:, ::-1]))
    for picture in changed:
        vector = reader.embed(picture, reader.faces(picture))[0]
        assert reader.similarity.percent(known @ vector) > 95
    mirrored = reader.embed(changed[-1], reader.faces(changed[-1]))[0]
    assert known @ mirrored > 0.9  # both are looked at from both sides


def test_r80_the_embedding_is_the_packs(reader: StillReader) -> None:
    embedder = load_pack().embedders["faceEmbedder"]
    assert reader.embedding.digest == embedder.onnx_sha256
    assert reader.embedding.version == embedder.version == "1.0"
    assert reader.similarity == embedder.similarity
    assert reader.similarity.percent(reader.similarity.centre) == pytest.approx(80)


def test_a_pack_that_cannot_compare_says_so() -> None:
    model = load_pack().model("faceDetector")
    lone = StillReader(FaceDetector(model, DeferredNetwork(pytest.fail)))
    for ask in (lambda: lone.embedding, lambda: lone.similarity, lambda: lone.embed(np.zeros((9, 9, 3), np.uint8), lone.faces)):  # type: ignore[arg-type]
        with pytest.raises(ModelError, match="use the default pack"):
            ask()


class Counting(ModelCache):
    """Counts what is read, slowly."""

    def __init__(self) -> None:
        super().__init__()
        self.read_at: list[tuple[str, float]] = []

    def read(self, model: Any) -> bytes:
        self.read_at.append((model.title, time.perf_counter()))
        time.sleep(0.3)
        return super().read(model)


def test_networks_load_when_needed_once_and_do_not_wait_for_each_other(astronaut: Picture, reader: StillReader) -> None:
    cache, face = Counting(), reader.faces(astronaut)
    fresh = StillReader.open(cache=cache)
    assert cache.read_at == []
    fresh.faces(astronaut)
    assert [title for title, _ in cache.read_at] == ["CenterFace"]
    cache.read_at.clear()
    fresh = StillReader.open(cache=cache)
    work = [lambda: fresh.faces(astronaut), lambda: fresh.embed(astronaut, face)] * 3
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(title for title, _ in cache.read_at) == ["CenterFace", "FaceRes"]
    (_, first), (_, second) = cache.read_at
    assert abs(first - second) < 0.3

"""Descriptors of faces: who is worth one, what they must not mind, and how well they tell people apart."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.conftest import Picture
from trackway.columns import Detections
from trackway.faces.describe import describe
from trackway.faces.embedding import Cut, FaceEmbedder
from trackway.pipeline.vision import Vision

Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def embedder(vision: Vision) -> FaceEmbedder:
    assert vision.face_embedder is not None
    return vision.face_embedder


def whole(picture: Picture) -> Cut:
    """Always cuts out everything."""
    return lambda _: (picture, np.array([0.0, 0, 1, 1]))


class _Size:
    def __init__(self, picture: Picture) -> None:
        self.height, self.width = picture.shape[:2]


def found(vision: Vision, picture: Picture) -> Detections:
    """The largest face."""
    width, height = vision.faces.input_size(_Size(picture))
    shrinks = width < picture.shape[1]
    scaled = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    faces = vision.faces.detect(np.asarray(scaled, np.uint8)[None], [0], [0])
    largest = faces[np.argsort(-faces.box[:, 2] * faces.box[:, 3])[:1]]
    return describe(largest, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), full_range=True)


@pytest.fixture(scope="module")
def face(vision: Vision, astronaut: Picture) -> Detections:
    return found(vision, astronaut)


def test_a_face_is_a_unit_vector(embedder: FaceEmbedder, astronaut: Picture, face: Detections) -> None:
    look = embedder.embed(whole(astronaut), face)
    assert look.shape == (1, embedder.size) == (1, 1024)
    assert np.linalg.norm(look) == pytest.approx(1, abs=1e-5)
    assert embedder.embed(whole(astronaut), face[:0]).shape == (0, 1024)


@pytest.mark.parametrize("change", ["mirrored", "darker", "smaller", "turned", "softer"])
def test_the_same_face_again(vision: Vision, embedder: FaceEmbedder, astronaut: Picture, face: Detections, change: str) -> None:
    turn = cv2.getRotationMatrix2D((224, 140), 25, 1)
    changed = {
        "mirrored": cv2.flip(astronaut, 1),
        "darker": astronaut * 0.7,
        "smaller": cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA),
        "turned": cv2.warpAffine(astronaut, turn, (512, 512)),
        "softer": cv2.GaussianBlur(astronaut, (0, 0), 1),
    }[change]
    picture = np.ascontiguousarray(changed, np.uint8)
    cosine = float(embedder.embed(whole(astronaut), face)[0] @ embedder.embed(whole(picture), found(vision, picture))[0])
    assert cosine > 0.8
    assert embedder.calibration.nats(cosine) > 6


def test_faces_that_show_too_little_have_none(embedder: FaceEmbedder, astronaut: Picture, face: Detections) -> None:
    five = face[np.zeros(5, int)]
    pose, quality = five.pose.copy(), five.quality.copy()
    pose[1, 1], pose[2, 2], quality[3, 1] = 60, 50, 2
    pose[4] = np.nan
    look = embedder.embed(whole(astronaut), five.replace(pose=pose, quality=quality))
    assert np.isfinite(look[:, 0]).tolist() == [True, False, False, False, False]


def test_size_is_counted_in_the_videos_own_pixels(embedder: FaceEmbedder, astronaut: Picture, face: Detections) -> None:
    tiny = np.asarray(cv2.resize(astronaut, (100, 100), interpolation=cv2.INTER_AREA), np.uint8)
    assert np.isnan(embedder.embed(whole(tiny), face)).all()
    nothing = np.zeros((0, 0, 3), np.uint8)
    assert np.isnan(embedder.embed(lambda _: (nothing, np.zeros(4)), face)).all()


def test_what_is_cut_out_holds_the_face(embedder: FaceEmbedder, astronaut: Picture, face: Detections) -> None:
    """From a part of the picture comes what comes from the whole."""

    def part(box: Array) -> tuple[Array, Array]:
        left, top = np.floor(box[:2] * 512).clip(0, 511).astype(int)
        right, bottom = np.ceil((box[:2] + box[2:]) * 512).clip(1, 512).astype(int)
        return astronaut[top:bottom, left:right], np.array([left, top, right - left, bottom - top]) / 512

    cosine = float((embedder.embed(part, face) @ embedder.embed(whole(astronaut), face).T)[0, 0])
    assert cosine > 0.995


def test_people_of_many_pictures_are_told_apart(shared_data: Path, vision: Vision, embedder: FaceEmbedder) -> None:
    """A third of the pictures of each person, pairs within a collection: about one in a hundred errs."""
    with (shared_data / "faces" / "identities.csv").open() as file:
        rows = list(csv.DictReader(file))[::3]
    looks, who, group = [], [], []
    for row in rows:
        read = np.asarray(cv2.imread(str(shared_data / row["file"])), np.uint8)[..., ::-1]
        margin = max(read.shape[:2]) // 2 if max(read.shape) < 200 else 0  # cut so tightly that no detector knows them
        picture = np.asarray(cv2.copyMakeBorder(read, margin, margin, margin, margin, cv2.BORDER_REPLICATE), np.uint8)
        faces = found(vision, picture)
        if len(faces):
            looks.append(embedder.embed(whole(picture), faces)[0])
            who.append(row["identity"])
            group.append(row["group"])
    assert len(looks) > 0.97 * len(rows)
    look, person, collection = np.array(looks), np.array(who), np.array(group)
    assert np.isfinite(look).all()
    pairs = np.triu(collection[:, None] == collection, 1)
    same = person[:, None] == person
    evidence = embedder.calibration.nats(look @ look.T)
    assert (evidence[pairs & same] < 0).mean() < 0.03
    assert (evidence[pairs & ~same] > 0).mean() < 0.03
    assert np.median(evidence[pairs & same]) > 6
    assert np.median(evidence[pairs & ~same]) < -3

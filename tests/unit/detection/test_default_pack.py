"""The default pack on real pictures: who is there, where, and which side is left (SPEC R37, D.3)."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from trackway.columns import LANDMARK_NAMES, Detections
from trackway.detection.detector import Detector
from trackway.pipeline.vision import Vision

Picture = npt.NDArray[np.uint8]
MIRRORED = [1, 0, 2, 4, 3]


class Size:
    def __init__(self, picture: Picture) -> None:
        self.height, self.width = picture.shape[:2]


def look(detector: Detector, picture: Picture) -> Detections:
    size = detector.input_size(Size(picture))
    return detector.detect(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)[None], [0], [0])


def on_grey(picture: Picture, height: int) -> Picture:
    scene = np.full((540, 960, 3), 128, np.uint8)
    small = cv2.resize(picture, (height, height), interpolation=cv2.INTER_AREA)
    scene[540 - height :, 270 : 270 + height] = small
    return scene


def test_the_astronaut_has_a_body_and_a_face(vision: Vision, astronaut: Picture) -> None:
    scene = on_grey(astronaut, 420)
    bodies, faces = look(vision.persons, scene), look(vision.faces, scene)
    assert bodies.score[0] > 0.4
    assert len(faces) == 1
    assert faces.score[0] > 0.8
    (left, top, width, height), body = faces.box[0], bodies.box[0]
    assert body[0] < left
    assert left + width < body[0] + body[2]
    assert abs(top - body[1]) < 0.2
    assert height > width * 0.5


def test_left_is_the_images_left(vision: Vision, astronaut: Picture) -> None:
    points = dict(zip(LANDMARK_NAMES, look(vision.faces, astronaut).landmarks[0], strict=True))
    assert points["eyeLeft"][0] < points["nose"][0] < points["eyeRight"][0]
    assert points["mouthLeft"][0] < points["mouthRight"][0]
    assert points["eyeLeft"][1] < points["nose"][1] < points["mouthLeft"][1]
    face = cv2.cvtColor(astronaut, cv2.COLOR_RGB2HSV)
    x, y = (points["nose"] * 512).astype(int)
    assert face[y, x, 0] < 25  # skin, not background


def test_a_mirrored_picture_gives_mirrored_faces(vision: Vision, astronaut: Picture) -> None:
    plain, mirrored = (look(vision.faces, picture) for picture in (astronaut, np.ascontiguousarray(astronaut[:, ::-1])))
    expected = plain.landmarks[0][MIRRORED] * [-1, 1] + [1, 0]
    np.testing.assert_allclose(mirrored.landmarks[0], expected, atol=0.012)
    np.testing.assert_allclose(mirrored.box[0], [1 - plain.box[0][0] - plain.box[0][2], *plain.box[0][1:]], atol=0.02)


def test_an_empty_scene_has_nobody(vision: Vision) -> None:
    scene = np.full((540, 960, 3), 128, np.uint8)
    assert len(look(vision.faces, scene)) == 0
    assert not (look(vision.persons, scene).score > 0.25).any()


def test_counted_faces_are_all_found_and_no_more(vision: Vision, shared_data: Path) -> None:
    with (shared_data / "faces" / "counts.csv").open(encoding="utf-8") as file:
        counted = {row["file"]: int(row["faces"]) for row in csv.DictReader(file)}
    found = {}
    for name in counted:
        picture = cv2.imread(str(shared_data / name))
        assert picture is not None
        found[name] = len(look(vision.faces, picture[:, :, ::-1].astype(np.uint8)))
    assert found == counted
    assert sum(found.values()) == 46


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_the_size_of_the_video_matters_little(vision: Vision, astronaut: Picture, scale: float) -> None:
    scene = on_grey(astronaut, 420)
    other = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    np.testing.assert_allclose(look(vision.faces, other).box[0], look(vision.faces, scene).box[0], atol=0.02)

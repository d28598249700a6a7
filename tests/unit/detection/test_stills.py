"""Faces of stills: many, small, and lying on their sides, with the default pack."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from trackway.detection.candidates import Candidates, overlaps
from trackway.detection.detector import Detector
from trackway.detection.stills import LONG_SIDE, find_faces
from trackway.pipeline.vision import Vision

Picture = npt.NDArray[np.uint8]


class Scripted:
    """A detector that finds nothing, or one face at a place, and remembers what it was shown."""

    overlap = 0.3

    def __init__(self, *answers: Candidates) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self._answers = list(answers)

    def look(self, images: npt.NDArray[np.uint8]) -> list[Candidates]:
        self.shapes.append(images.shape[1:3])
        return [self._answers.pop(0) if self._answers else nothing()]


def nothing() -> Candidates:
    return Candidates(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))


def one(left: float, top: float, side: float) -> Candidates:
    points = np.array([[0.3, 0.3], [0.7, 0.3], [0.5, 0.5], [0.3, 0.8], [0.7, 0.8]]) * side + [left, top]
    return Candidates(np.array([[left, top, side, side]], np.float32), np.array([0.9], np.float32), points[None].astype(np.float32))


def find(script: Scripted, rgb: Picture) -> Candidates:
    return find_faces(script, rgb)  # type: ignore[arg-type]


def test_a_large_face_costs_one_look_of_a_shape_among_few() -> None:
    for width, height, shape in ((1280, 720, (384, 640)), (720, 1280, (640, 384)), (4000, 3000, (480, 640)), (900, 900, (640, 640))):
        script = Scripted(one(0.2, 0.2, 0.3))
        assert len(find(script, np.zeros((height, width, 3), np.uint8)).score) == 1
        assert script.shapes == [shape]


def test_boxes_are_ratios_of_the_picture_not_of_the_canvas() -> None:
    found = find(Scripted(one(0.25, 0.25, 0.25)), np.zeros((720, 1280, 3), np.uint8))
    np.testing.assert_allclose(found.box[0], [0.25, 0.25 * 384 / 360, 0.25, 0.25 * 384 / 360], rtol=1e-6)
    np.testing.assert_allclose(found.landmarks[0, 2], [0.375, 0.375 * 384 / 360], rtol=1e-6)


def test_where_nothing_is_seen_the_picture_is_turned_and_then_enlarged_once() -> None:
    script = Scripted()
    assert not len(find(script, np.zeros((3000, 4000, 3), np.uint8)).score)
    assert script.shapes[:4] == [(480, 640), (640, 480), (480, 640), (640, 480)]
    assert set(script.shapes[4:]) == {(LONG_SIDE, LONG_SIDE)}
    assert len(script.shapes) == 4 + 3 * 2
    small = Scripted()
    find(small, np.zeros((300, 400, 3), np.uint8))
    assert len(small.shapes) == 4  # there is nothing more to be seen in it


def face_ratio(found: Candidates) -> npt.NDArray[np.float32]:
    assert len(found.score) == 1
    box: npt.NDArray[np.float32] = found.box[0]
    return box


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_lying_picture_has_the_same_face_and_the_same_points(vision: Vision, astronaut: Picture, turns: int) -> None:
    upright = find_faces(vision.faces, astronaut)
    lying = find_faces(vision.faces, np.ascontiguousarray(np.rot90(astronaut, turns)))
    points, corners = lying.landmarks[0], np.array([lying.box[0, :2], lying.box[0, :2] + lying.box[0, 2:]])
    for _ in range(turns):  # back, clockwise
        points, corners = (np.stack([1 - xy[:, 1], xy[:, 0]], axis=1) for xy in (points, corners))
    np.testing.assert_allclose(points, upright.landmarks[0], atol=0.004)
    box = np.concatenate([corners.min(axis=0), np.ptp(corners, axis=0)])[None]
    assert overlaps(box, face_ratio(upright)[None])[0, 0] > 0.97


def mosaic(astronaut: Picture, columns: int, rows: int, side: int) -> Picture:
    face = cv2.resize(astronaut[20:220, 120:320], (side, side), interpolation=cv2.INTER_AREA)
    return np.tile(face, (rows, columns, 1))


@pytest.mark.parametrize("side", [48, 100, 200])
def test_two_hundred_faces_are_found_once_each(vision: Vision, astronaut: Picture, side: int) -> None:
    found = find_faces(vision.faces, mosaic(astronaut, 20, 10, side))
    middle = found.box[:, :2] + found.box[:, 2:] / 2
    cells = set(map(tuple, np.floor(middle * [20, 10]).astype(int).tolist()))
    assert len(found.score) == len(cells) == 200


def test_counted_photographs(vision: Vision, shared_data: object) -> None:
    from tests.performance.verification import DATA, photographs
    from trackway.media.still import open_still

    counts = [
        (len(find_faces(vision.faces, open_still(content).rgb).score), truth["faces"])
        for content, truth in photographs(DATA, "faces/counts/").values()
    ]
    assert sum(true for _, true in counts) == 46
    assert sum(min(pair) for pair in counts) >= 45
    assert sum(max(0, seen - true) for seen, true in counts) <= 2


def test_a_detector_is_what_is_asked_for() -> None:
    assert all(hasattr(Detector, name) for name in ("look", "overlap"))

"""Head pose: exact on rigid points, and with Rekognition's signs (SPEC R40)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.conftest import Picture
from trackway.faces.pose import FACE, head_pose
from trackway.pipeline.vision import Vision

Array = npt.NDArray[Any]

angles = st.floats(-80, 80)


class Size(NamedTuple):
    width: int
    height: int


def view(roll: float, yaw: float, pitch: float) -> Array:
    """(3, 3) the head seen so: first up or down, then to a side, then leaning. Axes: right, down, towards the camera."""
    r, y, p = np.radians([roll, yaw, pitch])
    lean = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    side = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    up = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    rotation: Array = lean @ side @ up
    return rotation


def seen(roll: float, yaw: float, pitch: float, scale: float = 10, place: tuple[float, float] = (100, 200)) -> Array:
    """(1, 5, 2) the points of the average head."""
    points: Array = (FACE @ view(roll, yaw, pitch).T)[None, :, :2] * scale + np.array(place)
    return points


@given(roll=st.floats(-179, 179), yaw=angles, pitch=angles, scale=st.floats(0.5, 100), x=st.floats(-500, 4000), y=st.floats(-500, 4000))
def test_a_rigid_head_is_read_exactly(roll: float, yaw: float, pitch: float, scale: float, x: float, y: float) -> None:
    np.testing.assert_allclose(head_pose(seen(roll, yaw, pitch, scale, (x, y)))[0], [roll, yaw, pitch], atol=0.05)


@given(roll=st.floats(-90, 90), yaw=angles, pitch=angles)
def test_mirroring_turns_roll_and_yaw_round(roll: float, yaw: float, pitch: float) -> None:
    mirrored = (seen(roll, yaw, pitch) * [-1, 1])[:, [1, 0, 2, 4, 3]]
    np.testing.assert_allclose(head_pose(mirrored)[0], [-roll, -yaw, pitch], atol=0.05)


def test_r40_the_signs_as_one_sees_them() -> None:
    """Nose to the image's right: yaw > 0. Nose nearer to the eyes: pitch > 0. Right eye lower: roll > 0."""
    level = FACE[None, :, :2] * 10
    right, up, clockwise = level.copy(), level.copy(), level.copy()
    right[0, 2, 0] += 10
    up[0, 2, 1] -= 10
    clockwise[0, [1, 4], 1] += 10
    clockwise[0, [3, 4], 0] -= 10
    poses = head_pose(np.concatenate([level, right, up, clockwise]))
    np.testing.assert_allclose(poses[0], 0, atol=1e-3)
    assert poses[1, 1] > 5
    assert poses[2, 2] > 5
    assert poses[3, 0] > 5


RECORDED = [
    # points as ratios of 1920 x 1080, then roll, yaw, pitch: the answers printed in the Rekognition Developer Guide,
    # pages "Tracking people", "Detecting faces in a stored video" and "Recognizing celebrities in a stored video"
    ([(0.06842, 0.30101), (0.10544, 0.29697), (0.09570, 0.33701), (0.07326, 0.37575), (0.10589, 0.37224)], (-5.11, 18.70, -0.56)),
    ([(0.46415, 0.25727), (0.50682, 0.23706), (0.49766, 0.28384), (0.48722, 0.34529), (0.51429, 0.33168)], (-15.55, 11.34, 15.97)),
    ([(0.80058, 0.20915), (0.83914, 0.21050), (0.81914, 0.25232), (0.80933, 0.29054), (0.83670, 0.29102)], (1.42, -11.15, 3.17)),
    ([(0.06858, 0.30842), (0.10397, 0.30063), (0.09669, 0.34082), (0.07522, 0.38114), (0.10744, 0.37407)], (-8.81, 20.28, -0.98)),
]


@pytest.mark.parametrize(("points", "recorded"), RECORDED)
def test_r40_recorded_answers_of_rekognition(points: list[tuple[float, float]], recorded: tuple[float, float, float]) -> None:
    found = head_pose(np.array([points]) * [1920, 1080])[0]
    np.testing.assert_allclose(found, recorded, atol=6)
    for ours, theirs in zip(found, recorded, strict=True):
        assert abs(theirs) < 6 or np.sign(ours) == np.sign(theirs)


def points_of(vision: Vision, picture: Picture) -> Array:
    """(5, 2) pixels of the best face."""
    height, width = picture.shape[:2]
    size = vision.faces.input_size(Size(width, height))
    found = vision.faces.detect(cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)[None], [0], [0])
    points: Array = found.landmarks[0] * [width, height]
    return points


def turned(picture: Picture, degrees: float, centre: tuple[float, float], scale: float = 1.0) -> Picture:
    """The picture turned clockwise."""
    matrix = cv2.getRotationMatrix2D(centre, -degrees, scale)  # OpenCV counts the other way
    matrix[:, 2] += 256 - np.array(centre)
    return cv2.warpAffine(picture, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


TURNS = (-40, -30, -20, -10, 10, 20, 30, 40)


def test_roll_follows_a_turned_picture(vision: Vision, astronaut: Picture) -> None:
    """The angles are exact; what remains is the detector's: its points follow a turn of this face within 4 degrees on average."""
    level = head_pose(points_of(vision, turned(astronaut, 0, (224, 120)))[None])[0]
    poses = np.array([head_pose(points_of(vision, turned(astronaut, turn, (224, 120)))[None])[0] for turn in TURNS])
    assert np.abs(poses[:, 0] - level[0] - TURNS).mean() < 4
    np.testing.assert_allclose(poses[:, 1:], np.broadcast_to(level[1:], (len(TURNS), 2)), atol=15)


def test_a_mirrored_picture_has_the_mirrored_pose(vision: Vision, astronaut: Picture) -> None:
    """On average over turned pictures; single ones differ by the detector's noise."""
    plain = np.array([head_pose(points_of(vision, turned(astronaut, turn, (224, 120)))[None])[0] for turn in TURNS])
    mirrored = np.array([head_pose(points_of(vision, turned(astronaut, turn, (224, 120))[:, ::-1].copy())[None])[0] for turn in TURNS])
    np.testing.assert_allclose(mirrored.mean(axis=0), (plain * [-1, -1, 1]).mean(axis=0), atol=6)
    assert np.corrcoef(mirrored[:, 0], -plain[:, 0])[0, 1] > 0.95


def test_roll_of_many_faces(vision: Vision, shared_data: Path) -> None:
    errors = []
    for path in sorted((shared_data / "faces" / "identities" / "caltech").rglob("*.jpg"))[::8]:
        picture = cv2.imread(str(path))
        assert picture is not None
        rgb = picture[:, :, ::-1].astype(np.uint8)
        points = points_of(vision, rgb)
        centre = (float(points[:, 0].mean()), float(points[:, 1].mean()))
        scale = 80 / float(np.linalg.norm(points[1] - points[0]))
        rolls = [float(head_pose(points_of(vision, turned(rgb, turn, centre, scale))[None])[0, 0]) for turn in (0, -20, 20)]
        errors += [rolls[1] - rolls[0] + 20, rolls[2] - rolls[0] - 20]
    assert len(errors) >= 8
    assert np.abs(errors).mean() < 3


def test_what_is_no_face_has_no_pose() -> None:
    points = np.stack([seen(10, 20, 30)[0], np.full((5, 2), 7.0), np.full((5, 2), np.nan)])
    pose = head_pose(points)
    assert np.isfinite(pose[0]).all()
    assert np.isnan(pose[1:]).all()
    assert head_pose(np.empty((0, 5, 2))).shape == (0, 3)


def test_noise_moves_it_little() -> None:
    random = np.random.default_rng(0)
    noisy = seen(10, 20, 15) + random.normal(0, 1.5, (500, 5, 2))
    pose = head_pose(noisy)
    np.testing.assert_allclose(pose.mean(axis=0), [10, 20, 15], atol=1)
    assert (pose.std(axis=0) < 4).all()

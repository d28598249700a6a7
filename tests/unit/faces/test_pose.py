"""Head pose: exact on rigid points, and with Rekognition's signs (SPEC R40)."""

from __future__ import annotations

from typing import Any

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


def view(roll: float, yaw: float, pitch: float) -> Array:
    """(3, 3) the head seen so: first up or down, then to a side, then leaning. Axes: right, down, towards the camera."""
    r, y, p = np.radians([roll, yaw, pitch])
    lean = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    side = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    up = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    return lean @ side @ up


def seen(roll: float, yaw: float, pitch: float, scale: float = 10, place: tuple[float, float] = (100, 200)) -> Array:
    """(1, 5, 2) the points of the average head."""
    return (FACE @ view(roll, yaw, pitch).T)[None, :, :2] * scale + np.array(place)


@given(roll=st.floats(-179, 179), yaw=angles, pitch=angles, scale=st.floats(0.5, 100), x=st.floats(-500, 4000), y=st.floats(-500, 4000))
def test_a_rigid_head_is_read_exactly(roll: float, yaw: float, pitch: float, scale: float, x: float, y: float) -> None:
    np.testing.assert_allclose(head_pose(seen(roll, yaw, pitch, scale, (x, y)))[0], [roll, yaw, pitch], atol=0.05)


@given(roll=st.floats(-90, 90), yaw=angles, pitch=angles)
def test_mirroring_turns_roll_and_yaw_round(roll: float, yaw: float, pitch: float) -> None:
    mirrored = (seen(roll, yaw, pitch) * [-1, 1])[:, [1, 0, 2, 4, 3]]
    np.testing.assert_allclose(head_pose(mirrored)[0], [-roll, -yaw, pitch], atol=0.05)


def test_the_signs_as_one_sees_them() -> None:
    """Nose to the image's right: yaw > 0. Nose nearer to the eyes: pitch > 0. Right eye lower: roll > 0."""
    level = FACE[None, :, :2] * 10
    right, up, clockwise = level.copy(), level.copy(), level.copy()
    right[0, 2, 0] += 10
    up[0, 2, 1] -= 10
    clockwise[0, [1, 4], 1] += 10
    poses = head_pose(np.concatenate([level, right, up, clockwise]))
    np.testing.assert_allclose(poses[0], 0, atol=1e-4)
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
def test_recorded_answers_of_rekognition(points: list[tuple[float, float]], recorded: tuple[float, float, float]) -> None:
    found = head_pose(np.array([points]) * [1920, 1080])[0]
    np.testing.assert_allclose(found, recorded, atol=6)
    for ours, theirs in zip(found, recorded, strict=True):
        assert abs(theirs) < 6 or np.sign(ours) == np.sign(theirs)


def faces_of(vision: Vision, picture: Picture) -> Array:
    """(5, 2) pixels of the best face."""
    height, width = picture.shape[:2]

    class Size:
        pass

    size = Size()
    size.width, size.height = width, height  # type: ignore[attr-defined]
    columns, rows = vision.faces.input_size(size)  # type: ignore[arg-type]
    found = vision.faces.detect(cv2.resize(picture, (columns, rows)).astype(np.uint8)[None], [0], [0])
    points: Array = found.landmarks[0] * [width, height]
    return points


@pytest.mark.parametrize("turn", [-30, -15, 15, 30])
def test_roll_follows_a_turned_picture(vision: Vision, astronaut: Picture, turn: float) -> None:
    centre = (224.0, 120.0)
    turned = cv2.warpAffine(astronaut, cv2.getRotationMatrix2D(centre, -turn, 1), (512, 512)).astype(
        np.uint8
    )  # OpenCV counts the other way
    level, leaning = (head_pose(faces_of(vision, picture)[None])[0] for picture in (astronaut, turned))
    assert leaning[0] - level[0] == pytest.approx(turn, abs=3)
    np.testing.assert_allclose(leaning[1:], level[1:], atol=8)


def test_a_mirrored_picture_has_the_mirrored_pose(vision: Vision, astronaut: Picture) -> None:
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    plain, other = (head_pose(faces_of(vision, picture)[None])[0] for picture in (astronaut, mirrored))
    np.testing.assert_allclose(other, plain * [-1, -1, 1], atol=4)


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

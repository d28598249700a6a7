"""Angles of heads and eyes from made-up meshes and eyes whose angles are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trackway.faces.gaze import _ABOVE, _BEHIND, _RADIUS, gaze
from trackway.faces.iris import Eyes
from trackway.faces.mesh import POINTS
from trackway.faces.pose import FACE, head_pose
from trackway.faces.solid_pose import solid_pose

Array = npt.NDArray[Any]

_FIVE = ((33, 133), (362, 263), (1,), (61,), (291,))


def mesh_of(roll: float, yaw: float, pitch: float, size: float = 12.0) -> Array:
    """(468, 3) an average head in that pose, 300 pixels to the right; only the vertices that matter."""
    # x right, y down, z towards the camera: roll clockwise about z, then yaw and pitch as the picture is looked at.
    turn = Rotation.from_euler("ZYX", [roll, yaw, pitch], degrees=True).as_matrix()
    mesh = np.zeros((POINTS, 3))
    for vertices, place in zip(_FIVE, FACE @ turn.T, strict=True):
        mesh[list(vertices)] = size * place * [1, 1, -1] + [300, 200, 50]
    return mesh


@given(roll=st.floats(-170, 170), yaw=st.floats(-80, 80), pitch=st.floats(-80, 80), size=st.floats(1, 50))
def test_r40_the_pose_of_a_turned_head_comes_back(roll: float, yaw: float, pitch: float, size: float) -> None:
    mesh = mesh_of(roll, yaw, pitch, size)
    found = solid_pose(mesh[None])[0]
    np.testing.assert_allclose(found, [roll, yaw, pitch], atol=0.01)
    points = np.array([mesh[list(vertices), :2].mean(axis=0) for vertices in _FIVE])
    np.testing.assert_allclose(found, head_pose(points[None])[0], atol=0.1)  # seen without perspective, five points say the same


def test_r40_a_mirrored_head_has_the_opposite_roll_and_yaw() -> None:
    mirrored = mesh_of(20, 30, 10) * [-1, 1, 1]
    for left, right in ((33, 263), (133, 362), (61, 291)):
        mirrored[[left, right]] = mirrored[[right, left]]
    np.testing.assert_allclose(solid_pose(mirrored[None])[0], [-20, -30, 10], atol=0.01)


def test_no_mesh_no_pose() -> None:
    both = np.stack([np.full((POINTS, 3), np.nan), mesh_of(0, 0, 0)])
    pose = solid_pose(both)
    assert np.isnan(pose[0]).all()
    assert np.isfinite(pose[1]).all()
    assert solid_pose(both[:0]).shape == (0, 3)


def eyes_of(yaw: float, pitch: float, head: tuple[float, float] = (0, 0), width: float = 40.0, roll: float = 0) -> Eyes:
    """Eyes that look so in a head turned so: balls seen without perspective."""
    head_yaw, head_pitch = np.radians(head)
    seen = width * np.cos(head_yaw)
    across = width * (_RADIUS * np.sin(head_yaw + np.radians(yaw)) - _BEHIND * np.sin(head_yaw))
    above = width * (_RADIUS * np.sin(head_pitch + np.radians(pitch)) - _BEHIND * np.sin(head_pitch) + _ABOVE * np.cos(head_pitch))
    outline, iris = np.zeros((1, 2, 71, 2)), np.zeros((1, 2, 5, 2))
    for eye, middle in enumerate((100.0, 200.0)):
        corners = np.array([[middle - seen / 2, 0], [middle + seen / 2, 0]])
        outline[0, eye, [0, 8]] = corners if eye == 0 else corners[::-1]
        iris[0, eye] = [middle + across, -above]
    turn = np.array([[np.cos(np.radians(roll)), np.sin(np.radians(roll))], [-np.sin(np.radians(roll)), np.cos(np.radians(roll))]])
    return Eyes(outline @ turn, iris @ turn)


@given(yaw=st.floats(-25, 25), head=st.tuples(st.floats(-30, 30), st.floats(-30, 30)), roll=st.floats(-180, 180))
def test_where_eyes_look_does_not_depend_on_the_head(yaw: float, head: tuple[float, float], roll: float) -> None:
    pose = np.array([[roll, *head]])
    found = gaze(eyes_of(yaw, 0, head, roll=roll), pose, np.ones(1))[0]
    assert found[0] == pytest.approx(yaw, abs=0.01)


@given(yaw=st.floats(-30, 30), pitch=st.floats(-30, 30))
def test_signs_of_the_gaze_are_those_of_the_pose(yaw: float, pitch: float) -> None:
    """Right in the image and up are positive."""
    np.testing.assert_allclose(gaze(eyes_of(yaw, pitch), np.zeros((1, 3)), np.ones(1))[0], [yaw, pitch], atol=0.01)


@pytest.mark.parametrize(
    ("eyes", "pose", "opened"),
    [
        (eyes_of(5, 5), [0, 0, 0], 0.2),
        (eyes_of(5, 5), [0, 0, 0], np.nan),
        (eyes_of(5, 5), [0, 50, 0], 1),
        (eyes_of(5, 5), [np.nan, np.nan, np.nan], 1),
        (eyes_of(5, 5, width=8), [0, 0, 0], 1),
    ],
    ids=["closed", "unknown", "turned away", "no pose", "small"],
)
def test_no_gaze_is_made_up(eyes: Eyes, pose: list[float], opened: float) -> None:
    assert np.isnan(gaze(eyes, np.array([pose]), np.array([opened]))).all()

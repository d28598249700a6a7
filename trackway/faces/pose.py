"""Head pose from five points (SPEC R40).

Signs, for the picture as one looks at it. They are Rekognition's: the recorded answers of its developer guide, in which points and angles
stand side by side, come out with the same signs and within a few degrees (see the tests).

    roll   positive: the head leans clockwise, to the image's right         -180..180
    yaw    positive: the face is turned to the image's right                 -90..90
    pitch  positive: the face looks up                                      -180..180

Turning a picture clockwise by a degree adds one to roll and leaves the others; mirroring it changes the signs of roll and yaw.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FACE", "head_pose"]

Array = npt.NDArray[Any]

FACE = np.array(
    [
        [-3.15, -2.62, 3.47],  # eyeLeft: middle between the corners 33 and 133
        [3.15, -2.62, 3.47],  # eyeRight: 362 and 263
        [0.00, 1.13, 7.48],  # nose: 1
        [-2.46, 4.34, 4.28],  # mouthLeft: 61
        [2.46, 4.34, 4.28],  # mouthRight: 291
    ]
)
"""Centimetres: x to the image's right, y down, z towards the camera. An average adult head: the vertices named above of the canonical face
model of MediaPipe (google-ai-edge/mediapipe, modules/face_geometry, Apache-2.0), y and sides turned to the image's."""

_CENTRED = FACE - FACE.mean(axis=0)
_SOLVE = np.linalg.pinv(_CENTRED)  # (3, 5)


def head_pose(points: Array) -> Array:
    """Roll, yaw and pitch of each face.

    The points are taken as a scaled orthographic view of a rigid head, which holds while a head is small against its distance. The least
    squares fit of an affine view is made rigid by its nearest rotation, so that the answer is direct, and one and a half pixels of noise on
    a face with eyes 63 apart move it by about two degrees.

    Args:
        points: (N, 5, 2) x, y in pixels (not ratios: those distort angles) in the order of `columns.LANDMARK_NAMES`.

    Returns:
        (N, 3) float32 degrees; NaN for points that lie on one spot or are NaN.
    """
    centred = points.astype(np.float64) - points.mean(axis=1, keepdims=True)
    usable = np.isfinite(centred).all(axis=(1, 2)) & (np.ptp(centred, axis=1).max(axis=1, initial=0) > 0)
    pose = np.full((len(points), 3), np.nan, np.float32)
    affine = np.einsum("nik,ji->nkj", centred[usable], _SOLVE)  # (N, 2, 3): x, y from the head's x, y, z
    left, _, right = np.linalg.svd(affine, full_matrices=False)
    rows = left @ right  # the first two rows of a rotation
    depth = np.cross(rows[:, 0], rows[:, 1])
    roll = np.arctan2(rows[:, 1, 0], rows[:, 0, 0])
    yaw = np.arcsin(np.clip(-depth[:, 0], -1, 1))
    pitch = np.arctan2(depth[:, 1], depth[:, 2])
    pose[usable] = np.degrees(np.stack([roll, yaw, pitch], axis=1))
    return pose

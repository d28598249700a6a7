"""Head pose from a mesh, which knows depth: steadier than from a detector's five points (`faces.pose`), with the same signs (SPEC R40)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.faces.mesh import between
from trackway.faces.pose import FACE

__all__ = ["solid_pose"]

Array = npt.NDArray[Any]

_VERTICES = ((33, 133), (362, 263), (1,), (61,), (291,))
"""Where the mesh has the points of `pose.FACE`."""

_HEAD = FACE - FACE.mean(axis=0)


def solid_pose(meshes: Array) -> Array:
    """Roll, yaw and pitch of each face: the rotation that lays an average head on five places of the mesh best (Kabsch's algorithm).

    Args:
        meshes: (N, 468, 3) x, y, z in pixels, z growing away from the camera.

    Returns:
        (N, 3) float32 degrees, with the signs of `faces.pose`; NaN for meshes that are.
    """
    pose = np.full((len(meshes), 3), np.nan, np.float32)
    usable = np.isfinite(meshes).all(axis=(1, 2))
    if not usable.any():
        return pose
    seen = np.stack([between(meshes[usable], vertices) for vertices in _VERTICES], axis=1) * [1, 1, -1]
    left, _, right = np.linalg.svd(np.einsum("ik,nij->nkj", _HEAD, seen - seen.mean(axis=1, keepdims=True)))
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]  # a rotation, no mirror image
    turned = (left @ right).transpose(0, 2, 1)  # (K, 3, 3): from the head's axes to the picture's
    roll = np.arctan2(turned[:, 1, 0], turned[:, 0, 0])
    yaw = np.arcsin(np.clip(-turned[:, 2, 0], -1, 1))
    pitch = np.arctan2(turned[:, 2, 1], turned[:, 2, 2])
    pose[usable] = np.degrees(np.stack([roll, yaw, pitch], axis=1))
    return pose

"""A face as 468 points on its surface: the mesh of MediaPipe's FaceMesh.

The network wants a square 1.3 times as long as the face's box, a little below its centre, turned so that the eyes lie level.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.faces.cutouts import Cutout, square
from trackway.models.pack import TraitNetwork
from trackway.models.session import Network

__all__ = ["POINTS", "MeshReader", "across", "between"]

Array = npt.NDArray[Any]

POINTS = 468

_LENGTH = 1.3
"""Of the square's sides, in longer sides of the face's box."""
_LOWER = 0.05
"""By how much its centre lies below the box's, in the same unit."""
_LEAST_BOX_PX = 20.0
"""Longer side of the smallest box in which a mesh means something."""
_LEAST_FACE = 0.5
"""Probability, by the network itself, that the square shows a face."""
_MOST_APART = 0.3
"""How far the detector's five points and the mesh's may lie apart on average, in distances of eyes and mouth. Further, one set is wrong."""

_FIVE = ((33, 133), (362, 263), (4,), (61,), (291,))
"""The vertices between which the detector's points lie."""


class MeshReader:
    """The pack's network for the role landmarks: pictures to (B, 1404) x, y, z in their pixels, and (B, 1) how probably
    it is a face.

    Args:
        model: the manifest's entry.
        network: the tensors' source.
    """

    def __init__(self, model: TraitNetwork, network: Network) -> None:
        self._side = model.width
        self._network = network

    def read(self, cutouts: list[Cutout], boxes: Array, points: Array) -> Array:
        """The mesh of each face.

        Args:
            cutouts: K of them.
            boxes: (K, 4) left, top, width, height in their pixels.
            points: (K, 5, 2) x, y in their pixels, in the order of `columns.LANDMARK_NAMES`.

        Returns:
            (K, 468, 3) float64 x, y, z in their pixels, z growing away from the camera; NaN where a face is too small or none is seen.
        """
        meshes = np.full((len(cutouts), POINTS, 3), np.nan)
        length = boxes[:, 2:].max(axis=1, initial=0)
        rows = np.flatnonzero((length >= _LEAST_BOX_PX) & np.isfinite(points).all(axis=(1, 2)))
        if not len(rows):
            return meshes
        squares = [self._square(cutouts[row].pixels, boxes[row], points[row]) for row in rows.tolist()]
        answers = self._network.run(np.stack([picture for picture, _ in squares]))
        vertices = answers[0].reshape(len(rows), POINTS, 3).astype(np.float64)
        sure = answers[1].reshape(-1)
        for row, seen, (_, back), face in zip(rows.tolist(), vertices, squares, sure, strict=True):
            mesh = np.column_stack([seen[:, :2] @ back[:2] + back[2], seen[:, 2] * np.hypot(*back[0])])
            if face >= _LEAST_FACE and _apart(mesh, points[row]) <= _MOST_APART:
                meshes[row] = mesh
        return meshes

    def _square(self, pixels: Array, box: Array, points: Array) -> tuple[Array, Array]:
        level = points[1] - points[0]
        side = box[2:].max()
        centre = box[:2] + box[2:] / 2 + [0, _LOWER * side]
        return square(pixels, centre, _LENGTH * side, float(np.arctan2(level[1], level[0])), self._side)


def between(meshes: Array, vertices: tuple[int, ...]) -> Array:
    """(..., 2 or 3) the middle of some vertices of meshes (..., 468, 2 or 3)."""
    middle: Array = meshes[..., list(vertices), :].mean(axis=-2)
    return middle


def across(meshes: Array, one: int, other: int) -> Array:
    """(...) distance of two vertices in the picture."""
    apart: Array = np.linalg.norm(meshes[..., one, :2] - meshes[..., other, :2], axis=-1)
    return apart


def _apart(mesh: Array, points: Array) -> float:
    """Mean distance of two sets of five points, in units of what is larger: between the eyes, or from eyes to mouth."""
    five = np.array([between(mesh, vertices)[:2] for vertices in _FIVE])
    wide, high = points[1] - points[0], points[3:].mean(axis=0) - points[:2].mean(axis=0)
    return float(np.linalg.norm(five - points, axis=1).mean() / max(np.hypot(*wide), np.hypot(*high), 1e-9))

"""Whose face it is, of faces in stills: each of them, however small, blurred or turned; what is worth keeping is for others to say."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.faces.alignment import align, similarity
from trackway.models.embedding import EmbedderNetwork, unit_vectors

__all__ = ["PortraitEmbedder", "portrait"]

Array = npt.NDArray[Any]


class PortraitEmbedder(EmbedderNetwork):
    """A face network of a pack that looks twice, at the face and at its mirror image: nobody waits for the next frame."""

    def embed(self, rgb: Array, faces: Detections) -> Array:
        """(N, size) float32 unit vectors of the faces of one picture; never NaN.

        Args:
            rgb: (H, W, 3) uint8.
            faces: with boxes and landmarks as ratios of it.
        """
        side = self._model.width
        size = np.array([rgb.shape[1], rgb.shape[0]])
        pictures = [
            portrait(rgb, points, box, side) for points, box in zip(faces.landmarks * size, faces.box * np.tile(size, 2), strict=True)
        ]
        views = [view for picture in pictures for view in (picture, picture[:, ::-1])]
        looks = self._looks(len(views), range(len(views)), views).reshape(len(faces), 2, self.size).sum(axis=1)
        # Of a part without any picture the network may say nothing at all, and a vector without a direction has no cosine. This one is far
        # from whatever networks that end in a rectifier say.
        looks[~looks.any(axis=1)] = -1
        return unit_vectors(looks).astype(np.float32)


def portrait(rgb: Array, points: Array, box: Array, side: int) -> Array:
    """The face on the template; squashed to it where its points say nothing.

    Args:
        rgb: (H, W, 3) uint8.
        points: (5, 2) x, y in pixels of it, in the order of `columns.LANDMARK_NAMES`.
        box: (4,) left, top, width, height in pixels of it.
        side: of the answer.

    Returns:
        (side, side, 3) uint8; what the picture does not show is black.
    """
    matrix = similarity(points[None], side)[0]
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:, :2])) < 1e-9:
        return np.asarray(cv2.resize(_cut(rgb, box[:2], box[:2] + box[2:])[0], (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    square = np.array([[0, 0], [side, 0], [0, side], [side, side]], np.float64)
    corners = (square - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    part, first = _cut(rgb, corners.min(axis=0) - 2, corners.max(axis=0) + 2)
    return align(part, points - first, side)


def _cut(rgb: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """The pixels between two corners, at least one, and where they begin."""
    size = np.array([rgb.shape[1], rgb.shape[0]])
    first = np.floor(low).clip(0, size - 1).astype(int)
    last = np.maximum(np.ceil(high).clip(0, size).astype(int), first + 1)
    return rgb[first[1] : last[1], first[0] : last[0]], first

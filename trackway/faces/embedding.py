"""Whose face it is, as a unit vector: faces of one person point the same way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.faces.cutouts import Cut, cut_face
from trackway.faces.portraits import portrait
from trackway.models.embedding import EmbedderNetwork

__all__ = ["Cut", "FaceEmbedder", "worth_comparing"]

Array = npt.NDArray[Any]

_LEAST_EYES_PX = 12.0
"""Distance between the eyes, along the face, in pixels; a face about 32 pixels wide."""
_MOST_YAW, _MOST_PITCH = 45.0, 40.0
"""Degrees beyond which too little of a face is seen to compare it."""
_LEAST_SHARPNESS = 15.0
"""`Detections.quality`; a blurred face resembles every other."""


class FaceEmbedder(EmbedderNetwork):
    """A face network of a pack: SFace and its like."""

    def embed(self, cut: Cut, faces: Detections) -> Array:
        """Descriptors of the faces of one frame.

        Args:
            cut: takes pixels out of that frame.
            faces: described, see `faces.describe`.

        Returns:
            (N, size) float32 unit vectors; NaN for faces that are too small, too blurred or turned too far.
        """
        aligned = {row: self._aligned(cut, faces, row) for row in np.flatnonzero(worth_comparing(faces)).tolist()}
        found = {row: picture for row, picture in aligned.items() if picture is not None}
        return self._looks(len(faces), list(found), list(found.values()))

    def _aligned(self, cut: Cut, faces: Detections, row: int) -> Array | None:
        part = cut_face(cut, faces.box[row])
        if part is None:
            return None
        points = part.from_ratios(faces.landmarks[row])
        across = points[1] - points[0]
        down = points[3:].mean(axis=0) - points[:2].mean(axis=0)
        if max(np.hypot(*across), np.hypot(*down)) < _LEAST_EYES_PX:
            return None
        # To the pixel what other readers of faces make of it: they may share the network, which then is asked once.
        return portrait(part.pixels, points, part.box(faces.box[row]), self._model.width)


def worth_comparing(faces: Detections) -> Array:
    """(N,) bool: the face is seen well enough, as far as its pose and sharpness say."""
    yaw, pitch = np.abs(faces.pose[:, 1]), np.abs(faces.pose[:, 2])
    worth: Array = (yaw <= _MOST_YAW) & (pitch <= _MOST_PITCH) & (faces.quality[:, 1] >= _LEAST_SHARPNESS)
    return worth

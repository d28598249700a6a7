"""Fills in what a face detector does not say: pose and quality."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.faces.pose import head_pose
from trackway.faces.quality import brightness, crop, sharpness

__all__ = ["describe"]


def describe(faces: Detections, luma: npt.NDArray[Any], *, full_range: bool = False) -> Detections:
    """The same faces with `pose` and `quality`.

    Args:
        faces: detections of one frame, with landmarks.
        luma: (H, W) uint8 of that frame, upright and at full size.
        full_range: luma uses all of its byte; otherwise black is 16 and white 235.

    Returns:
        The rows in their order. Quality stays NaN for a box outside the picture, pose where landmarks are missing.
    """
    if not len(faces):
        return faces
    height, width = luma.shape
    quality = np.full((len(faces), 2), np.nan, np.float32)
    for row, box_px in enumerate(faces.box * np.array([width, height, width, height])):
        face = crop(luma, box_px)
        if face is not None:
            quality[row] = brightness(face, full_range=full_range), sharpness(face)
    return faces.replace(pose=head_pose(faces.landmarks * np.array([width, height])), quality=quality)

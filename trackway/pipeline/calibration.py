"""An actor's face at rest, from a picture that comes with the job (SPEC F20)."""

from __future__ import annotations

import numpy as np

from trackway.errors import ImageTooLarge, ImageTooSmall, InvalidCalibration, InvalidImage
from trackway.faces.neutral import Neutral, neutral_from
from trackway.media.still import open_still
from trackway.pipeline.still import StillReader

__all__ = ["MOST_BYTES", "calibrate"]

MOST_BYTES = 15 * 1024 * 1024
"""Of the picture's file, as of every still (SPEC R66)."""
_MOST_TURNED = 25.0
"""Degrees of yaw or pitch: measures are free of the pose as far as what they measure is seen."""


def calibrate(content: bytes, reader: StillReader) -> Neutral:
    """What the face in a picture looks like when it rests; action units and controls are what differs from it.

    Args:
        content: of a JPEG or PNG file.
        reader: of the pack that reads the video.

    Raises:
        InvalidCalibration: it is no picture, or does not show one face, large enough and from the front.
        ModelError: the pack has no network for meshes.
    """
    try:
        rgb = open_still(content, most_bytes=MOST_BYTES).rgb
    except (InvalidImage, ImageTooLarge, ImageTooSmall) as error:
        raise InvalidCalibration(f"The calibration image cannot be used. {error}") from error
    faces = reader.faces(rgb)
    if len(faces) != 1:
        raise InvalidCalibration(
            f"Expected one face in the calibration image, found {len(faces) or 'none'}. Give a picture of the actor alone, at rest."
        )
    forms = reader.forms(rgb, faces)
    if forms.shapes is None or forms.traits is None:
        raise ValueError("expected both tables, of shapes and of traits")
    measures, pose = forms.shapes.measures[0], forms.traits.pose[0]  # of the mesh, as in the video
    turned = np.abs(np.where(np.isnan(pose), faces.pose[0], pose)[1:]).max()
    if np.isnan(measures).all() or turned > _MOST_TURNED:
        width = round(float(faces.box[0, 2]) * rgb.shape[1])
        raise InvalidCalibration(
            "Expected a face that is seen from the front and is large enough in the calibration image, found one of"
            f" {width} pixels, turned by {turned:.0f} degrees. Give a closer or more frontal picture."
        )
    return neutral_from(measures, pose)

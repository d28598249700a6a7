"""Where eyes look, independently of the head (Rekognition's EyeDirection), from where the irises stand between the corners.

An eye is a ball behind the line between its corners; the iris goes around with it. With h the head's angle, g the look's angle in space,
W the width of the eye seen from the front, R the distance from the middle of the ball to its iris and B that from the middle of the ball
to the line between the corners, the iris stands at

    offset = R sin g - B sin h

from the middle of that line, and the eyes' own angle is g - h. R / W = 0.42 is anatomy: an iris of 11.7 mm measures 0.45 W, and lies
10.8 mm before the middle. B / W = 0.15 was fitted on photographs of people who look into the camera, mostly. Upwards the same holds, but
an iris that looks straight ahead stands 0.055 W above the line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.faces.iris import Eyes

__all__ = ["gaze"]

Array = npt.NDArray[Any]

_RADIUS, _BEHIND, _ABOVE = 0.42, 0.15, 0.055
"""R, B and how far above the line, in widths of an eye."""
_MOST_TURNED = 45.0
"""Degrees of yaw or pitch beyond which the farther eye is no guide."""
_LEAST_WIDTH_PX = 10.0
"""Mean width of both eyes; the iris moves by a hundredth of it for a degree and a half."""


def gaze(eyes: Eyes, pose: Array, opened: Array) -> Array:
    """Yaw and pitch of the eyes in the head, with the signs of `faces.pose`.

    Args:
        eyes: of N faces.
        pose: (N, 3) roll, yaw, pitch of the heads in degrees, see `faces.solid_pose`.
        opened: (N,) probability that the eyes are open.

    Returns:
        (N, 2) float64 degrees; NaN for closed, small, or unseen eyes and heads that are turned far.
    """
    left = np.stack([eyes.outline[:, 0, 0], eyes.outline[:, 1, 8]], axis=1)  # (N, 2, 2) corners nearer to the image's left
    right = np.stack([eyes.outline[:, 0, 8], eyes.outline[:, 1, 0]], axis=1)
    line, width = right - left, np.maximum(eyes.widths, 1e-9)
    level = line / width[..., None]
    upright = np.stack([level[..., 1], -level[..., 0]], axis=-1)
    from_middle = eyes.pupils - (left + right) / 2
    aside = ((from_middle * level).sum(axis=-1) / width).mean(axis=1)
    above = ((from_middle * upright).sum(axis=-1) / width).mean(axis=1)
    yaw, pitch = np.radians(pose[:, 1].astype(np.float64)), np.radians(pose[:, 2].astype(np.float64))
    # The line between the corners itself is seen shortened by the head's yaw.
    looks = np.stack([aside * np.cos(yaw), above * np.cos(yaw) - _ABOVE * np.cos(pitch)], axis=1)
    heads = np.stack([yaw, pitch], axis=1)
    angles: Array = np.degrees(np.arcsin(np.clip((looks + _BEHIND * np.sin(heads)) / _RADIUS, -1, 1)) - heads)
    seen = (eyes.widths.mean(axis=1) >= _LEAST_WIDTH_PX) & (opened >= 0.5) & (np.abs(pose[:, 1:]) <= _MOST_TURNED).all(axis=1)
    angles[~seen] = np.nan
    return angles

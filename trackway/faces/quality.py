"""How well a face is lit and resolved (SPEC R41), from its luma alone.

Both numbers are made for comparing and filtering, and rise in the direction that their names say; they are not calibrated to Rekognition's.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["brightness", "crop", "sharpness"]

Array = npt.NDArray[Any]

SIDE = 96
"""Pixels to which every face is scaled first, so that a number means the same for near and far faces. A face that is smaller in the
video is enlarged and so counts as less sharp, as it should: it carries less."""

_HALF_SHARP = 0.001
"""Share of fine detail at which sharpness is 50. Clear portraits reach 90; one pixel of blur at `SIDE` leaves 65, two leave 35."""

_NOISE = 0.25
"""Variance of the finest detail that rounding and sensors make; it is not the face's."""


def crop(luma: Array, box_px: Array) -> Array | None:
    """The face (SIDE, SIDE) uint8, or None where the box and the picture share less than a pixel.

    Args:
        luma: (H, W) uint8.
        box_px: (4,) left, top, width, height in pixels; may leave the picture, of which the inner part is taken.
    """
    height, width = luma.shape
    corners = np.concatenate([box_px[:2], box_px[:2] + box_px[2:]]).round().clip(0, [width, height, width, height])
    left, top, right, bottom = corners.astype(int).tolist()
    if right <= left or bottom <= top:
        return None
    inner = luma[top:bottom, left:right]
    shrinks = inner.shape[0] >= SIDE and inner.shape[1] >= SIDE
    return cv2.resize(inner, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def brightness(face: Array, *, full_range: bool) -> float:
    """Mean luma in percent of white.

    Args:
        face: from `crop`.
        full_range: black is 0 and white 255; otherwise they are 16 and 235, as in most video.
    """
    black, white = (0, 255) if full_range else (16, 235)
    return float(np.clip((float(face.mean()) - black) / (white - black), 0, 1) * 100)


def sharpness(face: Array) -> float:
    """Share of fine detail in all contrast, 0..100.

    The Laplacian's variance over the picture's: a ratio of two sums over spatial frequencies with rising weights, so that any blur lowers
    it, while exposure and contrast cancel out.
    """
    values = face.astype(np.float32)
    fine = float(cv2.Laplacian(values, cv2.CV_32F, ksize=1).var()) / 20  # 20: sum of the squared coefficients
    share = max(0.0, fine - _NOISE) / (float(values.var()) + 1)
    return 100 * share / (share + _HALF_SHARP)

"""Every face in the same place: five points are laid on those of a template, so that a network compares like with like."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["align", "similarity"]

Array = npt.NDArray[Any]

_ARCFACE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]) / 112
"""Eyes, nose and mouth corners, left being the image's left, in a square picture of side 1 (Deng et al., "ArcFace", CVPR 2019)."""

_FILL = 0.95
"""The template is made smaller by this, about the picture's middle: a little more of the head is seen."""


def similarity(points: Array, side: int) -> Array:
    """How each face must be turned, scaled and moved to lie on the template; never mirrored.

    Least squares over the five points. In complex numbers a similarity is z -> a z + b, and its best a is a quotient of two sums.

    Args:
        points: (N, 5, 2) x, y in pixels, in the order of `columns.LANDMARK_NAMES`.
        side: of the aligned picture in pixels.

    Returns:
        (N, 2, 3) float64 affine matrices from the points' picture to the aligned one; NaN for points that lie on one spot or are NaN.
    """
    target = (((_ARCFACE - 0.5) * _FILL + 0.5) * side) @ np.array([1, 1j])
    source = points.astype(np.float64) @ np.array([1, 1j])  # (N, 5)
    centred = source - source.mean(axis=1, keepdims=True)
    power = np.abs(centred**2).sum(axis=1)
    factor = np.full(len(points), np.nan, complex)
    np.divide((centred.conj() * (target - target.mean())).sum(axis=1), power, out=factor, where=power > 0)
    moved = target.mean() - factor * source.mean(axis=1)
    return np.stack(
        [np.stack([factor.real, -factor.imag, moved.real], axis=1), np.stack([factor.imag, factor.real, moved.imag], axis=1)], axis=1
    )


def align(picture: Array, points: Array, side: int) -> Array:
    """One face cut out of a picture.

    Args:
        picture: (H, W, 3) uint8 around the face.
        points: (5, 2) x, y in pixels of it.
        side: of the answer in pixels.

    Returns:
        (side, side, 3) uint8; what the picture does not show is black.
    """
    matrix = similarity(points[None], side)[0]
    scale = float(np.hypot(*matrix[:, 0]))
    if scale < 0.5:  # bilinear sampling would skip pixels
        picture = cv2.resize(picture, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        matrix[:, :2] /= 2 * scale
    return np.asarray(cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)

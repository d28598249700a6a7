"""Whether a face may sit on a body: plain proportions, learnt from no data set."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LEAST_FIT", "fit", "fits"]

Array = npt.NDArray[Any]

LEAST_FIT = 0.01
"""About three standard deviations off."""

# Where faces were found on bodies that stood, sat, walked or filled the picture: mean and spread of the face's middle in widths of the
# body from its left edge, and of the face's upper edge in heights of the face below the body's upper edge (hair is no face).
_MIDDLE, _MIDDLE_SPREAD = 0.5, 0.2
_DROP, _DROP_SPREAD = 0.35, 0.45


def fit(body: Array, face: Array) -> Array:
    """How well faces sit on bodies, 1 at best.

    Args:
        body: (..., 4) left, top, width, height in pixels.
        face: (..., 4) the same; the leading shapes are broadcast against each other.

    Returns:
        (...) 0 where the face is larger than the body or its centre is outside.
    """
    middle = face[..., 0] + face[..., 2] / 2 - body[..., 0]
    centre = face[..., 1] + face[..., 3] / 2 - body[..., 1]
    across = middle / body[..., 2]
    drop = (face[..., 1] - body[..., 1]) / face[..., 3]
    possible = (across >= 0) & (across <= 1) & (centre >= 0) & (centre <= body[..., 3])
    possible &= (face[..., 2:] <= body[..., 2:]).all(axis=-1)
    distance = ((across - _MIDDLE) / _MIDDLE_SPREAD) ** 2 + ((drop - _DROP) / _DROP_SPREAD) ** 2
    likeness: Array = np.where(possible, np.exp(-distance / 2), 0.0)
    return likeness


def fits(body: Array, face: Array) -> Array:
    """(...) bool, the face may be this body's."""
    possible: Array = fit(body, face) >= LEAST_FIT
    return possible

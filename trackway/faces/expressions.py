"""What a face expresses (SPEC R42, R43): emotions, smile, open mouth, open eyes, as probabilities.

    emotions     the pack's network for the role emotion, which knows seven: anger, disgust, fear, joy, sadness, surprise, none of them
    smile        its answer for joy
    open mouth   gap between the lips over the width of the mouth, inner lips, from the mesh
    open eyes    mean of three gaps between the lids over the width of the eye, of both eyes, from the iris network's outlines

Each of the last three is one number with a logistic curve through its cut, which were fitted on a quarter of a thousand photographs (see
docs/fields.md). A face that is too small for one of them has none: made smaller, faces keep their smile to 24 pixels, while lips and lids,
which are thinner than a pixel by then, are told wrongly from 32 and 40 on.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.columns import EMOTION_NAMES
from trackway.faces.iris import Eyes
from trackway.faces.mesh import across

__all__ = ["eyes_open", "mouth_open", "smile"]

Array = npt.NDArray[Any]

_HAPPY = EMOTION_NAMES.index("HAPPY")


class _Curve(NamedTuple):
    """From a number to a probability, which is 0.5 at the cut."""

    cut: float
    slope: float

    def __call__(self, values: Array) -> Array:
        odds = np.clip(self.slope * (values - self.cut), -30, 30)
        probability: Array = 1 / (1 + np.exp(-odds))
        return probability


_SMILE = _Curve(cut=0.42, slope=0.75)  # of the logarithm of joy's odds; the cut is a probability of 0.60
_MOUTH = _Curve(cut=0.097, slope=46)
_EYES = _Curve(cut=0.215, slope=41)

_LEAST_LIPS_PX, _LEAST_LIDS_PX = 40.0, 48.0
"""Longer side of the face's box."""


def smile(emotions: Array) -> Array:
    """(N,) from (N, 8) emotions."""
    happy = emotions[:, _HAPPY].astype(np.float64).clip(1e-6, 1 - 1e-6)
    return _SMILE(np.log(happy / (1 - happy)))


def mouth_open(meshes: Array, lengths: Array) -> Array:
    """(N,) from meshes (N, 468, 2 or 3) and the longer sides (N,) of the boxes in pixels."""
    gap = across(meshes, 13, 14) / np.maximum(across(meshes, 78, 308), 1e-9)
    return np.where(lengths >= _LEAST_LIPS_PX, _MOUTH(gap), np.nan)


def eyes_open(eyes: Eyes, lengths: Array) -> Array:
    """(N,) from both eyes and the longer sides (N,) of the boxes in pixels."""
    return np.where(lengths >= _LEAST_LIDS_PX, _EYES(eyes.openness.mean(axis=1)), np.nan)

"""Pictures to calibrate a face network with: people drawn from ellipses, near and far, before clouds.

A network is made to see what it looks for, on plain and on busy ground, without a photograph that would have to be carried along.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["draw_people"]

Picture = npt.NDArray[np.uint8]
Tone = tuple[float, ...]

_SKINS = ((235, 200, 175), (250, 220, 200), (200, 150, 120), (120, 80, 60))
_SIZES = ((10, 25, 20), (20, 80, 8), (60, 160, 3), (150, 300, 2))
"""Least and largest head in pixels, and how many of them, of four pictures after which it starts again. The largest fill the picture: sizes
that a network was not shown are cut off."""


class _Ellipse(NamedTuple):
    """Middle and half axes in heights of the head, from its middle; `of` is what has that tone, `light` how much brighter it is."""

    x: float
    y: float
    across: float
    down: float
    of: str
    light: float = 1.0


def _pair(x: float, *rest: float, of: str, light: float = 1.0) -> tuple[_Ellipse, _Ellipse]:
    y, across, down = rest
    return _Ellipse(-x, y, across, down, of, light), _Ellipse(x, y, across, down, of, light)


_PERSON = (
    _Ellipse(0, 1.6, 1.1, 0.8, "clothes"),
    _Ellipse(0, -0.12, 0.56, 0.72, "hair"),
    _Ellipse(0, 0.55, 0.25, 0.5, "skin", 0.8),
    _Ellipse(0, 0, 0.48, 0.64, "skin"),
    *_pair(0.2, -0.22, 0.13, 0.03, of="hair", light=0.6),
    *_pair(0.2, -0.1, 0.12, 0.07, of="skin", light=0.75),
    *_pair(0.2, -0.1, 0.1, 0.045, of="white"),
    *_pair(0.2, -0.1, 0.045, 0.045, of="hair", light=0.4),
    _Ellipse(0, 0.02, 0.03, 0.14, "skin", 0.88),
    _Ellipse(0, 0.15, 0.08, 0.04, "skin", 0.65),
    _Ellipse(0, 0.32, 0.18, 0.055, "lips"),
    _Ellipse(0, 0.32, 0.16, 0.01, "lips", 0.5),
)


def draw_people(count: int, width: int, height: int) -> Iterator[Picture]:
    """`count` pictures, (height, width, 3) uint8 RGB; the same arguments give the same ones."""
    rng = np.random.default_rng(0)
    for index in range(count):
        least, largest, people = _SIZES[index % len(_SIZES)]
        picture = _clouds(width, height, rng)
        for size in rng.uniform(least, largest, people):
            _draw_person(picture, rng.uniform(0, (width, height)), size, rng)
        yield np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.2)), np.uint8)


def _clouds(width: int, height: int, rng: np.random.Generator) -> Picture:
    """Noise whose strength grows with its wavelength by a power: from bare walls to foliage."""
    power, clouds = rng.uniform(0.4, 1.2), np.zeros((height, width, 3), np.float32)
    for octave in range(8):
        coarse = rng.normal(0, 2 ** (octave * power), (2 + (height >> octave), 2 + (width >> octave), 3)).astype(np.float32)
        coarse = 0.3 * coarse + 0.7 * coarse[..., :1]
        clouds += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(128 + 60 * clouds / clouds.std(), 0, 255), np.uint8)


def _draw_person(picture: Picture, middle: npt.NDArray[np.float64], size: float, rng: np.random.Generator) -> None:
    tones: dict[str, Tone] = {
        "clothes": tuple(rng.uniform(0, 255, 3)),
        "hair": tuple(rng.uniform(10, 120, 3)),
        "skin": _SKINS[rng.integers(len(_SKINS))],
        "white": (245, 245, 245),
        "lips": (170, 70, 75),
    }
    for part in _PERSON:
        at = np.rint(middle + size * np.array([part.x, part.y])).astype(int).tolist()
        axes = max(1, round(part.across * size)), max(1, round(part.down * size))
        colour = [min(255.0, part.light * channel) for channel in tones[part.of]]
        cv2.ellipse(picture, at, axes, 0, 0, 360, colour, cv2.FILLED, cv2.LINE_AA)

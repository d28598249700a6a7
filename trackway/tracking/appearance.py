"""What a body looks like, as a unit vector: by colours and edges, or by a network that a pack brings.

Both describe boxes of one picture and are compared by their cosine; what a cosine is worth, their `calibration` says.
"""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from trackway.models.embedding import EmbedderNetwork, unit_vectors
from trackway.models.pack import Calibration

__all__ = ["BodyAppearance", "ColourTexture", "ReidNetwork"]

Array = npt.NDArray[Any]

_LEAST_PX = (4, 8)
"""Width and height in pixels below which a box shows nothing to describe."""
_LEAST_VISIBLE = 0.6
"""Share of a box that must lie inside the picture."""


class BodyAppearance(Protocol):
    """Describes bodies; threads may share it."""

    @property
    def size(self) -> int:
        """Numbers in a descriptor."""

    @property
    def calibration(self) -> Calibration:
        """What cosines of its descriptors mean."""

    def describe(self, picture: Array, box: Array) -> Array:
        """Descriptors of the bodies in one picture.

        Args:
            picture: (H, W, 3) uint8 RGB of the whole frame, at any scale.
            box: (N, 4) left, top, width, height as ratios of it.

        Returns:
            (N, size) float32 unit vectors; NaN for boxes that are too small or lie too far outside.
        """


class ColourTexture:
    """Colours and edges by height: four soft stripes of the body, the middle of each counting most, from hair to shoes.

    A stripe is six-bin histograms of lightness, of green to red and of blue to yellow (CIELAB, whose colour axes are bent by a square
    root, since clothes are mostly pale) and of the orientation of edges in logarithmic brightness. Square roots of shares make cosines
    the Bhattacharyya coefficients of these histograms (Arandjelovic and Zisserman, "Three things everyone should know to improve object
    retrieval", CVPR 2012). Stripes are what person re-identification used before networks (Gray and Tao, "Viewpoint invariant
    pedestrian recognition with an ensemble of localized features", ECCV 2008).

    Needs no weights, and costs 0.1 to 0.2 milliseconds a body where there are several.
    """

    def __init__(self) -> None:
        """Prepare the tables: the colour bins of every colour, the weight of every pixel."""
        self._colours = _colour_table()  # (32768, 18)
        self._weights = _stripe_weights()  # (4, 512)

    @property
    def size(self) -> int:
        """Numbers in a descriptor."""
        return _STRIPES * 4 * _BINS

    @property
    def calibration(self) -> Calibration:
        """Measured on tracks of people in videos of streets and rooms; a video's own tracks refine it."""
        return Calibration(same=3.7, different=2.6, spread=0.6, cap=3.0)

    def describe(self, picture: Array, box: Array) -> Array:
        """See `BodyAppearance`."""
        rows, crops = cut_out(picture, box, _COLUMNS, _ROWS)
        look = np.full((len(box), self.size), np.nan, np.float32)
        if len(rows):
            crops = cv2.convertScaleAbs(crops.reshape(len(rows), -1), alpha=_exposure(picture)).reshape(crops.shape)
            colour, edges = self._colour(crops), self._edges(crops)
            look[rows] = unit_vectors(np.concatenate([unit_vectors(colour), _EDGE_WEIGHT * unit_vectors(edges)], axis=1))
        return look

    def _colour(self, crops: Array) -> Array:
        levels = crops.reshape(len(crops), -1, 3).astype(np.int32) >> 3
        shares = self._weights @ self._colours[(levels[..., 0] << 10) | (levels[..., 1] << 5) | levels[..., 2]]  # (N, 4, 18)
        colour: Array = np.sqrt(shares).reshape(len(crops), -1)
        return colour

    def _edges(self, crops: Array) -> Array:
        light = np.log1p(crops.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))
        x, y = np.zeros_like(light), np.zeros_like(light)
        x[:, :, 1:-1] = light[:, :, 2:] - light[:, :, :-2]
        y[:, 1:-1] = light[:, 2:] - light[:, :-2]
        angle = np.arctan2(y, x) * np.float32(_BINS / np.pi)  # half a turn is _BINS
        share = _around(angle, _BINS) * np.hypot(x, y)[..., None]
        edges: Array = np.sqrt(self._weights @ share.reshape(len(crops), -1, _BINS)).reshape(len(crops), -1)
        return edges


class ReidNetwork(EmbedderNetwork):
    """A person re-identification network of a pack: OSNet, Youtu ReID and their like."""

    def describe(self, picture: Array, box: Array) -> Array:
        """See `BodyAppearance`."""
        return self._looks(len(box), *cut_out(picture, box, self._model.width, self._model.height))


def cut_out(picture: Array, box: Array, width: int, height: int) -> tuple[Array, Array]:
    """The boxes of a picture, each squashed to one size; what lies outside repeats the picture's edge.

    Returns:
        (K,) rows of the boxes that show enough; (K, height, width, 3) uint8.
    """
    size = np.array([picture.shape[1], picture.shape[0]])
    edges = np.nan_to_num(np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1) * np.tile(size, 2), nan=-1.0)
    edges = edges.round().clip(-4 * size.max(), 5 * size.max()).astype(np.int64)  # (N, 4) left, top, right, bottom
    inside = np.clip(edges, 0, np.tile(size, 2))
    whole, seen = edges[:, 2:] - edges[:, :2], inside[:, 2:] - inside[:, :2]
    enough = (seen >= _LEAST_PX).all(axis=1) & (seen.prod(axis=1) >= _LEAST_VISIBLE * whole.prod(axis=1))
    rows = np.flatnonzero(enough)
    crops = np.empty((len(rows), height, width, 3), np.uint8)
    for crop, (left, top, right, bottom), margin in zip(crops, inside[rows].tolist(), (inside - edges)[rows].tolist(), strict=True):
        part = picture[top:bottom, left:right]
        if any(margin):
            part = cv2.copyMakeBorder(part, margin[1], -margin[3], margin[0], -margin[2], cv2.BORDER_REPLICATE)
        shrinks = part.shape[0] >= height and part.shape[1] >= width
        cv2.resize(part, (width, height), dst=crop, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return rows, crops


_COLUMNS, _ROWS = 16, 32
"""Pixels to which a body is squashed. Sizes from 12 x 24 to 32 x 64 tell people apart alike."""
_STRIPES = 4
_BINS = 6
_CLOTHES = 40.0
"""CIELAB's a and b at which a colour counts as fully saturated."""
_MIDDLE_GREY = 110.0
_EDGE_WEIGHT = 0.7
"""Length of the edges' part against the colours'."""


def _exposure(picture: Array) -> float:
    """The factor that brings a picture to middle grey, so that a camera which adapts to the light does not change anybody's clothes."""
    return float(np.clip(_MIDDLE_GREY / max(1.0, float(picture[::8, ::8].mean())), 0.5, 2.0))


def _colour_table() -> Array:
    """(32768, 3 * _BINS) float32: what each colour, five bits a channel, adds to the three histograms."""
    levels = np.stack(np.meshgrid(*[np.arange(4, 256, 8, dtype=np.uint8)] * 3, indexing="ij"), axis=-1).reshape(1, -1, 3)
    lightness, a, b = np.moveaxis(cv2.cvtColor(levels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0], 1, 0)
    bent = [np.sign(axis) * np.sqrt(np.abs(axis) / _CLOTHES) for axis in (a, b)]
    return np.concatenate([_between(values, _BINS) for values in (lightness / 100, *(axis / 2 + 0.5 for axis in bent))], axis=1)


def _stripe_weights() -> Array:
    """(_STRIPES, pixels) float32: how much each pixel counts in each stripe; a stripe's sum is 1."""
    x, y = (np.arange(_COLUMNS) + 0.5) / _COLUMNS, (np.arange(_ROWS) + 0.5) / _ROWS
    across = np.exp(-0.5 * ((x - 0.5) / 0.22) ** 2)
    step = 0.92 / _STRIPES  # the feet stand among too much floor
    down = np.exp(-0.5 * ((y - step * (np.arange(_STRIPES)[:, None] + 0.5)) / (0.8 * step)) ** 2)
    weights = (down[:, :, None] * across).reshape(_STRIPES, -1)
    shares: Array = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _between(values: Array, bins: int) -> Array:
    """(..., bins) float32 shares of the two bins between which a value of 0..1 lies; the outer ones take what is beyond."""
    place = np.clip(values, 0, 1)[..., None] * (bins - 1)
    shares: Array = np.clip(1 - np.abs(place - np.arange(bins)), 0, 1).astype(np.float32)
    return shares


def _around(values: Array, bins: int) -> Array:
    """(..., bins) float32 as `_between`, of values that begin anew after `bins`."""
    apart = (values[..., None] - np.arange(bins, dtype=np.float32) + bins / 2) % bins - bins / 2
    shares: Array = np.clip(1 - np.abs(apart), 0, 1)
    return shares

"""The scene of the sample clip at any moment: a quiet room, and two people who walk through it."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
import numpy.typing as npt

from trackway.media.sample_figures import Box, Figure, load_figures

__all__ = ["Scene", "Seen"]

# Where the middle of each body is: share of the clip -> share of the picture's width.
_COLLINS_WALK = ((0.0, 0.22), (0.08, 0.24), (0.54, 0.80), (0.68, 1.40), (0.80, 1.40), (0.93, 0.76), (1.0, 0.74))
_HOPPER_WALK = ((0.0, 0.76), (0.10, 0.74), (0.48, 0.26), (1.0, 0.30))

_WALL_TOP, _WALL_BOTTOM, _LIGHT = (206, 214, 212), (168, 180, 182), (247, 240, 224)


@dataclasses.dataclass(frozen=True)
class Seen:
    """One person in one picture; boxes are left, top, width, height as ratios of it, and `visible` is a share of the body."""

    person: int
    box: Box
    face_box: Box
    visible: float


class Scene:
    """Draws the scene at one size; `rng` varies pace and gait a little."""

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        """Prepare pictures of `size` (width, height)."""
        self._size = size
        figures = load_figures(round(min(0.80 * size[1], 0.55 * size[0])))
        self._walkers = tuple(_Walker(figure, walk, rng) for figure, walk in zip(figures, (_COLLINS_WALK, _HOPPER_WALK), strict=True))
        self._background = _background(size)

    def show(self, share: float) -> tuple[npt.NDArray[np.uint8], list[Seen]]:
        """The picture after `share` (0..1) of the clip, uint8 (height, width, 3) RGB, and who is in it, nearest first."""
        pixels = self._background.copy()
        places = [walker.place(share, self._size) for walker in self._walkers]
        covered = np.zeros(pixels.shape[:2], np.bool_)
        seen = []
        for person, (walker, place) in enumerate(zip(self._walkers, places, strict=True)):
            picture, cut_out = _overlap(walker.figure.mask.shape, place, self._size)
            body = walker.figure.mask[cut_out]
            visible = np.count_nonzero(body & ~covered[picture]) / np.count_nonzero(walker.figure.mask)
            covered[picture] |= body
            if visible:
                seen.append(Seen(person, self._ratios(walker.figure.body, place), self._ratios(walker.figure.face, place), visible))
        for walker, place in zip(reversed(self._walkers), reversed(places), strict=True):
            picture, cut_out = _overlap(walker.figure.mask.shape, place, self._size)
            if pixels[picture].size:
                veiled = cv2.multiply(pixels[picture], walker.figure.veil[cut_out], scale=1 / 255)
                pixels[picture] = cv2.add(veiled, walker.figure.light[cut_out])
        return pixels, seen

    def _ratios(self, box: Box, place: tuple[int, int]) -> Box:
        width, height = self._size
        return (box[0] + place[0]) / width, (box[1] + place[1]) / height, box[2] / width, box[3] / height


class _Walker:
    """A figure and its way through the scene."""

    def __init__(self, figure: Figure, walk: tuple[tuple[float, float], ...], rng: np.random.Generator) -> None:
        self.figure = figure
        self._moments = [at + (rng.uniform(-0.015, 0.015) if 0 < at < 1 else 0) for at, _ in walk]
        self._middles = [middle for _, middle in walk]
        self._gait = rng.uniform(0, 2 * math.pi)

    def place(self, share: float, size: tuple[int, int]) -> tuple[int, int]:
        """Left and top of the cut-out in whole pixels, so that the truth is exact."""
        width, height = size
        middle = np.interp(share, self._moments, self._middles) * width
        left, _, body_width, _ = self.figure.body
        bob = 0.006 * height * (1 + math.sin(self._gait + 2 * math.pi * 9 * share))
        # The photographs end straight at the bottom: keep that edge below the picture.
        return round(middle - left - body_width / 2), round(height - self.figure.mask.shape[0] + bob)


def _overlap(shape: tuple[int, ...], place: tuple[int, int], size: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a cut-out of `shape` at `place` meets the picture: as rows and columns of the picture, and of the cut-out."""
    picture, cut_out = [], []
    for start, length, limit in zip(reversed(place), shape, reversed(size), strict=True):
        first = min(max(start, 0), limit)
        last = max(first, min(start + length, limit))
        picture.append(slice(first, last))
        cut_out.append(slice(first - start, last - start))
    return (picture[0], picture[1]), (cut_out[0], cut_out[1])


def _background(size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A wall in soft light from two windows out of the picture; uint8 (height, width, 3)."""
    width, height = size
    down, across = np.mgrid[0:height, 0:width].astype(np.float32) / np.array([height, width], np.float32).reshape(2, 1, 1)
    wall = (1 - down[..., None]) * np.array(_WALL_TOP, np.float32) + down[..., None] * np.array(_WALL_BOTTOM, np.float32)
    slant = across + 0.35 * down
    light = sum(np.exp(-(((slant - middle) / 0.10) ** 2)) for middle in (0.38, 0.86)) * (0.75 - 0.45 * down)
    wall += light[..., None] * (np.array(_LIGHT, np.float32) - wall)
    # A little grain keeps the smooth wall from showing bands when it is compressed.
    wall += np.random.default_rng(0).normal(0, 1.2, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(np.rint(wall), 0, 255), np.uint8)

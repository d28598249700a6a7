"""Positions without the camera's own motion: as if every picture of a scene had been taken from where the first one was."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import AnalysedFrames

__all__ = ["Stage"]

Array = npt.NDArray[Any]

_MOST_ZOOM = 5.0
"""Logarithm; what many small errors of the zoom add up to over a long video is no zoom."""


class Stage:
    """The ground that people move on, while the camera moves too.

    Boxes are (N, 4) left, top, width, height in pixels: of their own picture, or of the first picture of their scene.

    Args:
        frames: (F,) with the motion of the camera.
    """

    def __init__(self, frames: AnalysedFrames) -> None:
        self._frame = frames.frame
        self._scene = np.cumsum(frames.cut)
        # Similarities of the plane are complex numbers: z -> turn z + shift; of many in a row, turns multiply.
        turn = np.where(frames.cut, 1, frames.camera[:, 0] + 1j * frames.camera[:, 1])
        shift = np.where(frames.cut, 0, frames.camera[:, 2] + 1j * frames.camera[:, 3])
        zoom = _within_scenes(np.log(np.abs(turn)), self._scene).clip(-_MOST_ZOOM, _MOST_ZOOM)
        angle = _within_scenes(np.angle(turn), self._scene)
        self._shift = _within_scenes(shift / np.exp(zoom + 1j * angle), self._scene)
        # In between two looks, nobody knows better than that the camera moved evenly.
        looks = np.flatnonzero(frames.detected)
        if 0 < len(looks) < len(frames):
            zoom, angle, self._shift = (
                np.interp(frames.time_ms, frames.time_ms[looks], sums[looks]) for sums in (zoom, angle, self._shift)
            )
        self._turn = np.exp(zoom + 1j * angle)

    def scene(self, frame: Array) -> Array:
        """(N,) number of the scene of each frame."""
        found: Array = self._scene[np.searchsorted(self._frame, frame)]
        return found

    def on_stage(self, box: Array, frame: Array) -> Array:
        """Boxes of pictures on the stage; `frame` (N,) are theirs."""
        place = np.searchsorted(self._frame, frame)
        centre = (_middle(box) / self._turn[place]) - self._shift[place]
        return _around(centre, box[:, 2:] / np.abs(self._turn[place])[:, None])

    def in_picture(self, box: Array, frame: Array) -> Array:
        """The opposite of `on_stage`."""
        place = np.searchsorted(self._frame, frame)
        centre = (_middle(box) + self._shift[place]) * self._turn[place]
        return _around(centre, box[:, 2:] * np.abs(self._turn[place])[:, None])


def _middle(box: Array) -> Array:
    middle: Array = (box[:, 0] + box[:, 2] / 2) + 1j * (box[:, 1] + box[:, 3] / 2)
    return middle


def _around(middle: Array, size: Array) -> Array:
    return np.concatenate([np.stack([middle.real, middle.imag], axis=1) - size / 2, size], axis=1)


def _within_scenes(values: Array, scene: Array) -> Array:
    """Sums that begin anew with every scene."""
    total = np.cumsum(values)
    first = np.searchsorted(scene, scene)
    within: Array = total - (total[first] - values[first])
    return within

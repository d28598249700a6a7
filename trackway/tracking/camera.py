"""How the camera moved between two frames, and where one scene ends and another begins.

Corners spread over the whole picture are followed by sparse optical flow (Lucas and Kanade, 1981; in pyramids: Bouguet, 2000); the
similarity (shift, turn, zoom) that most of them agree on is the camera's, the rest are people (RANSAC: Fischler and Bolles, 1981).
A picture of which next to no corner is found again, and whose layout of light and dark is another, is a new scene: a flash or a fade
keeps the layout, a fast pan most of the corners.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["STILL", "Camera", "CameraMotion"]

Array = npt.NDArray[Any]

STILL: Final = np.array([1.0, 0.0, 0.0, 0.0])
STILL.flags.writeable = False
"""`Camera.motion` of a camera that stands."""

_CELL = 16
"""Side of the squares that give one corner each, in pixels of the small picture; so a textured corner of it does not decide for all."""
_LEAST_CORNER = 1e-4
"""Less contrast is noise of the sensor or the codec."""
_LEAST_CORNERS = 8
_WINDOW, _LEVELS = (9, 9), 2
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 0.01)
_HOW: Final = cv2.OPTFLOW_USE_INITIAL_FLOW | cv2.OPTFLOW_LK_GET_MIN_EIGENVALS
"""The second only for its price: the other measure of error, which nobody reads either, is reckoned anew."""

_STILL_PX = 0.05
"""Flow this small is noise,"""
_STILL_SHARE = 0.2
"""and where this share of the corners shows no more, the camera stands: hardly any corner stays in place when it moves."""
_LEAST_F = 10.0
"""Four numbers explain this many times as much of the flow as they would of noise, or the camera stands."""
_LEAST_SPREAD = 0.12
"""Standard deviation of the agreeing corners from left to right, in widths: before a plain wall, only people have corners."""
_AGREED_PX = 0.5
_AGREED_SHARE = 0.3
_MOST_ZOOM = 1.5
"""Between two frames; more is a mistake."""

_LOST_SHARE = 0.25
_ALIKE = 0.6
_LAYOUT = (32, 18)


@dataclasses.dataclass(frozen=True)
class Camera:
    """What the camera did since the frame before.

    Attributes:
        motion: (4,) float64 (a, b, x, y): what was seen at (px, py) is expected at (a px - b py + x, b px + a py + y), in pixels of
            the processed frame. (1, 0, 0, 0) where it stood, and where nothing is known.
        cut: a new scene begins with this frame.
    """

    motion: Array
    cut: bool = False

    def then(self, later: Camera) -> Camera:
        """Both, one after the other."""
        (a, b, x, y), (c, d, z, w) = self.motion, later.motion
        return Camera(np.array([a * c - b * d, a * d + b * c, c * x - d * y + z, d * x + c * y + w]), self.cut or later.cut)


class CameraMotion:
    """Watches the frames of one video, in their order. The result depends on the pictures alone.

    Args:
        frame_size: width and height of the processed picture in pixels, in which motion is given.
    """

    def __init__(self, frame_size: tuple[int, int]) -> None:
        self._frame_size = frame_size
        self._luma: Array | None = None
        self._corner = _no_points()

    def update(self, luma: npt.NDArray[np.uint8]) -> Camera:
        """What happened between the frame before and this one.

        Args:
            luma: uint8 (h, w) brightness of the whole turned picture, scaled to some 160 pixels in width; all of one size.

        Raises:
            ValueError: a picture of another kind or size.
        """
        if luma.ndim != 2 or luma.dtype != np.uint8 or (self._luma is not None and luma.shape != self._luma.shape):
            expected = "uint8 (height, width)" if self._luma is None else f"uint8 {self._luma.shape}, as before"
            raise ValueError(f"expected a luma picture {expected}; found {luma.dtype} {luma.shape}")
        before, corner = self._luma, self._corner
        found = _corners(luma)
        if before is None or len(found) < _LEAST_CORNERS <= len(corner):
            # A black or white picture says nothing; the next is compared with what was seen before it.
            self._luma, self._corner = (luma, found) if before is None else (before, corner)
            return Camera(STILL)
        self._luma, self._corner = luma, found
        if len(corner) < _LEAST_CORNERS:
            return Camera(STILL)
        small, agreed = _similarity(before, luma, corner)
        if agreed < _LOST_SHARE and _likeness(before, luma) < _ALIKE:
            return Camera(STILL, cut=True)
        return Camera(STILL if small is None else self._in_frame(*small, luma.shape))

    def _in_frame(self, growth: complex, shift: complex, shape: tuple[int, ...]) -> Array:
        """The same motion in pixels of the processed frame; whole numbers are pixel centres in OpenCV, edges of pixels in boxes."""
        shift -= growth * (0.5 + 0.5j)
        (width, height), (down, across) = self._frame_size, shape
        return np.array([1 + growth.real, growth.imag, shift.real * width / across, shift.imag * height / down])


def _no_points() -> Array:
    return np.zeros((0, 2), np.float32)


def _corners(luma: Array) -> Array:
    """(N, 2) float32 the best corner of every square of the picture, x and y, where there is one."""
    down, across = luma.shape[0] // _CELL, luma.shape[1] // _CELL
    if not down or not across:
        return _no_points()
    strength = np.asarray(cv2.cornerMinEigenVal(luma, 3))[: down * _CELL, : across * _CELL]
    cells = strength.reshape(down, _CELL, across, _CELL).swapaxes(1, 2).reshape(down * across, _CELL * _CELL)
    best = cells.argmax(axis=1)
    cell = (cells[np.arange(len(cells)), best] >= _LEAST_CORNER).nonzero()[0]
    corner = np.empty((len(cell), 2), np.float32)
    corner[:, 0] = cell % across * _CELL + best[cell] % _CELL
    corner[:, 1] = cell // across * _CELL + best[cell] // _CELL
    return corner


_Similarity = tuple[complex, complex]
"""Points as complex numbers x + yj: each moves by the first number times where it is, and by the second."""


def _similarity(before: Array, now: Array, corner: Array) -> tuple[_Similarity | None, float]:
    """What most corners agree on, None where there is nothing or nothing moved, and the share that agrees."""
    start, flow = _flow(before, now, corner, np.zeros(2, np.float32))
    still = np.count_nonzero(np.abs(flow).max(axis=1, initial=0) < _STILL_PX) / len(corner)
    if still >= _STILL_SHARE:
        return None, still
    count, width = len(corner), before.shape[1]
    found, agreed = _agreement(start, flow, count, _AGREED_PX, width)
    if agreed < _AGREED_SHARE:
        # Too far for the flow to follow, perhaps; phases of the whole picture (Kuglin and Hines, 1975) say where to look.
        whole, _ = cv2.phaseCorrelate(before.astype(np.float32), now.astype(np.float32))
        found, agreed = _agreement(*_flow(before, now, corner, np.array(whole, np.float32)), count, 2 * _AGREED_PX, width)
    return (found, agreed) if agreed >= _AGREED_SHARE else (None, agreed)


def _flow(before: Array, now: Array, corner: Array, guess: Array) -> tuple[Array, Array]:
    """(N, 2) the corners that were found again, and by how much each moved."""
    end, status, _ = cv2.calcOpticalFlowPyrLK(
        before, now, corner, corner + guess, winSize=_WINDOW, maxLevel=_LEVELS, criteria=_STOP, flags=_HOW
    )
    tracked = np.asarray(status)[:, 0] > 0
    return corner[tracked], (np.asarray(end) - corner)[tracked]


def _agreement(start: Array, flow: Array, corners: int, error_px: float, width: int) -> tuple[_Similarity | None, float]:
    """The similarity that most of the flow agrees on, and how much of all corners that is."""
    if len(start) < _LEAST_CORNERS:
        return None, 0.0
    found, agrees = cv2.estimateAffinePartial2D(start, start + flow, method=cv2.RANSAC, ransacReprojThreshold=error_px, refineIters=0)
    if found is None or not 1 / _MOST_ZOOM < np.hypot(*found[:, 0]) < _MOST_ZOOM:
        return None, 0.0
    agreed = agrees[:, 0] > 0
    return _fitted(start[agreed], flow[agreed], width), np.count_nonzero(agreed) / corners


def _fitted(start: Array, flow: Array, width: int) -> _Similarity | None:
    """The similarity of least squares; None where it explains no more than noise would (Fisher's F test), or one place alone.

    As complex numbers, points and their ways lie on a line.
    """
    point, way = start.astype(np.float64).view(np.complex128)[:, 0], flow.astype(np.float64).view(np.complex128)[:, 0]
    count, middle = len(point), point.sum() / len(point)
    arm = point - middle
    if arm.real @ arm.real < count * (_LEAST_SPREAD * width) ** 2:
        return None
    growth = np.vdot(arm, way) / np.vdot(arm, arm).real
    shift = way.sum() / count - growth * middle
    left = way - growth * point - shift
    total, unexplained = np.vdot(way, way).real, np.vdot(left, left).real
    if (total - unexplained) * (2 * count - 4) <= 4 * _LEAST_F * unexplained:
        return None
    return complex(growth), complex(shift)


def _likeness(one: Array, other: Array) -> float:
    """Correlation of how light and dark are laid out, -1..1; brightness and contrast count for nothing."""
    layouts = [cv2.resize(luma, _LAYOUT, interpolation=cv2.INTER_AREA).astype(np.float64).ravel() for luma in (one, other)]
    ours, theirs = (layout - layout.mean() for layout in layouts)
    return float(ours @ theirs / max(1e-9, np.sqrt((ours @ ours) * (theirs @ theirs))))

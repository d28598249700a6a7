"""Drawing what is known of a face: its mesh or its points, where it looks, and what its muscles do."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from importlib import resources
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trackway.artifacts.appearances import FaceLook
from trackway.artifacts.lettering import Lettering

__all__ = ["FacePainter"]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Array = npt.NDArray[Any]
Color = tuple[int, int, int]
Lines = tuple[tuple[list[int], bool], ...]

_DARK: Color = (16, 16, 16)
_FINE = 4  # bits of a pixel's fraction

_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
_BROWS = ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276))
_LIPS = (
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)
_MESH_LINES: Lines = tuple((list(line), True) for line in (_OVAL, *_EYES, *_BROWS, *_LIPS))
"""Lines along vertices of the mesh, and whether each is closed."""

_POINT_LINES: Lines = tuple(
    (list(range(first, end)), first >= 36) for first, end in itertools.pairwise((0, 17, 22, 27, 31, 36, 42, 48, 60, 68))
)
"""The same along the 68 points: jaw, brows, nose; eyes and lips are closed."""

_NOSE_VERTEX, _NOSE_POINT = 4, 30

_AXES: tuple[Color, ...] = ((255, 84, 84), (96, 224, 96), (72, 148, 255))
"""To the right of the picture, up, and to the camera, of a face that looks into it."""

_AXIS_LENGTH = 0.33  # lengths of the face

_WEB_PX, _AXES_PX, _BARS_PX = 90, 40, 60
"""Length of the smallest face that gets a web, axes, bars."""

_WEB_OPACITY, _WEB_OPAQUE_PX = 0.45, 220
"""The web of a small face is dense, and shows the less."""

_BAR_PX, _BAR_SHARE = 13, 1 / 72
"""Least height of a bar with its words: in pixels, and in shorter sides of the picture."""
_PANEL_LENGTH = 1.1
"""Height of a panel, in lengths of the face, that is used to show as many bars as fit in; but three at least."""
_LEAST_BARS = 3
_HIDDEN = 0.3
"""How much of a panel, or of what is behind it, may be hidden; else it is left out."""

_WORDS = {
    "AU1": "inner brow up", "AU2": "outer brow up", "AU4": "brow down", "AU5": "upper lid up", "AU6": "cheek up", "AU7": "lids tight",
    "AU9": "nose wrinkle", "AU10": "upper lip up", "AU11": "nasolabial", "AU12": "smile", "AU13": "sharp smile", "AU14": "dimple",
    "AU15": "corners down", "AU16": "lower lip down", "AU17": "chin up", "AU18": "pucker", "AU19": "tongue", "AU20": "lips stretched",
    "AU22": "funnel", "AU23": "lips tight", "AU24": "lips pressed", "AU25": "lips apart", "AU26": "jaw drop", "AU27": "mouth wide",
    "AU28": "lips sucked", "AU32": "lip bitten", "AU38": "nostrils wide", "AU39": "nostrils narrow", "AU43": "eyes closed",
}  # fmt: skip


class FacePainter:
    """Draws faces onto pictures of one size."""

    def __init__(self, width: int, height: int, lettering: Lettering) -> None:
        """Read the web of the mesh, for pictures of `width` x `height`."""
        self._size = np.array([width, height], np.float32)
        self._widest = max(1, round(min(width, height) / 300))
        self._lettering = lettering
        # Triangles between the vertices of an average face, laid flat (Delaunay), without eyes and mouth; its sides mirror each other.
        with resources.as_file(resources.files("trackway.artifacts") / "wireframe.npy") as path:
            self._web: Array = np.load(path).astype(np.intp)  # (1308, 2) vertices that a thread joins
        self._sides: dict[int, bool] = {}

    def draw_lines(self, pixels: Pixels, look: FaceLook, face_box: Floats, color: Color) -> None:
        """The mesh, or else the points, and the axes of the pose, in place; nothing where neither is known.

        Args:
            pixels: uint8 (height, width, 3) RGB.
            look: the face.
            face_box: (4,) left, top, width, height as ratios; its size says how much is shown.
            color: of the person.
        """
        if look.vertices is not None:
            self._draw_shape(pixels, look.vertices, _MESH_LINES, self._web, face_box, color)
            self._draw_axes(pixels, look.vertices[_NOSE_VERTEX], look.pose, face_box)
        elif look.points is not None:
            self._draw_shape(pixels, look.points, _POINT_LINES, self._web[:0], face_box, color)
            self._draw_axes(pixels, look.points[_NOSE_POINT], look.pose, face_box)

    def draw_bars(
        self, pixels: Pixels, person: int, look: FaceLook, face_box: Floats, color: Color, taken: Sequence[Floats]
    ) -> Floats | None:
        """How strongly action units are seen, on a panel beside the face, in place.

        Args:
            pixels, look, face_box, color: as for `draw_lines`.
            person: whose panel stays on its side from frame to frame.
            taken: (4,) boxes, other faces and panels, that should not be hidden.

        Returns:
            The panel's box in ratios; None where none was drawn, as the face is small or there is no room.
        """
        length = self._length(face_box)
        if length < _BARS_PX or not look.units:
            return None
        row = round(max(_BAR_PX, float(self._size.min()) * _BAR_SHARE, min(length / 10, float(self._size.min()) / 34)))
        units = sorted(look.units[: max(_LEAST_BARS, int(_PANEL_LENGTH * length / row))], key=lambda unit: int(unit[0][2:]))
        pad = row // 2
        wide, high = round(12.4 * row) + 2 * pad, row * len(units) + pad
        box = face_box.reshape(2, 2) * self._size
        middle = float(box[0, 1] + box[1, 1] / 2)
        top = round(float(np.clip(middle - high / 2, 0, max(0.0, float(self._size[1]) - high))))
        lefts = {True: round(float(box[0, 0] + box[1, 0])) + pad, False: round(float(box[0, 0])) - pad - wide}
        left = self._place(person, lefts, top, wide, high, taken)
        if left is None:
            return None
        panel = pixels[top : top + high, max(left, 0) : max(left + wide, 0)]
        panel[:] = (panel * np.float32(0.4) + np.float32(7)).astype(np.uint8)
        for number, (name, value) in enumerate(units):
            x, y = left + pad, top + pad // 2 + number * row
            self._lettering.write(pixels, name, x, y, row, _paler(color))
            self._lettering.write(pixels, _WORDS.get(name, ""), x + round(2.9 * row), y, row, (235, 235, 235))
            first, last = (x + round(8.8 * row), y + round(0.3 * row)), (left + wide - pad, y + round(0.68 * row))
            cv2.rectangle(pixels, first, last, (84, 84, 84), cv2.FILLED)
            if np.isfinite(value) and value > 0:
                filled = first[0] + round((last[0] - first[0]) * min(value, 1.0))
                cv2.rectangle(pixels, first, (filled, last[1]), color, cv2.FILLED)
        corner, extent = np.array([left, top], np.float32), np.array([wide, high], np.float32)
        return np.concatenate([corner / self._size, extent / self._size])

    def _draw_shape(self, pixels: Pixels, shape: Floats, lines: Lines, web: Array, face_box: Floats, color: Color) -> None:
        """Lines that can be made out on any ground: on their web, or else with dark edges."""
        length = self._length(face_box)
        part, points = self._part(pixels, np.clip(shape, -1, 2) * self._size)
        if not part.size:
            return
        fixed = np.round(points * 2**_FINE).astype(np.int32)
        line = min(1 + int(length >= 260) + int(length >= 520), self._widest)
        inks = [(_DARK, line + 2), (_paler(color), line)]
        if len(web) and length >= _WEB_PX:
            inked = part.copy()
            cv2.polylines(inked, fixed[web], False, color, max(1, line - 1), cv2.LINE_AA, _FINE)
            opacity = _WEB_OPACITY * min(length / _WEB_OPAQUE_PX, 1.0)
            cv2.addWeighted(inked, opacity, part, 1 - opacity, 0, dst=part)
            inks = inks[1:]
        for ink, thickness in inks:
            for indices, closed in lines:
                cv2.polylines(part, [fixed[indices]], closed, ink, thickness, cv2.LINE_AA, _FINE)

    def _draw_axes(self, pixels: Pixels, nose: Floats, pose: Floats | None, face_box: Floats) -> None:
        """Three arrows from the tip of the nose."""
        length = self._length(face_box)
        if pose is None or length < _AXES_PX:
            return
        turned = _rotation(pose)
        tip = np.clip(nose, -1, 2) * self._size
        ends = tip + _AXIS_LENGTH * length * np.stack([turned[:2, 0], -turned[:2, 1], turned[:2, 2]])
        thick = max(1, round(length / 110))
        start = [round(float(value) * 2**_FINE) for value in tip]
        for axis in np.argsort([turned[2, 0], -turned[2, 1], turned[2, 2]]).tolist():  # what points to the camera is drawn last
            end = [round(float(value) * 2**_FINE) for value in ends[axis]]
            for ink, thickness in ((_DARK, thick + 2), (_AXES[axis], thick)):
                cv2.arrowedLine(pixels, start, end, ink, thickness, cv2.LINE_AA, _FINE, 0.18)

    def _length(self, face_box: Floats) -> float:
        return float((face_box[2:] * self._size).max())

    def _part(self, pixels: Pixels, points: Floats) -> tuple[Pixels, Floats]:
        """The part of the picture that some points lie in, with a margin, and the points in it."""
        limits = self._size.astype(int)
        low = np.clip(np.floor(points.min(axis=0)).astype(int) - 4, 0, limits)
        high = np.clip(np.ceil(points.max(axis=0)).astype(int) + 5, 0, limits)
        return pixels[low[1] : high[1], low[0] : high[0]], points - low.astype(np.float32)

    def _place(self, person: int, lefts: dict[bool, int], top: int, wide: int, high: int, taken: Sequence[Floats]) -> int | None:
        """Where a panel begins: to the right of the face or to its left, where less is hidden; where it was, unless that is much worse."""

        def hidden(right: bool) -> float:
            """Share of the panel that lies outside of the picture, and shares of what it and others hide of each other."""
            panel = np.array([lefts[right], top, lefts[right] + wide, top + high], np.float32)
            outside = max(0.0, -float(panel[0])) + max(0.0, float(panel[2] - self._size[0]))
            return outside / wide + sum(_overlap(panel, other, self._size) for other in taken)

        cost = {right: hidden(right) for right in (True, False)}
        right = self._sides.get(person, cost[True] <= cost[False])
        if cost[right] > cost[not right] + 0.1:
            right = not right
        self._sides[person] = right
        return lefts[right] if cost[right] <= _HIDDEN else None


def _rotation(pose: Floats) -> Array:
    """(3, 3) of x to the right, y down, z to the camera, by roll, yaw, pitch in degrees as `faces.pose` reads them."""
    (c1, c2, c3), (s1, s2, s3) = (function(np.radians(pose.astype(np.float64))) for function in (np.cos, np.sin))
    roll = np.array([[c1, -s1, 0], [s1, c1, 0], [0, 0, 1]])
    yaw = np.array([[c2, 0, s2], [0, 1, 0], [-s2, 0, c2]])
    pitch = np.array([[1, 0, 0], [0, c3, -s3], [0, s3, c3]])
    turned: Array = roll @ yaw @ pitch
    return turned


def _overlap(panel: Floats, box: Floats, size: Floats) -> float:
    """Share of the smaller of a panel (left, top, right, bottom) and a box in ratios that lies in the other."""
    low, high = box[:2] * size, (box[:2] + box[2:]) * size
    shared = np.maximum(np.minimum(panel[2:], high) - np.maximum(panel[:2], low), 0).prod()
    smaller = min(float((panel[2:] - panel[:2]).prod()), float((high - low).prod()))
    return float(shared) / max(smaller, 1.0)


def _paler(color: Color) -> Color:
    """Nearly half way to white."""
    red, green, blue = (round(0.55 * part + 0.45 * 255) for part in color)
    return red, green, blue

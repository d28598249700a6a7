"""Drawing people onto a picture so that they can be made out at any size and on any background."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from trackway.artifacts.appearances import Appearance
from trackway.artifacts.face_painter import FacePainter
from trackway.artifacts.lettering import Lettering

__all__ = ["Painter", "color_of"]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Color = tuple[int, int, int]

_GOLDEN = 0.618033988749895
_DARK: Color = (16, 16, 16)
_LIGHT: Color = (255, 255, 255)
_NOBODY: Color = (205, 205, 205)
_FONT = cv2.FONT_HERSHEY_DUPLEX
_FINE = 4
"""Bits of a pixel's fraction given to OpenCV, so that lines glide and do not jump."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_LEAST_LUMINANCE = 0.45

_TRAIL = ((0.0, 0.25), (0.35, 0.5), (0.7, 0.85))
"""From which share of the trail on, and how opaque."""


def color_of(person: int) -> Color:
    """The person's own bright color, RGB; neighbours in number lie far apart on the color wheel."""
    color = np.array(colorsys.hsv_to_rgb((0.55 + person * _GOLDEN) % 1, (0.65, 0.85, 0.45)[person % 3], 1.0))
    luminance = float(color @ _LUMINANCE)
    if luminance < _LEAST_LUMINANCE:  # blues and violets, on which dark letters could not be read
        color += (1 - color) * (_LEAST_LUMINANCE - luminance) / (1 - luminance)
    red, green, blue = (round(255 * float(part)) for part in color)
    return red, green, blue


class Painter:
    """Draws onto pictures of one size."""

    def __init__(self, width: int, height: int) -> None:
        """Choose line width and letter size for pictures of `width` x `height`."""
        self._size = np.array([width, height], np.float32)
        self._line = max(1, round(min(width, height) / 270))
        self._edge = max(1, round(self._line / 4))
        self._letters = max(12, round(min(width, height) / 34))
        self._labels: dict[tuple[int, str], Pixels] = {}
        self._lettering = Lettering()
        self._faces = FacePainter(width, height, self._lettering)

    def draw(self, pixels: Pixels, appearances: Sequence[Appearance]) -> None:
        """Draw everyone into `pixels`, uint8 (height, width, 3) RGB, in place; small ones, which are far away, first."""
        far_first = sorted(appearances, key=lambda one: float(_outline(one)[3]))
        for one in far_first:
            if one.box is not None:
                self._draw_trail(pixels, one.trail, _color(one), float(one.box[2]))
        for one in far_first:
            if one.box is not None:
                self._draw_box(pixels, one.box, _color(one), self._line)
            if one.face_box is not None:
                self._draw_face(pixels, one, one.face_box)
        self._draw_bars(pixels, far_first)
        for one in far_first:
            self._draw_label(pixels, one)

    def _fixed(self, points: Floats) -> list[list[int]]:
        """Positions (K, 2) as OpenCV's fixed-point pixels; far outside is brought to just outside."""
        near = np.minimum(np.maximum(points, -1), 2)
        return [[round(x), round(y)] for x, y in (near * self._size * 2**_FINE).tolist()]

    def _draw_box(self, pixels: Pixels, box: Floats, color: Color, line: int) -> None:
        """An outline with dark edges, which stands out on any background."""
        first, last = self._fixed(np.array([box[:2], box[:2] + box[2:]]))
        for drawn, thickness in ((_DARK, line + 2 * self._edge), (color, line)):
            cv2.rectangle(pixels, first, last, drawn, thickness, cv2.LINE_AA, _FINE)

    def _draw_face(self, pixels: Pixels, one: Appearance, face_box: Floats) -> None:
        """Its lines where they are known, else its box and the five points."""
        if one.look is not None and (one.look.vertices is not None or one.look.points is not None):
            self._faces.draw_lines(pixels, one.look, face_box, _color(one))
            return
        self._draw_box(pixels, face_box, _LIGHT, max(1, self._line // 2))
        if one.landmarks is not None:
            self._draw_points(pixels, one.landmarks, float(face_box[2] * self._size[0]))

    def _draw_bars(self, pixels: Pixels, far_first: Sequence[Appearance]) -> None:
        """Panels beside the faces that are known so well; those of near faces get their places first."""
        faces = [one.face_box for one in far_first if one.face_box is not None]
        panels: list[Floats] = []
        for one in reversed(far_first):
            if one.look is not None and one.face_box is not None:
                taken = [face for face in faces if face is not one.face_box] + panels
                panel = self._faces.draw_bars(pixels, one.person, one.look, one.face_box, _color(one), taken)
                panels += [] if panel is None else [panel]

    def _draw_points(self, pixels: Pixels, points: Floats, face_width: float) -> None:
        radius = max(1.0, min(1.3 * self._line, face_width / 22))
        for point in self._fixed(points):
            for drawn, size in ((_DARK, radius + self._edge), (_LIGHT, radius)):
                cv2.circle(pixels, point, round(size * 2**_FINE), drawn, cv2.FILLED, cv2.LINE_AA, _FINE)

    def _draw_trail(self, pixels: Pixels, trail: Floats, color: Color, body_width: float) -> None:
        """The way that led here, fainter and thinner the longer ago; next to nothing of someone who stands still."""
        walked = float(np.ptp(trail[:, 0])) if len(trail) > 1 else 0.0
        strength = min(2 * walked / max(body_width, 0.01) - 0.3, 1.0)
        if strength <= 0:
            return
        points = np.array(self._fixed(trail), np.int32)
        limits = self._size.astype(np.int32)
        margin = 2 * self._line + 2
        low = np.clip((points.min(axis=0) >> _FINE) - margin, 0, limits)
        high = np.clip((points.max(axis=0) >> _FINE) + margin, 0, limits)
        part = pixels[low[1] : high[1], low[0] : high[0]]
        if not part.size:
            return
        points -= low << _FINE
        marks = [round(share * (len(points) - 1)) for share, _ in _TRAIL] + [len(points) - 1]
        for index, (_, opacity) in enumerate(_TRAIL):
            inked = part.copy()
            some = [points[marks[index] : marks[index + 1] + 1]]
            for drawn, thickness in ((_DARK, self._line + 2 * self._edge), (color, self._line)):
                cv2.polylines(inked, some, False, drawn, thickness + index * self._line // 2, cv2.LINE_AA, _FINE)
            cv2.addWeighted(inked, strength * opacity, part, 1 - strength * opacity, 0, dst=part)

    def _draw_label(self, pixels: Pixels, one: Appearance) -> None:
        """The person's number on a chip, on top of the box where there is room, else inside of it."""
        key = one.person, one.name
        if key not in self._labels:
            self._labels[key] = self._make_label(_words(one), _color(one))
        label = self._labels[key]
        height, width = label.shape[:2]
        limit_x, limit_y = (int(side) for side in self._size)
        left, top = (value >> _FINE for value in self._fixed(_outline(one)[None, :2])[0])
        left = min(max(left - self._line // 2, 0), max(limit_x - width, 0))
        top = top - height if top >= height else max(top, 0)
        top = min(top, max(limit_y - height, 0))
        spot = pixels[top : top + height, left : left + width]
        spot[:] = label[: spot.shape[0], : spot.shape[1]]

    def _make_label(self, text: str, color: Color) -> Pixels:
        """The chip, uint8 (h, w, 3)."""
        pad = max(2, self._letters // 4)
        height = round(1.25 * self._letters)
        width = max(height, self._lettering.ink(text, height).shape[1]) + 2 * pad
        chip = np.full((height + 2 * (pad // 2), width, 3), color, np.uint8)
        left = (width - self._lettering.ink(text, height).shape[1]) // 2
        self._lettering.write(chip, text, left, pad // 2, height, _DARK)
        return chip


def _color(one: Appearance) -> Color:
    """Of whom somebody knows, the same wherever they are; grey where others are known and this one is not."""
    if not one.grouped:
        return color_of(one.person)
    return _NOBODY if one.identity is None else color_of(one.identity)


def _words(one: Appearance) -> str:
    """What stands on the chip."""
    if one.name:
        return one.name
    return f"{one.person}" if one.identity is None else f"{one.person} · id {one.identity}"


def _outline(one: Appearance) -> Floats:
    """The box that stands for the person: the body's, or the face's where only that is seen."""
    if one.box is not None:
        return one.box
    if one.face_box is not None:
        return one.face_box
    raise ValueError(f"person {one.person} appears without a body and without a face")

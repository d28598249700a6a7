"""Words for pictures: drawn once, kept, and laid on in any color."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

__all__ = ["Lettering"]

Pixels = npt.NDArray[np.uint8]
Color = tuple[int, int, int]


class Lettering:
    """The typeface that Pillow brings with it, at any size."""

    def __init__(self) -> None:
        self._inks: dict[tuple[str, int], Pixels] = {}

    def ink(self, text: str, height: int) -> Pixels:
        """(height, w) how much of each pixel some words cover, 0..255; `height` is that of a line, the letters' and what surrounds them."""
        key = text, height
        if key not in self._inks:
            font = ImageFont.load_default(size=height / 1.25)
            width = max(1, round(font.getlength(text)))
            image = Image.new("L", (width, height))
            ImageDraw.Draw(image).text((0, height / 2), text, fill=255, font=font, anchor="lm")
            self._inks[key] = np.asarray(image)
        return self._inks[key]

    def write(self, pixels: Pixels, text: str, left: int, top: int, height: int, color: Color) -> None:
        """Lay words on a picture, in place; what would lie outside is left out."""
        ink = self.ink(text, height)
        first = max(-top, 0), max(-left, 0)
        spot = pixels[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + ink.shape[1], 0)]
        ink = ink[first[0] : first[0] + spot.shape[0], first[1] : first[1] + spot.shape[1]]
        if ink.size:
            share = cv2.merge([ink, ink, ink]).astype(np.float32) / 255
            spot[:] = np.round(spot * (1 - share) + np.array(color, np.float32) * share).astype(np.uint8)

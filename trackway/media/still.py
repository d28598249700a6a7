"""A still picture from the bytes of a JPEG or PNG file: upright, RGB, eight bits; or a clear refusal before anything costs much."""

from __future__ import annotations

import hashlib
import io
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from trackway.errors import ImageTooLarge, ImageTooSmall, InvalidImage
from trackway.media.picture import take_apart

__all__ = ["LEAST_SIDE_PX", "MOST_PIXELS", "Still", "open_still"]

MOST_PIXELS = 100_000_000
"""Larger pictures are refused by what their headers say; three bytes of memory each, and seven while decoding."""

LEAST_SIDE_PX = 80
"""SPEC R79."""

_PLUGINS = {"JPEG": JpegImageFile, "PNG": PngImageFile}
"""Of Pillow, called by name: what it would guess, and load for that, is not left to the file."""

_WITH_ALPHA = frozenset(("LA", "RGBA"))

_TURNS = {
    3: (cv2.ROTATE_180, False),
    4: (cv2.ROTATE_180, True),
    5: (cv2.ROTATE_90_CLOCKWISE, True),
    6: (cv2.ROTATE_90_CLOCKWISE, False),
    7: (cv2.ROTATE_90_COUNTERCLOCKWISE, True),
    8: (cv2.ROTATE_90_COUNTERCLOCKWISE, False),
}
"""EXIF orientation -> how to turn what is stored, and whether to mirror it then; 1 needs nothing, 2 only the mirror."""


class Still(NamedTuple):
    """A picture.

    Attributes:
        rgb: (H, W, 3) uint8, upright as its EXIF data say; what is transparent shows white.
        digest: sha256 of the file.
    """

    rgb: npt.NDArray[np.uint8]
    digest: str


def open_still(content: bytes, *, most_bytes: int | None = None) -> Still:
    """Decodes a picture of one frame: JPEG of any kind (progressive, grey, CMYK), PNG of any kind (16 bits, palette, alpha, interlaced).

    Args:
        content: the whole file.
        most_bytes: larger files are refused.

    Raises:
        InvalidImage: neither JPEG nor PNG by content, animated, truncated or broken.
        ImageTooLarge: more bytes than `most_bytes`, or more pixels than `MOST_PIXELS` by its header.
        ImageTooSmall: fewer than `LEAST_SIDE_PX` pixels on a side.
    """
    if most_bytes is not None and len(content) > most_bytes:
        raise ImageTooLarge(f"Image size is too large: {len(content)} bytes, the limit is {most_bytes} bytes. Send a smaller picture.")
    file = take_apart(content)
    size = f"{file.width} x {file.height} pixels"
    if file.width * file.height > MOST_PIXELS:
        raise ImageTooLarge(f"Image size is too large: {size}, the limit is {MOST_PIXELS} pixels. Send a smaller picture.")
    if min(file.width, file.height) < LEAST_SIDE_PX:
        raise ImageTooSmall(f"Request has invalid parameters. The image is {size} large; each side needs {LEAST_SIDE_PX} pixels.")
    try:
        with _PLUGINS[file.format](io.BytesIO(file.pixels)) as image:
            if image.size != (file.width, file.height):
                raise InvalidImage(f"Invalid image format: the {file.format} picture gives its size twice, and differently.")
            rgb = _rgb(image)
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # all that Pillow says of broken files
        raise InvalidImage(f"Invalid image format: the {file.format} picture is truncated or broken ({error}).") from error
    return Still(_upright(rgb, file.orientation), hashlib.sha256(content).hexdigest())


def _rgb(image: Image.Image) -> npt.NDArray[np.uint8]:
    if image.mode == "I;16":
        grey = (np.asarray(image) >> 8).astype(np.uint8)
        return np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))
    image.load()
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        seen = image.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        paper.alpha_composite(seen)
        image = paper
    return np.asarray(image.convert("RGB"))


def _upright(rgb: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    turn, mirrored = _TURNS.get(orientation, (None, orientation == 2))
    turned = rgb if turn is None else cv2.rotate(rgb, turn)
    return np.asarray(cv2.flip(turned, 1) if mirrored else turned, np.uint8)

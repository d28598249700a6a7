"""The two people of the sample clip, cut out of photographs in the public domain that come with installed packages."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from trackway.errors import FileError

__all__ = ["Box", "Figure", "load_figures"]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width, height."""

# Outlines, bodies and faces were traced once, in pixels of the photographs.
_COLLINS_OUTLINE = (
    *(201, 23, 185, 38, 163, 51, 156, 58, 153, 68, 157, 104, 170, 116, 174, 128, 182, 132, 182, 147, 153, 151, 140, 158),
    *(123, 178, 120, 194, 115, 196, 113, 205, 65, 246, 54, 266, 45, 275, 39, 305, 26, 342, 26, 366, 19, 390, 19, 418),
    *(24, 432, 23, 460, 27, 493, 20, 501, 24, 511, 511, 511, 511, 502, 507, 501, 506, 470, 502, 464, 502, 455, 496, 453),
    *(493, 421, 478, 384, 455, 361, 418, 345, 393, 344, 364, 348, 360, 344, 362, 330, 357, 323, 352, 286, 347, 282),
    *(340, 262, 303, 233, 299, 219, 289, 203, 256, 174, 256, 163, 264, 149, 266, 137, 275, 134, 290, 117, 300, 92),
    *(296, 58, 288, 43, 276, 31, 248, 18, 227, 16),
)
_HOPPER_OUTLINE = (
    *(218, 30, 212, 43, 199, 48, 181, 64, 176, 73, 175, 84, 155, 103, 145, 103, 146, 134, 163, 155, 160, 180, 153, 197),
    *(155, 219, 161, 228, 157, 254, 162, 260, 163, 273, 171, 285, 194, 298, 196, 319, 183, 333, 165, 344, 121, 360),
    *(80, 368, 61, 380, 53, 381, 47, 387, 38, 411, 23, 422, 27, 433, 27, 459, 17, 526, 11, 599, 511, 599, 511, 437),
    *(507, 436, 492, 393, 461, 376, 422, 366, 365, 342, 329, 312, 330, 302, 350, 283, 356, 266, 361, 262, 370, 223),
    *(370, 208, 375, 196, 373, 185, 368, 182, 371, 134, 365, 89, 353, 86, 348, 71, 335, 56, 313, 44, 300, 42, 281, 27),
    *(249, 23, 229, 30),
)
_COLLINS_BODY, _COLLINS_FACE = (19, 16, 345, 496), (181, 58, 89, 120)  # left, top, width, height; without the helmet in her arm
_HOPPER_BODY, _HOPPER_FACE = (11, 23, 500, 577), (175, 128, 182, 206)

_SHADOW = 0.35


@dataclasses.dataclass(frozen=True, eq=False)
class Figure:
    """A person cut out at a fixed size, with a soft shadow, ready to be laid over a picture.

    Attributes:
        light: (h, w, 3) uint8 what the figure adds, RGB.
        veil: (h, w, 3) uint8 how much of the background stays, 255 for all.
        mask: (h, w) bool, the body, without what it carries beside it.
        body: left, top, width, height of the body within the cut-out, pixels.
        face: the same of the face, about.
    """

    light: npt.NDArray[np.uint8]
    veil: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    body: Box
    face: Box


def load_figures(height: int) -> tuple[Figure, Figure]:
    """Eileen Collins (NASA, from scikit-image) and Grace Hopper (US Navy, from matplotlib), `height` pixels high.

    Raises:
        FileError: one of the packages, or the photograph in it, is missing.
    """
    collins = _photograph("skimage", "data/astronaut.png", "scikit-image")
    hopper = _photograph("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "matplotlib")
    return (
        _cut(collins, _COLLINS_OUTLINE, _COLLINS_BODY, _COLLINS_FACE, height),
        _cut(hopper, _HOPPER_OUTLINE, _HOPPER_BODY, _HOPPER_FACE, height),
    )


def _photograph(package: str, member: str, distribution: str) -> npt.NDArray[np.uint8]:
    """A picture that lies in an installed package, (H, W, 3) RGB; the package is not imported, which would take seconds."""
    spec = importlib.util.find_spec(package)
    found = [Path(folder, member) for folder in (spec and spec.submodule_search_locations) or ()]
    pixels = cv2.imread(str(found[0]), cv2.IMREAD_COLOR) if found and found[0].is_file() else None
    if pixels is None:
        raise FileError(
            f"The sample clip needs {member} of the package {distribution}, which is not installed: pip install {distribution}."
        )
    return np.asarray(pixels[:, :, ::-1], np.uint8)


def _cut(photograph: npt.NDArray[np.uint8], outline: tuple[int, ...], body: Box, face: Box, height: int) -> Figure:
    scale = height / body[3]
    margin = round(0.06 * height)  # room for the shadow on three sides; the bottom is cut off straight, as the photograph is
    stencil = np.zeros(photograph.shape[:2], np.uint8)
    cv2.fillPoly(stencil, [np.array(outline, np.int32).reshape(-1, 2)], [255])

    def prepared(layer: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        size = round(layer.shape[1] * scale), round(layer.shape[0] * scale)
        scaled = cv2.resize(layer, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        return np.asarray(cv2.copyMakeBorder(scaled, margin, 0, margin, margin, cv2.BORDER_CONSTANT), np.uint8)

    picture, solid = prepared(photograph), prepared(stencil)

    def blurred(sigma: float) -> npt.NDArray[np.float32]:
        # The lowest line goes on below the picture, or the wall would shine through there.
        longer = cv2.copyMakeBorder(solid, 0, 4 * margin, 0, 0, cv2.BORDER_REPLICATE)
        return np.asarray(cv2.GaussianBlur(longer, (0, 0), sigma)[: len(solid), :, None] / 255, np.float32)

    alpha = blurred(1.0)
    veil = np.repeat((1 - alpha) * (1 - _SHADOW * blurred(margin / 3)), 3, axis=2)
    left = body[0] * scale + margin
    columns = np.arange(solid.shape[1])
    return Figure(
        light=np.rint(picture * alpha).astype(np.uint8),
        veil=np.rint(255 * veil).astype(np.uint8),
        mask=(solid > 127) & (columns >= left) & (columns < left + body[2] * scale),
        body=(left, body[1] * scale + margin, body[2] * scale, body[3] * scale),
        face=(face[0] * scale + margin, face[1] * scale + margin, face[2] * scale, face[3] * scale),
    )

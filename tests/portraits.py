"""Photographs with faces, from packages that tests have installed: both are in the public domain."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["blank", "both", "collins", "crowd", "hopper", "jpeg", "png"]

Picture = npt.NDArray[Any]


def collins(side: int = 512) -> Picture:
    """(side, side, 3) RGB: Eileen Collins (NASA)."""
    return _resized(_photograph("skimage", "data/astronaut.png"), side, side)


def hopper(width: int = 512, height: int = 600) -> Picture:
    """(height, width, 3) RGB: Grace Hopper (US Navy)."""
    return _resized(_photograph("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"), width, height)


def both() -> Picture:
    """(600, 1024, 3) RGB: Collins at the left, Hopper, whose face is larger, at the right."""
    return np.hstack([_resized(collins(), 512, 600), hopper()])


def crowd() -> Picture:
    """(800, 2000, 3) RGB: Hopper two hundred times."""
    return np.tile(_resized(hopper()[:400], 100, 80), (10, 20, 1))


def blank() -> Picture:
    """(160, 160, 3) RGB: nobody."""
    return np.full((160, 160, 3), 90, np.uint8)


def jpeg(picture: Picture, quality: int = 95) -> bytes:
    """A JPEG file."""
    return cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def png(picture: Picture) -> bytes:
    """A PNG file."""
    return cv2.imencode(".png", picture[..., ::-1])[1].tobytes()


def _resized(picture: Picture, width: int, height: int) -> Picture:
    return picture if picture.shape[:2] == (height, width) else cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


@functools.cache
def _photograph(package: str, path: str) -> Picture:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    picture = cv2.imread(str(Path(found.origin).parent / path))
    assert picture is not None
    picture = picture[..., ::-1].copy()
    picture.flags.writeable = False
    return picture

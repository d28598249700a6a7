"""Angles in degrees."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

__all__ = ["turned_by"]

Array = npt.NDArray[Any]


def turned_by(degrees: Array) -> Array:
    """The same directions within -180..180: differences of angles are the short way round."""
    within: Array = (degrees + 180) % 360 - 180
    return within

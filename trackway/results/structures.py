"""What Rekognition's structures have in common, for functions that go without numpy; the rest of them is in `results.shapes`."""

from __future__ import annotations

import msgspec

__all__ = ["BoundingBox", "Shape"]


class Shape(msgspec.Struct, rename="pascal", gc=False, omit_defaults=True):
    """A Rekognition structure; a member left at None is left out of the JSON."""


class BoundingBox(Shape):
    """Ratios of the picture; may leave it (SPEC R34)."""

    width: float
    height: float
    left: float
    top: float

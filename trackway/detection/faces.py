"""Faces with five points (SPEC R37)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from trackway.detection import centerface
from trackway.detection.detector import Decoder, Detector

__all__ = ["FaceDetector"]


class FaceDetector(Detector):
    """Pictures -> face boxes with eyes, nose and mouth corners, left being the image's left."""

    decoders: ClassVar[Mapping[str, Decoder]] = MappingProxyType({"centerface": centerface.decode})

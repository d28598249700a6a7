"""Bodies. Weak ones are returned too: the tracker uses them to carry on with people it knows already."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from trackway.detection import centernet
from trackway.detection.detector import Decoder, Detector

__all__ = ["PersonDetector"]


class PersonDetector(Detector):
    """Pictures -> body boxes, without landmarks."""

    decoders: ClassVar[Mapping[str, Decoder]] = MappingProxyType({"centernet": centernet.decode})

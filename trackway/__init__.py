"""Trackway: person and face tracking for video, answering the Rekognition API.

Public names load on first use, so that importing the package stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackway.columns import Detections, Tracks
    from trackway.errors import NotEnoughFacesError, TrackwayError
    from trackway.jobs.options import JobOptions
    from trackway.media.dataset import VideoDataset
    from trackway.pipeline.mexca.annotation import VideoAnnotation
    from trackway.pipeline.mexca.extractor import FaceExtractor
    from trackway.pipeline.video import VideoResult, track_video
    from trackway.pipeline.vision import Vision

__version__ = "0.1.0"

_HOMES = {
    "Detections": "trackway.columns",
    "FaceExtractor": "trackway.pipeline.mexca.extractor",
    "JobOptions": "trackway.jobs.options",
    "NotEnoughFacesError": "trackway.errors",
    "TrackwayError": "trackway.errors",
    "Tracks": "trackway.columns",
    "VideoAnnotation": "trackway.pipeline.mexca.annotation",
    "VideoDataset": "trackway.media.dataset",
    "VideoResult": "trackway.pipeline.video",
    "Vision": "trackway.pipeline.vision",
    "track_video": "trackway.pipeline.video",
}

__all__ = [
    "Detections",
    "FaceExtractor",
    "JobOptions",
    "NotEnoughFacesError",
    "Tracks",
    "TrackwayError",
    "VideoAnnotation",
    "VideoDataset",
    "VideoResult",
    "Vision",
    "__version__",
    "track_video",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'trackway' has no attribute {name!r}; its public names are {', '.join(sorted(_HOMES))}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

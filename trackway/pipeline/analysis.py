"""What one thread does with the frames that are given to it: scale, detect, describe."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from trackway.columns import Detections
from trackway.detection.detector import Detector
from trackway.faces.describe import describe
from trackway.media.frame import Frame, Scaler
from trackway.media.video import VideoInfo
from trackway.pipeline.vision import Vision

__all__ = ["Analyst", "Seen"]


@dataclasses.dataclass(frozen=True)
class Seen:
    """What one frame shows.

    Attributes:
        frame: source frame number.
        time_ms: its time.
        persons: bodies of this frame.
        faces: described faces of this frame.
    """

    frame: int
    time_ms: int
    persons: Detections
    faces: Detections


class Analyst:
    """Looks at the frames of one video; each thread needs its own, because of the scaler's tables."""

    def __init__(self, info: VideoInfo, vision: Vision, *, faces: bool) -> None:
        """Prepare for the video described by `info`, with or without a look for faces."""
        self._info = info
        self._vision = vision
        self._faces = faces
        self._scaler = Scaler(info)

    def __call__(self, frames: Sequence[Frame]) -> list[Seen]:
        """What each of the frames shows, in their order."""
        persons = self._detect(self._vision.persons, frames)
        faces = self._detect(self._vision.faces, frames) if self._faces else Detections.make(0)
        seen = []
        for frame in frames:
            own = faces[faces.frame == frame.number]
            if len(own):
                own = describe(own, self._scaler.luma(frame), full_range=self._info.color_range == "FULL")
            seen.append(Seen(frame.number, frame.time_ms, persons[persons.frame == frame.number], own))
        return seen

    def _detect(self, detector: Detector, frames: Sequence[Frame]) -> Detections:
        width, height = detector.input_size(self._info)
        images = np.stack([self._scaler.rgb(frame, width, height) for frame in frames])
        return detector.detect(images, [frame.number for frame in frames], [frame.time_ms for frame in frames])

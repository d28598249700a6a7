"""Faces of the frames that one thread is given: where they can be, found, described, read."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from trackway.columns import Detections
from trackway.faces.describe import describe
from trackway.media.crop import Cropper
from trackway.media.frame import Frame, Scaler
from trackway.media.video import VideoInfo
from trackway.pipeline.heads import Part, part_with_heads
from trackway.pipeline.vision import Vision
from trackway.readings import FaceReadings, Wanted

__all__ = ["FaceFinder"]


class FaceFinder:
    """Looks for faces in one video; each thread needs its own, because of the scaler's tables.

    Args:
        info: of the video.
        vision: detectors; may be shared.
        scaler: of this thread.
        cropped: look where heads are, and once a second everywhere, since a face may fill the picture without a body; else always
            everywhere.
        wanted: what is to be read in every face, as far as the pack has networks for it; None reads nothing.
    """

    def __init__(self, info: VideoInfo, vision: Vision, scaler: Scaler, *, cropped: bool, wanted: Wanted | None = None) -> None:
        self._full_range = info.color_range == "FULL"
        self._detector = vision.faces
        self._traits = vision.traits
        self._wanted = wanted
        self._scaler = scaler
        self._cropper = Cropper(info)
        self._size = vision.faces.input_size(info)
        self._cropped = cropped

    def find(self, frames: Sequence[Frame], persons: Sequence[Detections], everywhere: Sequence[bool]) -> list[Detections | None]:
        """The described faces of each frame, whose bodies are given; None where nobody looked for any.

        Args:
            frames: of the video.
            persons: bodies of each frame.
            everywhere: of each frame, look at all of it; heeded where parts are looked at.
        """
        parts: dict[tuple[int, int], list[tuple[int, Part]]] = defaultdict(list)
        for index, (bodies, whole) in enumerate(zip(persons, everywhere, strict=True)):
            part = Part(0, 0, *self._size) if whole or not self._cropped else part_with_heads(bodies, self._size)
            if part is not None:
                parts[part.width, part.height].append((index, part))
        faces: list[Detections | None] = [None] * len(frames)
        for alike in parts.values():
            chosen = [frames[index] for index, _ in alike]
            images = np.stack([part.of(self._scaler.rgb(frame, *self._size)) for frame, (_, part) in zip(chosen, alike, strict=True)])
            found = self._detector.detect(images, [frame.number for frame in chosen], [frame.time_ms for frame in chosen])
            for frame, (index, part) in zip(chosen, alike, strict=True):
                faces[index] = self._described(part.in_whole(found[found.frame == frame.number], self._size), frame)
        return faces

    def read(self, frame: Frame, faces: Detections) -> FaceReadings:
        """(M,) what these faces show, see `TraitReader.readings`."""
        if self._traits is None or self._wanted is None:
            return FaceReadings()
        return self._traits.readings(functools.partial(self._cropper.rgb, frame), faces, self._wanted)

    def _described(self, faces: Detections, frame: Frame) -> Detections:
        return describe(faces, self._scaler.luma(frame), full_range=self._full_range) if len(faces) else faces

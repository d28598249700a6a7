"""Faces of the frames that one thread is given: where they can be, found, described, told apart, read."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections, FaceTraits
from trackway.faces.describe import describe
from trackway.media.crop import Cropper
from trackway.media.frame import Frame, Scaler
from trackway.media.video import VideoInfo
from trackway.pipeline.heads import Part, part_with_heads
from trackway.pipeline.vision import Vision

__all__ = ["FaceFinder"]


class FaceFinder:
    """Looks for faces in one video; each thread needs its own, because of the scaler's tables.

    Args:
        info: of the video.
        vision: detectors; may be shared.
        scaler: of this thread.
        cropped: look where heads are, and once a second everywhere, since a face may fill the picture without a body; else always
            everywhere.
        traits: read in faces whatever the pack has networks for.
    """

    def __init__(self, info: VideoInfo, vision: Vision, scaler: Scaler, *, cropped: bool, traits: bool = False) -> None:
        self._full_range = info.color_range == "FULL"
        self._detector = vision.faces
        self._embedder = vision.face_embedder
        self._traits = vision.traits if traits else None
        self._scaler = scaler
        self._cropper = Cropper(info)
        self._size = vision.faces.input_size(info)
        self._cropped = cropped

    def find(self, frames: Sequence[Frame], persons: Sequence[Detections], everywhere: Sequence[bool]) -> list[Detections]:
        """The described faces of each frame, whose bodies are given; `everywhere` is heeded where parts are looked at."""
        parts: dict[tuple[int, int], list[tuple[int, Part]]] = defaultdict(list)
        for index, (bodies, whole) in enumerate(zip(persons, everywhere, strict=True)):
            part = Part(0, 0, *self._size) if whole or not self._cropped else part_with_heads(bodies, self._size)
            if part is not None:
                parts[part.width, part.height].append((index, part))
        faces = [Detections.make(0)] * len(frames)
        for alike in parts.values():
            chosen = [frames[index] for index, _ in alike]
            images = np.stack([part.of(self._scaler.rgb(frame, *self._size)) for frame, (_, part) in zip(chosen, alike, strict=True)])
            found = self._detector.detect(images, [frame.number for frame in chosen], [frame.time_ms for frame in chosen])
            for frame, (index, part) in zip(chosen, alike, strict=True):
                faces[index] = self._described(part.in_whole(found[found.frame == frame.number], self._size), frame)
        return faces

    def look(self, frame: Frame, faces: Detections) -> npt.NDArray[Any] | None:
        """(M, E) float32 whose faces these are, see `FaceEmbedder.embed`; None without a network for it."""
        return None if self._embedder is None else self._embedder.embed(functools.partial(self._cropper.rgb, frame), faces)

    def read(self, frame: Frame, faces: Detections) -> FaceTraits | None:
        """(M,) what these faces show, see `TraitReader.read`; None where nobody asked, or without a network for it."""
        return None if self._traits is None else self._traits.read(functools.partial(self._cropper.rgb, frame), faces)

    def _described(self, faces: Detections, frame: Frame) -> Detections:
        return describe(faces, self._scaler.luma(frame), full_range=self._full_range) if len(faces) else faces

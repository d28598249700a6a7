"""Detectors that see what a clip's truth says: the pipeline around them is the real one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.detection.detector import FrameSize
from trackway.pipeline.vision import Vision, VisionReport

Picture = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]


def report(workers: int = 2, batch: int = 1) -> VisionReport:
    return VisionReport("cpu", "cpu", "scripted", {}, "none", workers, batch)


def slowly(frame: Array) -> Array:
    """Where somebody is who walks."""
    return np.asarray(0.2 + frame * 0.002)


def in_bursts(frame: Array) -> Array:
    """Where somebody is who stands, runs and turns."""
    return np.asarray(0.4 + 0.3 * np.sin(frame / 5) ** 5)


class Scripted:
    """A detector: one box a frame, whose place tells the frame's number; `each` may delay or fail, `left` says where the box is."""

    def __init__(
        self, *, landmarks: bool = False, each: Callable[[int], None] = lambda frame: None, left: Callable[[Array], Array] = slowly
    ) -> None:
        self._landmarks = landmarks
        self._each = each
        self._left = left
        self.threads: set[int] = set()
        self.shapes: set[tuple[int, ...]] = set()
        self.frames: list[int] = []

    def input_size(self, info: FrameSize) -> tuple[int, int]:
        return 512, 256

    def detect(self, images: Picture, frame: npt.ArrayLike, time_ms: npt.ArrayLike) -> Detections:
        numbers = np.asarray(frame)
        self.threads.add(threading.get_ident())
        self.shapes.add(images.shape)
        self.frames.extend(numbers.tolist())
        for number in numbers.tolist():
            self._each(number)
        count = len(numbers)
        left = self._left(numbers)
        columns = {"landmarks": np.full((count, 5, 2), 0.5) + np.random.default_rng(0).normal(0, 0.02, (5, 2))} if self._landmarks else {}
        # Cut by the picture's lower edge, so that faces are always looked for in its whole height, and a box means the same everywhere.
        box = np.stack([left, np.full(count, 0.2), np.full(count, 0.2), np.full(count, 0.8)], axis=1)
        return Detections.make(count, frame=numbers, time_ms=np.asarray(time_ms), box=box, score=np.full(count, 0.9), **columns)


def scripted(
    *, workers: int = 2, batch: int = 1, each: Callable[[int], None] = lambda frame: None, left: Callable[[Array], Array] = slowly
) -> Vision:
    return Vision(Scripted(each=each, left=left), Scripted(landmarks=True, left=left), report(workers, batch))  # type: ignore[arg-type]


def uneven(frame: int) -> None:
    """Some frames take longer than others, so that threads overtake each other."""
    time.sleep((frame * 7919 % 4) / 1000)


def with_workers(vision: Vision, workers: int, batch: int = 1) -> Vision:
    return Vision(vision.persons, vision.faces, msgspec.structs.replace(vision.report, workers=workers, batch=batch))

"""Flat worlds of walking rectangles with exact truth: what a detector would see of them, frame by frame."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.performance.metrics import IdentifiedBoxes
from trackway.columns import Detections, Tracks
from trackway.tracking.config import TrackingConfig
from trackway.tracking.segment import SegmentTracker, TrackedSegment

SIZE = (1280, 720)
PIXELS = np.array([*SIZE, *SIZE], np.float64)
NOBODY = Detections.make(0)
DEFAULT = TrackingConfig()

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class World:
    """People on straight ways, some passing in front of others.

    Attributes:
        time_ms: (F,) time of every frame.
        box: (P, F, 4) true boxes in pixels; smaller numbers walk in front.
        seen: (P, F) share of the box that nobody hides.
    """

    time_ms: Array
    box: Array
    seen: Array

    def truth(self) -> IdentifiedBoxes:
        """Everybody in every frame, hidden or not: a tracker knows that people go on existing."""
        person, frame = np.nonzero(np.ones_like(self.seen))
        return IdentifiedBoxes(frame, person, self.box[person, frame])

    def detections(self, frame: int, seed: int = 0, *, noise: float = 0.01) -> Detections:
        """What a detector finds: weak where half is hidden, nothing where more is."""
        random = np.random.default_rng((seed, frame))
        found = np.flatnonzero(self.seen[:, frame] >= 0.3)
        box = self.box[found, frame]
        box = box + random.normal(0, noise, box.shape) * box[:, 3:]
        return bodies(frame, int(self.time_ms[frame]), box, 0.1 + 0.6 * self.seen[found, frame])


def walkers(seed: int, *, people: int = 5, seconds: float = 8, rate: float = 25, start_ms: int = 0) -> World:
    """Two files of people of different height who walk towards and past each other at a steady pace, the near before the far."""
    random = np.random.default_rng(seed)
    time_ms = start_ms + np.round(np.arange(int(seconds * rate)) * 1000 / rate).astype(np.int64)
    height = np.sort(random.uniform(110, 260, people))[::-1, None]
    rightwards = random.permutation(people)[:, None] % 2 == 0
    place, pace = 170.0 * np.arange(people)[:, None] + random.uniform(0, 60, (people, 1)), random.uniform(80, 110, (people, 1))
    way = place + pace * (time_ms - start_ms) / 1000
    left = np.where(rightwards, way - 300, SIZE[0] - way)
    top = np.broadcast_to(300 - 0.6 * height, left.shape)  # the near ones' feet are lower
    box = np.stack([left, top, *np.broadcast_arrays(0.4 * height, height, left)[:2]], axis=-1)
    return World(time_ms, box, _seen(box))


def _seen(box: Array) -> Array:
    seen = np.ones(box.shape[:2])
    for behind in range(1, len(box)):
        for front in box[:behind]:
            low = np.maximum(box[behind, :, :2], front[:, :2])
            high = np.minimum(box[behind, :, :2] + box[behind, :, 2:], front[:, :2] + front[:, 2:])
            hidden = np.prod(np.clip(high - low, 0, None), axis=1) / np.prod(box[behind, :, 2:], axis=1)
            seen[behind] = np.minimum(seen[behind], 1 - hidden)
    return seen


def bodies(frame: int, time_ms: int, box_px: npt.ArrayLike, score: npt.ArrayLike = 0.6) -> Detections:
    """Detections of one frame from pixel boxes."""
    box = np.asarray(box_px, np.float64).reshape(-1, 4) / PIXELS
    count = len(box)
    return Detections.make(
        count, frame=np.full(count, frame), time_ms=np.full(count, time_ms), box=box, score=np.broadcast_to(score, (count,))
    )


def frames_of(world: World, frames: Iterable[int] | None = None, seed: int = 0) -> Iterator[tuple[int, int, Detections, Detections]]:
    """Arguments of `SegmentTracker.update`."""
    for frame in range(len(world.time_ms)) if frames is None else frames:
        yield frame, int(world.time_ms[frame]), world.detections(frame, seed), NOBODY


def follow(frames: Iterable[tuple[int, int, Detections, Detections]], config: TrackingConfig = DEFAULT) -> TrackedSegment:
    """One segment, tracked."""
    tracker = SegmentTracker(SIZE, config)
    for frame, time_ms, persons, faces in frames:
        tracker.update(frame, time_ms, persons, faces)
    return tracker.finish()


def identified(tracks: Tracks) -> IdentifiedBoxes:
    """The bodies of a result, in pixels."""
    found = tracks[tracks.has_body]
    return IdentifiedBoxes(found.frame, found.person, found.box * PIXELS)

"""What association costs for each frame, and how long linking a long video takes.

    python -m tests.performance association_cost

A crowd walks before a textured wall while the camera pans; every side gets the same boxes, and the sides that look at pictures the same
pictures. Medians over frames, of processor time, which counts all threads; so OpenCV has one on every side, as it has in a run of ours.
The networks, decoding and drawing are not counted.
"""

from __future__ import annotations

import functools
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from rich.table import Table

from tests.performance.output import Output
from tests.performance.peers import PEERS, Peer, as_detections
from trackway.columns import AnalysedFrames, Detections, Tracks
from trackway.tracking.camera import CameraMotion
from trackway.tracking.linking import link_video
from trackway.tracking.looks import Looks
from trackway.tracking.segment import SegmentTracker, TrackedSegment

__all__ = ["main"]

Array = npt.NDArray[Any]

_CROWDS = (5, 10, 40, 80)
_SIZE = (1280, 720)
_FRAME_RATE = 25
_WARM_UP = 20
_TURN = 17
_SMALL_WIDTH = 160
_TIMED = ("SORT", "ByteTrack", "OC-SORT", "BoT-SORT", "C-BIoU", "BoT-SORT + camera", "supervision ByteTrack")
_LONG_FRAMES = 100_000


def main(output: Output, frames: int = 150) -> None:
    """Prints both tables.

    Args:
        output: where to.
        frames: that are timed, for each crowd.
    """
    cv2.setNumThreads(1)
    table = Table(title=f"Association, milliseconds a frame (medians of {frames} frames, {_SIZE[0]}x{_SIZE[1]}, panning camera)")
    table.add_column("tracker", no_wrap=True)
    for people in _CROWDS:
        table.add_column(f"{people} people", justify="right")
    sides: dict[str, Callable[[], _Step]] = {peer.name: _peer_step(peer) for peer in PEERS if peer.name in _TIMED}
    sides["[bold]trackway, without camera[/]"] = lambda: _OurStep(camera=False)
    sides["[bold]trackway, camera included[/]"] = lambda: _OurStep(camera=True)
    columns = [_medians_ms([make() for make in sides.values()], people, frames) for people in _CROWDS]
    for name, *cells in zip(sides, *columns, strict=True):
        table.add_row(name, *(f"{cell:.2f}" for cell in cells))
    output.table(table)
    output.table(_linking())


_Step = Callable[[int, Array, Array, Array], Callable[[], object]]
"""Frame number, boxes, scores and picture in; out comes what takes the time."""


def _medians_ms(steps: list[_Step], people: int, frames: int) -> list[float]:
    """Of each side; they take turns of `_TURN` frames, so that other work on the machine slows all, and each runs as if alone."""
    shown = enumerate(itertools.islice(_crowd(people), _WARM_UP + frames))
    taken: list[list[float]] = [[] for _ in steps]
    while turn := list(itertools.islice(shown, _TURN)):
        for step, seconds in zip(steps, taken, strict=True):
            seconds += [_seconds(work) for work in [step(number, *frame) for number, frame in turn]]
    return [1000 * statistics.median(seconds[_WARM_UP:]) for seconds in taken]


def _seconds(work: Callable[[], object]) -> float:
    """Of processor time."""
    began = time.process_time()
    work()
    return time.process_time() - began


def _peer_step(peer: Peer) -> Callable[[], _Step]:
    def make() -> _Step:
        tracker = peer.make(_FRAME_RATE)
        update = getattr(tracker, "update_with_detections", None) or tracker.update

        def step(_: int, box: Array, score: Array, picture: Array) -> Callable[[], object]:
            found = as_detections(box, score)
            return functools.partial(update, found, frame=picture) if peer.pictures else functools.partial(update, found)

        return step

    return make


class _OurStep:
    """The segment's tracker, bodies only, as the pipeline feeds it: the small picture comes from the threads that decode."""

    def __init__(self, *, camera: bool) -> None:
        self._tracker = SegmentTracker(_SIZE)
        self._camera = CameraMotion(_SIZE) if camera else None
        self._nobody = Detections.make(0)

    def __call__(self, number: int, box: Array, score: Array, picture: Array) -> Callable[[], object]:
        time_ms = round(1000 * number / _FRAME_RATE)
        bodies = Detections.make(
            len(box),
            frame=np.full(len(box), number),
            time_ms=np.full(len(box), time_ms),
            box=box / np.array([*_SIZE, *_SIZE], np.float64),
            score=score,
        )
        small = (_SMALL_WIDTH, round(_SMALL_WIDTH * _SIZE[1] / _SIZE[0]))
        luma = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), small, interpolation=cv2.INTER_AREA)
        return functools.partial(self._update, number, time_ms, bodies, luma.astype(np.uint8))

    def _update(self, number: int, time_ms: int, bodies: Detections, luma: Array) -> None:
        camera = self._camera.update(luma) if self._camera else None
        self._tracker.update(number, time_ms, bodies, self._nobody, camera=camera)


def _crowd(people: int, seed: int = 0) -> Iterator[tuple[Array, Array, Array]]:
    """Boxes (N, 4) in pixels, scores (N,) and the picture (H, W, 3) of frame after frame, without end; one box in twenty is missed."""
    random = np.random.default_rng(seed)
    width, height = _SIZE
    wall = cv2.resize(random.integers(0, 256, (150, 400, 3), np.uint8), (3 * width, height), interpolation=cv2.INTER_CUBIC)
    clothes = random.integers(0, 256, (people, 3))
    tall = random.uniform(60, 200, people)
    place = random.uniform(0, 1, (people, 2)) * [width, height - 200]
    pace = random.normal(0, 2.5, (people, 2)) * [1, 0.2]
    for number in itertools.count():
        pan = width + 0.8 * width * np.sin(number / 80)
        centre = (place + pace * number) % [width, height - 150]
        box = np.column_stack([centre, 0.4 * tall, tall]) + random.normal(0, 1, (people, 4))
        picture = wall[:, round(pan) : round(pan) + width].copy()
        for (left, top, across, down), colour in zip(box.astype(int), clothes, strict=True):
            cv2.rectangle(picture, (left, top), (left + across, top + down), colour.tolist(), -1)
        seen = random.random(people) > 0.05
        yield box[seen], random.uniform(0.5, 0.95, people)[seen], picture


def _linking() -> Table:
    table = Table(title=f"Linking, filling and numbering of {_LONG_FRAMES:,} frames")
    for name in ("people at a time", "rows", "fragments", "seconds"):
        table.add_column(name, justify="right")
    for people in (5, 20):
        segment = _fragments(people)
        began = time.process_time()
        link_video(segment, int(segment.frames.time_ms[-1]) + 40)
        seconds = time.process_time() - began
        fragments = len(np.unique(segment.tracks.person))
        table.add_row(str(people), f"{len(segment.tracks):,}", f"{fragments:,}", f"{seconds:.1f}")
    return table


def _fragments(people: int, seed: int = 0) -> TrackedSegment:
    """More than an hour in which people cross the picture, each torn into pieces every 10 seconds or so."""
    random = np.random.default_rng(seed)
    frame = np.repeat(np.arange(_LONG_FRAMES), people)
    lane = np.tile(np.arange(people), _LONG_FRAMES)
    phase = frame + lane * 37
    walk, torn = phase // 1000, phase // 250
    shown = (phase % 250 > 20) & (random.random(len(frame)) > 0.02)
    person = np.unique(np.stack([lane, walk, torn]), axis=1, return_inverse=True)[1].reshape(-1)[shown]
    box = np.column_stack([(phase % 1000) / 1000, lane / people, np.full(len(frame), 0.05), np.full(len(frame), 0.15)])[shown]
    tracks = Tracks.make(
        len(person),
        frame=frame[shown],
        time_ms=frame[shown] * 1000 // _FRAME_RATE,
        person=person,
        tracklet=person,
        box=box + random.normal(0, 0.001, box.shape),
        score=np.full(len(person), 0.8),
    )
    every = np.arange(_LONG_FRAMES)
    frames = AnalysedFrames.make(_LONG_FRAMES, frame=every, time_ms=every * 1000 // _FRAME_RATE)
    return TrackedSegment(_SIZE, tracks[np.lexsort((tracks.person, tracks.time_ms))], frames, Looks.none())

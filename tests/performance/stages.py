"""Where the time goes: processor time of every stage for one frame of a video.

    python -m tests.performance.stages VIDEO ...

One thread does everything, so that each stage's time is its own; a run overlaps them.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from rich.table import Table

from tests.performance.output import Output
from trackway.jobs.options import JobOptions
from trackway.media.decode import read_frames
from trackway.media.probe import probe
from trackway.media.sample import make_sample
from trackway.media.segments import plan_segments
from trackway.pipeline.analysis import Analyst, Passed
from trackway.pipeline.cadence import stretches
from trackway.pipeline.recognition import Recogniser
from trackway.pipeline.vision import Vision
from trackway.tracking.camera import CameraMotion
from trackway.tracking.linking import link_segments
from trackway.tracking.segment import SegmentTracker

__all__ = ["main"]

Item = TypeVar("Item")

NETWORKS = {
    "persons": ("person network", "detect"),
    "faces": ("face network", "detect"),
    "bodies": ("looks of bodies", "describe"),
}
"""What the analysis of a frame calls: its own time is the rest."""
ANALYSIS, RECOGNITION = "scale, decide, measure faces", "looks of faces"
STAGES = ("decode", *(stage for stage, _ in NETWORKS.values()), ANALYSIS, RECOGNITION, "camera", "association", "linking")
CADENCES = (JobOptions(sample_fps=0, cadence="every"), JobOptions(sample_fps=0), JobOptions())


class Clock:
    """Processor seconds by stage, and how often each ran."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()

    def timed(self, stage: str, verb: Any) -> Any:
        """The same verb, timed."""

        def run(*given: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return verb(*given, **named)
            finally:
                self.seconds[stage] += time.thread_time() - began
                self.calls[stage] += 1

        return run

    def each(self, stage: str, source: Iterable[Item]) -> Iterator[Item]:
        """The same items; the time between them is the stage's."""
        following = self.timed(stage, iter(source).__next__)
        while True:
            try:
                item: Item = following()
            except StopIteration:
                return
            yield item


class Timed:
    """Something whose verb is timed."""

    def __init__(self, inner: Any, clock: Clock, stage: str, verb: str) -> None:
        self._inner = inner
        setattr(self, verb, clock.timed(stage, getattr(inner, verb)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def main(output: Output, *names: str) -> None:
    """Prints one table for each video; for the project's own clip where none is named."""
    with tempfile.TemporaryDirectory(prefix="trackway-bench-") as folder:
        own = Path(folder) / "sample.mp4"
        if not names:
            make_sample(own, seconds=12, size=(1280, 720), fps=30)
        for name in names or (str(own),):
            output.table(_table(Path(name)))


def _table(video: Path) -> Table:
    table = Table(
        "stage", *(f"{options.cadence}, {_rate(options)}" for options in CADENCES), title=f"{video.name}: ms of processor time a frame"
    )
    columns = [_measured(video, options) for options in CADENCES]
    for stage in STAGES:
        cells = [f"{1000 * clock.seconds[stage] / frames:.2f} ({clock.calls[stage] / frames:.2f}x)" for clock, frames in columns]
        table.add_row(stage, *cells)
    table.add_row("sum", *(f"{1000 * sum(clock.seconds.values()) / frames:.1f}" for clock, frames in columns))
    return table


def _rate(options: JobOptions) -> str:
    return f"{options.sample_fps:g} fps" if options.sample_fps else "all frames"


def _measured(video: Path, options: JobOptions) -> tuple[Clock, int]:
    """The times, and the number of sampled frames."""
    looked_at, vision, clock = probe(video), Vision.open(), Clock()
    info = looked_at.info
    (segment,) = plan_segments(looked_at, 1e6)
    every = options.cadence == "every"
    analyst = Analyst(info, _with_clock(vision, clock), faces=True, cropped=not every)
    camera, tracker = CameraMotion((info.width, info.height)), SegmentTracker((info.width, info.height))
    recogniser = Recogniser(info, vision, ages=False)
    verbs = (("camera", camera.update), ("association", tracker.update), (ANALYSIS, analyst), (RECOGNITION, recogniser))
    follow, update, analyse, recognise = (clock.timed(stage, verb) for stage, verb in verbs)
    frames = clock.each("decode", read_frames(video, info, sample_fps=options.sample_fps))
    for stretch in stretches(frames, every=every):
        for shown in analyse([stretch]):
            if isinstance(shown, Passed):
                tracker.skip(shown.number, shown.time_ms)
                continue
            frame = shown.frame
            track = update(frame.number, frame.time_ms, shown.persons, shown.faces, camera=follow(shown.luma))
            if shown.faces is not None and shown.tick:
                recognise(frame, shown.faces, track, shown.readings)
    tracked = tracker.finish()
    clock.timed("linking", link_segments)([(segment, tracked)])
    clock.seconds[ANALYSIS] -= sum(clock.seconds[stage] for stage, _ in NETWORKS.values())
    return clock, len(tracked.frames)


def _with_clock(vision: Vision, clock: Clock) -> Vision:
    timed: Any = {role: Timed(getattr(vision, role), clock, stage, verb) for role, (stage, verb) in NETWORKS.items()}
    return dataclasses.replace(vision, **timed)


if __name__ == "__main__":
    main(Output(), *sys.argv[1:])

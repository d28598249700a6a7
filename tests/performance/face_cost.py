"""What faces cost: whole tracking of one clip with faces off, on, with all attributes, and with curves, in turn.

    python -m tests.performance face_cost

Clip: ../shared/data/faces/video/opera_house.mp4, else the project's own. Networks are opened anew for each run, so that no run knows faces
from the one before; those for faces open when the first face is met, within the time.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.performance.output import Output
from trackway.jobs.options import JobOptions
from trackway.media.probe import probe
from trackway.media.sample import make_sample
from trackway.pipeline.segment import track_segment
from trackway.pipeline.vision import Vision

__all__ = ["main"]

CLIP = Path(__file__).resolve().parents[3] / "shared" / "data" / "faces" / "video" / "opera_house.mp4"
MOST = 1.6
"""Times the time of faces off that faces on may take."""

SIDES: dict[str, dict[str, Any]] = {
    "faces off": {"faces": False},
    "faces on": {},
    "all attributes": {"face_attributes": "ALL"},
    "all, and 68 points": {"face_attributes": "ALL", "landmarks": 68},
}
WAYS: dict[str, dict[str, Any]] = {"default sampling": {}, "all frames": {"sample_fps": 0.0}}


def main(output: Output, repeats: int = 5) -> None:
    """Prints the tables."""
    with tempfile.TemporaryDirectory(prefix="trackway-bench-") as folder:
        clip = CLIP
        if not clip.exists():
            clip = Path(folder) / "sample.mp4"
            make_sample(clip, seconds=10, size=(1280, 720), fps=30)
        for way, options in WAYS.items():
            output.table(_compared(clip, f"{clip.stem}, {way}", options, repeats))


def _compared(clip: Path, title: str, options: dict[str, Any], repeats: int) -> Table:
    info = probe(clip).info
    wall: dict[str, list[float]] = {side: [] for side in SIDES}
    processor: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(repeats):
        for side, more in SIDES.items():
            vision = Vision.open()
            started = time.perf_counter(), time.process_time()
            track_segment(clip, info, JobOptions(detail="standard", **options, **more), vision)
            wall[side].append(time.perf_counter() - started[0])
            processor[side].append(time.process_time() - started[1])
    table = Table(
        "", "seconds", "processor", "times off", "processor, times off", title=f"{title}; medians of {repeats} (floor: on at most {MOST})"
    )
    seconds, cores = ({side: statistics.median(values) for side, values in each.items()} for each in (wall, processor))
    for side in SIDES:
        ratios = (f"{each[side] / each['faces off']:.2f}" for each in (seconds, cores))
        table.add_row(side, f"{seconds[side]:.2f}", f"{cores[side]:.2f}", *ratios)
    return table

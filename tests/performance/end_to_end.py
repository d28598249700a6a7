"""How well identities are kept from the picture on: the default pack's detections, ours and every peer, in one run.

    python -m tests.performance end_to_end

Peers get the very detections that ours makes of every frame. Ours runs as `trackway track --sample-fps 0` does, at both cadences.
"""

from __future__ import annotations

import dataclasses
import itertools
from contextlib import closing
from pathlib import Path
from typing import Literal

from tests.performance.association import other_rows
from tests.performance.comparison import Row, Section, comparison, scored
from tests.performance.output import Output
from tests.performance.sequences import SHARED, Sequence, detected, identified
from trackway.columns import Detections
from trackway.jobs.options import JobOptions
from trackway.media.decode import read_frames
from trackway.media.probe import probe
from trackway.pipeline.analysis import Analyst, Seen
from trackway.pipeline.cadence import stretches
from trackway.pipeline.overlap import ordered_map
from trackway.pipeline.video import track_video
from trackway.pipeline.vision import Vision

__all__ = ["main"]

Detail = Literal["standard", "high"]
_CADENCES: tuple[Literal["every", "adaptive"], ...] = ("every", "adaptive")


@dataclasses.dataclass(frozen=True)
class _Case:
    """A video and how it is looked at."""

    name: str
    video: str
    iou: float
    detail: Detail


_CASES = (
    _Case("tunnel (IoU 0.3)", "tunnel/tunnel.avi", 0.3, "standard"),
    _Case("MOT17-13, detail standard", "MOT17-13/MOT17-13.mp4", 0.5, "standard"),
    _Case("MOT17-13, detail high", "MOT17-13/MOT17-13.mp4", 0.5, "high"),
)


def main(output: Output) -> None:
    """Prints the table."""
    if not SHARED.is_dir():
        output.line(f"End to end needs the videos and truth in {SHARED}, which are not on this machine: nothing measured.")
        return
    vision = Vision.open()
    sections = [_section(case, vision, output) for case in _CASES if output.wants(case.name)]
    output.table(comparison("End to end, default pack, every frame (IoU 0.5 unless said otherwise)", sections))


def _section(case: _Case, vision: Vision, output: Output) -> Section:
    output.progress(f"{case.name}: detections of every frame ...")
    sequence = _seen(case, vision)
    output.progress(f"{case.name}: peers ...")
    rows = other_rows(sequence)
    for cadence in _CADENCES:
        output.progress(f"{case.name}: trackway, cadence {cadence} ...")
        rows.append(_ours(case, sequence, cadence, vision))
    return Section(case.name, rows)


def _seen(case: _Case, vision: Vision) -> Sequence:
    """The pack's persons in every frame."""
    video = SHARED / "mot" / case.video
    info = probe(video).info
    analysed = ordered_map(
        ([stretch] for stretch in stretches(read_frames(video, info), every=True)),
        lambda: Analyst(info, vision, faces=False, detail=case.detail),
        workers=vision.report.workers,
        in_flight=vision.report.workers + 2,
        stall_seconds=120,
    )
    with closing(analysed) as batches:
        shown = itertools.chain.from_iterable(batches)
        found = Detections.concatenate(one.persons for one in shown if isinstance(one, Seen))
    return detected(case.name, video, info, found, case.iou)


def _ours(case: _Case, sequence: Sequence, cadence: Literal["every", "adaptive"], vision: Vision) -> Row:
    options = JobOptions(sample_fps=0, detail=case.detail, cadence=cadence)
    result = track_video(Path(SHARED / "mot" / case.video), options, vision)
    tracks = identified(result.tracks, result.info.width, result.info.height)
    return scored(f"trackway track, cadence {cadence}", "ours", sequence, tracks)

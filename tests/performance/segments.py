"""Whether cutting a video changes who is who: every clip in one run, and in pieces that are linked.

    python -m tests.performance segments

The run in one piece is taken as the truth of the other. Cuts fall on key frames, so a clip with few of them cannot be cut.
"""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from tests.performance.metrics import score
from tests.performance.output import Output
from tests.performance.sequences import SHARED, identified
from trackway.columns import Tracks
from trackway.jobs.options import JobOptions
from trackway.media.probe import Probe, probe
from trackway.media.segments import Segment, plan_segments
from trackway.pipeline.segment import track_segment
from trackway.pipeline.vision import Vision
from trackway.tracking.linking import link_segments

__all__ = ["main"]

_FOLDERS = ("mot", "people")
_VIDEOS = {".avi", ".mp4", ".h264"}
_PIECES = 4
_SHORTEST_SECONDS, _LONGEST_SECONDS = 1.5, 8.0
_BOUND = 98.0
_OPTIONS = JobOptions(detail="standard")


def main(output: Output) -> None:
    """Prints the table."""
    if not SHARED.is_dir():
        output.line(f"This needs the videos in {SHARED}, which are not on this machine: nothing measured.")
        return
    table = Table(title=f"The same video in one piece and in several (to reach: IDF1 {_BOUND:.0f})")
    for name in ("video", "seconds", "pieces", "people in one", "people in pieces", "IDF1", "HOTA", ""):
        table.add_column(name, justify="left" if name == "video" else "right", no_wrap=True)
    vision = Vision.open()
    for path in sorted(path for folder in _FOLDERS for path in (SHARED / folder).rglob("*") if path.suffix in _VIDEOS):
        if output.wants(path.name):
            output.progress(f"{path.name} ...")
            table.add_row(path.name, *_compared(path, vision))
    output.table(table)


def _compared(path: Path, vision: Vision) -> list[str]:
    looked_at = probe(path)
    length = looked_at.info.duration_ms / 1000
    pieces = plan_segments(looked_at, min(max(length / _PIECES, _SHORTEST_SECONDS), _LONGEST_SECONDS))
    facts = [f"{length:.1f}", str(len(pieces))]
    if len(pieces) == 1:
        return [*facts, *["-"] * 4, "cannot be cut"]
    whole, cut = (_tracked(path, looked_at, plan, vision) for plan in (plan_segments(looked_at, 2 * length + 1), pieces))
    scores = score(identified(whole), identified(cut))
    people = [str(len(set(tracks.person.tolist()))) for tracks in (whole, cut)]
    return [*facts, *people, f"{scores.idf1:.1f}", f"{scores.hota:.1f}", "" if scores.idf1 >= _BOUND else "below"]


def _tracked(path: Path, looked_at: Probe, plan: tuple[Segment, ...], vision: Vision) -> Tracks:
    return link_segments([(segment, track_segment(path, looked_at.info, _OPTIONS, vision, segment=segment)) for segment in plan])

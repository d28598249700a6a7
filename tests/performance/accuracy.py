"""How well identities are kept: ours and the trackers that people use, on the same detections, in the same run.

    python -m tests.performance accuracy

Scores are TrackEval's. One setting for all sequences on every side; the peers run with their defaults and with thresholds lowered to
what the default pack's scores need. Truth is in `../shared/data`; without it there is nothing to measure.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from tests.performance.metrics import IdentifiedBoxes, Scores, read_identified, score
from tests.performance.peers import PEERS, run_peer
from trackway.columns import Detections, Tracks
from trackway.jobs.options import JobOptions
from trackway.media.decode import read_frames
from trackway.media.probe import probe
from trackway.pipeline.analysis import Analyst
from trackway.pipeline.video import track_video
from trackway.pipeline.vision import Vision
from trackway.results.mot import read_detections
from trackway.tracking.foreign import associate_detections, config_for_scores

__all__ = ["main"]

Array = npt.NDArray[Any]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_EVERY_FRAME = JobOptions(sample_fps=0)


@dataclasses.dataclass(frozen=True)
class Sequence:
    """Detections and truth; frames count from 1, boxes are in pixels.

    Attributes:
        name: for the table.
        frame_rate: frames per second.
        iou: overlap that counts as found; hand-labelled truth deserves less.
        truth: who is where.
        frame, box_px, score: detections, by frame.
    """

    name: str
    frame_rate: float
    iou: float
    truth: IdentifiedBoxes
    frame: Array
    box_px: Array
    score: Array

    @property
    def frames(self) -> range:
        """Every analysed frame."""
        return range(1, int(max(self.frame.max(), self.truth.frame.max())) + 1)


Tracker = Callable[[Sequence], IdentifiedBoxes]


def main() -> None:
    """Prints both tables."""
    console = Console()
    if not SHARED.is_dir():
        console.print(f"Accuracy needs the truth in {SHARED}, which is not on this machine: nothing measured.", highlight=False)
        return
    published = [_published(name, rate) for name, rate in (("TUD-Campus", 25), ("KITTI-17", 10), ("MOT17-02", 30))]
    console.print(_table("association alone, published detections (IoU 0.5)", published, {**_peers(), "trackway": _ours_on_foreign}))
    vision = Vision.open()
    videos = [
        _detected(SHARED / "mot/tunnel/tunnel.avi", vision, iou=0.3),
        _detected(SHARED / "mot/MOT17-13/MOT17-13.mp4", vision, iou=0.5),
    ]
    results = {video.name: _tracked(SHARED / "mot" / video.name, vision) for video in videos}
    trackers = {**_peers(), "trackway track, every frame": lambda sequence: results[sequence.name]}
    console.print(_table("end to end, default pack's detections, every frame (tunnel at IoU 0.3)", videos, trackers))


def _table(title: str, sequences: list[Sequence], trackers: dict[str, Tracker]) -> Table:
    table = Table("sequence", "tracker", "HOTA", "DetA", "AssA", "IDF1", "MOTA", "switches", "ms a frame", title=title)
    measured = {name: [_measured(tracker, sequence) for sequence in sequences] for name, tracker in trackers.items()}
    for position, sequence in enumerate(sequences):
        for name, results in measured.items():
            found, seconds = results[position]
            _add(table, sequence.name, name, [found], seconds / len(sequence.frames))
        table.add_section()
    for name, results in measured.items():
        frames = sum(len(sequence.frames) for sequence in sequences)
        _add(table, "mean (switches: sum)", name, [found for found, _ in results], sum(seconds for _, seconds in results) / frames)
    return table


def _measured(tracker: Tracker, sequence: Sequence) -> tuple[Scores, float]:
    """The scores, and seconds of processor time."""
    began = time.process_time()
    result = tracker(sequence)
    seconds = time.process_time() - began
    return score(sequence.truth, result, sequence.iou), seconds


def _add(table: Table, sequence: str, tracker: str, found: list[Scores], seconds_per_frame: float) -> None:
    means = [f"{np.mean([getattr(one, name) for one in found]):.1f}" for name in ("hota", "deta", "assa", "idf1", "mota")]
    cost = f"{1000 * seconds_per_frame:.2f}" if seconds_per_frame > 1e-5 else "-"  # tracked before, with the rest of the pipeline
    table.add_row(sequence, tracker, *means, str(sum(one.switches for one in found)), cost)


def _peers() -> dict[str, Tracker]:
    return {name: _peer(name) for name in PEERS}


def _peer(name: str) -> Tracker:
    return lambda sequence: run_peer(name, sequence.frames, sequence.frame_rate, sequence.frame, sequence.box_px, sequence.score)


def _ours_on_foreign(sequence: Sequence) -> IdentifiedBoxes:
    config = config_for_scores(sequence.score)
    tracks = associate_detections(sequence.frame - 1, sequence.box_px, sequence.score, sequence.frame_rate, config)
    return _identified(tracks, 1, 1)


def _identified(tracks: Tracks, width: int, height: int) -> IdentifiedBoxes:
    found = tracks[tracks.has_body]
    return IdentifiedBoxes(found.frame + 1, found.person, found.box * np.array([width, height, width, height], np.float64))


def _published(name: str, frame_rate: float) -> Sequence:
    folder = SHARED / "assoc" / name
    found = read_detections(folder / "det.txt")
    return Sequence(name, frame_rate, 0.5, read_identified(folder / "gt.txt"), found.frame, found.box_px, found.score)


def _detected(video: Path, vision: Vision, iou: float) -> Sequence:
    """The default pack's persons in every frame, for the peers."""
    info = probe(video).info
    analyst = Analyst(info, vision, faces=False)
    found = Detections.concatenate(analyst([frame])[0].persons for frame in read_frames(video, info))
    box_px = found.box * np.array([info.width, info.height] * 2, np.float64)
    truth = read_identified(video.parent / "gt.txt")
    return Sequence(video.parent.name, info.frame_rate, iou, truth, found.frame + 1, box_px, found.score)


def _tracked(folder: Path, vision: Vision) -> IdentifiedBoxes:
    (video,) = (path for path in folder.iterdir() if path.suffix in {".avi", ".mp4"})
    result = track_video(video, _EVERY_FRAME, vision)
    return _identified(result.tracks, result.info.width, result.info.height)


if __name__ == "__main__":
    main()

"""What the accuracy benches run on: detections, who is really there, and the pictures where there are any."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.performance.metrics import IdentifiedBoxes, read_identified
from trackway.columns import Detections, Tracks
from trackway.media.video import VideoInfo
from trackway.results.mot import read_detections

__all__ = ["PUBLISHED", "SHARED", "Sequence", "detected", "identified", "published"]

Array = npt.NDArray[Any]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PUBLISHED = {"TUD-Campus": 25.0, "KITTI-17": 10.0, "MOT17-02": 30.0}
"""Sequences with published detections, and their frames per second."""


@dataclasses.dataclass(frozen=True, eq=False)
class Sequence:
    """Detections and truth of a video; frames count from 1, boxes are in pixels.

    Attributes:
        name: for the table.
        frame_rate: frames per second.
        iou: overlap that counts as found; hand-labelled truth deserves less.
        truth: who is where.
        frame: (N,) int64 frame of each detection, ascending.
        box_px: (N, 4) float64 left, top, width, height.
        score: (N,) float64 confidence.
        video: the pictures; None where there are none.
    """

    name: str
    frame_rate: float
    iou: float
    truth: IdentifiedBoxes
    frame: Array
    box_px: Array
    score: Array
    video: Path | None = None

    @property
    def frames(self) -> range:
        """Every analysed frame."""
        return range(1, int(max(self.frame.max(), self.truth.frame.max())) + 1)


def published(name: str) -> Sequence:
    """A sequence of `PUBLISHED`, without pictures."""
    folder = SHARED / "assoc" / name
    found = read_detections(folder / "det.txt")
    return Sequence(name, PUBLISHED[name], 0.5, read_identified(folder / "gt.txt"), found.frame, found.box_px, found.score)


def detected(name: str, video: Path, info: VideoInfo, found: Detections, iou: float) -> Sequence:
    """A video with truth beside it, and what a detector saw in it."""
    box_px = found.box * np.array([info.width, info.height] * 2, np.float64)
    truth = read_identified(video.parent / "gt.txt")
    return Sequence(name, info.frame_rate, iou, truth, found.frame + 1, box_px, found.score.astype(np.float64), video)


def identified(tracks: Tracks, width: float = 1, height: float = 1) -> IdentifiedBoxes:
    """The bodies of our tracks; sizes of the picture turn ratios into pixels."""
    bodies = tracks[tracks.has_body]
    return IdentifiedBoxes(bodies.frame + 1, bodies.person, bodies.box * np.array([width, height, width, height], np.float64))

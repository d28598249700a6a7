"""A whole video in this process: what the cloud does with several machines, in one call."""

from __future__ import annotations

import dataclasses
import os

import msgspec

from trackway.columns import FaceTraits, Tracks
from trackway.errors import CorruptMedia
from trackway.faces.neutral import Neutral
from trackway.jobs.options import JobOptions
from trackway.media.probe import probe
from trackway.media.segments import Segment, plan_segments
from trackway.media.video import VideoInfo
from trackway.pipeline.detail import DetailReport, choose_detail
from trackway.pipeline.findings import Findings, find
from trackway.pipeline.segment import expected_frames, track_segment
from trackway.pipeline.vision import Vision
from trackway.progress import Progress, Silent
from trackway.tracking.linking import link_persons
from trackway.tracking.segment import TrackedSegment

__all__ = ["NOTHING_DECODED", "VideoResult", "track_video"]

NOTHING_DECODED = "Not one frame of the video can be decoded; it is damaged or encrypted."
"""What is said of a video that has frames in its lists only."""

_SILENT = Silent()


@dataclasses.dataclass(frozen=True)
class VideoResult:
    """A video and the people in it.

    Attributes:
        info: facts of the video.
        detail: how closely it was looked at, and why.
        found: everything that is known of the people.
    """

    info: VideoInfo
    detail: DetailReport
    found: Findings

    @property
    def tracks(self) -> Tracks:
        """Final rows, linked across segments and numbered."""
        return self.found.tracks

    @property
    def faces(self) -> Tracks:
        """Every face that was seen, see `tracking.linking.Linked`."""
        return self.found.faces

    @property
    def traits(self) -> FaceTraits | None:
        """What was read in them."""
        return self.found.traits


def track_video(
    path: str | os.PathLike[str],
    options: JobOptions,
    vision: Vision,
    *,
    calibration: Neutral | None = None,
    progress: Progress = _SILENT,
) -> VideoResult:
    """Probes a video, follows its people segment by segment, and links them.

    Args:
        path: a local file.
        options: of the job.
        vision: detectors.
        calibration: the actor's face at rest, see `pipeline.calibration`.
        progress: told of the stages "probe", "track" (in analysed frames, over all segments) and "link".

    Raises:
        MediaError: the file is no video that can be processed.
        ModelError: a network cannot run.
        NotEnoughFacesError: fewer persons show a clear face than `num_faces`.
        OptionError: the picture does not suit `tracking_model`.
        Stalled: no frame was finished for minutes.
    """
    progress.stage("probe")
    looked_at = probe(path, rotation=options.rotation)
    info = looked_at.info
    options.require_picture(info.width, info.height)
    segments = plan_segments(looked_at, options.segment_seconds)
    detail = choose_detail(path, info, options, vision)
    options = msgspec.structs.replace(options, detail=detail.detail)
    parts: list[tuple[Segment, TrackedSegment]] = []
    progress.stage("track", sum(expected_frames(info, options.sample_fps, segment) for segment in segments))
    before = 0
    for segment in segments:
        counter = _PartOf(progress, before)
        parts.append((segment, track_segment(path, info, options, vision, segment=segment, progress=counter)))
        before = counter.done
    if not before:
        raise CorruptMedia(NOTHING_DECODED)
    progress.stage("link")
    return VideoResult(
        info, detail, find(link_persons(parts), options, (info.width, info.height), similarity=vision.similarity, calibration=calibration)
    )


class _PartOf:
    """Counts one segment's frames on from those before it, within the one stage that the listener sees."""

    def __init__(self, progress: Progress, before: int) -> None:
        self._progress = progress
        self._before = before
        self.done = before

    def stage(self, name: str, total: int | None = None) -> None:
        """The listener knows already."""

    def update(self, done: int) -> None:
        """Frames of this segment."""
        self.done = self._before + done
        self._progress.update(self.done)

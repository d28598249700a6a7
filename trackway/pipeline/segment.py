"""One segment of a video: frames in, the tracks of that segment out. Reading, inference and association overlap."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

import cv2

from trackway.jobs.options import JobOptions
from trackway.media.decode import read_frames
from trackway.media.frame import greyed
from trackway.media.segments import Segment
from trackway.media.timeline import enters_sample
from trackway.media.video import VideoInfo
from trackway.pipeline.analysis import Analyst, Passed
from trackway.pipeline.cadence import Stretch, stretches
from trackway.pipeline.detail import choose_detail
from trackway.pipeline.overlap import STALL_SECONDS, ordered_map
from trackway.pipeline.recognition import Recogniser
from trackway.pipeline.vision import Vision
from trackway.progress import Progress, Silent
from trackway.readings import Wanted
from trackway.tracking.camera import CameraMotion
from trackway.tracking.segment import SegmentTracker, TrackedSegment

__all__ = ["expected_frames", "track_segment"]


_SILENT = Silent()
_RECOGNISED_FPS = 2.5
"""Looks in a second in which it may be somebody's turn to be recognised: two frames of a fast camera show the same face."""


def track_segment(
    path: str | os.PathLike[str],
    info: VideoInfo,
    options: JobOptions,
    vision: Vision,
    *,
    segment: Segment | None = None,
    progress: Progress = _SILENT,
    stall_seconds: float = STALL_SECONDS,
) -> TrackedSegment:
    """Follows the people of one segment, or of the whole video.

    The answer does not depend on how many frames are worked on at once. An error anywhere ends every thread and is raised here.

    Args:
        path: the file that `info` was made from.
        info: from `media.probe`.
        options: `sample_fps`, `faces`, `detail`, `cadence` and what they want of faces matter here.
        vision: detectors; may be shared with other runs.
        segment: from `media.segments.plan_segments`; None takes all frames.
        progress: told of the stage "track", in sampled frames.
        stall_seconds: how long one frame may take.

    Returns:
        Rows as they were seen, with numbers of this segment's own; `tracking.linking` makes them final.

    Raises:
        MediaError: the video cannot be decoded.
        ModelError: a network cannot run on this picture size.
        OptionError: the pack has no network for what the options ask for.
        Stalled: nothing was finished for `stall_seconds`.
    """
    vision.require(options)
    progress.stage("track", expected_frames(info, options.sample_fps, segment))
    size = (info.width, info.height)
    tracker, camera = SegmentTracker(size, looks=vision.new_looks()), CameraMotion(size)
    every, detail = options.cadence == "every", choose_detail(path, info, options, vision).detail
    wanted = _wanted(options)
    recogniser = Recogniser(info, vision, ages=options.wants_traits)
    vision.warm_up(info, traits=wanted is not None)
    frames = read_frames(path, info, segment=segment, sample_fps=options.sample_fps, hardware=vision.hardware)
    if options.tracking_model == "HeadCamGrey":
        frames = map(greyed, frames)
    analysed = ordered_map(
        _batches(stretches(frames, every=every), vision.report.batch),
        lambda: Analyst(
            info, vision, faces=options.faces, cropped=not every and vision.report.provider == "cpu", detail=detail, wanted=wanted
        ),
        workers=vision.report.workers,
        in_flight=vision.report.workers + 2,
        stall_seconds=stall_seconds,
    )
    done, recognised_ms = 0, None
    with _one_core_each(), closing(analysed) as results:
        for batch in results:
            for shown in batch:
                if isinstance(shown, Passed):
                    tracker.skip(shown.number, shown.time_ms)
                    continue
                frame, motion = shown.frame, camera.update(shown.luma)
                moment = frame.number, frame.time_ms
                track = tracker.update(*moment, shown.persons, shown.faces, body_look=shown.body_look, camera=motion)
                if shown.faces is not None:
                    look, readings = None, shown.readings
                    if shown.tick and enters_sample(frame.time_ms, recognised_ms, _RECOGNISED_FPS):
                        look, readings = recogniser(frame, shown.faces, track, readings)
                        recognised_ms = frame.time_ms
                    tracker.describe(*moment, track, look, readings)
            done += len(batch)
            progress.update(done)
    return tracker.finish()


def expected_frames(info: VideoInfo, sample_fps: float, segment: Segment | None = None) -> int:
    """About how many frames will be analysed, from the durations and rates in the headers; at least 1."""
    milliseconds = info.duration_ms if segment is None else segment.end_ms + segment.overlap_ms - segment.start_ms
    rate = min(info.frame_rate, sample_fps) if sample_fps > 0 else info.frame_rate
    return max(1, math.ceil(milliseconds * rate / 1000))


def _wanted(options: JobOptions) -> Wanted | None:
    """What is read in every face that is found."""
    if options.wants_traits or options.wants_shapes or options.wants_meshes:
        return Wanted(emotions=options.wants_traits, shapes=options.wants_shapes, meshes=options.wants_meshes)
    return None


@contextmanager
def _one_core_each() -> Iterator[None]:
    """OpenCV without threads of its own: what they do here is over before they are awake, and then they wait on cores that frames need."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _batches(found: Iterator[Stretch], size: int) -> Generator[list[Stretch], None, None]:
    """Neighbouring stretches in lists of `size`; the last may be shorter."""
    while batch := list(itertools.islice(found, size)):
        yield batch

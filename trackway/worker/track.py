"""The step `track`: one segment of a video into tracks, left in S3."""

from __future__ import annotations

import logging

import msgspec

from trackway.pipeline.segment import track_segment
from trackway.pipeline.vision import Vision
from trackway.worker.progress import SegmentProgress
from trackway.worker.tracklets import encode
from trackway.worker.workplace import Workplace

__all__ = ["segment_key", "track"]

logger = logging.getLogger(__name__)


def segment_key(job_id: str, index: int) -> str:
    """Where the artifacts bucket holds a segment's tracks."""
    return f"jobs/{job_id}/segments/{index:04}.npz"


def track(place: Workplace, job_id: str, index: int) -> None:
    """Track segment `index` of a job, unless an earlier attempt did.

    The tracks are a function of video, options and models, so that a repeated attempt writes the same bytes.

    Raises:
        InputError: the video cannot be processed.
        SystemFault: something on our side failed.
    """
    key = segment_key(job_id, index)
    if place.objects.has_artifact(key):
        logger.info("segment %d is there already", index)
        return
    record, plan = place.record(job_id), place.plan(job_id)
    vision = Vision.open(provider=place.provider)
    logger.info("models run on %s", msgspec.json.encode(vision.report).decode())
    progress = SegmentProgress(place.jobs, record, index)
    with place.objects.download(record.video) as path:
        tracks = track_segment(path, plan.info, plan.options, vision, segment=plan.segment(index), progress=progress)
    progress.finish()
    place.objects.put_artifact(key, encode(tracks), "application/octet-stream")
    logger.info("segment %d: %d rows", index, len(tracks))

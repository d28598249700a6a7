"""The step `track`: segments of a video into tracks, left in S3 one by one."""

from __future__ import annotations

import logging

import msgspec

from trackway.jobs.shares import Share
from trackway.pipeline.detail import choose_detail
from trackway.pipeline.segment import track_segment
from trackway.worker.calibration import put_calibration
from trackway.worker.progress import SegmentProgress
from trackway.worker.tracklets import encode
from trackway.worker.workplace import Workplace

__all__ = ["segment_key", "track"]

logger = logging.getLogger(__name__)


def segment_key(job_id: str, index: int) -> str:
    """Where the artifacts bucket holds a segment's tracks."""
    return f"jobs/{job_id}/segments/{index:04}.npz"


def track(place: Workplace, job_id: str, share: Share) -> None:
    """Track the segments of a share, those apart that an earlier attempt has left; models are opened and the video is fetched once.

    The tracks are a function of video, options and models, so that a repeated attempt writes the same bytes.

    Raises:
        InputError: the video cannot be processed.
        SystemFault: something on our side failed.
    """
    plan = place.plan(job_id)
    segments = share.of(plan.segments)
    missing = [segment for segment in segments if not place.objects.has_artifact(segment_key(job_id, segment.index))]
    logger.info("share %s: %d of %d segments to track", share, len(missing), len(segments))
    if not missing:
        return
    record = place.record(job_id)
    put_calibration(place, record)
    vision = place.open_vision(plan.options.precision)
    logger.info("models run on %s", msgspec.json.encode(vision.report).decode())
    with place.objects.download(record.video) as path:
        detail = choose_detail(path, plan.info, plan.options, vision)
        logger.info("person detector looks at %s", msgspec.json.encode(detail).decode())
        options = msgspec.structs.replace(plan.options, detail=detail.detail)
        for segment in missing:
            progress = SegmentProgress(place.jobs, record, segment.index)
            tracked = track_segment(path, plan.info, options, vision, segment=segment, progress=progress)
            progress.finish()
            place.objects.put_artifact(segment_key(job_id, segment.index), encode(tracked), "application/octet-stream")
            logger.info("segment %d: %d rows", segment.index, len(tracked.tracks))

"""The first step of a job: look at the video, cut it into segments, and share these out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from trackway.errors import InputError, MediaTooLarge
from trackway.jobs.limits import DEFAULT_LIMITS, too_large
from trackway.jobs.ports import Jobs, Objects
from trackway.jobs.record import TERMINAL, Failure, JobRecord, Phase
from trackway.jobs.shares import Share, cut_shares
from trackway.results.video import VideoMetadata

if TYPE_CHECKING:
    from trackway.media.probe import Probe
    from trackway.media.segments import Segment

__all__ = ["Plan", "plan_key"]


class ProbeVideo(Protocol):
    """`trackway.media.probe.probe`, given from outside so that this room stays free of codecs."""

    def __call__(self, path: Path, *, rotation: Any) -> Probe:
        """What the file holds."""


def plan_key(job_id: str) -> str:
    """Where the artifacts bucket holds a job's plan."""
    return f"jobs/{job_id}/plan.json"


class Plan:
    """Plans jobs.

    Args:
        jobs: their records.
        objects: their videos, and where the plan is put.
        probe: looks into a file.
        plan_segments: cuts a probed video into segments of about so many seconds.
        max_bytes: larger videos are refused before they are read (SPEC R25).
    """

    def __init__(
        self,
        jobs: Jobs,
        objects: Objects,
        *,
        probe: ProbeVideo,
        plan_segments: Callable[[Probe, float], Sequence[Segment]],
        max_bytes: int = DEFAULT_LIMITS.video_bytes,
    ) -> None:
        self._jobs = jobs
        self._objects = objects
        self._probe = probe
        self._plan_segments = plan_segments
        self._max_bytes = max_bytes

    def __call__(self, job_id: str, container_minutes: float) -> list[Share]:
        """Write the plan `{info, segments, options}` of a job and share its segments out. Repeating it changes nothing.

        Args:
            job_id: the job.
            container_minutes: minutes of video that one start of a container works through, about.

        Raises:
            InputError: the job cannot succeed; the reason is in its record.
        """
        record = self._jobs.get(job_id)
        if record is None or record.status in TERMINAL:
            raise InputError("The job is over or was removed; there is nothing to plan.")
        if record.failure is not None:
            raise InputError(record.failure.message)
        try:
            return self._plan(record, container_minutes)
        except InputError as error:
            self._jobs.fail(job_id, Failure(error.code, str(error)))
            raise

    def _plan(self, record: JobRecord, container_minutes: float) -> list[Share]:
        self._jobs.advance(record.job_id, Phase.PROBING)
        size = record.video.size_bytes
        if size is not None and size > self._max_bytes:
            raise MediaTooLarge(too_large(size, self._max_bytes))
        with self._objects.download(record.video) as path:
            probe = self._probe(path, rotation=record.options.rotation)
        record.options.require_picture(probe.info.width, probe.info.height)
        segments = self._plan_segments(probe, record.options.segment_seconds)
        plan = {"info": probe.info, "segments": segments, "options": record.options}
        self._objects.put_artifact(plan_key(record.job_id), msgspec.json.encode(plan), "application/json")
        self._jobs.record_video(record.job_id, VideoMetadata.of(probe.info))
        self._jobs.advance(record.job_id, Phase.PROCESSING)
        return cut_shares(segments, container_minutes)

"""What the plan step left in S3 for every worker of a job."""

from __future__ import annotations

import msgspec

from trackway.errors import SystemFault
from trackway.jobs.options import JobOptions
from trackway.media.segments import Segment
from trackway.media.video import VideoInfo

__all__ = ["JobPlan"]


class JobPlan(msgspec.Struct, frozen=True):
    """The video, how it was cut, and how to analyse it.

    Attributes:
        info: what the probe found.
        segments: in order; one for a short video.
        options: as the caller chose them.
    """

    info: VideoInfo
    segments: tuple[Segment, ...]
    options: JobOptions

    @classmethod
    def read(cls, content: bytes) -> JobPlan:
        """The plan in the JSON of `plan.json`.

        Raises:
            SystemFault: another version of Trackway wrote it.
        """
        try:
            return msgspec.json.decode(content, type=cls)
        except msgspec.DecodeError as error:
            raise SystemFault(f"The job's plan cannot be read ({error}); another version wrote it. Start the job again.") from error

"""Planning: what is written for the workers, and which failures are the video's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cloud import Cloud
from trackway.errors import CorruptMedia, InputError, MediaTooLarge, ObjectGone, OptionError, SystemFault
from trackway.jobs.choices import Choices
from trackway.jobs.options import JobOptions
from trackway.jobs.plan import Plan, plan_key
from trackway.jobs.record import Failure, Phase, Status, Video
from trackway.jobs.shares import Share
from trackway.results.video import VideoMetadata

INFO = {
    "codec": "h264", "format": "QuickTime / MOV", "width": 640, "height": 360, "duration_ms": 61_000, "frame_rate": 30000 / 1001,
    "color_range": "LIMITED",
}  # fmt: skip


class Probing:
    """A probe that says the same of every file, and a plan of three segments."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.seen: list[tuple[bytes, Any]] = []
        self.seconds: list[float] = []

    def probe(self, path: Path, *, rotation: Any) -> Any:
        self.seen.append((path.read_bytes(), rotation))
        if self.error is not None:
            raise self.error
        return SimpleNamespace(info=SimpleInfo())

    def plan_segments(self, probe: Any, seconds: float) -> Sequence[Any]:
        self.seconds.append(seconds)
        return tuple(SimpleSegment(index) for index in range(3))

    def plan(self, cloud: Cloud, **given: Any) -> Plan:
        return Plan(cloud.jobs, cloud.objects, probe=self.probe, plan_segments=self.plan_segments, **given)


class SimpleInfo(dict[str, Any]):
    """Facts of a video that are JSON as well as attributes."""

    def __init__(self) -> None:
        super().__init__(INFO)
        self.__dict__.update(INFO)


class SimpleSegment(dict[str, Any]):
    """A segment that is JSON as well as attributes."""

    def __init__(self, index: int) -> None:
        super().__init__(index=index)
        self.index, self.start_ms, self.end_ms = index, 20_000 * index, 20_000 * (index + 1)


def test_a_plan_is_written_and_its_segments_are_shared_out(cloud: Cloud) -> None:
    probing = Probing()
    record = cloud.recorded(video=cloud.put_video(content=b"content"), choices=Choices(JobOptions(rotation=90, segment_seconds=20)))
    assert probing.plan(cloud)(record.job_id, 0.7) == [Share(0, 2), Share(1, 2)]  # a minute in all
    assert probing.seen == [(b"content", 90)]
    assert probing.seconds == [20]
    assert json.loads(cloud.objects.get_artifact(plan_key(record.job_id))) == {
        "info": INFO,
        "segments": [{"index": 0}, {"index": 1}, {"index": 2}],
        "options": {"rotation": 90, "segmentSeconds": 20},
    }
    planned = cloud.jobs.get(record.job_id)
    assert planned is not None
    assert (planned.status, planned.phase) == (Status.IN_PROGRESS, Phase.PROCESSING)
    assert planned.video_metadata == VideoMetadata("h264", 61_000, "QuickTime / MOV", 29.970029830932617, 360, 640, "LIMITED")


def test_planning_again_gives_the_same(cloud: Cloud) -> None:
    record = cloud.recorded(video=cloud.put_video())
    plan = Probing().plan(cloud)
    assert plan(record.job_id, 20) == plan(record.job_id, 20)
    assert cloud.jobs.get(record.job_id) is not None


def test_a_video_at_fault_is_recorded_and_raised(cloud: Cloud) -> None:
    record = cloud.recorded(video=cloud.put_video())
    with pytest.raises(CorruptMedia):
        Probing(CorruptMedia("Nothing can be decoded.")).plan(cloud)(record.job_id, 20)
    failed = cloud.jobs.get(record.job_id)
    assert failed is not None
    assert failed.failure == Failure("CORRUPT_MEDIA", "Nothing can be decoded.")


def test_f17_a_wide_picture_of_a_camera_on_the_head_is_refused_before_anything_is_tracked(cloud: Cloud) -> None:
    record = cloud.recorded(video=cloud.put_video(), choices=Choices(JobOptions(tracking_model="HeadCam")))
    with pytest.raises(OptionError, match="Choose StaticCam"):
        Probing().plan(cloud)(record.job_id, 20)
    failed = cloud.jobs.get(record.job_id)
    assert failed is not None
    assert failed.failure is not None
    assert failed.failure.code == "INVALID_OPTION"


def test_our_own_fault_is_not_blamed_on_the_video(cloud: Cloud) -> None:
    record = cloud.recorded(video=cloud.put_video())
    with pytest.raises(SystemFault):
        Probing(SystemFault("disk full")).plan(cloud)(record.job_id, 20)
    failed = cloud.jobs.get(record.job_id)
    assert failed is not None
    assert failed.failure is None


def test_2g_11_a_video_deleted_after_the_start_fails(cloud: Cloud) -> None:
    video = cloud.put_video()
    record = cloud.recorded(video=video)
    assert video.version is not None
    cloud.clients.s3.delete_object(Bucket=video.bucket, Key=video.name, VersionId=video.version)
    with pytest.raises(ObjectGone):
        Probing().plan(cloud)(record.job_id, 20)


def test_r25_a_video_beyond_the_limit_is_not_even_read(cloud: Cloud) -> None:
    probing = Probing()
    record = cloud.recorded(video=Video(cloud.videos, "uploads/huge.mp4", size_bytes=11))
    with pytest.raises(MediaTooLarge, match=r"^Video size in bytes: 11 is more than the maximum limit of: 10 bytes\.$"):
        probing.plan(cloud, max_bytes=10)(record.job_id, 20)
    assert probing.seen == []


def test_a_job_that_cannot_succeed_fails_here_with_its_own_reason(cloud: Cloud) -> None:
    record = cloud.recorded(failure=Failure("INVALID_OPTION", "sidecar object: wrong."))
    with pytest.raises(InputError, match=r"^sidecar object: wrong\.$"):
        Probing().plan(cloud)(record.job_id, 20)
    failed = cloud.jobs.get(record.job_id)
    assert failed is not None
    assert failed.failure == record.failure


def test_a_job_that_is_over_is_not_planned(cloud: Cloud) -> None:
    record = cloud.recorded(video=cloud.put_video())
    cloud.jobs.finish(record.job_id, Status.CANCELED, None)
    for job_id in (record.job_id, "0" * 64):
        with pytest.raises(InputError, match="nothing to plan"):
            Probing().plan(cloud)(job_id, 20)

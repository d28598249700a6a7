"""The container's entry point: exit statuses, recorded reasons, checkpoints, progress that is not written too often."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import msgspec
import pytest
from moto import mock_aws

from trackway.columns import AnalysedFrames, Tracks
from trackway.errors import CorruptMedia, ModelError, Stalled, TrackwayError
from trackway.jobs.options import JobOptions
from trackway.jobs.plan import plan_key
from trackway.jobs.record import Api, JobRecord, Video
from trackway.jobs.shares import Share
from trackway.media.segments import Segment
from trackway.media.video import VideoInfo
from trackway.store.jobs import JobStore
from trackway.tracking.looks import Looks
from trackway.tracking.segment import TrackedSegment
from trackway.worker import main as worker
from trackway.worker.progress import SegmentProgress
from trackway.worker.track import segment_key, track
from trackway.worker.tracklets import encode
from trackway.worker.workplace import Workplace

JOB = "a" * 64
NOTHING = TrackedSegment((640, 360), Tracks.make(0), AnalysedFrames.make(0), Looks.none())
ENVIRONMENT = {"TRACKWAY_TABLE": "table", "TRACKWAY_ARTIFACTS_BUCKET": "artifacts", "TRACKWAY_ATTEMPTS": "3"}
INFO = VideoInfo(
    codec="h264",
    format="QuickTime / MOV",
    demuxer="mov",
    stream=0,
    width=640,
    height=360,
    rotation=0,
    mirrored=False,
    duration_ms=1000,
    frame_rate=25.0,
    frame_count=25,
    color_range=None,
    has_audio=False,
    size_bytes=1000,
    time_base_numerator=1,
    time_base_denominator=12800,
    start_pts=0,
    timed=True,
)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="artifacts")
        boto3.client("dynamodb").create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
        )
        opened = Workplace.open(ENVIRONMENT)
        opened.jobs.create(record())
        yield opened


def record() -> JobRecord:
    return JobRecord(
        job_id=JOB,
        api=Api.PERSON_TRACKING,
        video=Video("videos", "clip.mp4"),
        options=JobOptions(),
        token_key=bytes(32),
        created_at=1,
        updated_at=1,
        expires_at=2**40,
    )


def track_nobody(place: Workplace, *, frames: int) -> None:
    """Leave what plan and track leave for a video of that many decodable frames and no people."""
    plan = {"info": INFO, "segments": [Segment(0, 0, 1000)], "options": JobOptions()}
    place.objects.put_artifact(plan_key(JOB), msgspec.json.encode(plan), "application/json")
    place.objects.put_artifact(segment_key(JOB, 0), encode(NOTHING), "application/octet-stream")
    place.jobs.progress(record(), 0, frames, frames)


@pytest.mark.parametrize(
    ("error", "attempt", "status", "recorded"),
    [
        (CorruptMedia("Frame 3 is damaged."), 1, 2, "CORRUPT_MEDIA"),
        (ModelError("The weights changed."), 1, 1, "MODEL_UNAVAILABLE"),
        (Stalled("No progress for 120 s."), 1, 1, None),
        (Stalled("No progress for 120 s."), 3, 1, "STALLED"),
    ],
    ids=["video", "weights", "stalled", "stalled for good"],
)
def test_b2_the_exit_status_says_whose_fault_and_the_record_says_why(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, error: TrackwayError, attempt: int, status: int, recorded: str | None
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(worker, "track", fail)
    assert worker.run(["track", "--job", JOB], {**ENVIRONMENT, "AWS_BATCH_JOB_ATTEMPT": str(attempt)}) == status
    found = place.jobs.get(JOB)
    assert found is not None
    assert (found.failure and found.failure.code) == recorded


def test_a_missing_plan_is_our_fault_in_one_sentence(place: Workplace, caplog: pytest.LogCaptureFixture) -> None:
    assert worker.run(["assemble", "--job", JOB], ENVIRONMENT) == 1
    assert "plan.json in the artifacts bucket, found nothing" in caplog.text


def test_x20_a_segment_that_is_there_is_not_tracked_again(place: Workplace) -> None:
    key = segment_key(JOB, 0)
    track_nobody(place, frames=25)
    before = boto3.client("s3").head_object(Bucket="artifacts", Key=key)["LastModified"]
    track(place, JOB, Share(0, 1))  # there is no video, so doing anything would fail
    assert boto3.client("s3").head_object(Bucket="artifacts", Key=key)["LastModified"] == before


def test_progress_is_written_first_last_and_seldom_between(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [0.0], []
    monkeypatch.setattr(JobStore, "progress", lambda _, record, segment, done, total: written.append((segment, done, total)))
    progress = SegmentProgress(place.jobs, record(), 4, every_seconds=2, clock=lambda: now[0])
    progress.stage("track", 100)
    for done in range(1, 101):
        now[0] += 0.1
        progress.update(done)
    assert written[0] == (4, 0, 100)
    assert 4 <= len(written) <= 7
    progress.finish()
    assert written[-1] == (4, 100, 100)


def test_f13_progress_can_be_read_back(place: Workplace) -> None:
    progress = SegmentProgress(place.jobs, record(), 2)
    progress.stage("track", 50)
    progress.update(37)
    progress.finish()
    assert place.jobs.read_progress(JOB) == {2: (37, 37)}


def test_b2_a_job_without_one_decoded_frame_fails_with_a_reason(place: Workplace) -> None:
    track_nobody(place, frames=0)
    assert worker.run(["assemble", "--job", JOB], ENVIRONMENT) == 2
    found = place.jobs.get(JOB)
    assert found is not None
    assert found.failure is not None
    assert found.failure.code == "CORRUPT_MEDIA"


def test_2g_10_a_video_without_people_succeeds_with_no_rows(place: Workplace) -> None:
    track_nobody(place, frames=25)
    assert worker.run(["assemble", "--job", JOB], ENVIRONMENT) == 0
    found = place.jobs.get(JOB)
    assert found is not None
    assert found.result_version == 1
    assert set(found.rows.values()) == {0}

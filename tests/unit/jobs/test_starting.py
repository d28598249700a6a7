"""How jobs come into the world: once each, whatever crashes or comes twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud
from trackway.jobs.choices import Choices
from trackway.jobs.identity import new_job_id
from trackway.jobs.ingest import Ingest
from trackway.jobs.record import Api, Failure, Phase, Status, Video
from trackway.jobs.start import Starter


@pytest.fixture
def ingest(cloud: Cloud) -> Ingest:
    return Ingest(cloud.starter, cloud.objects, cloud.catalogue, prefix="uploads/", artifacts_bucket=cloud.artifacts)


def event(*videos: Video) -> dict[str, Any]:
    records = [
        {
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": {"name": video.bucket},
                "object": {"key": video.name, "versionId": video.version, "eTag": video.etag, "size": video.size_bytes},
            },
        }
        for video in videos
    ]
    return {"Records": records}


class Broken:
    """A workflow that cannot start anything."""

    def execution_arn(self, job_id: str) -> str:
        return job_id

    def start(self, job_id: str) -> None:
        raise ConnectionError(job_id)


def test_every_video_of_an_event_becomes_a_job(cloud: Cloud, ingest: Ingest) -> None:
    videos = [cloud.put_video(f"uploads/{name}", name.encode()) for name in ("1.mp4", "a b.mov", "ü.webm")]
    started = ingest(event(*videos, cloud.put_video("uploads/notes.txt"), cloud.put_video("elsewhere/4.mp4")))
    assert sorted(cloud.executions()) == sorted(started)
    records = [cloud.jobs.get(job_id) for job_id in started]
    assert [record and record.video for record in records] == videos
    assert {record and record.api for record in records} == {"StartPersonTracking"}


def test_a_duplicate_event_starts_nothing(cloud: Cloud, ingest: Ingest) -> None:
    video = cloud.put_video()
    (job_id,) = ingest(event(video))
    before = cloud.jobs.get(job_id)
    cloud.clock.turn(seconds=60)
    assert ingest(event(video, video)) == []
    assert cloud.executions() == [job_id]
    assert cloud.jobs.get(job_id) == before


def test_a_new_version_of_a_key_is_a_new_job(cloud: Cloud, ingest: Ingest) -> None:
    assert len({*ingest(event(cloud.put_video(content=b"1"))), *ingest(event(cloud.put_video(content=b"1")))}) == 2


def test_a_crash_between_record_and_execution_is_healed_by_the_redelivery(cloud: Cloud) -> None:
    video = cloud.put_video()
    crashing = Ingest(Starter(cloud.jobs, Broken(), cloud.clock), cloud.objects, cloud.catalogue, prefix="uploads/", artifacts_bucket="")
    with pytest.raises(ConnectionError):
        crashing(event(video))
    assert cloud.executions() == []
    Ingest(cloud.starter, cloud.objects, cloud.catalogue, prefix="uploads/", artifacts_bucket="")(event(video))
    assert len(cloud.executions()) == 1


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.SUCCEEDED, Status.FAILED])
def test_a_redelivery_long_after_starts_nothing(cloud: Cloud, status: Status) -> None:
    record = cloud.recorded()
    cloud.jobs.advance(record.job_id, Phase.PROBING)
    if status != Status.IN_PROGRESS:
        cloud.jobs.finish(record.job_id, status, None)
    again = Starter(cloud.jobs, Broken(), cloud.clock)
    assert not again.start(record.job_id, api=Api.PERSON_TRACKING, video=record.video, choices=Choices())


def test_artifacts_start_no_job(cloud: Cloud) -> None:
    ingest = Ingest(cloud.starter, cloud.objects, cloud.catalogue, prefix="", artifacts_bucket=cloud.artifacts)
    assert ingest(event(Video(cloud.artifacts, "jobs/1/results/annotated.mp4", "v", "e", 1))) == []
    assert cloud.executions() == []


def test_an_empty_video_is_a_job_not_nothing(cloud: Cloud, ingest: Ingest) -> None:
    assert len(ingest(event(cloud.put_video(content=b"")))) == 1


def test_options_of_an_upload(cloud: Cloud, ingest: Ingest) -> None:
    cloud.put_video("uploads/a.mp4.job.json", b'{"options": {"sampleFps": 2}, "jobTag": "proj:1"}')
    (job_id,) = ingest(event(cloud.put_video("uploads/a.mp4", Metadata={"sample-fps": "7", "faces": "false"})))
    record = cloud.jobs.get(job_id)
    assert record is not None
    assert (record.options.sample_fps, record.options.faces, record.job_tag, record.failure) == (2, False, "proj:1", None)


@pytest.mark.parametrize("key", ["uploads/a.mp4.job.json", None])
def test_a_wrong_option_of_an_upload_becomes_a_job_that_will_fail(cloud: Cloud, ingest: Ingest, key: str | None) -> None:
    if key:
        cloud.put_video(key, b'{"sampleFps": "often"}')
    (job_id,) = ingest(event(cloud.put_video("uploads/a.mp4", Metadata={} if key else {"sample-fps": "often"})))
    record = cloud.jobs.get(job_id)
    assert record is not None
    assert record.failure is not None
    assert record.failure.code == "INVALID_OPTION"
    assert record.failure.message.startswith("sidecar object: sampleFps: expected" if key else "object metadata: sampleFps: expected")
    assert cloud.executions() == [job_id]


def test_2g_11_a_video_deleted_before_it_was_looked_at_becomes_a_job_that_will_fail(cloud: Cloud, ingest: Ingest) -> None:
    (job_id,) = ingest(event(Video(cloud.videos, "uploads/gone.mp4", None, "etag", 5)))
    record = cloud.jobs.get(job_id)
    assert record is not None
    assert record.failure is not None
    assert record.failure.code == "OBJECT_GONE"


def test_resuming_what_does_not_exist_does_nothing(cloud: Cloud) -> None:
    cloud.starter.resume(new_job_id())
    assert cloud.executions() == []


def test_r19_an_upload_that_names_a_collection_is_searched_in_it(cloud: Cloud, ingest: Ingest) -> None:
    cloud.catalogue.create("people", {})
    (job_id,) = ingest(event(cloud.put_video(Metadata={"collection-id": "people"})))
    record = cloud.jobs.get(job_id)
    assert record is not None
    assert (record.failure, record.uploaded, record.options.collection_id) == (None, True, "people")
    assert [record.answers(api) for api in Api] == [True, True, True]


def test_r19_an_upload_that_names_an_unknown_collection_becomes_a_job_that_will_fail(cloud: Cloud, ingest: Ingest) -> None:
    (job_id,) = ingest(event(cloud.put_video(Metadata={"collection-id": "nobody"})))
    record = cloud.jobs.get(job_id)
    assert record is not None
    assert record.failure == Failure("NOT_FOUND", "The collection id: nobody does not exist")
    assert record.answers(Api.FACE_SEARCH)

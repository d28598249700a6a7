"""StartPersonTracking through a stock client (SPEC 2b, 2g)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import ACCOUNT, Cloud
from tests.contract.gateway import Gateway
from trackway.jobs.record import JobRecord, NotificationChannel, Status, Video

CHANNEL: Any = {"SNSTopicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:AmazonRekognitionDone", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/pub"}


def video_of(cloud: Cloud, name: str = "uploads/clip.mp4", **given: Any) -> Any:
    return {"S3Object": {"Bucket": cloud.videos, "Name": name, **given}}


def record_of(cloud: Cloud, job_id: str) -> JobRecord:
    record = cloud.jobs.get(job_id)
    assert record is not None
    return record


def test_r21_2g_1_a_job_is_started(cloud: Cloud, rekognition: RekognitionClient) -> None:
    video = cloud.put_video("proj1/ключ +%20.mp4", b"content")
    job_id = rekognition.start_person_tracking(Video=video_of(cloud, video.name), JobTag="proj1:shot12", NotificationChannel=CHANNEL)[
        "JobId"
    ]
    assert re.fullmatch("[0-9a-f]{64}", job_id)
    assert cloud.executions() == [job_id]
    record = record_of(cloud, job_id)
    assert record.video == Video(cloud.videos, video.name, None, video.etag, 7)
    assert (record.api, record.status, record.job_tag) == ("StartPersonTracking", Status.QUEUED, "proj1:shot12")
    assert record.notification == NotificationChannel(CHANNEL["SNSTopicArn"], CHANNEL["RoleArn"])
    assert rekognition.get_person_tracking(JobId=job_id)["JobStatus"] == "IN_PROGRESS"


def test_r14_a_named_version_is_honoured_and_echoed(cloud: Cloud, rekognition: RekognitionClient) -> None:
    first, _ = cloud.put_video(content=b"first"), cloud.put_video(content=b"second")
    job_id = rekognition.start_person_tracking(Video=video_of(cloud, Version=first.version))["JobId"]
    assert record_of(cloud, job_id).video == first
    assert rekognition.get_person_tracking(JobId=job_id)["Video"] == video_of(cloud, Version=first.version)


def test_two_calls_are_two_jobs(cloud: Cloud, rekognition: RekognitionClient) -> None:
    cloud.put_video()
    ids = {rekognition.start_person_tracking(Video=video_of(cloud))["JobId"] for _ in range(2)}
    assert set(cloud.executions()) == ids
    assert len(ids) == 2


@pytest.mark.parametrize("missing", [{"Name": "nothing.mp4"}, {"Bucket": "no-such-bucket"}, {"Version": "nonexistent"}])
def test_r23_2g_11_an_object_that_cannot_be_read(cloud: Cloud, rekognition: RekognitionClient, missing: dict[str, str]) -> None:
    cloud.put_video()
    named: Any = {"Bucket": cloud.videos, "Name": "uploads/clip.mp4", **missing}
    with pytest.raises(rekognition.exceptions.InvalidS3ObjectException) as caught:
        rekognition.start_person_tracking(Video={"S3Object": named})
    assert caught.value.response["Error"]["Message"] == (
        "Unable to get object metadata from S3. Check object key, region and/or access permissions."
    )
    assert cloud.executions() == []


def test_r23_r25_a_video_of_more_than_ten_gigabytes(cloud: Cloud, rekognition: RekognitionClient) -> None:
    cloud.put_video()
    size = 10 * 1024**3 + 1
    heard = "after-call.s3.HeadObject", lambda parsed, **_: parsed.update(ContentLength=size)
    cloud.clients.s3.meta.events.register(*heard)
    try:
        with pytest.raises(rekognition.exceptions.VideoTooLargeException) as caught:
            rekognition.start_person_tracking(Video=video_of(cloud))
    finally:
        cloud.clients.s3.meta.events.unregister(*heard)
    assert caught.value.response["Error"]["Message"] == (
        "Video size in bytes: 10737418241 is more than the maximum limit of: 10737418240 bytes."
    )
    assert cloud.executions() == []


def test_r15_r61_2g_1_the_same_token_is_the_same_job(cloud: Cloud, rekognition: RekognitionClient) -> None:
    cloud.put_video()
    given: Any = {"Video": video_of(cloud), "ClientRequestToken": "run-1", "JobTag": "a", "NotificationChannel": CHANNEL}
    first = rekognition.start_person_tracking(**given)["JobId"]
    cloud.jobs.finish(first, Status.SUCCEEDED, None)
    cloud.clients.s3.delete_object(Bucket=cloud.videos, Key="uploads/clip.mp4")
    assert rekognition.start_person_tracking(**given)["JobId"] == first
    assert cloud.executions() == [first]
    assert cloud.heard(cloud.inbox) == []


@pytest.mark.parametrize(
    "changed", [{"JobTag": "b"}, {"JobTag": None}, {"NotificationChannel": CHANNEL}, {"Video": {"S3Object": {"Name": "other.mp4"}}}]
)
def test_r15_the_same_token_with_other_parameters(cloud: Cloud, rekognition: RekognitionClient, changed: dict[str, Any]) -> None:
    cloud.put_video()
    given: Any = {"Video": video_of(cloud), "ClientRequestToken": "run-1", "JobTag": "a"}
    rekognition.start_person_tracking(**given)
    with pytest.raises(rekognition.exceptions.IdempotentParameterMismatchException):
        rekognition.start_person_tracking(**{name: value for name, value in {**given, **changed}.items() if value is not None})
    assert len(cloud.executions()) == 1


def test_r15_a_token_may_be_used_anew_after_seven_days(cloud: Cloud, rekognition: RekognitionClient) -> None:
    cloud.put_video()
    given: Any = {"Video": video_of(cloud), "ClientRequestToken": "run-1"}
    first = rekognition.start_person_tracking(**given)["JobId"]
    cloud.clock.turn(days=7, seconds=-1)
    assert rekognition.start_person_tracking(**given)["JobId"] == first
    cloud.clock.turn(seconds=1)
    assert rekognition.start_person_tracking(**given, JobTag="new")["JobId"] != first


def test_r15_a_start_that_crashed_half_way_is_finished_by_the_repetition(
    cloud: Cloud, rekognition: RekognitionClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.put_video()
    given: Any = {"Video": video_of(cloud), "ClientRequestToken": "run-1"}

    def crash(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as crashing:
        crashing.setattr(cloud.workflow, "start", crash)
        with pytest.raises(rekognition.exceptions.InternalServerError):
            rekognition.start_person_tracking(**given)
    assert cloud.executions() == []
    job_id = rekognition.start_person_tracking(**given)["JobId"]
    assert cloud.executions() == [job_id]


def test_r15_a_token_used_twice_at_once_is_one_job(cloud: Cloud, rekognition: RekognitionClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other request comes between our question for the token and our claim of it."""
    cloud.put_video()
    given: Any = {"Video": video_of(cloud), "ClientRequestToken": "run-1"}
    facts = cloud.objects.facts
    others: list[str] = []

    def meanwhile(video: Video) -> Any:
        monkeypatch.setattr(cloud.objects, "facts", facts)
        others.append(rekognition.start_person_tracking(**given)["JobId"])
        return facts(video)

    monkeypatch.setattr(cloud.objects, "facts", meanwhile)
    assert [rekognition.start_person_tracking(**given)["JobId"]] == others == cloud.executions()


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"JobTag": "with space"}, "jobTag"),
        ({"JobTag": "x" * 1025}, "jobTag"),
        ({"ClientRequestToken": "x" * 65}, "clientRequestToken"),
        ({"ClientRequestToken": "ü"}, "clientRequestToken"),
        ({"Video": {"S3Object": {"Bucket": "ab!", "Name": "k"}}}, "video.s3Object.bucket"),
        ({"Video": {"S3Object": {"Bucket": "b" * 256, "Name": "k"}}}, "video.s3Object.bucket"),
        ({"Video": {"S3Object": {"Bucket": "bucket", "Name": "k" * 1025}}}, "video.s3Object.name"),
        ({"NotificationChannel": {"SNSTopicArn": "arn:aws:sns:x", "RoleArn": CHANNEL["RoleArn"]}}, "notificationChannel.sNSTopicArn"),
        (
            {"NotificationChannel": {"SNSTopicArn": CHANNEL["SNSTopicArn"], "RoleArn": "arn:aws:iam::1:role/x"}},
            "notificationChannel.roleArn",
        ),
    ],
)
def test_r7_r16_r17_2g_9_constraints(cloud: Cloud, rekognition: RekognitionClient, given: dict[str, Any], path: str) -> None:
    cloud.put_video()
    with pytest.raises(rekognition.exceptions.InvalidParameterException) as caught:
        rekognition.start_person_tracking(**{"Video": video_of(cloud), **given})
    assert f"at '{path}' failed to satisfy constraint: Member must" in caught.value.response["Error"]["Message"]
    assert cloud.executions() == []


@pytest.mark.parametrize("video", [{}, {"S3Object": {}}, {"S3Object": {"Bucket": "bucket"}}, {"S3Object": {"Name": "key"}}])
def test_r12_bucket_and_name_are_needed(rekognition: RekognitionClient, video: Any) -> None:
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="Request has invalid parameters"):
        rekognition.start_person_tracking(Video=video)


def test_a_call_takes_options_from_metadata_and_sidecar_too(cloud: Cloud, rekognition: RekognitionClient) -> None:
    cloud.put_video("uploads/clip.mp4.job.json", b'{"sampleFps": 2, "jobTag": "sidecar"}')
    cloud.put_video(Metadata={"faces": "false"})
    job_id = rekognition.start_person_tracking(Video=video_of(cloud), JobTag="call")["JobId"]
    record = record_of(cloud, job_id)
    assert (record.options.sample_fps, record.options.faces, record.job_tag) == (2, False, "call")


def test_a_wrong_option_beside_the_video_refuses_the_call(cloud: Cloud, rekognition: RekognitionClient) -> None:
    cloud.put_video(Metadata={"rotation": "45"})
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match=r"object metadata: rotation: expected .* found 45"):
        rekognition.start_person_tracking(Video=video_of(cloud))


def test_logs_never_hold_names_or_tokens(
    cloud: Cloud, rekognition: RekognitionClient, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.put_video("uploads/very-private-name.mp4")
    with caplog.at_level("INFO", logger="contract"):
        job_id = rekognition.start_person_tracking(Video=video_of(cloud, "uploads/very-private-name.mp4"), ClientRequestToken="my-token")[
            "JobId"
        ]
        rekognition.get_person_tracking(JobId=job_id)
    written = json.dumps([vars(line) for line in caplog.records], default=str)
    assert job_id in written
    assert all(exchange.headers["x-amzn-requestid"] in written for exchange in gateway.exchanges)
    assert not any(secret in written for secret in ("very-private-name", "my-token", cloud.videos))

"""How jobs are planned and end: outcomes that stay, messages at least once and word for word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.cloud import ACCOUNT, METADATA, Cloud
from trackway.errors import NotificationError
from trackway.jobs.choices import Choices
from trackway.jobs.complete import Complete
from trackway.jobs.faults import fault_facts, fault_sentence
from trackway.jobs.options import JobOptions
from trackway.jobs.record import Failure, JobRecord, NotificationChannel, Status, Video
from trackway.results.pages import Series

ROLE = f"arn:aws:iam::{ACCOUNT}:role/publisher"


@pytest.fixture
def complete(cloud: Cloud) -> Complete:
    return Complete(cloud.jobs, cloud.topics)


def with_results(cloud: Cloud, **given: Any) -> JobRecord:
    record = cloud.recorded(**given)
    cloud.jobs.record_video(record.job_id, METADATA)
    cloud.jobs.record_results(record.job_id, {Series.PERSONS_BY_TIME.key: 0})
    return record


def succeed(complete: Complete, record: JobRecord) -> JobRecord:
    ended = complete(record.job_id, succeeded=True, error=None, reference="r")
    assert ended is not None
    return ended


def test_r57_2g_15_the_message_has_exactly_these_keys(cloud: Cloud, complete: Complete) -> None:
    record = with_results(
        cloud, video=Video("in-bkt", "proj1/clip ü.mp4", "v7"), choices=Choices(JobOptions(project="film"), "proj1:shot12")
    )
    ended = succeed(complete, record)
    (envelope,) = cloud.heard(cloud.inbox)
    assert json.loads(envelope["Message"]) == {
        "JobId": record.job_id,
        "Status": "SUCCEEDED",
        "API": "StartPersonTracking",
        "JobTag": "proj1:shot12",
        "Timestamp": int(cloud.clock() * 1000),
        "Video": {"S3ObjectName": "proj1/clip ü.mp4", "S3Bucket": "in-bkt"},
    }
    attributes = {name: given["Value"] for name, given in envelope["MessageAttributes"].items()}
    assert attributes == {"Status": "SUCCEEDED", "API": "StartPersonTracking", "JobTag": "proj1:shot12", "ProjectId": "film"}
    assert (ended.status, ended.completed_at, ended.notified_at, ended.notification_failed) == (
        Status.SUCCEEDED, int(cloud.clock() * 1000), int(cloud.clock() * 1000), False,
    )  # fmt: skip


def test_r57_no_job_tag_where_none_was_given(cloud: Cloud, complete: Complete) -> None:
    succeed(complete, with_results(cloud))
    (envelope,) = cloud.heard(cloud.inbox)
    assert list(json.loads(envelope["Message"])) == ["JobId", "Status", "API", "Timestamp", "Video"]
    assert "JobTag" not in envelope["MessageAttributes"]


def test_completing_again_changes_and_publishes_nothing(cloud: Cloud, complete: Complete) -> None:
    record = with_results(cloud)
    ended = succeed(complete, record)
    cloud.clock.turn(seconds=5)
    assert succeed(complete, record) == ended
    assert complete(record.job_id, succeeded=False, error=None, reference="r") == ended
    assert len(cloud.heard(cloud.inbox)) == 1


def test_r58_a_crash_after_the_outcome_and_before_the_message_is_mended(cloud: Cloud, complete: Complete) -> None:
    record = with_results(cloud)
    cloud.jobs.finish(record.job_id, Status.SUCCEEDED, None)
    succeed(complete, record)
    assert len(cloud.heard(cloud.inbox)) == 1


def test_r58_the_message_of_a_retry_is_the_same(cloud: Cloud, complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    record = with_results(cloud)
    with monkeypatch.context() as crashing:
        crashing.setattr(cloud.jobs, "notified", lambda *_, **__: (_ for _ in ()).throw(ConnectionError()))
        with pytest.raises(ConnectionError):
            complete(record.job_id, succeeded=True, error=None, reference="r")
    cloud.clock.turn(seconds=30)
    succeed(complete, record)
    first, second = cloud.heard(cloud.inbox)
    assert first["Message"] == second["Message"]


def test_r58_success_needs_results(cloud: Cloud, complete: Complete) -> None:
    ended = complete(cloud.recorded().job_id, succeeded=True, error=None, reference="ref-1")
    assert ended is not None
    assert ended.status == Status.FAILED
    assert "ref-1" in (ended.status_message or "")


def test_a_recorded_failure_becomes_the_status_message(cloud: Cloud, complete: Complete) -> None:
    record = cloud.recorded(failure=Failure("UNSUPPORTED_MEDIA", "Unsupported codec/format."))
    ended = complete(record.job_id, succeeded=False, error={"Error": "UnsupportedMedia", "Cause": "Traceback"}, reference="r")
    assert ended is not None
    assert (ended.status, ended.status_message) == (Status.FAILED, "Unsupported codec/format.")
    (envelope,) = cloud.heard(cloud.inbox)
    assert json.loads(envelope["Message"])["Status"] == "FAILED"


def test_r59_our_topic_and_the_callers_are_told(cloud: Cloud, complete: Complete) -> None:
    topic_arn, queue = cloud.subscribed_topic("callers")
    ended = succeed(complete, with_results(cloud, notification=NotificationChannel(topic_arn, ROLE)))
    assert [one["Message"] for one in cloud.heard(queue)] == [one["Message"] for one in cloud.heard(cloud.inbox)]
    assert not ended.notification_failed


def test_r60_a_callers_topic_that_fails_does_not_fail_the_job(cloud: Cloud, complete: Complete) -> None:
    missing = NotificationChannel(f"arn:aws:sns:eu-west-1:{ACCOUNT}:missing", ROLE)
    record = with_results(cloud, notification=missing)
    ended = succeed(complete, record)
    assert (ended.status, ended.notification_failed) == (Status.SUCCEEDED, True)
    assert ended.notified_at is not None
    succeed(complete, record)
    assert len(cloud.heard(cloud.inbox)) == 1


class Deaf:
    """A notifier that reaches nobody."""

    def publish(self, message: str, attributes: Mapping[str, str]) -> None:
        raise NotificationError("nobody hears")

    def publish_to(self, channel: NotificationChannel, message: str, attributes: Mapping[str, str]) -> None:
        raise AssertionError("our own topic comes first")


def test_r60_a_message_that_cannot_be_published_is_flagged_and_published_later(cloud: Cloud, complete: Complete) -> None:
    record = with_results(cloud)
    with pytest.raises(NotificationError):
        Complete(cloud.jobs, Deaf())(record.job_id, succeeded=True, error=None, reference="r")
    waiting = cloud.jobs.get(record.job_id)
    assert waiting is not None
    assert (waiting.status, waiting.notified_at, waiting.notification_failed) == (Status.SUCCEEDED, None, True)
    assert not succeed(complete, record).notification_failed
    assert len(cloud.heard(cloud.inbox)) == 1


def test_a_removed_job_ends_silently(cloud: Cloud, complete: Complete) -> None:
    assert complete("0" * 64, succeeded=False, error=None, reference="r") is None
    assert cloud.heard(cloud.inbox) == []


@pytest.mark.parametrize("name", ["States.Timeout", "States.HeartbeatTimeout", "Batch.JobFailed", "MemoryError", None])
def test_b2_a_fault_is_told_in_a_sentence_without_its_own_text(name: str | None) -> None:
    cause = json.dumps({"errorMessage": "secret-bucket/name.mp4", "stackTrace": ["File x"], "Container": {"Reason": "OutOfMemory"}})
    sentence = fault_sentence({"Error": name, "Cause": cause} if name else None, "ref-7")
    assert sentence.endswith("Log reference: ref-7.")
    assert ("time limit" in sentence) == (name in ("States.Timeout", "States.HeartbeatTimeout"))
    assert not any(word in sentence for word in ("secret", "stackTrace", "{", "File"))


@pytest.mark.parametrize(
    ("error", "facts"),
    [
        (None, {}),
        ({"Error": "States.Timeout"}, {"error": "States.Timeout"}),
        ({"Error": "X", "Cause": "plain text"}, {"error": "X"}),
        ({"Error": "X", "Cause": '{"errorType": "KeyError", "errorMessage": "name"}'}, {"error": "X", "errorType": "KeyError"}),
        (
            {
                "Error": "Batch.JobFailed",
                "Cause": '{"StatusReason": "Essential container exited", "Container": {"ExitCode": 137, "Environment": []}}',
            },
            {"error": "Batch.JobFailed", "StatusReason": "Essential container exited", "ExitCode": 137},
        ),
    ],
)
def test_what_goes_to_the_log_holds_no_messages(error: dict[str, Any] | None, facts: dict[str, Any]) -> None:
    assert fault_facts(error) == facts

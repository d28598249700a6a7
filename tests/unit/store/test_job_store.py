"""Job records in DynamoDB: exact values back, transitions that never go backwards, expiry checked on read."""

from __future__ import annotations

import itertools

import pytest

from tests.cloud import METADATA, Cloud
from trackway.jobs.choices import Choices
from trackway.jobs.identity import new_job_id
from trackway.jobs.options import JobOptions
from trackway.jobs.ports import Claim
from trackway.jobs.record import RUNNING, TERMINAL, Failure, NotificationChannel, Phase, Status, Video


def test_a_record_comes_back_as_it_was_put(cloud: Cloud) -> None:
    record = cloud.recorded(
        video=Video("bucket", "ключ +%.mp4", "v1", "etag", 10**10),
        choices=Choices(JobOptions(sample_fps=0.1, rotation=90, faces=False), "shot:12"),
        notification=NotificationChannel("arn:aws:sns:eu-west-1:111122223333:done", "arn:aws:iam::111122223333:role/pub"),
        failure=Failure("INVALID_OPTION", "Options: expected less."),
    )
    assert (record.status, record.phase, record.result_version, record.rows) == (Status.QUEUED, Phase.QUEUED, 0, {})
    assert record.video.name == "ключ +%.mp4"
    assert record.options.sample_fps == 0.1
    assert len(record.token_key) == 32
    assert record.execution_arn == f"arn:aws:states:eu-west-1:123456789012:execution:trackway:{record.job_id}"
    assert record.expires_at == cloud.clock() + 7 * 86400


def test_r8_floats_of_the_metadata_are_exact(cloud: Cloud) -> None:
    record = cloud.recorded()
    metadata = METADATA.__class__("h264", 1, "QuickTime / MOV", 29.970029830932617, 720, 1280)
    cloud.jobs.record_video(record.job_id, metadata)
    stored = cloud.jobs.get(record.job_id)
    assert stored is not None
    assert stored.video_metadata == metadata


def test_r54_an_expired_job_is_gone_though_its_item_is_still_there(cloud: Cloud) -> None:
    record = cloud.recorded(choices=Choices(JobOptions(retention_days=2)))
    cloud.clock.turn(days=2, seconds=-1)
    assert cloud.jobs.get(record.job_id) is not None
    cloud.clock.turn(seconds=1)
    assert cloud.jobs.get(record.job_id) is None


def test_an_unknown_job_is_none_and_cannot_be_changed(cloud: Cloud) -> None:
    assert cloud.jobs.get("0" * 64) is None
    assert not cloud.jobs.advance("0" * 64, Phase.PROBING)
    assert not cloud.jobs.finish("0" * 64, Status.FAILED, "No.")
    assert cloud.jobs.get("0" * 64) is None


def test_a_job_is_created_once(cloud: Cloud) -> None:
    record = cloud.recorded()
    assert not cloud.jobs.create(record)


def test_r15_job_and_claim_are_created_together_or_not_at_all(cloud: Cloud) -> None:
    first, second = cloud.recorded(), cloud.recorded()
    cloud.clients.dynamodb.delete_item(TableName=cloud.table, Key={"pk": {"S": f"JOB#{first.job_id}"}, "sk": {"S": "META"}})
    claim = Claim("StartPersonTracking", "token", "fingerprint", first.job_id, int(cloud.clock()) + 10)
    assert not cloud.jobs.create(second, claim)
    assert cloud.jobs.find_claim("StartPersonTracking", "token") is None
    assert cloud.jobs.create(first, claim)
    assert cloud.jobs.find_claim("StartPersonTracking", "token") == claim


def test_r15_a_claim_expires_and_may_then_be_made_anew(cloud: Cloud) -> None:
    record = cloud.recorded()
    again = record.__class__(**{name: getattr(record, name) for name in record.__struct_fields__} | {"job_id": new_job_id()})
    later = record.__class__(**{name: getattr(record, name) for name in record.__struct_fields__} | {"job_id": new_job_id()})
    assert cloud.jobs.create(again, Claim("Start", "token", "a", again.job_id, int(cloud.clock()) + 10))
    assert not cloud.jobs.create(later, Claim("Start", "token", "b", later.job_id, int(cloud.clock()) + 20))
    cloud.clock.turn(seconds=10)
    assert cloud.jobs.find_claim("Start", "token") is None
    assert cloud.jobs.create(later, Claim("Start", "token", "b", later.job_id, int(cloud.clock()) + 20))


def test_phases_only_go_forward(cloud: Cloud) -> None:
    """Whatever order the steps come in, the phase is the furthest of them."""
    phases = [Phase.PROBING, Phase.PROCESSING, Phase.FINALIZING]
    for order in itertools.permutations(phases):
        record = cloud.recorded()
        furthest = -1
        for phase in order:
            assert cloud.jobs.advance(record.job_id, phase) is (phases.index(phase) >= furthest)
            furthest = max(furthest, phases.index(phase))
            stored = cloud.jobs.get(record.job_id)
            assert stored is not None
            assert (stored.status, stored.phase) == (Status.IN_PROGRESS, phases[furthest])


@pytest.mark.parametrize("final", sorted(TERMINAL))
def test_a_final_state_is_final(cloud: Cloud, final: Status) -> None:
    record = cloud.recorded()
    assert cloud.jobs.finish(record.job_id, final, "sentence")
    at = cloud.jobs.get(record.job_id)
    cloud.clock.turn(seconds=1)
    for other in TERMINAL:
        assert not cloud.jobs.finish(record.job_id, other, "another")
    assert not cloud.jobs.advance(record.job_id, Phase.FINALIZING)
    cloud.jobs.fail(record.job_id, Failure("INTERNAL", "late"))
    cloud.jobs.record_results(record.job_id, {"persons-by-time": 3})
    assert cloud.jobs.get(record.job_id) == at


def test_states_are_either_running_or_terminal() -> None:
    assert set(Status) == RUNNING | TERMINAL
    assert not RUNNING & TERMINAL


def test_the_first_reason_of_a_failure_stays_and_does_not_end_the_job(cloud: Cloud) -> None:
    record = cloud.recorded()
    cloud.jobs.fail(record.job_id, Failure("CORRUPT_MEDIA", "first"))
    cloud.jobs.fail(record.job_id, Failure("INTERNAL", "second"))
    stored = cloud.jobs.get(record.job_id)
    assert stored is not None
    assert stored.failure == Failure("CORRUPT_MEDIA", "first")
    assert stored.status == Status.QUEUED


def test_progress_of_a_repeated_segment_counts_once(cloud: Cloud) -> None:
    record = cloud.recorded()
    cloud.jobs.progress(record, 0, 90, 100)
    cloud.jobs.progress(record, 11, 5, 80)
    cloud.jobs.progress(record, 0, 10, 100)
    assert cloud.jobs.read_progress(record.job_id) == {0: (10, 100), 11: (5, 80)}

"""The deployed handlers, wired by their environment alone, from an upload to the completion message and the rows."""

from __future__ import annotations

import base64
import functools
import importlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cloud import REGION, STATE_MACHINE_ARN, Clock, Cloud
from tests.contract.gateway import http_event
from tests.portraits import hopper, jpeg
from trackway.errors import MediaError
from trackway.results.pages import Series

NAMES = ("collections", "complete", "door", "get", "ingest", "janitor", "keys", "plan", "recognizer", "start")
Handler = Callable[[dict[str, Any]], Any]


@pytest.fixture
def handlers(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Handler]]:
    """Every function's `handle`, freshly wired to the cloud."""
    cloud.clock = Clock()
    for name, value in {
        "TABLE": cloud.table,
        "VIDEOS_BUCKET": cloud.videos,
        "ARTIFACTS_BUCKET": cloud.artifacts,
        "TOPIC_ARN": cloud.topic_arn,
        "STATE_MACHINE_ARN": STATE_MACHINE_ARN,
        "UPLOAD_PREFIX": "uploads/",
        "START_FUNCTION": "start",
        "GET_FUNCTION": "get",
        "COLLECTIONS_FUNCTION": "collections",
        "RECOGNIZER_FUNCTION": "recognizer",
        "JANITOR_FUNCTION": "janitor",
        "KEYS_FUNCTION": "keys",
        "KEY_PREFIX": "trackway/keys/",
        "VECTORS_URI": str(tmp_path / "vectors"),
    }.items():
        monkeypatch.setenv(f"TRACKWAY_{name}", value)
    monkeypatch.setenv("AWS_REGION", REGION)
    modules = {name: importlib.import_module(f"functions.{name}.handler") for name in NAMES}
    context = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=128,
        invoked_function_arn="arn",
        aws_request_id="5ad8c1a5-0000-4000-8000-000000000001",
        get_remaining_time_in_millis=lambda: 900_000,
    )
    yield {name: functools.partial(module.handle, context=context) for name, module in modules.items()}
    for module in modules.values():
        for made in vars(module).values():
            if hasattr(made, "cache_clear") and made.__module__ == module.__name__:
                made.cache_clear()


def call(handler: Handler, operation: str, request: dict[str, Any]) -> tuple[int, Any]:
    headers = {"x-amz-target": f"RekognitionService.{operation}"}
    answer = handler(http_event("/", headers, json.dumps(request).encode()))
    return answer["statusCode"], json.loads(answer["body"])


def message(event: dict[str, Any], message_id: str = "m1") -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": "r",
        "body": json.dumps(event),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:ingest",
        "awsRegion": REGION,
    }


def created(cloud: Cloud, key: str) -> dict[str, Any]:
    video = cloud.put_video(key)
    described = {"key": key, "size": video.size_bytes, "etag": video.etag, "version-id": video.version}
    return {"detail-type": "Object Created", "detail": {"bucket": {"name": cloud.videos}, "object": described}}


def test_an_upload_is_ingested_completed_and_read(cloud: Cloud, handlers: dict[str, Handler]) -> None:
    assert handlers["ingest"]({"Records": [message(created(cloud, "uploads/ü +.mp4"))]}) == {"batchItemFailures": []}
    (job_id,) = cloud.executions()
    assert call(handlers["get"], "GetPersonTracking", {"JobId": job_id})[1]["JobStatus"] == "IN_PROGRESS"
    cloud.jobs.record_results(job_id, {Series.PERSONS_BY_TIME.key: 0})
    assert handlers["complete"]({"jobId": job_id, "outcome": "SUCCEEDED"}) == {"jobId": job_id, "status": "SUCCEEDED"}
    status, body = call(handlers["get"], "GetPersonTracking", {"JobId": job_id})
    assert (status, body["JobStatus"], body["Persons"]) == (200, "SUCCEEDED", [])
    assert body["Video"]["S3Object"]["Name"] == "uploads/ü +.mp4"
    assert [json.loads(heard["Message"])["JobId"] for heard in cloud.heard(cloud.inbox)] == [job_id]


def test_a_call_is_started_and_read_through_its_own_functions(cloud: Cloud, handlers: dict[str, Handler]) -> None:
    cloud.put_video("anywhere.bin")
    video = {"Video": {"S3Object": {"Bucket": cloud.videos, "Name": "anywhere.bin"}}}
    status, body = call(handlers["start"], "StartPersonTracking", video)
    assert status == 200
    assert cloud.executions() == [body["JobId"]]
    assert call(handlers["get"], "StartPersonTracking", video)[1]["__type"] == "UnknownOperationException"


def test_a_collection_lives_in_two_functions_and_a_folder_of_vectors(cloud: Cloud, handlers: dict[str, Handler], tmp_path: Path) -> None:
    named = {"CollectionId": "family"}
    image = {"Image": {"Bytes": base64.b64encode(jpeg(hopper())).decode()}}
    assert call(handlers["collections"], "CreateCollection", named)[0] == 200
    status, body = call(handlers["recognizer"], "IndexFaces", named | image)
    assert (status, len(body["FaceRecords"])) == (200, 1)
    face = body["FaceRecords"][0]["Face"]
    assert call(handlers["collections"], "ListFaces", named)[1]["Faces"] == [face]
    status, body = call(handlers["recognizer"], "SearchFacesByImage", named | image)
    assert (status, [match["Face"] for match in body["FaceMatches"]]) == (200, [face])
    assert handlers["janitor"]({"collectionId": "family"}) == {"orphans": 0}
    assert handlers["janitor"]({}) == {"collections": 1, "orphans": 0, "deleted": 0}
    assert call(handlers["recognizer"], "DeleteCollection", named)[0] == 200
    assert list((tmp_path / "vectors").iterdir())
    handlers["janitor"]({"source": "aws.events"})
    assert not list((tmp_path / "vectors").iterdir())
    assert handlers["janitor"]({"collectionId": "family"}) == {"orphans": 0}
    assert call(handlers["collections"], "DeleteCollection", named)[1]["__type"] == "UnknownOperationException"


def test_messages_that_fail_come_again_and_the_others_do_not(cloud: Cloud, handlers: dict[str, Handler]) -> None:
    broken = {"detail-type": "Object Created", "detail": {"bucket": {"name": cloud.videos}, "object": {}}}
    batch = [message(created(cloud, "uploads/1.mp4"), "good"), message(broken, "bad"), message(created(cloud, "uploads/2.mp4"), "good too")]
    assert handlers["ingest"]({"Records": batch}) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert len(cloud.executions()) == 2


@pytest.mark.parametrize("event", [{}, {"error": {"Error": "States.Timeout", "Cause": "{}"}}])
def test_a_failed_job_tells_its_log_reference(cloud: Cloud, handlers: dict[str, Handler], event: dict[str, Any]) -> None:
    job_id = cloud.recorded().job_id
    assert handlers["complete"]({"jobId": job_id, "outcome": "FAILED", **event}) == {"jobId": job_id, "status": "FAILED"}
    body = call(handlers["get"], "GetPersonTracking", {"JobId": job_id})[1]
    assert body["StatusMessage"].endswith("Log reference: 5ad8c1a5-0000-4000-8000-000000000001.")


def test_an_unreadable_video_fails_in_planning_with_its_sentence(cloud: Cloud, handlers: dict[str, Handler]) -> None:
    handlers["ingest"]({"Records": [message(created(cloud, "uploads/text.mp4"))]})
    (job_id,) = cloud.executions()
    with pytest.raises(MediaError) as caught:
        handlers["plan"]({"jobId": job_id, "containerMinutes": 20})
    handlers["complete"]({"jobId": job_id, "outcome": "FAILED", "error": {"Error": type(caught.value).__name__, "Cause": "{}"}})
    body = call(handlers["get"], "GetPersonTracking", {"JobId": job_id})[1]
    assert (body["JobStatus"], body["StatusMessage"]) == ("FAILED", str(caught.value))


def test_a_removed_job_completes_as_deleted(handlers: dict[str, Handler]) -> None:
    assert handlers["complete"]({"jobId": "0" * 64, "outcome": "SUCCEEDED"}) == {"jobId": "0" * 64, "status": "DELETED"}


def test_the_door_hands_on_what_is_known_and_refuses_the_rest(
    cloud: Cloud, handlers: dict[str, Handler], monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(function: str, event: dict[str, Any]) -> Any:
        return handlers[function](event)

    monkeypatch.setattr("functions.door.handler.invoke", lambda client, function, event: invoke(function, event))
    status, body = call(handlers["door"], "GetPersonTracking", {"JobId": cloud.recorded().job_id})
    assert (status, body["JobStatus"]) == (200, "IN_PROGRESS")
    status, body = call(handlers["door"], "DetectMoon", {})
    assert (status, body["__type"]) == (400, "UnknownOperationException")


def test_every_log_line_is_json_with_the_requests_id(cloud: Cloud, handlers: dict[str, Handler], caplog: pytest.LogCaptureFixture) -> None:
    job_id = cloud.recorded().job_id
    headers = {"x-amz-target": "RekognitionService.GetPersonTracking"}
    answer = handlers["get"](http_event("/", headers, json.dumps({"JobId": job_id}).encode()))
    (written,) = logging.getLogger("get").handlers
    line = json.loads(written.format(caplog.records[-1]))
    assert line["request_id"] == answer["headers"]["x-amzn-requestid"]
    assert (line["service"], line["job_id"], line["operation"]) == ("get", job_id, "GetPersonTracking")


def test_every_handler_has_its_folder() -> None:
    root = Path(__file__).parents[2] / "functions"
    assert {path.parent.name for path in root.glob("*/handler.py")} == set(NAMES)

"""JSON 1.1 as AWS speaks it (SPEC 2a, B.1): routes, targets, ids, malformed requests."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_rekognition import RekognitionClient

from tests.contract.gateway import Gateway

CONTENT_TYPE = "application/x-amz-json-1.1"


def post(url: str, target: str | None, body: bytes) -> tuple[int, dict[str, str], Any]:
    headers = {"Content-Type": CONTENT_TYPE} | ({"X-Amz-Target": target} if target is not None else {})
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.loads(error.read())


@pytest.mark.parametrize("path", ["/", "/GetPersonTracking"])
def test_r1_r5_an_error_answer_in_full(gateway: Gateway, path: str) -> None:
    status, headers, body = post(gateway.url + path, "RekognitionService.GetPersonTracking", b'{"JobId":"%b"}' % (b"a" * 64))
    assert status == 400
    assert headers["content-type"] == CONTENT_TYPE
    assert body["__type"] == body["Code"] == "ResourceNotFoundException"
    assert body["Message"] == "Could not find JobId"
    assert uuid.UUID(body["Logref"]) == uuid.UUID(headers["x-amzn-requestid"])


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "RekognitionService",
        "RekognitionService.",
        "RekognitionService.DetectMoon",
        "Other.GetPersonTracking",
        "Trackway.GetPersonTracking",
        "Trackway.DetectMoon",
        "RekognitionService.CreateKey",
        "GetPersonTracking",
        "..",
        "ü",
    ],
)
@pytest.mark.parametrize("path", ["/", "/GetPersonTracking"])
def test_2g_18_an_unknown_target(gateway: Gateway, path: str, target: str | None) -> None:
    status, _, body = post(gateway.url + path, target, b"{}")
    assert (status, body["__type"]) == (400, "UnknownOperationException")


def test_an_operations_own_route_serves_no_other(gateway: Gateway) -> None:
    status, _, body = post(gateway.url + "/StartPersonTracking", "RekognitionService.GetPersonTracking", b'{"JobId":"a"}')
    assert (status, body["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    "content",
    [
        *(b"{", b'{"JobId":', b"\xff\xfe", b"not json", b'{"JobId":"\xff"}', b'{"JobId":NaN}', b"[" * 100_000, b'{"a":' * 50_000),
        *(b"[]", b'"text"', b"5", b"null", b'{"JobId":5}', b'{"JobId":["a"]}', b'{"JobId":{"a":1}}', b'{"JobId":true}'),
        *(b'{"JobId":"a","MaxResults":"5"}', b'{"JobId":"a","MaxResults":1.5}', b'{"JobId":"a","MaxResults":true}'),
        *(b'{"JobId":"a","MaxResults":99999999999}', b'{"JobId":"a","SortBy":[]}', b'{"JobId":"\\ud800"}'),
    ],
    ids=lambda content: content[:20].decode("ascii", "replace"),
)
def test_2g_18_what_cannot_be_read_as_the_model_has_it(gateway: Gateway, content: bytes) -> None:
    status, _, body = post(gateway.url, "RekognitionService.GetPersonTracking", content)
    assert (status, body["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("content", [b"", b"{}", b'{"JobId":null}'])
def test_r9_an_absent_member_and_null_are_the_same(gateway: Gateway, content: bytes) -> None:
    status, _, body = post(gateway.url, "RekognitionService.GetPersonTracking", content)
    assert (status, body["__type"]) == (400, "InvalidParameterException")
    assert body["Message"] == "1 validation error detected: Value null at 'jobId' failed to satisfy constraint: Member must not be null"


def test_unknown_members_are_ignored_as_aws_does(gateway: Gateway) -> None:
    content = {"JobId": "a" * 64, "Unknown": {"deep": [1, {"er": None}]}, "jobid": 5}
    status, _, body = post(gateway.url, "RekognitionService.GetPersonTracking", json.dumps(content).encode())
    assert (status, body["__type"]) == (400, "ResourceNotFoundException")


def test_r4_botocore_finds_the_request_id(rekognition: RekognitionClient, gateway: Gateway) -> None:
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException) as caught:
        rekognition.get_person_tracking(JobId="b" * 64)
    assert caught.value.response["ResponseMetadata"]["RequestId"] == gateway.exchanges[-1].headers["x-amzn-requestid"]


def test_r6_our_fault_says_nothing_of_itself(rekognition: RekognitionClient, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("trackway.store.jobs.JobStore.get", fail)
    with pytest.raises(ClientError) as caught:
        rekognition.get_person_tracking(JobId="b" * 64)
    assert caught.value.response["Error"]["Code"] == "InternalServerError"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert b"secret" not in gateway.exchanges[-1].body

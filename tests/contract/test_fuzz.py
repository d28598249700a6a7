"""Requests of every kind to every operation, as the stack serves them: answered in form, and never with a fault (issue 4).

Records and jobs lie in an AWS in memory, vectors in memory, pictures go to the real networks; no network is between.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cloud import Cloud, small_cloud
from tests.contract.conftest import MODEL, OWN_MODEL, check, routes
from tests.contract.gateway import Exchange, Function, http_event
from tests.model_requests import requests, spoiled
from tests.portraits import hopper, jpeg
from trackway.api.caller import Caller
from trackway.api.endpoint import Endpoint
from trackway.api.model import model_of, rekognition_model
from trackway.api.routes import FUNCTIONS

OPERATIONS = [operation for operations in FUNCTIONS.values() for operation in operations]
REKOGNITION = set(rekognition_model().operations)
MODELS = {service: model_of(service) for service in ("RekognitionService", "Trackway")}
PROTOCOL = {"SerializationException", "AccessDeniedException"}  # may come from any operation
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]
TIMES = settings(max_examples=12, deadline=None, suppress_health_check=SLOW)


def service_of(operation: str) -> str:
    return "RekognitionService" if operation in REKOGNITION else "Trackway"


@pytest.fixture(scope="module")
def served() -> Iterator[Callable[[str, bytes], tuple[int, Any]]]:
    """Asks an operation at the door; every answer is checked."""
    with small_cloud() as cloud:
        door = routes(cloud)["/"]
        put_something(cloud, door)
        yield lambda operation, body: ask(door, operation, body)


def ask(door: Function, operation: str, body: bytes) -> tuple[int, Any]:
    target = f"{service_of(operation)}.{operation}"
    answer = json.loads(json.dumps(door(http_event("/", {"x-amz-target": target}, body))))
    content = answer["body"].encode()
    check(Exchange("/", target, None, body, answer["statusCode"], answer["headers"], content))
    given = json.loads(content)
    assert answer["statusCode"] in (200, 400), (given, body[:2000])
    if answer["statusCode"] == 400:
        assert given["__type"] in documented(operation), (given, body[:2000])
        assert isinstance(given["Message"], str)
        assert len(given["Message"]) < 10_000
    return answer["statusCode"], given


def documented(operation: str) -> set[str]:
    """What the model says that the operation raises."""
    described = (MODEL if operation in REKOGNITION else OWN_MODEL).operation_model(operation)
    return {shape.name for shape in described.error_shapes} | PROTOCOL


def put_something(cloud: Cloud, door: Function) -> None:
    """A collection with a face and a user, a video and a job, so that requests find what they name."""
    image = base64.b64encode(jpeg(hopper())).decode()
    made: list[tuple[str, dict[str, Any]]] = [
        ("CreateCollection", {"CollectionId": "c"}),
        ("IndexFaces", {"CollectionId": "c", "Image": {"Bytes": image}}),
        ("CreateUser", {"CollectionId": "c", "UserId": "u"}),
    ]
    for operation, request in made:
        assert ask(door, operation, json.dumps(request).encode())[0] == 200
    cloud.put_video("uploads/clip.mp4")
    cloud.recorded("0" * 64)


def named(request: Any) -> Any:
    """The same request about what is there."""
    there = {"CollectionId": "c", "UserId": "u", "JobId": "0" * 64, "Video": {"S3Object": {"Bucket": "videos-bucket", "Name": "uploads/clip.mp4"}}}  # fmt: skip # noqa: E501
    return request | {name: value for name, value in there.items() if name in request} if isinstance(request, dict) else request


@pytest.mark.parametrize("operation", OPERATIONS)
def test_requests_right_and_wrong_are_answered(served: Callable[[str, bytes], tuple[int, Any]], operation: str) -> None:
    whole = requests(MODELS[service_of(operation)], operation)

    @TIMES
    @given(request=st.one_of(whole, whole.map(named), spoiled(whole), spoiled(whole.map(named))))
    def answered(request: Any) -> None:
        served(operation, json.dumps(request, allow_nan=False).encode())

    answered()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_valid_request_gets_through_to_its_operation(operation: str) -> None:
    reached: list[dict[str, Any]] = []

    def stub(members: dict[str, Any], caller: Caller) -> bytes:
        reached.append(members)
        return b"{}"

    log: Any = logging.getLogger("contract")
    endpoint = Endpoint({operation: stub}, log)

    @TIMES
    @given(request=requests(MODELS[service_of(operation)], operation))
    def answered(request: Any) -> None:
        reached.clear()
        event = http_event("/", {"x-amz-target": f"{service_of(operation)}.{operation}"}, json.dumps(request).encode())
        assert endpoint(event)["statusCode"] == 200
        assert [set(members) for members in reached] == [set(request)]

    answered()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_bytes_that_are_no_request_are_serialization_errors(served: Callable[[str, bytes], tuple[int, Any]], operation: str) -> None:
    whole = requests(MODELS[service_of(operation)], operation)

    @settings(TIMES, max_examples=8)
    @given(request=whole, cut=st.floats(0, 1, exclude_max=True), junk=st.binary(min_size=1, max_size=30))
    def refused(request: Any, cut: float, junk: bytes) -> None:
        text = json.dumps(request).encode()
        truncated = text[: int(len(text) * cut)]
        if truncated:
            assert served(operation, truncated)[1]["__type"] == "SerializationException"
        served(operation, junk)
        served(operation, text[: len(text) // 2] + junk + text[len(text) // 2 :])

    refused()


MEGABYTES = 7_000_000
HOSTILE = {
    "nested lists": b"[" * MEGABYTES,
    "nested members": b'{"a":' * (MEGABYTES // 5),
    "a deep member": b'{"CollectionId":' + b"[" * 900 + b"]" * 900 + b"}",
    "deep options": b'{"Video":{},"ClientRequestToken":"t","Options":' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}",
    "a long text": b'{"CollectionId":"%b","JobId":"%b","UserId":"%b"}' % ((b"a" * (MEGABYTES // 3),) * 3),
    "a long picture": b'{"CollectionId":"c","Image":{"Bytes":"%b"}}' % (b"A" * MEGABYTES),
    "no picture": b'{"CollectionId":"c","Image":{"Bytes":"%b"}}' % (b"*" * 100),
    "half a picture": b'{"CollectionId":"c","Image":{"Bytes":"QUJ"}}',
    "a long list": b'{"CollectionId":"c","FaceIds":[%b""]}' % (b'"x",' * (MEGABYTES // 4)),
    "many members": b"{%b" % b",".join(b'"%d":1' % number for number in range(300_000)) + b"}",
    "many tags": b'{"CollectionId":"c","Tags":{%b}}' % b",".join(b'"%d":"v"' % number for number in range(300_000)),
    "not a number": b'{"MaxResults":NaN,"MaxFaces":NaN}',
    "infinite": b'{"MaxResults":Infinity}',
    "a huge number": b'{"MaxResults":1e999,"FaceMatchThreshold":1e999}',
    "a number without end": b'{"MaxResults":%b}' % (b"9" * 100_000),
    "a large number": b'{"CollectionId":"c","MaxResults":99999999999999999999,"FaceMatchThreshold":1e308}',
    "twice the same": b'{"CollectionId":"c","CollectionId":5,"JobId":"a","JobId":[]}',
    "half a character": b'{"CollectionId":"\\ud800","JobId":"\\udfff\\ud800"}',
    "no UTF-8": b'{"CollectionId":"\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a zero": b'{"CollectionId":"a\\u0000b","JobId":"\\u0000"}',
    "blanks": b" " * MEGABYTES,
    "text after the end": b"{} {}",
    "a tag of python": b'{"__class__":"x","__proto__":{"a":1},"constructor":5}',
    "nothing": b"",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_are_answered(served: Callable[[str, bytes], tuple[int, Any]], body: bytes) -> None:
    for operation in (
        "CreateCollection",
        "StartPersonTracking",
        "GetFaceSearch",
        "IndexFaces",
        "DeleteFaces",
        "SearchFaces",
        "ImportFaces",
    ):
        served(operation, body)

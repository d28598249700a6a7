"""The generic validator over the whole service model: valid requests pass unchanged, anything else is an answerable error."""

from __future__ import annotations

import base64
import contextlib
import functools
import time
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model_requests import requests, spoiled
from trackway.api.errors import InvalidParameter, SerializationError
from trackway.api.model import Member, Operation, ServiceModel, Shape, rekognition_model
from trackway.api.validation import Validator

MODEL = rekognition_model()
VALIDATOR = Validator(MODEL)
BOTOCORES = botocore.session.Session().get_service_model("rekognition")
TIMES = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])
# What people and face programs use; the 40 others have the same kinds of shapes.
OPERATIONS = (
    *("StartPersonTracking", "GetPersonTracking", "StartFaceSearch", "IndexFaces", "ListFaces", "DeleteFaces", "SearchUsers"),
    *("AssociateFaces", "CompareFaces", "CreateCollection", "UntagResource", "DetectFaces"),
)


@functools.cache
def valid(operation: str) -> st.SearchStrategy[Any]:
    """Requests that satisfy the model; a strategy takes longer to make than to draw from."""
    return requests(MODEL, operation)


@functools.cache
def questionable(operation: str) -> st.SearchStrategy[Any]:
    """Requests that may not."""
    return spoiled(valid(operation))


def decoded(shape: Shape, value: Any) -> Any:
    """The value as the validator should return it: blobs as bytes."""
    if shape.type == "structure" and not shape.document:
        return {name: decoded(MODEL.shapes[shape.members[name].shape], member) for name, member in value.items()}
    return base64.b64decode(value) if shape.type == "blob" else value


@pytest.mark.parametrize("operation", OPERATIONS)
@TIMES
@given(data=st.data())
def test_a_valid_request_is_returned_as_it_is(operation: str, data: st.DataObject) -> None:
    request = data.draw(valid(operation))
    assert VALIDATOR.read(operation, request) == decoded(_shape(operation), request)


@pytest.mark.parametrize("operation", OPERATIONS)
@TIMES
@given(data=st.data())
def test_nothing_else_than_the_two_documented_errors_ever_comes_out(operation: str, data: st.DataObject) -> None:
    with contextlib.suppress(InvalidParameter, SerializationError):
        VALIDATOR.read(operation, data.draw(questionable(operation)))


@pytest.mark.parametrize("operation", OPERATIONS)
@TIMES
@given(data=st.data())
def test_what_we_take_botocore_takes_too(operation: str, data: st.DataObject) -> None:
    """botocore checks types, required members and minimums (R7): a second implementation of that half."""
    request = data.draw(questionable(operation))
    shape = BOTOCORES.operation_model(operation).input_shape
    assert shape is not None
    try:
        members = VALIDATOR.read(operation, request)
    except (InvalidParameter, SerializationError):
        return
    # Of a document type botocore wants to know more than JSON has.
    report = ParamValidator().validate({name: value for name, value in members.items() if name != "Options"}, shape)
    assert report.generate_report() == ""


def _shape(operation: str) -> Shape:
    described = MODEL.operations[operation].input
    assert described is not None
    return MODEL.shapes[described.shape]


@pytest.mark.parametrize(
    ("operation", "request_body", "message"),
    [
        ("GetPersonTracking", {"JobId": ""}, "2 validation errors detected: Value '' at 'jobId' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9-_]+$"),  # noqa: E501
        ("GetPersonTracking", {"JobId": "a", "MaxResults": 0}, "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"),  # noqa: E501
        ("SearchFaces", {"CollectionId": "c", "FaceId": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "FaceMatchThreshold": 100.5}, "1 validation error detected: Value '100.5' at 'faceMatchThreshold' failed to satisfy constraint: Member must have value less than or equal to 100"),  # noqa: E501
        ("StartPersonTracking", {"Video": {"S3Object": {"Bucket": "b", "Name": "k"}}}, "1 validation error detected: Value 'b' at 'video.s3Object.bucket' failed to satisfy constraint: Member must have length greater than or equal to 3"),  # noqa: E501
        ("StartPersonTracking", {"Video": {}, "NotificationChannel": {}}, "2 validation errors detected: Value null at 'notificationChannel.sNSTopicArn' failed to satisfy constraint: Member must not be null; Value null at 'notificationChannel.roleArn' failed to satisfy constraint: Member must not be null"),  # noqa: E501
        ("DeleteFaces", {"CollectionId": "c", "FaceIds": []}, "1 validation error detected: Value '<0 elements>' at 'faceIds' failed to satisfy constraint: Member must have length greater than or equal to 1"),  # noqa: E501
        ("DeleteFaces", {"CollectionId": "c", "FaceIds": ["X"]}, "1 validation error detected: Value 'X' at 'faceIds.1.member' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),  # noqa: E501
    ],
)  # fmt: skip
def test_r7_messages_are_those_of_aws(operation: str, request_body: Any, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        VALIDATOR.read(operation, request_body)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("operation", "request_body", "message"),
    [
        ("GetPersonTracking", {"JobId": 5}, "NUMBER_VALUE can not be converted to a String"),
        ("GetPersonTracking", {"JobId": "a", "MaxResults": "5"}, "STRING_VALUE can not be converted to an Integer"),
        ("GetPersonTracking", {"JobId": "a", "MaxResults": True}, "TRUE_VALUE can not be converted to an Integer"),
        ("GetPersonTracking", {"JobId": "a", "MaxResults": 2**31}, "NUMBER_VALUE can not be converted to an Integer"),
        ("StartPersonTracking", {"Video": []}, "Start of list found where not expected"),
        ("DeleteFaces", {"CollectionId": "c", "FaceIds": {}}, "Start of structure or map found where not expected."),
        ("DeleteFaces", {"CollectionId": "c", "FaceIds": [None]}, "NULL_VALUE can not be converted to a String"),
        ("CreateCollection", {"CollectionId": "c", "Tags": []}, "Start of list found where not expected"),
        ("DetectFaces", {"Image": {"Bytes": "***"}}, "Expected a blob as base64 text, found other characters"),
        ("SearchFaces", {"CollectionId": "c", "FaceId": "f", "FaceMatchThreshold": "80"}, "STRING_VALUE can not be converted to a Float"),
        ("GetPersonTracking", None, "Expected null"),
        ("GetPersonTracking", [], "Start of list found where not expected"),
        ("DeleteFaces", {"CollectionId": "c", "FaceIds": "f"}, "Expected list or null"),
        ("CreateCollection", {"CollectionId": "c", "Tags": 1}, "Expected map or null"),
        ("CreateCollection", {"CollectionId": "c", "Tags": {"k": False}}, "FALSE_VALUE can not be converted to a String"),
        ("DetectFaces", {"Image": {"Bytes": "é"}}, "Expected a blob as base64 text, found other characters"),
        ("DetectFaces", {"Image": {"Bytes": 5}}, "NUMBER_VALUE can not be converted to a Blob"),
        ("SearchFaces", {"CollectionId": "c", "FaceId": "f", "FaceMatchThreshold": 1e39}, "NUMBER_VALUE can not be converted to a Float"),
        ("StartPersonTracking", {"Video": {}, "Options": "x"}, "Expected null"),
    ],
)
def test_wrong_json_types_are_serialization_errors(operation: str, request_body: Any, message: str) -> None:
    with pytest.raises(SerializationError) as caught:
        VALIDATOR.read(operation, request_body)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("key", "accepted"),
    [
        ("Stage", True),
        ("größe ключ 値", True),
        ("a_b.c:d/e=f+g-h@i", True),
        ("٣ Ⅷ", True),
        ("no-\u00a0-break", True),
        ("aws:x", False),
        ("a,b", False),
        ("tab\t", False),
    ],
)
def test_r62_unicode_classes_of_tag_keys(key: str, accepted: bool) -> None:
    request = {"CollectionId": "c", "Tags": {key: "value"}}
    if accepted:
        assert VALIDATOR.read("CreateCollection", request) == request
    else:
        with pytest.raises(InvalidParameter, match=r"at 'tags\.key'"):
            VALIDATOR.read("CreateCollection", request)


def test_every_pattern_of_the_model_can_be_checked() -> None:
    patterns = [name for name, shape in MODEL.shapes.items() if shape.pattern is not None]
    assert len(patterns) > 30
    for name in patterns:
        request = Shape("structure", members={"Text": Member(name)})
        validator = Validator(ServiceModel({"Any": Operation("Any", Member("Request"))}, {**MODEL.shapes, "Request": request}))
        with contextlib.suppress(InvalidParameter):
            validator.read("Any", {"Text": "\0"})


def test_long_values_are_not_repeated_in_full() -> None:
    with pytest.raises(InvalidParameter) as caught:
        VALIDATOR.read("GetPersonTracking", {"JobId": "a b" * 100_000})
    assert len(str(caught.value)) < 1000


def test_many_violations_are_counted_and_not_all_told() -> None:
    with pytest.raises(InvalidParameter) as caught:
        VALIDATOR.read("DeleteFaces", {"CollectionId": "c", "FaceIds": ["X"] * 4096})
    assert str(caught.value).startswith("4096 validation errors detected: ")
    assert len(str(caught.value)) < 3000


def test_no_text_makes_a_pattern_take_long() -> None:
    """Between a bad pattern and a long text the square of the length would be hours."""
    topic = "arn:aws:sns:" + ":aaaaaaaaaaaa:" * 100_000 + "\n"
    channel = {"SNSTopicArn": topic, "RoleArn": "arn:aws:iam::123456789012:role/r"}
    started = time.process_time()
    with pytest.raises(InvalidParameter, match="regular expression"):
        VALIDATOR.read("StartPersonTracking", {"Video": {}, "NotificationChannel": channel})
    assert time.process_time() - started < 1


def test_what_the_model_leaves_open_is_bounded_in_depth() -> None:
    def nested(levels: int) -> dict[str, Any]:
        return {} if levels == 0 else {"a": [nested(levels - 1)]}

    assert VALIDATOR.read("StartPersonTracking", {"Video": {}, "Options": nested(10)})["Options"] == nested(10)
    with pytest.raises(SerializationError, match="32 levels"):
        VALIDATOR.read("StartPersonTracking", {"Video": {}, "Options": nested(200)})


def test_whole_numbers_may_be_written_as_floats() -> None:
    assert VALIDATOR.read("GetPersonTracking", {"JobId": "a", "MaxResults": 5.0})["MaxResults"] == 5


@pytest.mark.parametrize("operation", ["StartPersonTracking", "StartFaceDetection", "StartFaceSearch"])
def test_the_model_is_botocores_with_our_member(operation: str) -> None:
    members = MODEL.shapes[f"{operation}Request"].members
    assert {"Video", "ClientRequestToken", "NotificationChannel", "JobTag"} < set(members)
    assert list(members)[-1] == "Options"


def test_an_option_may_hold_anything() -> None:
    assert VALIDATOR.read("StartPersonTracking", {"Video": {}, "Options": {"any": [1, None]}})["Options"] == {"any": [1, None]}

"""The generic validator over the whole service model: valid requests pass unchanged, anything else is an answerable error."""

from __future__ import annotations

import base64
import contextlib
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackway.api.errors import InvalidParameter, SerializationError
from trackway.api.model import Member, Operation, ServiceModel, Shape, rekognition_model
from trackway.api.validation import Validator

MODEL = rekognition_model()
VALIDATOR = Validator(MODEL)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)
TIMES = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])
# What people and face programs use; the 40 others have the same kinds of shapes.
OPERATIONS = (
    *("StartPersonTracking", "GetPersonTracking", "StartFaceSearch", "IndexFaces", "ListFaces", "DeleteFaces", "SearchUsers"),
    *("AssociateFaces", "CompareFaces", "CreateCollection", "UntagResource", "DetectFaces"),
)


def valid(shape: Shape) -> st.SearchStrategy[Any]:
    """Values that satisfy a shape's every constraint."""
    low, high = int(shape.min or 0), shape.max
    match shape.type:
        case "structure" if shape.document:
            return st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
        case "structure":
            members = {name: valid(MODEL.shapes[member.shape]) for name, member in shape.members.items()}
            return st.fixed_dictionaries(
                {name: members[name] for name in shape.required},
                optional={name: value for name, value in members.items() if name not in shape.required},
            )
        case "list":
            assert shape.member is not None
            return st.lists(valid(MODEL.shapes[shape.member.shape]), min_size=min(low, 3), max_size=max(low, 3))
        case "map":
            assert shape.key is not None
            assert shape.value is not None
            return st.dictionaries(valid(MODEL.shapes[shape.key.shape]), valid(MODEL.shapes[shape.value.shape]), max_size=3)
        case "string" if shape.enum:
            return st.sampled_from(shape.enum)
        case "string" if shape.pattern is not None:
            pattern = shape.pattern.replace(r"\p{L}", "a-z").replace(r"\p{Z}", " ").replace(r"\p{N}", "0-9")
            return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(lambda text: low <= len(text) <= (high or 10**9))
        case "string":
            return st.text(min_size=low, max_size=int(min(high or 30, low + 30)))
        case "integer" | "long":
            return st.integers(low, int(min(high or 2**31 - 1, 2**31 - 1)))
        case "float" | "double" | "timestamp":
            return st.floats(shape.min or 0, high or 10**6)
        case "boolean":
            return st.booleans()
        case "blob":
            return st.binary(min_size=max(1, low), max_size=30).map(lambda content: base64.b64encode(content).decode())


def decoded(shape: Shape, value: Any) -> Any:
    """The value as the validator should return it: blobs as bytes."""
    if shape.type == "structure" and not shape.document:
        return {name: decoded(MODEL.shapes[shape.members[name].shape], member) for name, member in value.items()}
    return base64.b64decode(value) if shape.type == "blob" else value


@pytest.mark.parametrize("operation", OPERATIONS)
@TIMES
@given(data=st.data())
def test_a_valid_request_is_returned_as_it_is(operation: str, data: st.DataObject) -> None:
    described = MODEL.operations[operation].input
    assert described is not None
    shape = MODEL.shapes[described.shape]
    request = data.draw(valid(shape))
    assert VALIDATOR.read(operation, request) == decoded(shape, request)


@pytest.mark.parametrize("operation", OPERATIONS)
@TIMES
@given(data=st.data())
def test_nothing_else_than_the_two_documented_errors_ever_comes_out(operation: str, data: st.DataObject) -> None:
    """A valid request with any member, at any depth, replaced by any JSON."""
    described = MODEL.operations[operation].input
    assert described is not None
    request = data.draw(st.one_of(valid(MODEL.shapes[described.shape]), JSON))
    spoiled = data.draw(JSON)
    where: Any = request
    while isinstance(where, dict) and where:
        name = data.draw(st.sampled_from(sorted(where)))
        if not isinstance(where[name], dict) or data.draw(st.booleans()):
            where[name] = spoiled
            break
        where = where[name]
    with contextlib.suppress(InvalidParameter, SerializationError):
        VALIDATOR.read(operation, request)


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
        ("GetPersonTracking", {"JobId": 5}, "NUMBER_VALUE cannot be converted to String"),
        ("GetPersonTracking", {"JobId": "a", "MaxResults": "5"}, "STRING_VALUE cannot be converted to Integer"),
        ("GetPersonTracking", {"JobId": "a", "MaxResults": True}, "TRUE_VALUE cannot be converted to Integer"),
        ("GetPersonTracking", {"JobId": "a", "MaxResults": 2**31}, "NUMBER_VALUE cannot be converted to Integer"),
        ("StartPersonTracking", {"Video": []}, "LIST_VALUE cannot be converted to Structure"),
        ("DeleteFaces", {"CollectionId": "c", "FaceIds": {}}, "OBJECT_VALUE cannot be converted to List"),
        ("DeleteFaces", {"CollectionId": "c", "FaceIds": [None]}, "NULL_VALUE cannot be converted to String"),
        ("CreateCollection", {"CollectionId": "c", "Tags": []}, "LIST_VALUE cannot be converted to Map"),
        ("DetectFaces", {"Image": {"Bytes": "***"}}, "Expected a blob as base64 text, got something else"),
        ("SearchFaces", {"CollectionId": "c", "FaceId": "f", "FaceMatchThreshold": "80"}, "STRING_VALUE cannot be converted to Float"),
        ("GetPersonTracking", None, "NULL_VALUE cannot be converted to Structure"),
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


def test_whole_numbers_may_be_written_as_floats() -> None:
    assert VALIDATOR.read("GetPersonTracking", {"JobId": "a", "MaxResults": 5.0})["MaxResults"] == 5


def test_the_model_is_botocores_with_our_member() -> None:
    members = MODEL.shapes["StartPersonTrackingRequest"].members
    assert list(members) == ["Video", "ClientRequestToken", "NotificationChannel", "JobTag", "Options"]
    assert VALIDATOR.read("StartPersonTracking", {"Video": {}, "Options": {"any": [1, None]}})["Options"] == {"any": [1, None]}

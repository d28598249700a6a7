"""What every operation says to what is wrong: the errors that its model names, and no others (SPEC R22, R51, R65, appendix B.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.conftest import MODEL, check
from tests.contract.recognizing import refused
from tests.contract.test_every_operation import REKOGNITION
from tests.contract.whole import CALLS, World, method, whole_world
from trackway.api.errors import ApiError, fault_of
from trackway.errors import (
    AlreadyThere,
    Conflict,
    ImageTooLarge,
    InvalidImage,
    InvalidToken,
    LimitExceeded,
    NoSuchCollection,
    OtherEmbedding,
    QuotaExceeded,
    TokenReused,
)

Wrong = Callable[[dict[str, Any]], dict[str, Any]]
DOMAIN = (
    *(AlreadyThere, Conflict, ImageTooLarge, InvalidImage, InvalidToken),
    *(LimitExceeded, NoSuchCollection, OtherEmbedding, QuotaExceeded, TokenReused),
)
UNKNOWN = {"CollectionId": "absent", "JobId": "0" * 64}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with whole_world() as whole:
        yield whole
        for exchange in whole.gateway.exchanges:
            check(exchange)


def named(members: dict[str, Any]) -> dict[str, Any]:
    """Something else than there is."""
    if "ResourceArn" in members:
        return {"ResourceArn": members["ResourceArn"] + "-absent"}
    return {name: other for name, other in UNKNOWN.items() if name in members}


def pictured(members: dict[str, Any], picture: Any) -> dict[str, Any]:
    """Another picture, or video."""
    return {name: picture for name in ("Image", "SourceImage", "Video") if name in members}


def operations(error: str) -> list[str]:
    """Those whose model names an error."""
    return [name for name in REKOGNITION if error in {shape.name for shape in MODEL.operation_model(name).error_shapes}]


def provoke(world: World, operation: str, wrong: Wrong, error: str) -> str:
    """The message of the error that a wrong request gets, as the class that stock boto3 has for it."""
    client = world.stock("keys", validate=False)
    members = dict(CALLS[operation].members(world))
    with pytest.raises(getattr(client.exceptions, error)) as caught:
        method(client, operation)(**members | wrong(members))
    return refused(caught)[1]


@pytest.mark.parametrize("operation", sorted(set(operations("ResourceNotFoundException")) - {"ListCollections"}))
def test_r19_r49_r65_r78_what_is_not_there(world: World, operation: str) -> None:
    assert provoke(world, operation, named, "ResourceNotFoundException")


@pytest.mark.parametrize("operation", operations("InvalidPaginationTokenException"))
def test_r51_a_token_that_is_none(world: World, operation: str) -> None:
    assert provoke(world, operation, lambda _: {"NextToken": "none"}, "InvalidPaginationTokenException") == "Invalid Pagination Token"


@pytest.mark.parametrize("operation", operations("InvalidS3ObjectException"))
def test_r22_r23_an_object_that_cannot_be_read(world: World, operation: str) -> None:
    absent = {"S3Object": {"Bucket": world.cloud.videos, "Name": "absent"}}
    message = provoke(world, operation, lambda members: pictured(members, absent), "InvalidS3ObjectException")
    assert message == "Unable to get object metadata from S3. Check object key, region and/or access permissions."


@pytest.mark.parametrize("operation", operations("InvalidImageFormatException"))
def test_r66_r79_what_is_no_picture(world: World, operation: str) -> None:
    assert provoke(world, operation, lambda members: pictured(members, {"Bytes": b"GIF89a" * 20}), "InvalidImageFormatException")


@pytest.mark.parametrize("operation", operations("ImageTooLargeException"))
def test_r66_r79_a_picture_of_too_many_bytes(world: World, operation: str) -> None:
    large = {"Bytes": b"\xff" * (5 * 1024**2 + 1)}
    assert "5242880 bytes" in provoke(world, operation, lambda members: pictured(members, large), "ImageTooLargeException")


@pytest.mark.parametrize("operation", operations("IdempotentParameterMismatchException"))
def test_r15_r73_a_token_that_was_used_for_something_else(world: World, operation: str) -> None:
    client, token = world.stock("keys"), {"ClientRequestToken": world.new()}
    first = CALLS[operation].members(world)
    method(client, operation)(**first | token)
    method(client, operation)(**first | token)  # the same again is answered
    other = {"JobTag": "other"} if "Video" in first else {"UserId": world.user()}
    provoke(world, operation, lambda _: dict(first) | token | other, "IdempotentParameterMismatchException")


@pytest.mark.parametrize("operation", REKOGNITION)
def test_r7_r22_what_is_required_and_missing(world: World, operation: str) -> None:
    """Every required member at once is told by its name."""
    shape = MODEL.operation_model(operation).input_shape
    client = world.stock("keys", validate=False)
    if shape is None or not shape.required_members:
        assert method(client, operation)()
        return
    with pytest.raises(client.exceptions.InvalidParameterException) as caught:
        method(client, operation)()
    message = refused(caught)[1]
    for name in shape.required_members:
        assert f"Value null at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must not be null" in message


def test_r62_r73_what_is_there_already(world: World) -> None:
    message = provoke(world, "CreateCollection", lambda _: {"CollectionId": "family"}, "ResourceAlreadyExistsException")
    assert message == "The collection id: family already exists"
    assert "grace" in provoke(world, "CreateUser", lambda _: {"UserId": "grace"}, "ConflictException")


BOUNDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("ListCollections", {"MaxResults": 4096}, {"MaxResults": 4097}),
    ("ListFaces", {"MaxResults": 4096}, {"MaxResults": 4097}),
    ("ListFaces", {"FaceIds": [f"{0:08x}-0000-4000-8000-{number:012x}" for number in range(4096)]}, {"FaceIds": []}),
    ("DeleteFaces", {"FaceIds": [f"{0:08x}-0000-4000-8000-{number:012x}" for number in range(4096)]}, {"FaceIds": ["x" * 36]}),
    ("DeleteFaces", {}, {"FaceIds": [f"{0:08x}-0000-4000-8000-{number:012x}" for number in range(4097)]}),
    ("SearchFaces", {"MaxFaces": 4096, "FaceMatchThreshold": 100.0}, {"MaxFaces": 4097}),
    ("SearchFaces", {"MaxFaces": 1, "FaceMatchThreshold": 0.0}, {"FaceMatchThreshold": 100.01}),
    ("SearchFacesByImage", {"MaxFaces": 4096}, {"MaxFaces": 0}),
    ("IndexFaces", {"ExternalImageId": "aZ0_.-:" + "x" * 248, "MaxFaces": 1}, {"ExternalImageId": "x" * 256}),
    ("IndexFaces", {"QualityFilter": "HIGH"}, {"DetectionAttributes": ["AGE"]}),
    ("CompareFaces", {"SimilarityThreshold": 0.0, "QualityFilter": "LOW"}, {"SimilarityThreshold": -0.5}),
    ("CreateUser", {"UserId": "aZ0_.-:" + "u" * 121}, {"UserId": "u" * 129}),
    ("ListUsers", {"MaxResults": 500}, {"MaxResults": 501}),
    ("AssociateFaces", {"UserMatchThreshold": 0.0}, {"FaceIds": [f"{0:08x}-0000-4000-8000-{number:012x}" for number in range(101)]}),
    ("DisassociateFaces", {}, {"FaceIds": []}),
    ("SearchUsers", {"MaxUsers": 500, "UserMatchThreshold": 0.0}, {"MaxUsers": 501}),
    ("SearchUsersByImage", {"MaxUsers": 1}, {"MaxUsers": 0}),
    ("StartFaceSearch", {"FaceMatchThreshold": 0.0, "JobTag": "aZ0_.-:+=/" + "t" * 1014}, {"JobTag": "t" * 1025}),
    ("ListTagsForResource", {}, {"ResourceArn": "arn:aws:rekognition"}),
]


@pytest.mark.parametrize(("operation", "most", "too_much"), BOUNDS)
def test_r17_r63_r66_to_r77_the_last_that_is_allowed_and_the_first_that_is_not(
    world: World, operation: str, most: dict[str, Any], too_much: dict[str, Any]
) -> None:
    method(world.stock("keys"), operation)(**CALLS[operation].members(world) | most)
    message = provoke(world, operation, lambda _: too_much, "InvalidParameterException")
    (name,) = too_much
    assert f"at '{name[0].lower()}{name[1:]}" in message


def test_r6_b1_only_faults_of_ours_are_500s() -> None:
    def kinds(kind: type[Exception]) -> Iterator[type[Exception]]:
        for below in kind.__subclasses__():
            yield below
            yield from kinds(below)

    told = {fault_of(kind("x")) for kind in kinds(ApiError) if hasattr(kind, "aws_type")} | {fault_of(kind("x")) for kind in DOMAIN}
    assert {fault.status for fault in told} == {400}
    documented = {shape.name for operation in REKOGNITION for shape in MODEL.operation_model(operation).error_shapes}
    assert documented - {fault.aws_type for fault in told} == {"InternalServerError"}
    assert fault_of(KeyError("secret")) == ("InternalServerError", 500, "Internal server error")


def test_2g_8_the_same_words_whether_a_job_is_unknown_or_another_operations(world: World) -> None:
    client = world.stock("keys")
    job_id = client.start_face_detection(Video=world.video)["JobId"]
    said = []
    for asked in (job_id, "0" * 64):
        with pytest.raises(ClientError) as caught:
            client.get_person_tracking(JobId=asked)
        said.append(refused(caught))
    assert said[0] == said[1]

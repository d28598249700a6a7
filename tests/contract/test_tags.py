"""Tags of collections: TagResource, UntagResource, ListTagsForResource (SPEC R78)."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_rekognition import RekognitionClient

from tests.contract.gateway import Gateway
from tests.contract.recognizing import unchecked
from trackway.api.caller import ANYBODY, Caller
from trackway.api.errors import ApiError
from trackway.api.scope import collection_arn, collection_of, named_collection


@pytest.fixture
def arn(rekognition: RekognitionClient) -> str:
    return rekognition.create_collection(CollectionId="family", Tags={"b": "1", "a": ""})["CollectionArn"]


def test_r78_tags_are_added_replaced_listed_and_removed(rekognition: RekognitionClient, arn: str) -> None:
    assert rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "", "b": "1"}
    rekognition.tag_resource(ResourceArn=arn, Tags={"b": "2", "ü +-=._:/@": "v 1"})
    assert rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "", "b": "2", "ü +-=._:/@": "v 1"}
    rekognition.untag_resource(ResourceArn=arn, TagKeys=["b", "never there"])
    assert rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "", "ü +-=._:/@": "v 1"}
    rekognition.untag_resource(ResourceArn=arn, TagKeys=["a", "ü +-=._:/@"])
    assert rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"] == {}


def test_r78_two_hundred_tags_and_no_more(rekognition: RekognitionClient, arn: str) -> None:
    rekognition.tag_resource(ResourceArn=arn, Tags={f"k{number}": "v" for number in range(198)})
    rekognition.tag_resource(ResourceArn=arn, Tags={"a": "replaced and not added"})
    with pytest.raises(ClientError) as caught:
        rekognition.tag_resource(ResourceArn=arn, Tags={"one more": "v"})
    assert caught.value.response["Error"]["Code"] == "ServiceQuotaExceededException"
    assert len(rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"]) == 200


@pytest.mark.parametrize(
    "tags", [{"aws:x": "v"}, {"": "v"}, {"k" * 129: "v"}, {"k": "v" * 257}, {"k": "#"}, {f"k{number}": "v" for number in range(201)}]
)
def test_r62_r78_tags_that_are_not_allowed(gateway: Gateway, arn: str, tags: dict[str, str]) -> None:
    rekognition = unchecked(gateway)
    with pytest.raises(ClientError) as caught:
        rekognition.tag_resource(ResourceArn=arn, Tags=tags)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    with pytest.raises(ClientError) as caught:
        rekognition.create_collection(CollectionId="other", Tags=tags)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_r78_resources_that_are_not_there(rekognition: RekognitionClient, arn: str) -> None:
    for other in (arn + "x", arn.replace(ANYBODY.account, "999999999999"), arn.replace(ANYBODY.region, "eu-central-1")):
        for call in (
            lambda other=other: rekognition.list_tags_for_resource(ResourceArn=other),
            lambda other=other: rekognition.tag_resource(ResourceArn=other, Tags={"a": "b"}),
            lambda other=other: rekognition.untag_resource(ResourceArn=other, TagKeys=["a"]),
        ):
            with pytest.raises(ClientError) as caught:
                call()
            assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    for wrong in ("arn:aws:rekognition:us-east-1:000000000000:project/x/1", "x" * 20, arn + "/y", "arn:aws:s3:::a-bucket-of-mine"):
        with pytest.raises(ClientError) as caught:
            rekognition.list_tags_for_resource(ResourceArn=wrong)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_r78_the_collection_of_a_request_is_known_at_the_door() -> None:
    caller = Caller(account="123456789012", region="eu-west-1")
    arn = collection_arn("fam.ily", caller)
    for operation in ("TagResource", "UntagResource", "ListTagsForResource"):
        assert collection_of(operation, {"ResourceArn": arn}) == "fam.ily"
        with pytest.raises(ApiError):
            collection_of(operation, {"ResourceArn": "arn:aws:rekognition:eu-west-1:123456789012:project/p/1"})
    assert collection_of("SearchFaces", {"CollectionId": "a"}) == "a"
    assert collection_of("DetectFaces", {"Image": {}}) is None
    assert named_collection(arn, caller) == "fam.ily"
    with pytest.raises(ApiError):
        named_collection(arn, ANYBODY)

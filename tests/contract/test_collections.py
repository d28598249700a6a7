"""Collections: CreateCollection, ListCollections, DescribeCollection, DeleteCollection (SPEC R62 to R65, R80)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import Clock, Cloud
from tests.contract.gateway import Gateway
from tests.contract.recognizing import refused, unchecked
from tests.portraits import hopper, jpeg
from trackway.api.caller import ANYBODY
from trackway.api.paging import ListTokens
from trackway.errors import InvalidToken

NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
ARN = f"arn:aws:rekognition:{ANYBODY.region}:{ANYBODY.account}:collection/"


def test_r62_a_collection_is_created(rekognition: RekognitionClient) -> None:
    answer = rekognition.create_collection(CollectionId="Fam_ily.2-x", Tags={"team": "ü 1"})
    assert (answer["StatusCode"], answer["CollectionArn"], answer["FaceModelVersion"]) == (200, ARN + "Fam_ily.2-x", "1.0")


def test_r62_the_same_name_twice(rekognition: RekognitionClient) -> None:
    rekognition.create_collection(CollectionId="family")
    with pytest.raises(ClientError) as caught:
        rekognition.create_collection(CollectionId="family")
    assert refused(caught) == ("ResourceAlreadyExistsException", "The collection id: family already exists")
    rekognition.create_collection(CollectionId="Family")  # names are case-sensitive


@pytest.mark.parametrize("name", ["", "a b", "ü", "a/b", "a:b", "x" * 256])
def test_r62_names_that_are_not_allowed(gateway: Gateway, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        unchecked(gateway).create_collection(CollectionId=name)
    code, message = refused(caught)
    assert code == "InvalidParameterException"
    assert "collectionId" in message


def test_r63_lists_in_a_stable_order_page_by_page(rekognition: RekognitionClient) -> None:
    names = sorted([f"c{number:03}" for number in range(23)] + ["A", "a", "-", "z" * 255, "z" * 254, "z" * 254 + "-"])
    for name in reversed(names):
        rekognition.create_collection(CollectionId=name)
    whole = rekognition.list_collections()
    assert whole["CollectionIds"] == names
    assert whole["FaceModelVersions"] == ["1.0"] * len(names)
    assert "NextToken" not in whole
    for size in (1, 7, len(names), 4096):
        pages = list(rekognition.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": size}))
        assert [name for page in pages for name in page["CollectionIds"]] == names
        assert len(pages) == -(-len(names) // size)  # the last page has no token, even where it is full
        assert all(len(page["FaceModelVersions"]) == len(page["CollectionIds"]) for page in pages)
        assert all(len(page.get("NextToken", "")) <= 255 for page in pages)


def test_r63_no_result_wanted_is_no_limit(rekognition: RekognitionClient) -> None:
    rekognition.create_collection(CollectionId="a")
    assert rekognition.list_collections(MaxResults=0)["CollectionIds"] == ["a"]


def test_r63_a_collection_that_is_deleted_between_pages_breaks_nothing(rekognition: RekognitionClient) -> None:
    for name in "abcd":
        rekognition.create_collection(CollectionId=name)
    first = rekognition.list_collections(MaxResults=2)
    rekognition.delete_collection(CollectionId="b")
    rekognition.delete_collection(CollectionId="c")
    assert rekognition.list_collections(MaxResults=2, NextToken=first["NextToken"])["CollectionIds"] == ["d"]


def test_r51_tokens_of_lists_expire_after_a_day_and_cannot_be_altered(cloud: Cloud, rekognition: RekognitionClient) -> None:
    for name in "abc":
        rekognition.create_collection(CollectionId=name)
    token = rekognition.list_collections(MaxResults=1)["NextToken"]
    cloud.clock.turn(seconds=24 * 3600 - 1)
    assert rekognition.list_collections(NextToken=token)["CollectionIds"] == ["b", "c"]
    altered = [token[:-1], token + "A", token[:5] + ("A" if token[5] != "A" else "B") + token[6:], "", "ü", "x" * 255, token * 3]
    cases = [*altered]
    for bad in cases:
        with pytest.raises(ClientError) as caught:
            rekognition.list_collections(NextToken=bad)
        expected = "InvalidParameterException" if len(bad) > 255 else "InvalidPaginationTokenException"
        assert refused(caught)[0] == expected
    cloud.clock.turn(seconds=1)
    with pytest.raises(ClientError) as caught:
        rekognition.list_collections(NextToken=token)
    assert refused(caught) == ("InvalidPaginationTokenException", "Invalid Pagination Token")


@given(st.text(NAME_CHARACTERS + ":", min_size=1, max_size=255), st.text(max_size=40), st.text(max_size=40))
def test_r52_a_token_holds_any_name_and_opens_nothing_else(name: str, secret: str, other: str) -> None:
    tokens = ListTokens(Clock())
    token = tokens.issue(name, secret, "List")
    assert len(token) <= 255
    assert tokens.redeem(token, secret, "List") == name
    for binding in ((secret, "Other"), (secret + other + "x", "List"), (secret, "List", other)):
        with pytest.raises(InvalidToken):
            tokens.redeem(token, *binding)


@given(st.text(max_size=300))
def test_r51_no_text_is_a_token_by_chance(text: str) -> None:
    with pytest.raises(InvalidToken):
        ListTokens(Clock()).redeem(text, "secret")


def test_r64_a_description_counts_and_dates(cloud: Cloud, rekognition: RekognitionClient) -> None:
    cloud.clock.turn(seconds=0.25)
    rekognition.create_collection(CollectionId="family")
    cloud.clock.turn(days=3)
    rekognition.index_faces(CollectionId="family", Image={"Bytes": jpeg(hopper())})
    rekognition.create_user(CollectionId="family", UserId="grace")
    answer = rekognition.describe_collection(CollectionId="family")
    assert (answer["FaceCount"], answer["UserCount"], answer["FaceModelVersion"]) == (1, 1, "1.0")
    assert answer["CollectionARN"] == ARN + "family"
    assert answer["CreationTimestamp"].timestamp() == 1_800_000_000.25


def test_r10_the_date_is_a_number_of_seconds(gateway: Gateway, rekognition: RekognitionClient) -> None:
    rekognition.create_collection(CollectionId="family")
    rekognition.describe_collection(CollectionId="family")
    assert re.search(rb'"CreationTimestamp":1800000000(\.0)?[,}]', gateway.exchanges[-1].body)


@pytest.mark.parametrize("operation", ["describe_collection", "delete_collection", "list_faces", "list_users"])
def test_r64_r65_what_is_not_there(rekognition: RekognitionClient, operation: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(rekognition, operation)(CollectionId="family")
    assert refused(caught) == ("ResourceNotFoundException", "The collection id: family does not exist")


def test_r65_a_deleted_collection_is_gone_and_its_name_is_free(cloud: Cloud, rekognition: RekognitionClient) -> None:
    rekognition.create_collection(CollectionId="family")
    image: Any = {"Bytes": jpeg(hopper())}
    face = rekognition.index_faces(CollectionId="family", Image=image)["FaceRecords"][0]["Face"]["FaceId"]
    rekognition.create_user(CollectionId="family", UserId="grace")
    assert rekognition.delete_collection(CollectionId="family")["StatusCode"] == 200
    assert cloud.tidied == [{}]
    with pytest.raises(ClientError) as caught:
        rekognition.search_faces_by_image(CollectionId="family", Image=image)
    assert refused(caught)[0] == "ResourceNotFoundException"
    rekognition.create_collection(CollectionId="family")
    answer = rekognition.describe_collection(CollectionId="family")
    assert (answer["FaceCount"], answer["UserCount"]) == (0, 0)
    assert rekognition.list_faces(CollectionId="family", FaceIds=[face])["Faces"] == []
    assert rekognition.search_faces_by_image(CollectionId="family", Image=image)["FaceMatches"] == []


def test_r52_a_token_dies_with_its_collection(rekognition: RekognitionClient) -> None:
    rekognition.create_collection(CollectionId="family")
    for name in ("ada", "bob"):
        rekognition.create_user(CollectionId="family", UserId=name)
    token = rekognition.list_users(CollectionId="family", MaxResults=1)["NextToken"]
    rekognition.create_collection(CollectionId="friends")
    with pytest.raises(ClientError) as caught:
        rekognition.list_users(CollectionId="friends", NextToken=token)
    assert refused(caught)[0] == "InvalidPaginationTokenException"
    with pytest.raises(ClientError) as caught:
        rekognition.list_faces(CollectionId="family", NextToken=token)
    assert refused(caught)[0] == "InvalidPaginationTokenException"
    rekognition.delete_collection(CollectionId="family")
    rekognition.create_collection(CollectionId="family")
    with pytest.raises(ClientError) as caught:
        rekognition.list_users(CollectionId="family", NextToken=token)
    assert refused(caught)[0] == "InvalidPaginationTokenException"

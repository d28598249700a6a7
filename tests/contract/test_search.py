"""Faces of collections: ListFaces, DeleteFaces, SearchFaces, SearchFacesByImage (SPEC R67 to R70, R80)."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import numpy as np
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import Cloud
from tests.contract.recognizing import refused
from tests.portraits import blank, both, collins, crowd, hopper, jpeg

UNKNOWN = str(uuid.UUID(int=7))


@pytest.fixture
def family(rekognition: RekognitionClient) -> str:
    rekognition.create_collection(CollectionId="family")
    return "family"


@pytest.fixture
def faces(rekognition: RekognitionClient, family: str) -> dict[str, str]:
    """Collins, Hopper, and Hopper from a smaller print."""
    pictures = {"eileen": collins(), "grace": hopper(), "print": hopper(400, 469)}
    found = {}
    for name, picture in pictures.items():
        answer = rekognition.index_faces(CollectionId=family, Image={"Bytes": jpeg(picture)}, ExternalImageId=name)
        found[name] = answer["FaceRecords"][0]["Face"]["FaceId"]
    return found


def test_r67_faces_are_listed_page_by_page(rekognition: RekognitionClient, family: str) -> None:
    rekognition.index_faces(CollectionId=family, Image={"Bytes": jpeg(crowd())}, QualityFilter="NONE", MaxFaces=17)
    whole = rekognition.list_faces(CollectionId=family)
    assert (len(whole["Faces"]), whole["FaceModelVersion"], "NextToken" in whole) == (17, "1.0", False)
    assert rekognition.list_faces(CollectionId=family, MaxResults=0)["Faces"] == whole["Faces"]
    for size in (1, 5, 17, 4096):
        pages = list(rekognition.get_paginator("list_faces").paginate(CollectionId=family, PaginationConfig={"PageSize": size}))
        assert [face for page in pages for face in page["Faces"]] == whole["Faces"]
        assert len(pages) == -(-17 // size)


def test_r67_faces_are_listed_by_user_and_by_id(rekognition: RekognitionClient, family: str, faces: dict[str, str]) -> None:
    rekognition.create_user(CollectionId=family, UserId="grace")
    rekognition.associate_faces(CollectionId=family, UserId="grace", FaceIds=[faces["grace"], faces["print"]])

    def listed(**given: Any) -> set[str]:
        return {face["ExternalImageId"] for face in rekognition.list_faces(CollectionId=family, **given)["Faces"]}

    assert listed() == set(faces)
    assert listed(UserId="grace") == {"grace", "print"}
    assert listed(FaceIds=[faces["eileen"], UNKNOWN, faces["print"]]) == {"eileen", "print"}
    assert listed(FaceIds=[faces["eileen"], faces["print"]], UserId="grace") == {"print"}
    with pytest.raises(ClientError) as caught:
        listed(UserId="nobody")
    assert refused(caught)[0] == "ResourceNotFoundException"
    first = rekognition.list_faces(CollectionId=family, UserId="grace", MaxResults=1)
    rest = rekognition.list_faces(CollectionId=family, UserId="grace", MaxResults=1, NextToken=first["NextToken"])
    assert "NextToken" not in rest
    assert {face["ExternalImageId"] for face in first["Faces"] + rest["Faces"]} == {"grace", "print"}
    with pytest.raises(ClientError) as caught:  # a token belongs to its filters
        rekognition.list_faces(CollectionId=family, NextToken=first["NextToken"])
    assert refused(caught)[0] == "InvalidPaginationTokenException"


def test_r68_faces_are_deleted_and_gone_at_once(rekognition: RekognitionClient, family: str, faces: dict[str, str]) -> None:
    rekognition.create_user(CollectionId=family, UserId="eileen")
    rekognition.associate_faces(CollectionId=family, UserId="eileen", FaceIds=[faces["eileen"]])
    answer = rekognition.delete_faces(CollectionId=family, FaceIds=[faces["grace"], UNKNOWN, faces["eileen"], faces["grace"]])
    assert answer["DeletedFaces"] == [faces["grace"]]
    failures = {failure["FaceId"]: failure for failure in answer["UnsuccessfulFaceDeletions"]}
    assert failures == {
        UNKNOWN: {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]},
        faces["eileen"]: {"FaceId": faces["eileen"], "UserId": "eileen", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
    }
    found = rekognition.search_faces_by_image(CollectionId=family, Image={"Bytes": jpeg(hopper())}, FaceMatchThreshold=0)
    assert {match["Face"]["FaceId"] for match in found["FaceMatches"]} == {faces["print"], faces["eileen"]}
    assert rekognition.describe_collection(CollectionId=family)["FaceCount"] == 2
    answer = rekognition.delete_faces(CollectionId=family, FaceIds=[UNKNOWN])
    assert answer["DeletedFaces"] == []


def test_r69_faces_like_a_face(rekognition: RekognitionClient, family: str, faces: dict[str, str]) -> None:
    answer = rekognition.search_faces(CollectionId=family, FaceId=faces["grace"])
    assert (answer["SearchedFaceId"], answer["FaceModelVersion"]) == (faces["grace"], "1.0")
    assert [match["Face"]["FaceId"] for match in answer["FaceMatches"]] == [faces["print"]]  # not itself, and nobody below 80
    (match,) = answer["FaceMatches"]
    assert 80 <= match["Similarity"] <= 100
    assert match["Face"] == rekognition.list_faces(CollectionId=family, FaceIds=[faces["print"]])["Faces"][0]
    every = rekognition.search_faces(CollectionId=family, FaceId=faces["grace"], FaceMatchThreshold=0)["FaceMatches"]
    assert [one["Face"]["ExternalImageId"] for one in every] == ["print", "eileen"]
    one = rekognition.search_faces(CollectionId=family, FaceId=faces["grace"], FaceMatchThreshold=0, MaxFaces=1)["FaceMatches"]
    assert one == every[:1]


def test_r69_a_face_that_is_not_there(rekognition: RekognitionClient, family: str) -> None:
    with pytest.raises(ClientError) as caught:
        rekognition.search_faces(CollectionId=family, FaceId=UNKNOWN)
    assert refused(caught) == ("InvalidParameterException", "faceId was not found in the collection.")
    with pytest.raises(ClientError) as caught:
        rekognition.search_faces(CollectionId=family, FaceId="A" * 36)
    assert refused(caught)[0] == "InvalidParameterException"


def test_r70_faces_like_the_largest_of_a_picture(rekognition: RekognitionClient, family: str, faces: dict[str, str]) -> None:
    answer = rekognition.search_faces_by_image(CollectionId=family, Image={"Bytes": jpeg(both())})
    assert [match["Face"]["ExternalImageId"] for match in answer["FaceMatches"]][:2] in (["grace", "print"], ["print", "grace"])
    assert len(answer["FaceMatches"]) == 2
    similarities = [match["Similarity"] for match in answer["FaceMatches"]]
    assert similarities == sorted(similarities, reverse=True)
    assert answer["SearchedFaceBoundingBox"]["Left"] > 0.5
    assert 50 < answer["SearchedFaceConfidence"] <= 100
    assert answer["FaceModelVersion"] == "1.0"


def test_r70_2g_16_no_face_is_an_error(rekognition: RekognitionClient, family: str) -> None:
    dark = jpeg((hopper() * 0.04).astype(np.uint8), 100)
    cases: list[tuple[bytes, dict[str, Any]]] = [(jpeg(blank()), {}), (dark, {"QualityFilter": "AUTO"})]
    for content, given in cases:
        with pytest.raises(ClientError) as caught:
            rekognition.search_faces_by_image(CollectionId=family, Image={"Bytes": content}, **given)
        assert refused(caught) == ("InvalidParameterException", "There are no faces in the image. Should be at least 1.")
    assert (
        rekognition.search_faces_by_image(CollectionId=family, Image={"Bytes": dark})["FaceMatches"] == []
    )  # by default nothing is filtered


def test_r70_bounds_that_are_not_allowed(rekognition: RekognitionClient, family: str) -> None:
    wrong: list[dict[str, Any]] = [{"MaxFaces": 4097}, {"FaceMatchThreshold": 100.5}, {"QualityFilter": "BEST"}]
    for given in wrong:
        with pytest.raises(ClientError) as caught:
            rekognition.search_faces_by_image(CollectionId=family, Image={"Bytes": jpeg(blank())}, **given)
        assert refused(caught)[0] == "InvalidParameterException"


def test_r80_a_collection_keeps_its_network(cloud: Cloud, rekognition: RekognitionClient, family: str) -> None:
    present = cloud.collections.get(family)
    assert present is not None
    other = msgspec.structs.replace(present, collection_id="old", generation="g" * 32)
    other = msgspec.structs.replace(
        other, embedding=msgspec.structs.replace(other.embedding, title="Elder", digest="0" * 64, version="0.9")
    )
    cloud.collections.create(other)
    assert rekognition.describe_collection(CollectionId="old")["FaceModelVersion"] == "0.9"
    listed = rekognition.list_collections()
    assert dict(zip(listed["CollectionIds"], listed["FaceModelVersions"], strict=True)) == {"family": "1.0", "old": "0.9"}
    image: Any = {"Bytes": jpeg(hopper())}
    for call in (
        lambda: rekognition.index_faces(CollectionId="old", Image=image),
        lambda: rekognition.search_faces_by_image(CollectionId="old", Image=image),
        lambda: rekognition.search_users_by_image(CollectionId="old", Image=image),
        lambda: rekognition.search_faces(CollectionId="old", FaceId=UNKNOWN),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        code, message = refused(caught)
        assert code == "InvalidParameterException"
        assert "Elder 0.9" in message
        assert "FaceRes 1.0" in message

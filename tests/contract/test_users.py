"""Users: CreateUser, DeleteUser, ListUsers, AssociateFaces, DisassociateFaces, and what is searched by them (SPEC R73 to R77)."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import Cloud
from tests.contract.gateway import Gateway
from tests.contract.recognizing import refused
from tests.portraits import blank, both, collins, hopper, jpeg

UNKNOWN = str(uuid.UUID(int=7))


@pytest.fixture
def family(rekognition: RekognitionClient) -> str:
    rekognition.create_collection(CollectionId="family")
    return "family"


def index(rekognition: RekognitionClient, picture: Any, name: str = "x") -> str:
    answer = rekognition.index_faces(CollectionId="family", Image={"Bytes": jpeg(picture)}, ExternalImageId=name, MaxFaces=1)
    return answer["FaceRecords"][0]["Face"]["FaceId"]


def test_r73_users_are_created_and_listed_page_by_page(rekognition: RekognitionClient, gateway: Gateway, family: str) -> None:
    names = sorted([f"u{number:02}" for number in range(11)] + ["A:b", "x" * 128, "x" * 127 + ":"])
    for name in reversed(names):
        rekognition.create_user(CollectionId=family, UserId=name)
        assert gateway.exchanges[-1].body == b"{}"
    assert [user["UserId"] for user in rekognition.list_users(CollectionId=family)["Users"]] == names
    assert {user["UserStatus"] for user in rekognition.list_users(CollectionId=family)["Users"]} == {"CREATED"}
    for size in (1, 5, len(names), 500):
        pages = list(rekognition.get_paginator("list_users").paginate(CollectionId=family, PaginationConfig={"PageSize": size}))
        assert [user["UserId"] for page in pages for user in page["Users"]] == names
        assert len(pages) == -(-len(names) // size)


def test_r73_a_user_of_that_name_is_there(rekognition: RekognitionClient, family: str) -> None:
    rekognition.create_user(CollectionId=family, UserId="grace", ClientRequestToken="one")
    with pytest.raises(ClientError) as caught:
        rekognition.create_user(CollectionId=family, UserId="grace", ClientRequestToken="two")
    assert refused(caught)[0] == "ConflictException"


def test_r73_the_same_request_again_is_answered_and_not_repeated(cloud: Cloud, rekognition: RekognitionClient, family: str) -> None:
    for _ in range(2):
        rekognition.create_user(CollectionId=family, UserId="grace", ClientRequestToken="t1")
    with pytest.raises(ClientError) as caught:
        rekognition.create_user(CollectionId=family, UserId="eileen", ClientRequestToken="t1")
    assert refused(caught) == (
        "IdempotentParameterMismatchException",
        "The ClientRequestToken you have supplied is already in use with other parameters.",
    )
    rekognition.delete_user(CollectionId=family, UserId="grace", ClientRequestToken="t1")  # of another operation: a stranger
    rekognition.delete_user(CollectionId=family, UserId="grace", ClientRequestToken="t1")
    rekognition.create_user(CollectionId=family, UserId="grace", ClientRequestToken="t1")  # still answered, still not repeated
    assert rekognition.list_users(CollectionId=family)["Users"] == []
    cloud.clock.turn(days=7, seconds=1)
    rekognition.create_user(CollectionId=family, UserId="eileen", ClientRequestToken="t1")
    assert [user["UserId"] for user in rekognition.list_users(CollectionId=family)["Users"]] == ["eileen"]


def test_r73_a_user_is_deleted_and_its_faces_are_free(rekognition: RekognitionClient, family: str) -> None:
    face = index(rekognition, hopper())
    rekognition.create_user(CollectionId=family, UserId="grace")
    rekognition.associate_faces(CollectionId=family, UserId="grace", FaceIds=[face])
    rekognition.delete_user(CollectionId=family, UserId="grace")
    assert "UserId" not in rekognition.list_faces(CollectionId=family)["Faces"][0]
    assert rekognition.search_users(CollectionId=family, FaceId=face, UserMatchThreshold=0)["UserMatches"] == []
    assert rekognition.describe_collection(CollectionId=family)["UserCount"] == 0
    with pytest.raises(ClientError) as caught:
        rekognition.delete_user(CollectionId=family, UserId="grace")
    assert refused(caught)[0] == "ResourceNotFoundException"
    assert rekognition.delete_faces(CollectionId=family, FaceIds=[face])["DeletedFaces"] == [face]


def test_r74_faces_are_associated(rekognition: RekognitionClient, family: str) -> None:
    grace, again = index(rekognition, hopper()), index(rekognition, hopper(400, 469), "smaller")
    eileen = index(rekognition, collins())
    for name in ("grace", "eileen"):
        rekognition.create_user(CollectionId=family, UserId=name)
    answer = rekognition.associate_faces(CollectionId=family, UserId="grace", FaceIds=[grace])
    assert answer["AssociatedFaces"] == [{"FaceId": grace}]
    assert (answer["UnsuccessfulFaceAssociations"], answer["UserStatus"]) == ([], "ACTIVE")
    answer = rekognition.associate_faces(CollectionId=family, UserId="grace", FaceIds=[grace, again, eileen, UNKNOWN])
    assert answer["AssociatedFaces"] == [{"FaceId": again}]  # the one that was associated before is in neither list
    failures = {failure["FaceId"]: failure for failure in answer["UnsuccessfulFaceAssociations"]}
    assert failures.keys() == {eileen, UNKNOWN}
    assert failures[UNKNOWN] == {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]}
    assert failures[eileen]["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
    assert 0 <= failures[eileen]["Confidence"] < 75
    answer = rekognition.associate_faces(CollectionId=family, UserId="eileen", FaceIds=[grace])
    assert answer["UnsuccessfulFaceAssociations"] == [{"FaceId": grace, "UserId": "grace", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}]
    assert answer["UserStatus"] == "CREATED"
    # Any face fits where the threshold says so.
    answer = rekognition.associate_faces(CollectionId=family, UserId="grace", FaceIds=[eileen], UserMatchThreshold=0)
    assert answer["AssociatedFaces"] == [{"FaceId": eileen}]
    listed = rekognition.list_faces(CollectionId=family, UserId="grace")["Faces"]
    assert {face["FaceId"] for face in listed} == {grace, again, eileen}
    assert {face["UserId"] for face in listed} == {"grace"}


def test_r74_r75_the_same_token_gets_the_same_answer(rekognition: RekognitionClient, family: str) -> None:
    face = index(rekognition, hopper())
    rekognition.create_user(CollectionId=family, UserId="grace")
    given: Any = {"CollectionId": family, "UserId": "grace", "FaceIds": [face], "ClientRequestToken": "t"}
    calls: list[tuple[Any, str]] = [
        (rekognition.associate_faces, "AssociatedFaces"),
        (rekognition.disassociate_faces, "DisassociatedFaces"),
    ]
    for call, member in calls:
        first, second = call(**given), call(**given)
        assert first[member] == second[member] == [{"FaceId": face}]
        assert first["UserStatus"] == second["UserStatus"]
        with pytest.raises(ClientError) as caught:
            call(**given | {"FaceIds": [UNKNOWN]})
        assert refused(caught)[0] == "IdempotentParameterMismatchException"
    assert "UserId" not in rekognition.list_faces(CollectionId=family)["Faces"][0]


def test_r75_faces_are_disassociated(rekognition: RekognitionClient, family: str) -> None:
    grace, eileen, free = index(rekognition, hopper()), index(rekognition, collins()), index(rekognition, hopper(), "free")
    for name, face in (("grace", grace), ("eileen", eileen)):
        rekognition.create_user(CollectionId=family, UserId=name)
        rekognition.associate_faces(CollectionId=family, UserId=name, FaceIds=[face])
    answer = rekognition.disassociate_faces(CollectionId=family, UserId="grace", FaceIds=[grace, eileen, free, UNKNOWN])
    assert answer["DisassociatedFaces"] == [{"FaceId": grace}]
    failures = {failure["FaceId"]: failure for failure in answer["UnsuccessfulFaceDisassociations"]}
    assert failures == {
        eileen: {"FaceId": eileen, "UserId": "eileen", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]},
        UNKNOWN: {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]},
    }
    users = {user["UserId"]: user["UserStatus"] for user in rekognition.list_users(CollectionId=family)["Users"]}
    assert users == {"grace": "CREATED", "eileen": "ACTIVE"}


@pytest.mark.parametrize("operation", ["associate_faces", "disassociate_faces"])
def test_r74_r75_a_user_that_is_not_there(rekognition: RekognitionClient, family: str, operation: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(rekognition, operation)(CollectionId=family, UserId="nobody", FaceIds=[UNKNOWN])
    assert refused(caught)[0] == "ResourceNotFoundException"


@pytest.fixture
def known(rekognition: RekognitionClient, family: str) -> dict[str, str]:
    """Two users and a face of each."""
    faces = {"grace": index(rekognition, hopper()), "eileen": index(rekognition, collins())}
    for name, face in faces.items():
        rekognition.create_user(CollectionId=family, UserId=name)
        rekognition.associate_faces(CollectionId=family, UserId=name, FaceIds=[face])
    rekognition.create_user(CollectionId=family, UserId="faceless")
    return faces


def test_r76_users_are_found_by_a_face(rekognition: RekognitionClient, family: str, known: dict[str, str]) -> None:
    answer = rekognition.search_users(CollectionId=family, FaceId=known["grace"])
    assert answer["SearchedFace"] == {"FaceId": known["grace"]}
    assert "SearchedUser" not in set(answer)
    assert [match["User"] for match in answer["UserMatches"]] == [{"UserId": "grace", "UserStatus": "ACTIVE"}]
    assert answer["UserMatches"][0]["Similarity"] > 99
    assert answer["FaceModelVersion"] == "1.0"
    answer = rekognition.search_users(CollectionId=family, FaceId=known["grace"], UserMatchThreshold=0)
    assert [match["User"]["UserId"] for match in answer["UserMatches"]] == ["grace", "eileen"]
    answer = rekognition.search_users(CollectionId=family, FaceId=known["grace"], UserMatchThreshold=0, MaxUsers=1)
    assert [match["User"]["UserId"] for match in answer["UserMatches"]] == ["grace"]


def test_r76_users_are_found_by_a_user(rekognition: RekognitionClient, family: str, known: dict[str, str]) -> None:
    answer = rekognition.search_users(CollectionId=family, UserId="grace", UserMatchThreshold=0)
    assert answer["SearchedUser"] == {"UserId": "grace"}
    assert "SearchedFace" not in set(answer)
    assert [match["User"]["UserId"] for match in answer["UserMatches"]] == ["eileen"]  # not itself
    assert rekognition.search_users(CollectionId=family, UserId="faceless", UserMatchThreshold=0)["UserMatches"] == []


def test_r76_either_a_face_or_a_user(rekognition: RekognitionClient, family: str, known: dict[str, str]) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "InvalidParameterException"),
        ({"UserId": "grace", "FaceId": known["grace"]}, "InvalidParameterException"),
        ({"UserId": "nobody"}, "ResourceNotFoundException"),
        ({"FaceId": UNKNOWN}, "ResourceNotFoundException"),
        ({"FaceId": UNKNOWN.upper().replace("0", "A")}, "InvalidParameterException"),
    ]
    for given, code in cases:
        with pytest.raises(ClientError) as caught:
            rekognition.search_users(CollectionId=family, **given)
        assert refused(caught)[0] == code


def test_r77_users_are_found_by_the_largest_face(rekognition: RekognitionClient, family: str, known: dict[str, str]) -> None:
    answer = rekognition.search_users_by_image(CollectionId=family, Image={"Bytes": jpeg(both())})
    assert [match["User"]["UserId"] for match in answer["UserMatches"]] == ["grace"]
    searched = answer["SearchedFace"]["FaceDetail"]
    assert searched["BoundingBox"]["Left"] > 0.5
    (other,) = answer["UnsearchedFaces"]
    assert other["Reasons"] == ["FACE_NOT_LARGEST"]
    assert other["FaceDetails"]["BoundingBox"]["Left"] < 0.5
    assert answer["FaceModelVersion"] == "1.0"


def test_r77_2g_16_no_face_is_no_error(rekognition: RekognitionClient, family: str, known: dict[str, str]) -> None:
    answer = rekognition.search_users_by_image(CollectionId=family, Image={"Bytes": jpeg(blank())})
    assert (answer["UserMatches"], answer["UnsearchedFaces"]) == ([], [])
    assert "SearchedFace" not in set(answer)


def test_r77_faces_that_do_not_pass_are_told_with_the_reason(rekognition: RekognitionClient, family: str, known: dict[str, str]) -> None:
    dark = jpeg((hopper() * 0.04).astype(np.uint8), 100)
    answer = rekognition.search_users_by_image(CollectionId=family, Image={"Bytes": dark}, QualityFilter="AUTO")
    assert answer["UserMatches"] == []
    assert "SearchedFace" not in set(answer)
    (face,) = answer["UnsearchedFaces"]
    assert "LOW_BRIGHTNESS" in face["Reasons"]

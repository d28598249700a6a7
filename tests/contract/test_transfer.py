"""Our own operations on collections: every face of a picture searched at once, collections out and in (issue 4)."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import numpy as np
import pytest
from mypy_boto3_rekognition import RekognitionClient

from tests.contract.gateway import Gateway
from tests.contract.recognizing import ask, still_reader
from tests.portraits import blank, both, collins, crowd, hopper, jpeg


@pytest.fixture
def family(rekognition: RekognitionClient) -> dict[str, str]:
    """A collection of two users and their faces."""
    rekognition.create_collection(CollectionId="family")
    faces = {}
    for name, picture in {"eileen": collins(), "grace": hopper()}.items():
        answer = rekognition.index_faces(CollectionId="family", Image={"Bytes": jpeg(picture)}, ExternalImageId=name)
        faces[name] = answer["FaceRecords"][0]["Face"]["FaceId"]
        rekognition.create_user(CollectionId="family", UserId=name)
        rekognition.associate_faces(CollectionId="family", UserId=name, FaceIds=[faces[name]])
    return faces


def exported(gateway: Gateway, collection: str, size: int) -> list[Any]:
    pages: list[Any] = []
    token: dict[str, str] = {}
    while True:
        status, page = ask(gateway, "ExportFaces", CollectionId=collection, MaxResults=size, **token)
        assert status == 200
        pages.append(page)
        if "NextToken" not in page:
            return pages
        assert len(page["NextToken"]) <= 255
        token = {"NextToken": page["NextToken"]}


def test_r70_every_face_of_a_picture_is_searched(gateway: Gateway, family: dict[str, str]) -> None:
    status, answer = ask(gateway, "SearchAllFacesByImage", CollectionId="family", Image={"Bytes": jpeg(both())})
    assert (status, answer["UnsearchedFaces"], answer["FaceModelVersion"]) == (200, [], "1.0")
    found = [[match["Face"]["FaceId"] for match in face["FaceMatches"]] for face in answer["SearchedFaces"]]
    assert found == [[family["grace"]], [family["eileen"]]]
    assert [face["FaceDetail"]["BoundingBox"]["Left"] > 0.5 for face in answer["SearchedFaces"]] == [True, False]


def test_r70_faces_that_are_not_searched_are_told(gateway: Gateway, family: dict[str, str]) -> None:
    dark = np.hstack([hopper(), (hopper() * 0.04).astype(np.uint8)])
    _, answer = ask(gateway, "SearchAllFacesByImage", CollectionId="family", Image={"Bytes": jpeg(dark, 100)}, QualityFilter="AUTO")
    assert len(answer["SearchedFaces"]) == 1
    assert "LOW_BRIGHTNESS" in answer["UnsearchedFaces"][0]["Reasons"]
    _, answer = ask(gateway, "SearchAllFacesByImage", CollectionId="family", Image={"Bytes": jpeg(blank())})
    assert (answer["SearchedFaces"], answer["UnsearchedFaces"]) == ([], [])


@pytest.mark.parametrize("size", [1, 2, 500])
def test_x23_a_collection_goes_out_and_in_again(
    gateway: Gateway, rekognition: RekognitionClient, family: dict[str, str], size: int
) -> None:
    pages = exported(gateway, "family", size)
    faces = [face for page in pages for face in page.get("Faces", [])]
    users = [user for page in pages for user in page.get("Users", [])]
    assert {face["Face"]["FaceId"]: face["Face"]["ExternalImageId"] for face in faces} == {face: name for name, face in family.items()}
    assert {user["UserId"]: user["FaceIds"] for user in users} == {name: [face] for name, face in family.items()}
    embedding, used = pages[0]["Embedding"], still_reader().embedding
    assert embedding == {"Title": used.title, "Digest": used.digest, "Size": used.size, "Version": used.version}
    for face in faces:
        vector = np.frombuffer(base64.b64decode(face["Embedding"]), "<f4")
        assert vector.shape == (used.size,)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    rekognition.create_collection(CollectionId="copy")
    for expected in ((2, 0), (0, 2)):
        status, outcome = ask(gateway, "ImportFaces", CollectionId="copy", Embedding=embedding, Faces=faces, Users=users)
        assert status == 200
        assert (outcome["Stored"], outcome["KnownById"], outcome["KnownByVector"], outcome["Refused"]) == (*expected, 0, [])
    described = rekognition.describe_collection(CollectionId="copy")
    assert (described["FaceCount"], described["UserCount"]) == (2, 2)
    image: Any = {"Bytes": jpeg(both())}
    match = rekognition.search_users_by_image(CollectionId="copy", Image=image)["UserMatches"][0]
    assert match["User"]["UserId"] == "grace"
    answers = [rekognition.search_faces_by_image(CollectionId=name, Image=image)["FaceMatches"] for name in ("family", "copy")]
    assert answers[0] == answers[1]


def test_x23_vectors_of_another_network_are_refused(gateway: Gateway, family: dict[str, str]) -> None:
    (page,) = exported(gateway, "family", 500)[:1]
    other = page["Embedding"] | {"Digest": "0" * 64}
    status, answer = ask(gateway, "ImportFaces", CollectionId="family", Embedding=other, Faces=page["Faces"])
    assert (status, answer["__type"]) == (400, "InvalidParameterException")


def test_x23_the_same_vector_under_another_name_is_not_stored(
    gateway: Gateway, rekognition: RekognitionClient, family: dict[str, str]
) -> None:
    (page,) = exported(gateway, "family", 500)[:1]
    renamed = [face | {"Face": face["Face"] | {"FaceId": str(uuid.uuid4())}} for face in page["Faces"]]
    status, outcome = ask(gateway, "ImportFaces", CollectionId="family", Embedding=page["Embedding"], Faces=renamed)
    assert (status, outcome["Stored"], outcome["KnownByVector"]) == (200, 0, 2)


def test_x23_what_is_no_export_is_refused(gateway: Gateway, family: dict[str, str]) -> None:
    (page,) = exported(gateway, "family", 500)[:1]
    face = page["Faces"][0]
    for wrong in (b"", b"123", bytes(4096), b"\xff" * 4096, base64.b64decode(face["Embedding"]) + b"\0"):
        given = {"Face": face["Face"] | {"FaceId": "0" * 8 + face["Face"]["FaceId"][8:]}, "Embedding": wrong}
        status, answer = ask(gateway, "ImportFaces", CollectionId="family", Embedding=page["Embedding"], Faces=[given])
        if status == 200:
            assert (answer["Stored"], [one["FaceId"] for one in answer["Refused"]]) == (0, [given["Face"]["FaceId"]])
        else:
            assert answer["__type"] == "InvalidParameterException"
    bare = {name: value for name, value in face["Face"].items() if name != "BoundingBox"}
    status, answer = ask(gateway, "ImportFaces", CollectionId="family", Embedding=page["Embedding"], Faces=[face | {"Face": bare}])
    assert (status, answer["__type"]) == (400, "InvalidParameterException")
    assert "BoundingBox" in answer["Message"]


def test_x23_an_export_reads_a_hundred_faces_in_order(gateway: Gateway, rekognition: RekognitionClient) -> None:
    rekognition.create_collection(CollectionId="crowd")
    rekognition.index_faces(CollectionId="crowd", Image={"Bytes": jpeg(crowd())}, QualityFilter="NONE", MaxFaces=30)
    listed = [face["FaceId"] for face in rekognition.list_faces(CollectionId="crowd")["Faces"]]
    for size in (7, 30):
        pages = exported(gateway, "crowd", size)
        assert [face["Face"]["FaceId"] for page in pages for face in page.get("Faces", [])] == listed

"""What own keys allow, over every operation (DESIGN section 6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.api.caller import Caller
from trackway.api.credentials import issue
from trackway.api.errors import AccessDenied
from trackway.api.permission import permit
from trackway.api.routes import FUNCTIONS

ALL = sorted(operation for operations in FUNCTIONS.values() for operation in operations)
CHANGING = {
    *("StartPersonTracking", "StartFaceDetection", "StartFaceSearch", "CreateCollection", "DeleteCollection", "CreateUser", "DeleteUser"),
    *("IndexFaces", "DeleteFaces", "AssociateFaces", "DisassociateFaces", "TagResource", "UntagResource", "ImportFaces"),
}
KEYS = {"CreateKey", "DeleteKey", "ListKeys", "RotateKey"}
VIDEO = {operation for operation in ALL if operation.startswith(("Start", "Get"))}
OF_A_COLLECTION = {
    *(
        "StartFaceSearch",
        "DeleteCollection",
        "CreateCollection",
        "DescribeCollection",
        "CreateUser",
        "DeleteUser",
        "ListUsers",
        "ListFaces",
    ),
    *("IndexFaces", "DeleteFaces", "AssociateFaces", "DisassociateFaces", "TagResource", "UntagResource", "ListTagsForResource"),
    *("ImportFaces", "ExportFaces", "SearchFaces", "SearchFacesByImage", "SearchAllFacesByImage", "SearchUsers", "SearchUsersByImage"),
}
TAGS = {"TagResource", "UntagResource", "ListTagsForResource"}
KEY = issue().access_key_id


def members(operation: str, collection: str) -> dict[str, Any]:
    if operation in TAGS:
        return {"ResourceArn": f"arn:aws:rekognition:us-east-1:000000000000:collection/{collection}"}
    return {"CollectionId": collection} if operation in OF_A_COLLECTION else {}


def allows(caller: Caller, operation: str, collection: str = "mine") -> bool:
    try:
        permit(caller, operation, members(operation, collection))
    except AccessDenied:
        return False
    return True


def allowed(collection: str = "mine", **scope: Any) -> set[str]:
    return {operation for operation in ALL if allows(Caller(identity=KEY, **scope), operation, collection)}


def test_iams_callers_are_iams_business() -> None:
    assert {operation for operation in ALL if allows(Caller(identity="arn:aws:iam::1:user/u"), operation)} == set(ALL)


def test_each_scope_allows_exactly_this() -> None:
    everything = set(ALL) - KEYS
    assert allowed() == everything
    assert allowed(read_only=True) == everything - CHANGING
    assert allowed(project="p") == VIDEO


@pytest.mark.parametrize("read_only", [False, True])
def test_a_collections_key_names_it(read_only: bool) -> None:
    scoped = Caller(identity=KEY, collection="mine", read_only=read_only)
    wanted = (OF_A_COLLECTION | {"GetFaceSearch"}) - (CHANGING if read_only else set())
    assert {operation for operation in ALL if allows(scoped, operation)} == wanted
    assert {operation for operation in ALL if allows(scoped, operation, "other")} == {"GetFaceSearch"}


def test_both_scopes_together_allow_what_either_does() -> None:
    scoped = Caller(identity=KEY, collection="mine", project="p")
    assert {operation for operation in ALL if allows(scoped, operation)} == VIDEO | OF_A_COLLECTION
    assert {operation for operation in ALL if allows(scoped, operation, "other")} == VIDEO - {"StartFaceSearch"}


@given(
    operation=st.sampled_from(ALL),
    read_only=st.booleans(),
    project=st.none() | st.just("p"),
    collection=st.none() | st.sampled_from(["mine", "other"]),
)
def test_a_narrower_key_never_allows_more(operation: str, read_only: bool, project: str | None, collection: str | None) -> None:
    scoped = Caller(identity=KEY, read_only=read_only, project=project, collection=collection)
    if allows(scoped, operation):
        assert allows(Caller(identity=KEY), operation)
        assert operation not in KEYS
        assert not (read_only and operation in CHANGING)
        assert collection in (None, "mine") or operation not in OF_A_COLLECTION


@pytest.mark.parametrize(
    ("operation", "resource"),
    [
        ("DescribeCollection", "arn:aws:rekognition:eu-west-1:123456789012:collection/other"),
        ("TagResource", "arn:aws:rekognition:eu-west-1:123456789012:collection/other"),
        ("DetectFaces", "*"),
    ],
)
def test_a_refusal_names_who_what_and_where(operation: str, resource: str) -> None:
    scoped = Caller("123456789012", "eu-west-1", KEY, collection="mine")
    with pytest.raises(AccessDenied) as caught:
        permit(scoped, operation, members(operation, "other"))
    assert str(caught.value) == f"User: {KEY} is not authorized to perform: rekognition:{operation} on resource: {resource}"

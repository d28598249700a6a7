"""Which function serves which operation: the API's routes, and where the door hands requests on to."""

from __future__ import annotations

__all__ = ["FUNCTIONS"]

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "start": ("StartFaceDetection", "StartFaceSearch", "StartPersonTracking"),
    "get": ("GetFaceDetection", "GetFaceSearch", "GetPersonTracking"),
    "collections": (
        "CreateCollection",
        "CreateUser",
        "DescribeCollection",
        "ListCollections",
        "ListFaces",
        "ListTagsForResource",
        "ListUsers",
        "TagResource",
        "UntagResource",
    ),
    "recognizer": (
        "AssociateFaces",
        "CompareFaces",
        "DeleteCollection",
        "DeleteFaces",
        "DeleteUser",
        "DetectFaces",
        "DisassociateFaces",
        "ExportFaces",
        "ImportFaces",
        "IndexFaces",
        "SearchAllFacesByImage",
        "SearchFaces",
        "SearchFacesByImage",
        "SearchUsers",
        "SearchUsersByImage",
    ),
    "keys": ("CreateKey", "DeleteKey", "ListKeys", "RotateKey"),
}

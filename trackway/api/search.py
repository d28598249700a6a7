"""SearchFaces and SearchUsers: by what a collection has already (SPEC R69, R76)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.errors import InvalidParameter
from trackway.errors import NoSuchFace
from trackway.identity.gallery import Gallery
from trackway.identity.members import Members
from trackway.identity.records import Match
from trackway.models.similarity import DEFAULT_THRESHOLD
from trackway.results.matches import face_matches

__all__ = ["MOST_MATCHES", "SearchFaces", "SearchUsers", "user_matches"]

MOST_MATCHES = 80
"""Matches where a request does not say how many."""


class SearchFaces:
    """The operation.

    Args:
        gallery: faces of all collections.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            InvalidParameter: no such face; Rekognition does not call it "not found" here.
            NoSuchCollection, OtherEmbedding: see `Gallery.search_face`.
        """
        collection = self._gallery.open(request["CollectionId"])
        try:
            matches = self._gallery.search_face(
                collection.collection_id,
                request["FaceId"],
                limit=request.get("MaxFaces", MOST_MATCHES),
                threshold=request.get("FaceMatchThreshold", DEFAULT_THRESHOLD),
            )
        except NoSuchFace as error:
            raise InvalidParameter("faceId was not found in the collection.") from error
        version = collection.embedding.version
        return msgspec.json.encode(
            {
                "SearchedFaceId": request["FaceId"],
                "FaceMatches": msgspec.Raw(face_matches(matches, version)),
                "FaceModelVersion": version,
            }
        )


class SearchUsers:
    """The operation.

    Args:
        gallery: faces of all collections.
        members: users of all collections.
    """

    def __init__(self, gallery: Gallery, members: Members) -> None:
        self._gallery = gallery
        self._members = members

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            InvalidParameter: neither a face nor a user is named, or both.
            NoSuchCollection, NoSuchFace, NoSuchUser, OtherEmbedding: see `Members.search_face` and `Members.search_user`.
        """
        if ("FaceId" in request) == ("UserId" in request):
            raise InvalidParameter("Request has invalid parameters. Expected either FaceId or UserId.")
        collection = self._gallery.open(request["CollectionId"])
        bounds = {
            "limit": request.get("MaxUsers", MOST_MATCHES),
            "threshold": request.get("UserMatchThreshold", DEFAULT_THRESHOLD),
        }
        if "FaceId" in request:
            matches = self._members.search_face(collection.collection_id, request["FaceId"], **bounds)
            searched = {"SearchedFace": {"FaceId": request["FaceId"]}}
        else:
            matches = self._members.search_user(collection.collection_id, request["UserId"], **bounds)
            searched = {"SearchedUser": {"UserId": request["UserId"]}}
        return msgspec.json.encode({"UserMatches": user_matches(matches), "FaceModelVersion": collection.embedding.version, **searched})


def user_matches(matches: Iterable[Match]) -> list[dict[str, Any]]:
    """Users that were found, in the order given."""
    return [
        {"Similarity": match.similarity, "User": {"UserId": match.record.user_id, "UserStatus": match.record.status}} for match in matches
    ]

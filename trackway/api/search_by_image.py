"""SearchFacesByImage, SearchUsersByImage and our SearchAllFacesByImage: by the faces of a picture (SPEC R70, R77)."""

from __future__ import annotations

from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.errors import InvalidParameter
from trackway.api.pictures import Pictures, Seen
from trackway.api.search import MOST_MATCHES, user_matches
from trackway.identity.gallery import Gallery
from trackway.identity.members import Members
from trackway.models.similarity import DEFAULT_THRESHOLD
from trackway.results.matches import face_matches

__all__ = ["SearchAllFacesByImage", "SearchFacesByImage", "SearchUsersByImage"]

_FACE_NOT_LARGEST = "FACE_NOT_LARGEST"


class SearchFacesByImage:
    """The operation: by the largest face.

    Args:
        pictures: looks at them.
        gallery: faces of all collections.
    """

    def __init__(self, pictures: Pictures, gallery: Gallery) -> None:
        self._pictures = pictures
        self._gallery = gallery

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            InvalidParameter: no face passes the filter.
            NoSuchCollection, OtherEmbedding: see `Gallery.search`.
            InvalidImage, ImageTooLarge, InvalidS3Object: see `Pictures.look`.
        """
        collection = self._gallery.open(request["CollectionId"])
        seen = self._pictures.look(request["Image"], request.get("QualityFilter", "NONE"))
        if not seen.good:
            raise InvalidParameter("There are no faces in the image. Should be at least 1.")
        (vector,) = seen.vectors(seen.good[:1])
        matches = self._gallery.search(collection.collection_id, vector, **_face_bounds(request))
        face, version = seen.details()[seen.good[0]], collection.embedding.version
        return msgspec.json.encode(
            {
                "SearchedFaceBoundingBox": face.bounding_box,
                "SearchedFaceConfidence": face.confidence,
                "FaceMatches": msgspec.Raw(face_matches(matches, version)),
                "FaceModelVersion": version,
            }
        )


class SearchUsersByImage:
    """The operation: by the largest face.

    Args:
        pictures: looks at them.
        gallery: faces of all collections.
        members: users of all collections.
    """

    def __init__(self, pictures: Pictures, gallery: Gallery, members: Members) -> None:
        self._pictures = pictures
        self._gallery = gallery
        self._members = members

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; where no face passes the filter nothing is found, which is no error.

        Raises:
            NoSuchCollection, OtherEmbedding: see `Members.search`.
            InvalidImage, ImageTooLarge, InvalidS3Object: see `Pictures.look`.
        """
        collection = self._gallery.open(request["CollectionId"])
        seen = self._pictures.look(request["Image"], request.get("QualityFilter", "NONE"))
        matches, searched = [], {}
        if seen.good:
            (vector,) = seen.vectors(seen.good[:1])
            matches = self._members.search(
                collection.collection_id,
                vector,
                limit=request.get("MaxUsers", MOST_MATCHES),
                threshold=request.get("UserMatchThreshold", DEFAULT_THRESHOLD),
            )
            searched = {"SearchedFace": {"FaceDetail": seen.details()[seen.good[0]]}}
        return msgspec.json.encode(
            {
                "UserMatches": user_matches(matches),
                "FaceModelVersion": collection.embedding.version,
                **searched,
                "UnsearchedFaces": _unsearched(seen, seen.good[:1]),
            }
        )


class SearchAllFacesByImage:
    """Our operation: by every face.

    Args:
        pictures: looks at them.
        gallery: faces of all collections.
    """

    def __init__(self, pictures: Pictures, gallery: Gallery) -> None:
        self._pictures = pictures
        self._gallery = gallery

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request: the faces that pass the filter, largest first, each with what is like it.

        Raises:
            NoSuchCollection, OtherEmbedding: see `Gallery.search`.
            InvalidImage, ImageTooLarge, InvalidS3Object: see `Pictures.look`.
        """
        collection = self._gallery.open(request["CollectionId"])
        seen = self._pictures.look(request["Image"], request.get("QualityFilter", "NONE"))
        details, bounds, version = seen.details(), _face_bounds(request), collection.embedding.version
        searched = []
        for row, vector in zip(seen.good, seen.vectors(seen.good) if seen.good else (), strict=True):
            matches = self._gallery.search(collection.collection_id, vector, **bounds)
            searched.append({"FaceDetail": details[row], "FaceMatches": msgspec.Raw(face_matches(matches, version))})
        return msgspec.json.encode(
            {"SearchedFaces": searched, "UnsearchedFaces": _unsearched(seen, seen.good), "FaceModelVersion": version}
        )


def _face_bounds(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "limit": request.get("MaxFaces", MOST_MATCHES),
        "threshold": request.get("FaceMatchThreshold", DEFAULT_THRESHOLD),
    }


def _unsearched(seen: Seen, searched: list[int]) -> list[dict[str, Any]]:
    """The other faces, and why nobody looked for them."""
    return [
        {"FaceDetails": detail, "Reasons": why or [_FACE_NOT_LARGEST]}
        for row, (detail, why) in enumerate(zip(seen.details(), seen.reasons, strict=True))
        if row not in searched
    ]

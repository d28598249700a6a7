"""ListFaces and DeleteFaces (SPEC R67, R68)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.paging import ListTokens
from trackway.api.tidying import Tidying
from trackway.identity.catalogue import Catalogue
from trackway.identity.records import FaceFailure
from trackway.jobs.identity import request_fingerprint
from trackway.results.matches import face_shape

if TYPE_CHECKING:  # which brings numpy
    from trackway.identity.gallery import Gallery

__all__ = ["DeleteFaces", "ListFaces"]


class ListFaces:
    """The operation.

    Args:
        catalogue: of all collections.
        tokens: of the deployment's lists.
    """

    def __init__(self, catalogue: Catalogue, tokens: ListTokens) -> None:
        self._catalogue = catalogue
        self._tokens = tokens

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            NoSuchCollection, NoSuchUser: there is none of that name.
            InvalidToken: NextToken is none of this list with these filters.
        """
        collection = self._catalogue.describe(request["CollectionId"])
        user_id, face_ids = request.get("UserId"), request.get("FaceIds", [])
        found, more = self._tokens.page(
            request,
            (collection.generation, "ListFaces", request_fingerprint({"UserId": user_id, "FaceIds": face_ids})),
            lambda after, limit: self._catalogue.list_faces(collection.collection_id, after, limit, user_id=user_id, face_ids=face_ids),
        )
        version = collection.embedding.version
        return msgspec.json.encode({"Faces": [face_shape(face, version) for face in found], "FaceModelVersion": version, **more})


class DeleteFaces:
    """The operation.

    Args:
        gallery: faces of all collections.
        tidying: tells the janitor where much was deleted.
    """

    def __init__(self, gallery: Gallery, tidying: Tidying) -> None:
        self._gallery = gallery
        self._tidying = tidying

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; NoSuchCollection where there is none of that name."""
        collection = self._gallery.describe(request["CollectionId"])
        deleted, failures = self._gallery.delete_faces(collection.collection_id, request["FaceIds"])
        self._tidying.changed(collection, -len(deleted))
        return msgspec.json.encode({"DeletedFaces": deleted, "UnsuccessfulFaceDeletions": [_failure(failure) for failure in failures]})


def _failure(failure: FaceFailure) -> dict[str, Any]:
    """A face that was left; a member without value is left out (SPEC R9)."""
    owner = {} if failure.user_id is None else {"UserId": failure.user_id}
    return {"FaceId": failure.face_id, **owner, "Reasons": [failure.reason]}

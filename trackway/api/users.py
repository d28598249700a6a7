"""CreateUser, DeleteUser, ListUsers, AssociateFaces, DisassociateFaces (SPEC R73 to R75)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.paging import ListTokens
from trackway.identity.catalogue import Catalogue
from trackway.identity.records import FaceFailure

if TYPE_CHECKING:  # which brings numpy
    from trackway.identity.members import Members

__all__ = ["AssociateFaces", "CreateUser", "DeleteUser", "DisassociateFaces", "ListUsers"]

_PAGE = 500  # the most that may be asked for (SPEC R73)


class CreateUser:
    """The operation.

    Args:
        catalogue: of all collections.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; the same again with the same token is answered likewise. Errors: see `Catalogue.create_user`."""
        self._catalogue.create_user(request["CollectionId"], request["UserId"], token=request.get("ClientRequestToken"))
        return b"{}"


class ListUsers:
    """The operation.

    Args:
        catalogue: of all collections.
        tokens: of the deployment's lists.
    """

    def __init__(self, catalogue: Catalogue, tokens: ListTokens) -> None:
        self._catalogue = catalogue
        self._tokens = tokens

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; NoSuchCollection, and InvalidToken where NextToken is none of this list."""
        collection_id = request["CollectionId"]
        generation = self._catalogue.describe(collection_id).generation
        found, more = self._tokens.page(
            {"MaxResults": _PAGE} | request,
            (generation, "ListUsers"),
            lambda after, limit: self._catalogue.list_users(collection_id, after, limit),
        )
        return msgspec.json.encode({"Users": [{"UserId": user.user_id, "UserStatus": user.status} for user in found], **more})


class DeleteUser:
    """The operation.

    Args:
        members: users of all collections.
    """

    def __init__(self, members: Members) -> None:
        self._members = members

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; the same again with the same token is answered likewise. Errors: see `Members.delete_user`."""
        self._members.delete_user(request["CollectionId"], request["UserId"], token=request.get("ClientRequestToken"))
        return b"{}"


class AssociateFaces:
    """The operation.

    Args:
        members: users of all collections.
    """

    def __init__(self, members: Members) -> None:
        self._members = members

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; the same again with the same token is answered likewise. Errors: see `Members.associate`."""
        given = {"threshold": request["UserMatchThreshold"]} if "UserMatchThreshold" in request else {}
        outcome = self._members.associate(
            request["CollectionId"], request["UserId"], request["FaceIds"], token=request.get("ClientRequestToken"), **given
        )
        return msgspec.json.encode(
            {
                "AssociatedFaces": [{"FaceId": face_id} for face_id in outcome.changed],
                "UnsuccessfulFaceAssociations": [_failure(failure) for failure in outcome.failures],
                "UserStatus": outcome.status,
            }
        )


class DisassociateFaces:
    """The operation.

    Args:
        members: users of all collections.
    """

    def __init__(self, members: Members) -> None:
        self._members = members

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; the same again with the same token is answered likewise. Errors: see `Members.disassociate`."""
        outcome = self._members.disassociate(
            request["CollectionId"], request["UserId"], request["FaceIds"], token=request.get("ClientRequestToken")
        )
        return msgspec.json.encode(
            {
                "DisassociatedFaces": [{"FaceId": face_id} for face_id in outcome.changed],
                "UnsuccessfulFaceDisassociations": [_failure(failure) for failure in outcome.failures],
                "UserStatus": outcome.status,
            }
        )


def _failure(failure: FaceFailure) -> dict[str, Any]:
    """A face that was left as it is; a member without value is left out (SPEC R9)."""
    described = {"FaceId": failure.face_id, "UserId": failure.user_id, "Confidence": failure.confidence, "Reasons": [failure.reason]}
    return {name: value for name, value in described.items() if value is not None}

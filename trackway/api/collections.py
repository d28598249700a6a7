"""CreateCollection, ListCollections, DescribeCollection, DeleteCollection (SPEC R62 to R65)."""

from __future__ import annotations

from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.paging import ListTokens
from trackway.api.scope import collection_arn
from trackway.api.tidying import Tidying
from trackway.identity.catalogue import Catalogue

__all__ = ["CreateCollection", "DeleteCollection", "DescribeCollection", "ListCollections"]


class CreateCollection:
    """The operation.

    Args:
        catalogue: of all collections.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; AlreadyThere and QuotaExceeded as `Catalogue.create` has them."""
        collection = self._catalogue.create(request["CollectionId"], request.get("Tags", {}))
        return msgspec.json.encode(
            {
                "StatusCode": 200,
                "CollectionArn": collection_arn(collection.collection_id, caller),
                "FaceModelVersion": collection.embedding.version,
            }
        )


class ListCollections:
    """The operation.

    Args:
        catalogue: of all collections.
        tokens: of the deployment's lists.
    """

    def __init__(self, catalogue: Catalogue, tokens: ListTokens) -> None:
        self._catalogue = catalogue
        self._tokens = tokens

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; InvalidToken where NextToken is none of this list."""
        # All callers of an account see the same list.
        found, more = self._tokens.page(request, (caller.account, "ListCollections"), self._catalogue.list_collections)
        return msgspec.json.encode(
            {
                "CollectionIds": [collection.collection_id for collection in found],
                "FaceModelVersions": [collection.embedding.version for collection in found],
                **more,
            }
        )


class DescribeCollection:
    """The operation.

    Args:
        catalogue: of all collections.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; NoSuchCollection where there is none of that name."""
        collection = self._catalogue.describe(request["CollectionId"])
        return msgspec.json.encode(
            {
                "FaceCount": collection.faces,
                "FaceModelVersion": collection.embedding.version,
                "CollectionARN": collection_arn(collection.collection_id, caller),
                "CreationTimestamp": collection.created_at / 1000,
                "UserCount": collection.users,
            }
        )


class DeleteCollection:
    """The operation.

    Args:
        catalogue: of all collections.
        tidying: tells the janitor that there is something to remove.
    """

    def __init__(self, catalogue: Catalogue, tidying: Tidying) -> None:
        self._catalogue = catalogue
        self._tidying = tidying

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; NoSuchCollection where there is none of that name."""
        self._catalogue.delete(request["CollectionId"])
        self._tidying.deleted()
        return msgspec.json.encode({"StatusCode": 200})

"""TagResource, UntagResource, ListTagsForResource, for collections (SPEC R78)."""

from __future__ import annotations

from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.scope import named_collection
from trackway.identity.catalogue import Catalogue

__all__ = ["ListTagsForResource", "TagResource", "UntagResource"]


class TagResource:
    """The operation.

    Args:
        catalogue: of all collections.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; NoSuchCollection and QuotaExceeded as `Catalogue.tag` has them."""
        self._catalogue.tag(named_collection(request["ResourceArn"], caller), request["Tags"])
        return b"{}"


class UntagResource:
    """The operation.

    Args:
        catalogue: of all collections.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; NoSuchCollection where there is none of that name."""
        self._catalogue.untag(named_collection(request["ResourceArn"], caller), request["TagKeys"])
        return b"{}"


class ListTagsForResource:
    """The operation.

    Args:
        catalogue: of all collections.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; NoSuchCollection where there is none of that name."""
        tags = self._catalogue.describe(named_collection(request["ResourceArn"], caller)).tags
        return msgspec.json.encode({"Tags": dict(sorted(tags.items()))})

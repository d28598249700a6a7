"""Which collection a request is about: for keys that may use only one, and for operations that name it by its ARN (SPEC R62, R78)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from trackway.api.caller import Caller
from trackway.api.errors import InvalidParameter, ResourceNotFound

__all__ = ["collection_arn", "collection_of", "named_collection"]

_ARN = re.compile(r"arn:aws[a-z-]*:rekognition:[a-z0-9-]*:[0-9]{12}:collection/([a-zA-Z0-9_.\-]{1,255})")


def collection_arn(collection_id: str, caller: Caller) -> str:
    """The collection's ARN in the deployment that the caller talks to."""
    return f"arn:aws:rekognition:{caller.region}:{caller.account}:collection/{collection_id}"


def named_collection(arn: str, caller: Caller) -> str:
    """The id of the collection that an ARN names.

    Raises:
        InvalidParameter: it is not the ARN of a collection.
        ResourceNotFound: it names one of another account or region, of which there are none here.
    """
    collection_id = _id_in(arn)
    if arn != collection_arn(collection_id, caller):
        raise ResourceNotFound(f"The resource {arn} does not exist")
    return collection_id


def collection_of(operation: str, members: Mapping[str, Any]) -> str | None:
    """The only collection that a request is about.

    Args:
        operation: its name.
        members: of the validated request.

    Returns:
        None for an operation that is about no collection (DetectFaces) or about all of them (ListCollections).

    Raises:
        InvalidParameter: a tag operation names something else than a collection.
    """
    if operation in ("TagResource", "UntagResource", "ListTagsForResource"):
        return _id_in(members["ResourceArn"])
    named = members.get("CollectionId")
    return None if named is None else str(named)


def _id_in(arn: str) -> str:
    found = _ARN.fullmatch(arn)
    if found is None:
        raise InvalidParameter(
            "Request has invalid parameters. ResourceArn: expected arn:aws:rekognition:<region>:<account>:collection/<CollectionId>."
        )
    return found[1]

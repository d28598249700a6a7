"""The operations on collections that need no vector: what functions/collections serves."""

from __future__ import annotations

from collections.abc import Mapping

from trackway.api.collections import CreateCollection, DescribeCollection, ListCollections
from trackway.api.endpoint import Operation
from trackway.api.faces import ListFaces
from trackway.api.paging import ListTokens
from trackway.api.tags import ListTagsForResource, TagResource, UntagResource
from trackway.api.users import CreateUser, ListUsers
from trackway.identity.catalogue import Catalogue
from trackway.jobs.limits import Limits

__all__ = ["cataloguing"]


def cataloguing(catalogue: Catalogue, limits: Limits) -> Mapping[str, Operation]:
    """The operations, by name.

    Args:
        catalogue: of all collections.
        limits: of the deployment.
    """
    tokens = ListTokens(catalogue.clock, hours=limits.token_hours)
    return {
        "CreateCollection": CreateCollection(catalogue),
        "CreateUser": CreateUser(catalogue),
        "DescribeCollection": DescribeCollection(catalogue),
        "ListCollections": ListCollections(catalogue, tokens),
        "ListFaces": ListFaces(catalogue, tokens),
        "ListTagsForResource": ListTagsForResource(catalogue),
        "ListUsers": ListUsers(catalogue, tokens),
        "TagResource": TagResource(catalogue),
        "UntagResource": UntagResource(catalogue),
    }

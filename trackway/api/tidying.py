"""When the janitor is called before its hour: a collection was deleted, or one grew or shrank across a step (SPEC R65, R68)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trackway.identity.records import Collection

__all__ = ["Tidying"]

_STEP = 10_000
"""Faces of a collection from one tidying to the next; up to the first of them a search is exact and needs no index."""


class Tidying:
    """Tells the janitor what is worth its while.

    Args:
        call: hands an event to the janitor without waiting; nothing depends on its being heard.
    """

    def __init__(self, call: Callable[[Mapping[str, str]], None]) -> None:
        self._call = call

    def deleted(self) -> None:
        """A collection was deleted: what it leaves costs money."""
        self._call({})

    def changed(self, collection: Collection, by: int) -> None:
        """A collection, as it was before, has `by` faces more, or less where that is negative."""
        if collection.faces // _STEP != max(0, collection.faces + by) // _STEP:
            self._call({"collectionId": collection.collection_id})

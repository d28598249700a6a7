"""What nobody waits for: deleted collections, rows of vectors that no record names, maintenance of tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol

from trackway.identity.gallery import Gallery
from trackway.identity.ports import Vectors
from trackway.identity.records import Collection

__all__ = ["Janitor", "Swept"]

_PAGE = 1000  # records read, and rows removed, at once
_SETTLED_MS = 3_600_000  # no request lives that long: what is older is not about to be recorded


class _Named(Protocol):
    """A record that may name a row of vectors."""

    @property
    def vector_id(self) -> str | None: ...


class Swept(NamedTuple):
    """What was done.

    Attributes:
        collections: how many were seen to.
        orphans: rows that no record named.
        deleted: collections whose last traces were removed.
    """

    collections: int
    orphans: int
    deleted: int


class Janitor:
    """Sweeps as often as wanted, beside all other work; a sweep that is cut off is taken up by the next.

    Args:
        gallery: the collections.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery

    def sweep(self, until: float = math.inf) -> Swept:
        """See to every collection.

        Args:
            until: epoch seconds after which no further one is begun.
        """
        deleted = self._remove_deleted()
        collections = orphans = 0
        for collection in self._collections():
            if self._gallery.clock() >= until:
                break
            orphans += self.maintain(collection)
            collections += 1
        return Swept(collections, orphans, deleted)

    def tidy(self, collection_id: str) -> int:
        """See to one collection, if it is still there; returns how many rows no record named."""
        collection = self._gallery.records.get(collection_id)
        return 0 if collection is None else self.maintain(collection)

    def maintain(self, collection: Collection) -> int:
        """Remove rows that no record names, then compact and index the tables; returns how many rows."""
        gallery, generation = self._gallery, collection.generation
        orphans = 0
        # Records of faces are many: they are read only where there are rows too many.
        if gallery.faces.count(generation) > collection.faces:
            orphans += self._remove_orphans(gallery.faces, generation, _all(gallery.records.list_faces, generation, attrgetter("face_id")))
        if gallery.users.count(generation):
            orphans += self._remove_orphans(gallery.users, generation, _all(gallery.records.list_users, generation, attrgetter("user_id")))
        gallery.faces.maintain(generation)
        gallery.users.maintain(generation)
        return orphans

    def _remove_orphans(self, rows: Vectors, generation: str, records: Iterable[_Named]) -> int:
        """Rows first, then records: what was settled when its row was read has its record by now, or never will."""
        settled_before = int(self._gallery.clock() * 1000) - _SETTLED_MS
        orphans = {vector_id for vector_id in rows.ids(generation) if int(vector_id[:12], 16) < settled_before}
        for record in records:
            orphans.discard(record.vector_id or "")
        doomed = sorted(orphans)
        for start in range(0, len(doomed), _PAGE):
            rows.remove(generation, doomed[start : start + _PAGE])
        return len(doomed)

    def _remove_deleted(self) -> int:
        """Remove what deleted collections left; their marks once no request of their time can add a row any more."""
        gallery = self._gallery
        forgotten = 0
        for generation, at in gallery.records.deleted():
            gallery.faces.drop(generation)
            gallery.users.drop(generation)
            gallery.records.remove_rows(generation)
            if at < gallery.clock() * 1000 - _SETTLED_MS:
                gallery.records.remove_mark(generation)
                forgotten += 1
        return forgotten

    def _collections(self) -> Iterator[Collection]:
        after: str | None = None
        while True:
            page = self._gallery.list_collections(after, _PAGE)
            yield from page.items
            after = page.after
            if after is None:
                return


def _all(read: Callable[[str, str | None, int], Sequence[_Named]], generation: str, name: Callable[[_Named], str]) -> Iterator[_Named]:
    """Every record of a generation, read page by page."""
    after: str | None = None
    while records := read(generation, after, _PAGE):
        yield from records
        after = name(records[-1])

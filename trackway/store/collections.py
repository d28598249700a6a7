"""Collections and faces in DynamoDB (`trackway.identity.ports.Collections`; users are in `trackway.store.users`).

| pk | sk | what |
|---|---|---|
| COLLECTIONS | collection id | the collection, with its counts |
| FACES#<generation> | face id | a face |
| VECTORS#<generation> | digest of a vector | `faces`: ids of the faces that have it |
| USERS#<generation> | user id | a user |
| DELETED | generation | mark of a deleted collection |
| TOKEN#<operation>#<token> | META | what a request with this ClientRequestToken was answered |

Every transaction that changes something inside a collection begins with a condition on the collection's item: it is there, of this
generation, and has room. So nothing is added to a collection that is gone, and its counts are right at any moment.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from trackway.identity.ports import Deleted
from trackway.identity.records import Collection, FaceRecord
from trackway.store.table import chunks
from trackway.store.users import COLLECTIONS, UserStore, faces_of, users_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

__all__ = ["CollectionStore"]

_MARKS = "DELETED"
_FACES_PER_TRANSACTION = 49  # each is written with its vector's digest, all with the collection: 99 of 100 items


class CollectionStore(UserStore):
    """Collections, and the faces and users in them."""

    def create(self, collection: Collection) -> bool:
        """False where one of that name is there already."""
        item = {"pk": COLLECTIONS, "sk": collection.collection_id, **msgspec.to_builtins(collection)}
        return not self._table.transact([self._table.put(item, "attribute_not_exists(pk)")])

    def get(self, collection_id: str) -> Collection | None:
        """The collection, read consistently, with its counts."""
        item = self._table.get(COLLECTIONS, collection_id)
        return None if item is None else msgspec.convert(item, Collection)

    def list_collections(self, after: str | None, limit: int) -> list[Collection]:
        """Collections by name, from the first one after `after`."""
        return [msgspec.convert(item, Collection) for item in self._table.query(COLLECTIONS, after, limit)]

    def delete(self, collection: Collection, at: int) -> bool:
        """Forget the collection at once and leave a mark, dated `at` (epoch milliseconds); False where it is gone already."""
        given = {":generation": collection.generation}
        deletion = self._table.delete(COLLECTIONS, collection.collection_id, "generation = :generation", given)
        return not self._table.transact([deletion, self._table.put({"pk": _MARKS, "sk": collection.generation, "at": at})])

    def deleted(self) -> list[Deleted]:
        """The marks of collections that were deleted."""
        return [Deleted(item["sk"], item["at"]) for item in self._table.query(_MARKS)]

    def remove_rows(self, generation: str) -> None:
        """Remove all faces and users of a deleted generation; the mark stays."""
        for partition in (faces_of(generation), _vectors_of(generation), users_of(generation)):
            self._table.remove_partition(partition)

    def remove_mark(self, generation: str) -> None:
        """Forget that a generation was deleted."""
        self._table.transact([self._table.delete(_MARKS, generation)])

    def set_tags(self, collection: Collection, tags: Mapping[str, str]) -> bool:
        """Replace the tags; False where they are no longer as in `collection`."""
        given = {":generation": collection.generation, ":before": collection.tags, ":after": dict(tags)}
        condition = "generation = :generation AND tags = :before"
        return not self._table.transact([self._table.update(COLLECTIONS, collection.collection_id, "SET tags = :after", condition, given)])

    def put_faces(self, collection: Collection, faces: Sequence[FaceRecord], *, at_most: int) -> list[FaceRecord]:
        """Record faces of different ids and count them; returns those recorded now, not those whose face_id was there already.

        Raises:
            LookupError: the collection is gone.
            OverflowError: it would have more faces than it may; those of earlier transactions stay.
        """
        put: list[FaceRecord] = []
        for chunk in chunks(faces, _FACES_PER_TRANSACTION):
            rest = chunk
            while rest:
                writes = [self._table.put(_item(collection, face), "attribute_not_exists(pk)") for face in rest]
                writes += [
                    self._table.update(_vectors_of(collection.generation), digest, "ADD faces :faces", given={":faces": face_ids})
                    for digest, face_ids in _by_digest(rest).items()
                ]
                refused = self._changed_inside(collection, writes, faces=len(rest), at_most=at_most)
                if not refused:
                    put += rest
                    break
                rest = [face for number, face in enumerate(rest) if number not in refused]
        return put

    def get_faces(self, generation: str, face_ids: Several[str]) -> dict[str, FaceRecord]:
        """Faces by their ids, read consistently; those that are not there are left out."""
        return {item["sk"]: msgspec.convert(item, FaceRecord) for item in self._table.get_many(faces_of(generation), face_ids)}

    def list_faces(self, generation: str, after: str | None, limit: int) -> list[FaceRecord]:
        """Faces by their ids, from the first one after `after`."""
        return [msgspec.convert(item, FaceRecord) for item in self._table.query(faces_of(generation), after, limit)]

    def find_vectors(self, generation: str, digests: Several[str]) -> dict[str, str]:
        """For every digest that a recorded face has as `vector_digest`, the id of such a face."""
        return {digest: min(face_ids) for digest, face_ids in self._holders(generation, digests).items()}

    def delete_faces(self, collection: Collection, faces: Sequence[FaceRecord]) -> list[FaceRecord]:
        """Forget faces that are associated to nobody; returns those forgotten now, not those that are gone, new or associated meanwhile.

        Raises:
            LookupError: the collection is gone.
        """
        deleted: list[FaceRecord] = []
        condition = "vectorId = :vector AND attribute_not_exists(userId)"
        for chunk in chunks(faces, _FACES_PER_TRANSACTION):
            rest = chunk
            while rest:
                writes = [
                    self._table.delete(faces_of(collection.generation), face.face_id, condition, {":vector": face.vector_id})
                    for face in rest
                ]
                writes += self._released(collection, rest)
                refused = self._changed_inside(collection, writes, faces=-len(rest))
                if not refused:
                    deleted += rest
                    break
                rest = [face for number, face in enumerate(rest) if number not in refused]
        return deleted

    def _released(self, collection: Collection, faces: Sequence[FaceRecord]) -> list[TransactWriteItemTypeDef]:
        """Writes after which the digests of these faces do not name them; a digest that would name nobody goes."""
        partition, leaving = _vectors_of(collection.generation), _by_digest(faces)
        holders = self._holders(collection.generation, leaving)
        return [
            self._table.delete(partition, digest, "faces = :faces", {":faces": face_ids})
            if holders.get(digest) == face_ids
            else self._table.update(partition, digest, "DELETE faces :faces", given={":faces": face_ids})
            for digest, face_ids in leaving.items()
        ]

    def _holders(self, generation: str, digests: Several[str]) -> dict[str, frozenset[str]]:
        return {item["sk"]: item["faces"] for item in self._table.get_many(_vectors_of(generation), digests) if "faces" in item}


def _vectors_of(generation: str) -> str:
    return f"VECTORS#{generation}"


def _item(collection: Collection, face: FaceRecord) -> dict[str, Any]:
    return {"pk": faces_of(collection.generation), "sk": face.face_id, **msgspec.to_builtins(face)}


def _by_digest(faces: Sequence[FaceRecord]) -> dict[str, frozenset[str]]:
    face_ids: dict[str, set[str]] = {}
    for face in faces:
        face_ids.setdefault(face.vector_digest, set()).add(face.face_id)
    return {digest: frozenset(ids) for digest, ids in face_ids.items()}

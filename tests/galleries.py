"""Collections without a cloud: the ports of `trackway.identity` in memory, and galleries over them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Collection as Several
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import numpy as np

from tests.cloud import Clock
from trackway.identity.gallery import Gallery, NewFace
from trackway.identity.ports import FACES_AT_ONCE, Claim, Deleted, Found, VectorRow
from trackway.identity.records import Collection, Embedding, FaceRecord, UserRecord, Vector
from trackway.models.similarity import Similarity

EMBEDDING = Embedding("Test embedder", "ab" * 32, 4, "1.0")
CURVE = Similarity(centre=0.5, slope=12.0)

Record = TypeVar("Record")


class MemoryVectors:
    """`trackway.identity.ports.Vectors`, exact at any size."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.tables: dict[str, list[VectorRow]] = {}

    def add(self, generation: str, rows: Sequence[VectorRow], *, size: int) -> None:
        assert all(row.vector.shape == (size,) and row.vector.dtype == np.float32 for row in rows)
        with self._lock:
            self.tables.setdefault(generation, []).extend(rows)

    def remove(self, generation: str, vector_ids: Several[str]) -> None:
        with self._lock:
            if generation in self.tables:
                self.tables[generation] = [row for row in self.tables[generation] if row.vector_id not in set(vector_ids)]

    def get(self, generation: str, vector_ids: Several[str]) -> dict[str, Vector]:
        return {row.vector_id: row.vector for row in self._rows(generation) if row.vector_id in set(vector_ids)}

    def search(self, generation: str, vector: Vector, limit: int) -> list[Found]:
        found = [Found(row.vector_id, row.owner_id, float(row.vector @ vector)) for row in self._rows(generation)]
        return sorted(found, key=lambda one: -one.cosine)[:limit]

    def count(self, generation: str) -> int:
        return len(self._rows(generation))

    def ids(self, generation: str) -> Iterator[str]:
        return (row.vector_id for row in self._rows(generation))

    def drop(self, generation: str) -> None:
        with self._lock:
            self.tables.pop(generation, None)

    def maintain(self, generation: str) -> None:
        pass

    def _rows(self, generation: str) -> list[VectorRow]:
        with self._lock:
            return list(self.tables.get(generation, []))


class MemoryCollections:
    """`trackway.identity.ports.Collections`.

    Args:
        clock: epoch seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._collections: dict[str, Collection] = {}
        self._faces: dict[tuple[str, str], FaceRecord] = {}
        self._users: dict[tuple[str, str], UserRecord] = {}
        self._claims: dict[tuple[str, str], Claim] = {}
        self._deleted: dict[str, int] = {}

    def create(self, collection: Collection) -> bool:
        with self._lock:
            return self._collections.setdefault(collection.collection_id, collection) is collection

    def get(self, collection_id: str) -> Collection | None:
        return self._collections.get(collection_id)

    def list_collections(self, after: str | None, limit: int) -> list[Collection]:
        return [one for name, one in sorted(self._collections.items()) if after is None or name > after][:limit]

    def delete(self, collection: Collection, at: int) -> bool:
        with self._lock:
            present = self._collections.get(collection.collection_id)
            if present is None or present.generation != collection.generation:
                return False
            del self._collections[collection.collection_id]
            self._deleted[collection.generation] = at
            return True

    def deleted(self) -> list[Deleted]:
        return [Deleted(*one) for one in sorted(self._deleted.items())]

    def remove_rows(self, generation: str) -> None:
        with self._lock:
            for rows in (self._faces, self._users):
                for key in [key for key in rows if key[0] == generation]:
                    del rows[key]

    def remove_mark(self, generation: str) -> None:
        self._deleted.pop(generation, None)

    def set_tags(self, collection: Collection, tags: Mapping[str, str]) -> bool:
        with self._lock:
            present = self._collections.get(collection.collection_id)
            if present is None or (present.generation, present.tags) != (collection.generation, collection.tags):
                return False
            self._set(present, tags=dict(tags))
            return True

    def put_faces(self, collection: Collection, faces: Sequence[FaceRecord], *, at_most: int) -> list[FaceRecord]:
        assert len({face.face_id for face in faces}) == len(faces)
        with self._changing(collection) as present:
            new = [face for face in faces if (collection.generation, face.face_id) not in self._faces]
            if present.faces + len(new) > at_most:
                raise OverflowError
            self._faces.update({(collection.generation, face.face_id): face for face in new})
            self._set(present, faces=present.faces + len(new))
            return new

    def get_faces(self, generation: str, face_ids: Several[str]) -> dict[str, FaceRecord]:
        return {one: face for one in face_ids if (face := self._faces.get((generation, one)))}

    def list_faces(self, generation: str, after: str | None, limit: int) -> list[FaceRecord]:
        return self._listed(self._faces, generation, after, limit)

    def find_vectors(self, generation: str, digests: Several[str]) -> dict[str, str]:
        with self._lock:
            return {
                face.vector_digest: name
                for (owner, name), face in self._faces.items()
                if owner == generation and face.vector_digest in digests
            }

    def delete_faces(self, collection: Collection, faces: Sequence[FaceRecord]) -> list[FaceRecord]:
        with self._changing(collection) as present:
            gone = [face for face in faces if face.user_id is None and self._faces.get((collection.generation, face.face_id)) == face]
            for face in gone:
                del self._faces[collection.generation, face.face_id]
            self._set(present, faces=present.faces - len(gone))
            return gone

    def create_user(self, collection: Collection, user: UserRecord, *, at_most: int, claim: Claim | None = None) -> bool:
        with self._changing(collection) as present:
            if (collection.generation, user.user_id) in self._users or self._is_taken(claim):
                return False
            if present.users + 1 > at_most:
                raise OverflowError
            self._users[collection.generation, user.user_id] = user
            self._set(present, users=present.users + 1)
            self._take(claim)
            return True

    def get_users(self, generation: str, user_ids: Several[str]) -> dict[str, UserRecord]:
        return {one: user for one in user_ids if (user := self._users.get((generation, one)))}

    def list_users(self, generation: str, after: str | None, limit: int) -> list[UserRecord]:
        return self._listed(self._users, generation, after, limit)

    def change_user(
        self,
        collection: Collection,
        before: UserRecord,
        after: UserRecord,
        *,
        attach: Several[str] = (),
        detach: Several[str] = (),
        claim: Claim | None = None,
    ) -> bool:
        assert len(attach) + len(detach) <= FACES_AT_ONCE
        with self._changing(collection):
            generation = collection.generation
            was = {**dict.fromkeys(attach), **dict.fromkeys(detach, before.user_id)}
            if self._users.get((generation, before.user_id)) != before or self._is_taken(claim):
                return False
            if any((generation, one) not in self._faces or self._faces[generation, one].user_id != owner for one, owner in was.items()):
                return False
            self._users[generation, after.user_id] = after
            self._give(generation, attach, after.user_id)
            self._give(generation, detach, None)
            self._take(claim)
            return True

    def delete_user(self, collection: Collection, user: UserRecord, *, claim: Claim | None = None) -> bool:
        assert len(user.face_ids) <= FACES_AT_ONCE
        with self._changing(collection) as present:
            if self._users.get((collection.generation, user.user_id)) != user or self._is_taken(claim):
                return False
            del self._users[collection.generation, user.user_id]
            self._give(collection.generation, user.face_ids, None)
            self._set(present, users=present.users - 1)
            self._take(claim)
            return True

    def find_claim(self, operation: str, token: str) -> Claim | None:
        claim = self._claims.get((operation, token))
        return claim if claim and claim.expires_at > self._clock() else None

    @contextmanager
    def _changing(self, collection: Collection) -> Iterator[Collection]:
        with self._lock:
            present = self._collections.get(collection.collection_id)
            if present is None or present.generation != collection.generation:
                raise LookupError
            yield present

    def _set(self, collection: Collection, **changes: Any) -> None:
        self._collections[collection.collection_id] = msgspec.structs.replace(collection, **changes)

    def _give(self, generation: str, face_ids: Iterable[str], user_id: str | None) -> None:
        for face_id in face_ids:
            self._faces[generation, face_id] = msgspec.structs.replace(self._faces[generation, face_id], user_id=user_id)

    def _is_taken(self, claim: Claim | None) -> bool:
        return claim is not None and self.find_claim(claim.operation, claim.token) is not None

    def _take(self, claim: Claim | None) -> None:
        if claim is not None:
            self._claims[claim.operation, claim.token] = claim

    def _listed(self, rows: Mapping[tuple[str, str], Record], generation: str, after: str | None, limit: int) -> list[Record]:
        with self._lock:
            names = sorted(name for owner, name in rows if owner == generation and (after is None or name > after))
            return [rows[generation, name] for name in names[:limit]]


def memory_gallery(clock: Callable[[], float] | None = None, **given: Any) -> Gallery:
    """A gallery in memory; `given` are arguments of Gallery other than the test's usual ones."""
    turned = clock or Clock()
    usual: dict[str, Any] = {"similarity": CURVE, "embedding": EMBEDDING, "clock": turned}
    return Gallery(MemoryCollections(turned), MemoryVectors(), MemoryVectors(), **(usual | given))


def unit(*values: float) -> Vector:
    """A unit vector of the direction given, zeros appended."""
    vector = np.zeros(EMBEDDING.size, np.float64)
    vector[: len(values)] = values
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def new_face(vector: Vector, rank: int = 0) -> NewFace:
    """A face of that vector."""
    return NewFace(vector, (0.1 * (rank % 7), 0.25, 0.125, 1 / 3), 99.5, rank)

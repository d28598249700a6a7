"""A gallery with everything around it, over calls that a test can stop or cut in on; and what must be true of it at any moment."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import numpy as np

from tests.cloud import Clock, small_cloud
from tests.galleries import CURVE, EMBEDDING, MemoryCollections, MemoryVectors, new_face, unit
from trackway.identity.gallery import Gallery, vector_digest
from trackway.identity.janitor import Janitor
from trackway.identity.members import Members
from trackway.identity.records import Collection, FaceRecord, UserRecord, UserStatus, Vector
from trackway.identity.transfer import Transfer
from trackway.store.collections import CollectionStore

KINDS = ("memory", "dynamodb")
WRITES = {
    "add", "remove", "drop", "create", "delete", "remove_rows", "remove_mark", "set_tags", "put_faces", "delete_faces", "create_user",
    "change_user", "delete_user", "transact_write_items", "batch_write_item",
}  # fmt: skip
PLAIN = {"exceptions", "tables"}


class Crash(Exception):
    """The process ends here."""


class Fuse:
    """Counts calls of the stores and does something before one of them."""

    def __init__(self) -> None:
        self.disarm()

    def disarm(self) -> None:
        self.calls = 0
        self._at: int | None = None

    def arm(self, at: int, action: Callable[[], object], *, reads: bool = False) -> None:
        """Do `action` before call number `at`, from 0; reads count only where they are asked for."""
        self.calls, self._at, self._action, self._reads = 0, at, action, reads

    @property
    def is_armed(self) -> bool:
        """Whether the action is still to be done."""
        return self._at is not None

    def burn(self, name: str) -> None:
        if self._at is None or not (name in WRITES or self._reads):
            return
        self.calls += 1
        if self.calls - 1 == self._at:
            self._at = None
            self._action()


class Wired:
    """An object whose calls go through a fuse."""

    def __init__(self, target: Any, fuse: Fuse, lock: threading.RLock | None = None) -> None:
        self._target = target
        self._fuse = fuse
        self._lock = lock or threading.RLock()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._target, name)
        if name in PLAIN:
            return attribute

        def call(*given: Any, **named: Any) -> Any:
            self._fuse.burn(name)
            with self._lock:  # moto's requests are not atomic by themselves
                return attribute(*given, **named)

        return call


class Stage:
    """Everything of one deployment.

    Args:
        records: where collections are.
        fuse: through which all calls go.
        clock: time that a test can turn.
        limits: arguments of Gallery and Members.
    """

    def __init__(self, records: Any, fuse: Fuse, clock: Clock, *, user_faces: int = 100, **limits: Any) -> None:
        self.fuse, self.clock, self.records = fuse, clock, records
        self.faces, self.users = MemoryVectors(), MemoryVectors()
        number = itertools.count(1)
        self.gallery = Gallery(
            records,
            cast("Any", Wired(self.faces, fuse)),
            cast("Any", Wired(self.users, fuse)),
            similarity=CURVE,
            embedding=EMBEDDING,
            clock=clock,
            new_id=lambda: f"{next(number):032x}"[::-1],
            **limits,
        )
        self.members = Members(self.gallery, user_faces=user_faces)
        self.transfer = Transfer(self.gallery, self.members)
        self.janitor = Janitor(self.gallery)

    def index(self, *vectors: Vector, image: str = "image", external: str | None = None, collection: str = "c") -> list[str]:
        """Ids of faces that were stored."""
        faces = [new_face(vector, rank) for rank, vector in enumerate(vectors)]
        return [record.face_id for record in self.gallery.index(collection, faces, image, external)]

    def all_faces(self, collection_id: str = "c") -> list[FaceRecord]:
        return self.gallery.list_faces(collection_id, None, 10_000).items

    def all_users(self, collection_id: str = "c") -> list[UserRecord]:
        return self.gallery.list_users(collection_id, None, 10_000).items

    def state(self) -> dict[str, Any]:
        """What callers can see, without names that chance gave."""
        return {
            one.collection_id: (
                one.faces,
                one.users,
                one.tags,
                [msgspec.structs.replace(face, vector_id="") for face in self.all_faces(one.collection_id)],
                [(user.user_id, user.status, user.face_ids) for user in self.all_users(one.collection_id)],
            )
            for one in self.gallery.list_collections(None, 1000).items
        }

    def check(self) -> None:
        """What must be true at any moment, whatever happened."""
        for collection in self.gallery.list_collections(None, 1000).items:
            assert self.gallery.describe(collection.collection_id) == collection
            self._check_collection(collection)

    def _check_collection(self, collection: Collection) -> None:
        name, generation = collection.collection_id, collection.generation
        faces, users = self.all_faces(name), self.all_users(name)
        assert (collection.faces, collection.users) == (len(faces), len(users))
        # No record without vector.
        vectors = self.faces.get(generation, [face.vector_id for face in faces])
        assert vectors.keys() == {face.vector_id for face in faces}
        assert all(vector_digest(vectors[face.vector_id]) == face.vector_digest for face in faces)
        known = self.records.find_vectors(generation, {face.vector_digest for face in faces})
        assert known.keys() == {face.vector_digest for face in faces}
        assert {(digest, one) for digest, one in known.items()} <= {(face.vector_digest, face.face_id) for face in faces}
        # A user and its faces know each other, and its vector stands for exactly these.
        assert {(face.user_id, face.face_id) for face in faces if face.user_id} == {
            (user.user_id, one) for user in users for one in user.face_ids
        }
        by_id = {face.face_id: face for face in faces}
        means = self.users.get(generation, [user.vector_id for user in users if user.vector_id])
        for user in users:
            assert (user.vector_id is None) == (not user.face_ids)
            assert user.status == (UserStatus.ACTIVE if user.face_ids else UserStatus.CREATED)
            if user.vector_id:
                total = np.sum([vectors[by_id[one].vector_id].astype(np.float64) for one in user.face_ids], axis=0)
                np.testing.assert_allclose(means[user.vector_id], total / np.linalg.norm(total), atol=1e-6)
        # No search result without record, and every record is found.
        for face in faces[:3]:
            matches = self.gallery.search(name, vectors[face.vector_id], limit=len(faces) + 5, threshold=0)
            assert sorted(match.record.face_id for match in matches) == sorted(by_id)
            percents = [match.similarity for match in matches]
            assert percents == sorted(percents, reverse=True)
        for user in [user for user in users if user.vector_id][:3]:
            found = self.members.search(name, means[user.vector_id or ""], limit=len(users) + 5, threshold=0)
            assert sorted(match.record.user_id for match in found) == sorted(user.user_id for user in users if user.face_ids)

    def check_swept(self) -> None:
        """Sweep when all that was going on has ended: then vectors and records name each other exactly."""
        self.clock.turn(seconds=7200)
        self.janitor.sweep()
        self.check()
        collections = self.gallery.list_collections(None, 1000).items
        for rows in (self.faces, self.users):
            assert {generation for generation, table in rows.tables.items() if table} <= {one.generation for one in collections}
        for one in collections:
            assert sorted(self.faces.ids(one.generation)) == sorted(face.vector_id for face in self.all_faces(one.collection_id))
            assert sorted(self.users.ids(one.generation)) == sorted(
                user.vector_id for user in self.all_users(one.collection_id) if user.vector_id
            )
        assert self.records.deleted() == []


@contextmanager
def stages(kind: str) -> Iterator[Callable[..., Stage]]:
    """Makes stages, each in place of the one before; `kind` is the implementation of Collections."""
    if kind == "memory":

        def in_memory(**limits: Any) -> Stage:
            fuse, clock = Fuse(), Clock()
            return Stage(Wired(MemoryCollections(clock), fuse), fuse, clock, **limits)

        yield in_memory
        return
    with small_cloud() as cloud:
        client = cloud.clients.dynamodb
        lock = threading.RLock()

        def in_dynamodb(**limits: Any) -> Stage:
            fuse, clock, table = Fuse(), Clock(), "collections"
            # Every transaction of moto copies every table there is.
            for other in client.list_tables()["TableNames"]:
                client.delete_table(TableName=other)
            client.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            wired = cast("Any", Wired(client, fuse, lock))
            return Stage(CollectionStore(wired, table, clock, lambda _: None), fuse, clock, **limits)

        yield in_dynamodb


def directions(count: int, seed: int = 0) -> list[Vector]:
    """That many different unit vectors, not far from each other."""
    rng = np.random.default_rng(seed)
    return [unit(1, *(0.2 * rng.normal(size=EMBEDDING.size - 1))) for _ in range(count)]

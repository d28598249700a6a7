"""Collections, their tags, and the names of the faces and users in them: all that needs no vector (SPEC R62 to R65, R67, R73, R78)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Collection as Several
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from trackway.errors import AlreadyThere, Conflict, NoSuchCollection, NoSuchUser, OtherEmbedding, QuotaExceeded
from trackway.identity.claims import Request
from trackway.identity.ports import Collections
from trackway.identity.records import Collection, Embedding, FaceRecord, UserRecord

__all__ = ["ATTEMPTS", "TAGS", "Catalogue", "Page"]

Item = TypeVar("Item")

TAGS = 200
"""Tags of one collection (SPEC R62)."""

ATTEMPTS = 20
"""How often a change is tried anew when others change the same thing in between."""


class Page(NamedTuple, Generic[Item]):
    """Part of a list.

    Attributes:
        items: in the order of their names.
        after: where the next page begins; None where this one is the last.
    """

    items: list[Item]
    after: str | None


class Catalogue:
    """All collections of a deployment.

    Args:
        records: where they are kept.
        embedding: what makes the vectors of new collections, and of questions.
        collection_faces: faces that one collection may have.
        collection_users: users that one collection may have.
        claim_days: for how long a ClientRequestToken is kept.
        clock: epoch seconds.
        new_id: 32 random hexadecimal digits.
    """

    def __init__(
        self,
        records: Collections,
        *,
        embedding: Embedding,
        collection_faces: int = 20_000_000,
        collection_users: int = 10_000_000,
        claim_days: float = 7.0,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.records = records
        self.embedding = embedding
        self.collection_faces = collection_faces
        self.collection_users = collection_users
        self.clock = clock
        self.new_id = new_id
        self._claim_days = claim_days

    def create(self, collection_id: str, tags: Mapping[str, str]) -> Collection:
        """A new, empty collection, for the vectors of `embedding` for life (SPEC R62, R80).

        Raises:
            AlreadyThere: there is one of that name.
            QuotaExceeded: more than 200 tags.
        """
        _check_tags(tags)
        collection = Collection(
            collection_id=collection_id,
            generation=self.new_id(),
            embedding=self.embedding,
            created_at=int(self.clock() * 1000),
            tags=dict(tags),
        )
        if not self.records.create(collection):
            raise AlreadyThere(f"The collection id: {collection_id} already exists")
        return collection

    def describe(self, collection_id: str) -> Collection:
        """The collection, with its counts (SPEC R64).

        Raises:
            NoSuchCollection: there is none of that name.
        """
        collection = self.records.get(collection_id)
        if collection is None:
            raise _no_such_collection(collection_id)
        return collection

    def open(self, collection_id: str) -> Collection:
        """The collection, whose vectors may be compared with those of `embedding` (SPEC R80).

        Raises:
            NoSuchCollection: there is none of that name.
            OtherEmbedding: it holds vectors of another network.
        """
        collection = self.describe(collection_id)
        _check_embedding(collection, self.embedding)
        return collection

    def list_collections(self, after: str | None, limit: int) -> Page[Collection]:
        """Collections by name (SPEC R63)."""
        found = self.records.list_collections(after, limit + 1)
        return _page(found, limit, lambda collection: collection.collection_id)

    def delete(self, collection_id: str) -> None:
        """Remove the collection and everything in it: gone from every answer at once, from the stores by `Janitor` (SPEC R65).

        Raises:
            NoSuchCollection: there is none of that name.
        """
        if not self.records.delete(self.describe(collection_id), int(self.clock() * 1000)):
            raise _no_such_collection(collection_id)

    def tag(self, collection_id: str, tags: Mapping[str, str]) -> None:
        """Add tags, replacing those of the same keys (SPEC R78).

        Raises:
            NoSuchCollection: there is none of that name.
            QuotaExceeded: it would have more than 200 tags.
        """
        self._change_tags(collection_id, lambda present: {**present, **tags})

    def untag(self, collection_id: str, keys: Several[str]) -> None:
        """Remove tags; those that are not there are passed over (SPEC R78).

        Raises:
            NoSuchCollection: there is none of that name.
        """
        self._change_tags(collection_id, lambda present: {key: value for key, value in present.items() if key not in keys})

    def _change_tags(self, collection_id: str, changed: Callable[[dict[str, str]], dict[str, str]]) -> None:
        for _ in range(ATTEMPTS):
            collection = self.describe(collection_id)
            tags = changed(collection.tags)
            _check_tags(tags)
            if tags == collection.tags or self.records.set_tags(collection, tags):
                return
        raise Conflict(f"Others change the tags of collection {collection_id} again and again. Try again.")

    def list_faces(
        self, collection_id: str, after: str | None, limit: int, *, user_id: str | None = None, face_ids: Several[str] = ()
    ) -> Page[FaceRecord]:
        """Faces by id: all, or only a user's, or only those named, or those that are both (SPEC R67).

        Ids that are not there are passed over.

        Raises:
            NoSuchCollection: there is none of that name.
            NoSuchUser: there is none of that name in it.
        """
        collection = self.describe(collection_id)
        if user_id is None and not face_ids:
            found = self.records.list_faces(collection.generation, after, limit + 1)
        else:
            wanted = set(face_ids)
            if user_id is not None:
                associated = self.user(collection, user_id).face_ids
                wanted = wanted & set(associated) if wanted else set(associated)
            # Deleted ones do not count towards the page, so all are read: at most 4,096.
            known = self.records.get_faces(collection.generation, [one for one in wanted if after is None or one > after])
            found = sorted(known.values(), key=lambda face: face.face_id)
        return _page(found, limit, lambda face: face.face_id)

    def create_user(self, collection_id: str, user_id: str, *, token: str | None = None) -> None:
        """A new user without faces (SPEC R73).

        Raises:
            NoSuchCollection: there is none of that name.
            Conflict: there is a user of that name, unless this very request made it.
            QuotaExceeded: the collection has as many users as it may.
            TokenReused: the token came with other parameters.
        """
        request = self.request("CreateUser", token, collection_id, user_id)
        if request.answered(self.records) is not None:
            return
        collection = self.describe(collection_id)
        with self.changing(collection, f"{self.collection_users} users"):
            user = UserRecord(user_id=user_id)
            created = self.records.create_user(collection, user, at_most=self.collection_users, claim=request.claim(b"{}"))
        # The same request at the same time may have been faster.
        if not created and request.answered(self.records) is None:
            raise Conflict(f"The user id: {user_id} already exists")

    def user(self, collection: Collection, user_id: str) -> UserRecord:
        """A user of a collection.

        Raises:
            NoSuchUser: there is none of that name.
        """
        user = self.records.get_users(collection.generation, [user_id]).get(user_id)
        if user is None:
            raise NoSuchUser(f"The user id: {user_id} does not exist in collection {collection.collection_id}")
        return user

    def list_users(self, collection_id: str, after: str | None, limit: int) -> Page[UserRecord]:
        """Users by name (SPEC R73).

        Raises:
            NoSuchCollection: there is none of that name.
        """
        found = self.records.list_users(self.describe(collection_id).generation, after, limit + 1)
        return _page(found, limit, lambda user: user.user_id)

    def request(self, operation: str, token: str | None, *parameters: Any) -> Request:
        """A request that may come again."""
        return Request(operation, token, list(parameters), int(self.clock() + self._claim_days * 86400))

    @contextmanager
    def changing(self, collection: Collection, most: str = "") -> Iterator[None]:
        """Say in our words why the records refused a change inside a collection.

        Args:
            collection: which.
            most: what it may have at most.

        Raises:
            NoSuchCollection: it is gone meanwhile.
            QuotaExceeded: it would have more than it may.
        """
        try:
            yield
        except LookupError as error:
            raise _no_such_collection(collection.collection_id) from error
        except OverflowError as error:
            raise QuotaExceeded(
                f"The collection {collection.collection_id} would exceed the limit of {most}. Delete some first."
            ) from error


def _check_embedding(collection: Collection, embedding: Embedding) -> None:
    """Refuse vectors of another network than the collection's (SPEC R80).

    Raises:
        OtherEmbedding: they are.
    """
    if collection.embedding.digest != embedding.digest or collection.embedding.size != embedding.size:
        raise OtherEmbedding(
            f"The collection {collection.collection_id} holds vectors of {_name(collection.embedding)}; got {_name(embedding)}."
            " Vectors of two networks cannot be compared. Create a collection with this model and index the images anew."
        )


def _name(embedding: Embedding) -> str:
    return f"{embedding.title} {embedding.version} ({embedding.digest[:12]}, {embedding.size} numbers)"


def _no_such_collection(collection_id: str) -> NoSuchCollection:
    return NoSuchCollection(f"The collection id: {collection_id} does not exist")


def _check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > TAGS:
        raise QuotaExceeded(f"Expected at most {TAGS} tags on a collection, found {len(tags)}. Remove some.")


def _page(found: Sequence[Item], limit: int, name: Callable[[Item], str]) -> Page[Item]:
    """The first `limit` of a list that goes on where it has more."""
    items = list(found[:limit])
    return Page(items, name(items[-1]) if items and len(found) > limit else None)

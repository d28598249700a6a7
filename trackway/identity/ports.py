"""What a gallery needs from the outside; `trackway.store` has the implementations for DynamoDB and LanceDB."""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from trackway.identity.records import Collection, FaceRecord, UserRecord, Vector

__all__ = ["FACES_AT_ONCE", "Claim", "Collections", "Deleted", "Found", "VectorRow", "Vectors"]

FACES_AT_ONCE = 90
"""Faces that one change of a user may name, so that it fits a transaction."""


class VectorRow(NamedTuple):
    """A vector as it is stored.

    Attributes:
        vector_id: unique; the time of its making and chance.
        owner_id: the face or the user it stands for.
        vector: unit vector.
    """

    vector_id: str
    owner_id: str
    vector: Vector


class Found(NamedTuple):
    """A neighbour of a question, best first.

    Attributes:
        vector_id, owner_id: of the row.
        cosine: with the question.
    """

    vector_id: str
    owner_id: str
    cosine: float


class Vectors(Protocol):
    """The vectors of one kind ("faces" or "users") of all collections, each collection in a table of its own, by its generation.

    Every reader sees every write that ended before it began. Writers never wait for each other and lose nothing. A table that is not there,
    or is dropped meanwhile, is an empty one to every reader.
    """

    def add(self, generation: str, rows: Sequence[VectorRow], *, size: int) -> None:
        """Append rows; the table is made by its first rows."""

    def remove(self, generation: str, vector_ids: Several[str]) -> None:
        """Remove rows; those that are not there are passed over."""

    def get(self, generation: str, vector_ids: Several[str]) -> dict[str, Vector]:
        """Vectors by their ids; those that are not there are left out."""

    def search(self, generation: str, vector: Vector, limit: int) -> list[Found]:
        """The `limit` nearest rows, best first: exact up to 10,000 rows, by an index beyond."""

    def count(self, generation: str) -> int:
        """How many rows there are, orphans included."""

    def ids(self, generation: str) -> Iterable[str]:
        """The vector_id of every row, orphans included."""

    def drop(self, generation: str) -> None:
        """Remove the whole table, if there is one."""

    def maintain(self, generation: str) -> None:
        """Compact files and bring the index up to date; may take minutes, disturbs nobody."""


class Claim(NamedTuple):
    """A ClientRequestToken that a request has used, and what it was answered (SPEC R15, R73).

    Attributes:
        operation: tokens of different operations are strangers.
        token: as the client chose it.
        fingerprint: of the other parameters of that request.
        answer: of the operation, as JSON.
        expires_at: epoch seconds from which the token may be used anew.
    """

    operation: str
    token: str
    fingerprint: str
    answer: bytes
    expires_at: int


class Deleted(NamedTuple):
    """A mark that a collection was deleted.

    Attributes:
        generation: whose rows and vectors are to be removed.
        at: epoch milliseconds.
    """

    generation: str
    at: int


class Collections(Protocol):
    """Records of collections, faces and users. Every change is one transaction, or several in which nothing depends on another.

    A change of anything inside a collection raises LookupError where that generation of the collection is gone, and OverflowError where it
    would have more than `at_most`. A claim is put together with the change, and counts as taken only where it has not expired.
    """

    def create(self, collection: Collection) -> bool:
        """False where one of that name is there already."""

    def get(self, collection_id: str) -> Collection | None:
        """The collection, read consistently, with its counts."""

    def list_collections(self, after: str | None, limit: int) -> list[Collection]:
        """Collections by name, from the first one after `after`."""

    def delete(self, collection: Collection, at: int) -> bool:
        """Forget the collection at once and leave a mark, dated `at` (epoch milliseconds); False where it is gone already."""

    def deleted(self) -> list[Deleted]:
        """The marks of collections that were deleted."""

    def remove_rows(self, generation: str) -> None:
        """Remove all faces and users of a deleted generation; the mark stays."""

    def remove_mark(self, generation: str) -> None:
        """Forget that a generation was deleted."""

    def set_tags(self, collection: Collection, tags: Mapping[str, str]) -> bool:
        """Replace the tags; False where they are no longer as in `collection`."""

    def put_faces(self, collection: Collection, faces: Sequence[FaceRecord], *, at_most: int) -> list[FaceRecord]:
        """Record faces of different ids and count them; returns those recorded now, not those whose face_id was there already."""

    def get_faces(self, generation: str, face_ids: Several[str]) -> dict[str, FaceRecord]:
        """Faces by their ids, read consistently; those that are not there are left out."""

    def list_faces(self, generation: str, after: str | None, limit: int) -> list[FaceRecord]:
        """Faces by their ids, from the first one after `after`."""

    def find_vectors(self, generation: str, digests: Several[str]) -> dict[str, str]:
        """For every digest that a recorded face has as `vector_digest`, the id of such a face."""

    def delete_faces(self, collection: Collection, faces: Sequence[FaceRecord]) -> list[FaceRecord]:
        """Forget faces that are associated to nobody; returns those forgotten now, not those that are gone, new or associated meanwhile."""

    def create_user(self, collection: Collection, user: UserRecord, *, at_most: int, claim: Claim | None = None) -> bool:
        """False where one of that name is there already, or the claim is taken."""

    def get_users(self, generation: str, user_ids: Several[str]) -> dict[str, UserRecord]:
        """Users by their names, read consistently; those that are not there are left out."""

    def list_users(self, generation: str, after: str | None, limit: int) -> list[UserRecord]:
        """Users by their names, from the first one after `after`."""

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
        """Replace a user's record and set or clear `user_id` of the named faces, at most FACES_AT_ONCE, all or nothing.

        False where the user is no longer as `before`, a face to attach is gone or somebody's, one to detach is not this user's, or the
        claim is taken.
        """

    def delete_user(self, collection: Collection, user: UserRecord, *, claim: Claim | None = None) -> bool:
        """Forget a user and free its faces, at most FACES_AT_ONCE; False where it is no longer as given, or the claim is taken."""

    def find_claim(self, operation: str, token: str) -> Claim | None:
        """Who used this token within its lifetime."""

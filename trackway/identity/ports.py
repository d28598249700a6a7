"""What a gallery needs from the outside; `trackway.store` has the implementations for DynamoDB and LanceDB."""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from trackway.identity.records import Collection, FaceRecord, UserRecord, Vector

__all__ = ["Collections", "Found", "VectorRow", "Vectors"]


class VectorRow(NamedTuple):
    """A vector as it is stored.

    Attributes:
        vector_id: random, unique.
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

    Every reader sees every write that ended before it began. Writers never wait for each other and lose nothing.
    """

    def add(self, generation: str, rows: Sequence[VectorRow], *, size: int) -> None:
        """Append rows; the table is made by its first rows."""

    def remove(self, generation: str, vector_ids: Several[str]) -> None:
        """Remove rows; those that are not there are passed over."""

    def get(self, generation: str, vector_ids: Several[str]) -> dict[str, Vector]:
        """Vectors by their ids; those that are not there are left out."""

    def search(self, generation: str, vector: Vector, limit: int) -> list[Found]:
        """The `limit` nearest rows, best first: exact up to 10,000 rows, by an index beyond."""

    def drop(self, generation: str) -> None:
        """Remove the whole table, if there is one."""

    def maintain(self, generation: str) -> None:
        """Compact files and bring the index up to date; may take minutes, disturbs nobody."""


class Collections(Protocol):
    """Records of collections, faces and users. Every change is one conditional write or one transaction."""

    def create(self, collection: Collection) -> bool:
        """False where one of that name is there already."""

    def get(self, collection_id: str) -> Collection | None:
        """The collection, read consistently, with its counts."""

    def list_collections(self, after: str | None, limit: int) -> list[Collection]:
        """Collections by name, from the first one after `after`."""

    def delete(self, collection: Collection) -> bool:
        """Forget the collection at once and leave a mark that its rows and vectors are to be removed; False where it is gone already."""

    def deleted(self) -> list[str]:
        """Generations that were deleted and not yet removed."""

    def remove_rows(self, generation: str) -> None:
        """Remove all faces and users of a deleted generation, then its mark."""

    def change_tags(self, collection: Collection, put: Mapping[str, str], remove: Iterable[str]) -> dict[str, str] | None:
        """The tags afterwards; None where the collection is gone."""

    def put_faces(self, collection: Collection, faces: Sequence[FaceRecord]) -> list[FaceRecord]:
        """Record faces and count them; returns those that were recorded now, not those whose face_id was there already.

        Raises:
            LookupError: the collection is gone.
        """

    def get_faces(self, generation: str, face_ids: Several[str]) -> dict[str, FaceRecord]:
        """Faces by their ids, read consistently; those that are not there are left out."""

    def list_faces(self, generation: str, after: str | None, limit: int) -> list[FaceRecord]:
        """Faces by their ids, from the first one after `after`."""

    def delete_face(self, collection: Collection, face: FaceRecord) -> bool:
        """Forget a face that is associated to nobody; False where it is gone or associated meanwhile."""

    def create_user(self, collection: Collection, user: UserRecord) -> bool:
        """False where one of that name is there already."""

    def get_user(self, generation: str, user_id: str) -> UserRecord | None:
        """The user, read consistently."""

    def get_users(self, generation: str, user_ids: Several[str]) -> dict[str, UserRecord]:
        """Users by their ids, read consistently; those that are not there are left out."""

    def list_users(self, generation: str, after: str | None, limit: int) -> list[UserRecord]:
        """Users by their names, from the first one after `after`."""

    def change_user(
        self, collection: Collection, before: UserRecord, after: UserRecord, *, attach: Several[str], detach: Several[str]
    ) -> bool:
        """Replace a user's record and set or clear `user_id` of the named faces, all or nothing.

        False where the user is no longer as `before`, a face to attach is gone or another's, or one to detach is not this user's.
        """

    def delete_user(self, collection: Collection, user: UserRecord) -> bool:
        """Forget a user and free its faces; False where it is no longer as given."""

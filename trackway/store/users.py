"""Users in DynamoDB, and the ClientRequestTokens of what changes them; the layout of the table is in `trackway.store.collections`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from collections.abc import Collection as Several
from typing import TYPE_CHECKING, Any

import msgspec

from trackway.identity.ports import Claim
from trackway.identity.records import Collection, UserRecord
from trackway.store.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

__all__ = ["COLLECTIONS", "UserStore", "faces_of", "users_of"]

COLLECTIONS = "COLLECTIONS"
_META = "META"


def faces_of(generation: str) -> str:
    """Partition of a collection's faces."""
    return f"FACES#{generation}"


def users_of(generation: str) -> str:
    """Partition of a collection's users."""
    return f"USERS#{generation}"


class UserStore:
    """The users of all collections.

    Args:
        client: DynamoDB.
        table: name of the table.
        clock: epoch seconds; a claim that has expired by it is not there, even where DynamoDB has not deleted it yet.
        sleep: waits for so many seconds, where the table is busy.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = Table(client, table, sleep)
        self._clock = clock

    def create_user(self, collection: Collection, user: UserRecord, *, at_most: int, claim: Claim | None = None) -> bool:
        """False where one of that name is there already, or the claim is taken.

        Raises:
            LookupError: the collection is gone.
            OverflowError: it has as many users as it may.
        """
        put = self._table.put(_item(collection, user), "attribute_not_exists(pk)")
        return not self._changed_inside(collection, [put, *self._claimed(claim)], users=1, at_most=at_most)

    def get_users(self, generation: str, user_ids: Several[str]) -> dict[str, UserRecord]:
        """Users by their names, read consistently; those that are not there are left out."""
        return {item["sk"]: msgspec.convert(item, UserRecord) for item in self._table.get_many(users_of(generation), user_ids)}

    def list_users(self, generation: str, after: str | None, limit: int) -> list[UserRecord]:
        """Users by their names, from the first one after `after`."""
        return [msgspec.convert(item, UserRecord) for item in self._table.query(users_of(generation), after, limit)]

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
        """Replace a user's record and set or clear `user_id` of the named faces, all or nothing.

        False where the user is no longer as `before`, a face to attach is gone or somebody's, one to detach is not this user's, or the
        claim is taken.

        Raises:
            LookupError: the collection is gone.
        """
        put = self._table.put(_item(collection, after), *_unchanged(before))
        partition, given = faces_of(collection.generation), {":user": before.user_id}
        is_free = "attribute_exists(pk) AND attribute_not_exists(userId)"
        attached = [self._table.update(partition, face_id, "SET userId = :user", is_free, given) for face_id in attach]
        writes = [put, *attached, *self._freed(collection, before.user_id, detach), *self._claimed(claim)]
        return not self._changed_inside(collection, writes)

    def delete_user(self, collection: Collection, user: UserRecord, *, claim: Claim | None = None) -> bool:
        """Forget a user and free its faces; False where it is no longer as given, or the claim is taken.

        Raises:
            LookupError: the collection is gone.
        """
        deletion = self._table.delete(users_of(collection.generation), user.user_id, *_unchanged(user))
        writes = [deletion, *self._freed(collection, user.user_id, user.face_ids), *self._claimed(claim)]
        return not self._changed_inside(collection, writes, users=-1)

    def find_claim(self, operation: str, token: str) -> Claim | None:
        """Who used this token within its lifetime."""
        item = self._table.get(_claim_partition(operation, token), _META)
        if item is None or item["expires_at"] <= self._clock():
            return None
        return Claim(operation, token, item["fingerprint"], item["answer"], item["expires_at"])

    def _changed_inside(
        self,
        collection: Collection,
        writes: Iterable[TransactWriteItemTypeDef],
        *,
        faces: int = 0,
        users: int = 0,
        at_most: int | None = None,
    ) -> set[int]:
        """Do writes inside a collection and count what they add; returns which of them had a condition that was not met.

        Args:
            collection: as its maker read it.
            writes: at most 99.
            faces, users: how many more there are afterwards.
            at_most: how many there may be.

        Raises:
            LookupError: the collection is gone.
            OverflowError: it has no room, and nothing else was in the way.
        """
        refused = self._table.transact([self._counted(collection, faces, users, at_most), *writes])
        if 0 in refused:
            item = self._table.get(COLLECTIONS, collection.collection_id)
            if item is None or item["generation"] != collection.generation:
                raise LookupError(collection.collection_id)
            if refused == {0}:
                raise OverflowError(collection.collection_id)
        return {number - 1 for number in refused if number}

    def _counted(self, collection: Collection, faces: int, users: int, at_most: int | None) -> TransactWriteItemTypeDef:
        given: dict[str, Any] = {":generation": collection.generation}
        if not faces and not users:
            return self._table.check(COLLECTIONS, collection.collection_id, "generation = :generation", given)
        what, more = ("faces", faces) if faces else ("users", users)
        condition = "generation = :generation"
        if at_most is not None:
            condition += " AND #count <= :room"
            given[":room"] = at_most - more
        given[":more"] = more
        return self._table.update(
            COLLECTIONS, collection.collection_id, "SET #count = #count + :more", condition, given, names={"#count": what}
        )

    def _freed(self, collection: Collection, user_id: str, face_ids: Iterable[str]) -> list[TransactWriteItemTypeDef]:
        partition = faces_of(collection.generation)
        return [self._table.update(partition, face_id, "REMOVE userId", "userId = :user", {":user": user_id}) for face_id in face_ids]

    def _claimed(self, claim: Claim | None) -> list[TransactWriteItemTypeDef]:
        if claim is None:
            return []
        key = {"pk": _claim_partition(claim.operation, claim.token), "sk": _META}
        values = {"fingerprint": claim.fingerprint, "answer": claim.answer, "expires_at": claim.expires_at}
        return [self._table.put({**key, **values}, "attribute_not_exists(pk) OR expires_at <= :now", {":now": int(self._clock())})]


def _item(collection: Collection, user: UserRecord) -> dict[str, Any]:
    return {"pk": users_of(collection.generation), "sk": user.user_id, **msgspec.to_builtins(user)}


def _unchanged(user: UserRecord) -> tuple[str, dict[str, Any]]:
    """The condition that a user is as it was read: its vector's id tells."""
    if user.vector_id is None:
        return "attribute_exists(pk) AND attribute_not_exists(vectorId)", {}
    return "vectorId = :vector", {":vector": user.vector_id}


def _claim_partition(operation: str, token: str) -> str:
    return f"TOKEN#{operation}#{token}"

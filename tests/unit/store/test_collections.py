"""Collections in DynamoDB: exact values, answers in part, transactions that meet, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import Cloud
from tests.galleries import EMBEDDING
from trackway.errors import SystemFault
from trackway.identity.records import Collection, FaceRecord, UserRecord, UserStatus
from trackway.store.collections import CollectionStore
from trackway.store.table import Table, chunks

C = Collection(collection_id="c", generation="g", embedding=EMBEDDING, created_at=1, tags={"k": ""})


def face(number: int, digest: str | None = None, **given: Any) -> FaceRecord:
    return FaceRecord(
        face_id=f"face-{number:04}", vector_id=f"vector-{number}", vector_digest=digest or f"digest-{number}", image_id="image",
        box=(0.1, 1 / 3, -0.25, 1e-7), confidence=99.98765563964844, **given,
    )  # fmt: skip


class Partial:
    """A throttled table: batches are answered for their first half, transactions conflict at first."""

    def __init__(self, client: Any, conflicts: int = 0, code: str = "TransactionConflict") -> None:
        self._client, self._conflicts, self._code = client, conflicts, code
        self.exceptions = client.exceptions
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**given: Any) -> Any:
            self.calls.append(name)
            if name == "transact_write_items":
                assert len(given["TransactItems"]) <= 100
                if self._conflicts:
                    self._conflicts -= 1
                    answer: Any = {
                        "Error": {"Code": "TransactionCanceledException"},
                        "CancellationReasons": [{"Code": self._code}, {"Code": "None"}],
                    }
                    raise self.exceptions.TransactionCanceledException(answer, name)
            if name in ("batch_get_item", "batch_write_item"):
                ((table, request),) = given["RequestItems"].items()
                items = request["Keys"] if name == "batch_get_item" else request
                assert len(items) <= (100 if name == "batch_get_item" else 25)
                done, rest = items[: len(items) // 2 + 1], items[len(items) // 2 + 1 :]
                whole = {"Keys": done, "ConsistentRead": True} if name == "batch_get_item" else done
                answer = getattr(self._client, name)(RequestItems={table: whole})
                left = {"Keys": rest} if name == "batch_get_item" else rest
                return answer | {"UnprocessedKeys" if name == "batch_get_item" else "UnprocessedItems": {table: left} if rest else {}}
            return getattr(self._client, name)(**given)

        return call


def over(cloud: Cloud, client: Any = None) -> CollectionStore:
    return CollectionStore(client or cloud.clients.dynamodb, cloud.table, cloud.clock, lambda _: None)


def test_values_come_back_exactly(cloud: Cloud) -> None:
    store = over(cloud)
    assert store.create(C)
    assert not store.create(C)
    faces = [face(1, external_image_id="a:b"), face(2)]
    assert store.put_faces(C, faces, at_most=9) == faces
    assert store.get_faces("g", ["face-0001", "face-0002", "none"]) == {one.face_id: one for one in faces}
    user = UserRecord(user_id="u")
    assert store.create_user(C, user, at_most=9)
    after = UserRecord(user_id="u", status=UserStatus.ACTIVE, face_ids=("face-0002", "face-0001"), vector_id="v")
    assert store.change_user(C, user, after, attach=after.face_ids)
    assert not store.change_user(C, user, after, attach=after.face_ids)
    assert store.get_users("g", ["u"]) == {"u": after}
    found = store.get("c")
    assert found is not None
    assert (found.faces, found.users, found.tags, found.embedding) == (2, 1, {"k": ""}, EMBEDDING)


def test_many_faces_through_a_throttled_table(cloud: Cloud) -> None:
    partial = Partial(cloud.clients.dynamodb, conflicts=3)
    store = over(cloud, partial)
    assert store.create(C)
    faces = [face(number, digest=f"digest-{number % 70}") for number in range(130)]
    assert store.put_faces(C, faces[:60], at_most=200) == faces[:60]
    assert store.put_faces(C, faces, at_most=200) == faces[60:]
    assert store.get_faces("g", [one.face_id for one in faces]) == {one.face_id: one for one in faces}
    assert len(store.find_vectors("g", {one.vector_digest for one in faces})) == 70
    assert store.list_faces("g", "face-0009", 2) == faces[10:12]
    assert store.delete_faces(C, faces[:100]) == faces[:100]
    assert store.delete_faces(C, faces[90:110]) == faces[100:110]
    present = store.get("c")
    assert present is not None
    assert present.faces == 20
    assert store.delete(present, 7)
    assert store.deleted() == [("g", 7)]
    store.remove_rows("g")
    store.remove_mark("g")
    assert cloud.clients.dynamodb.scan(TableName=cloud.table)["Items"] == []


def test_a_deleted_face_leaves_nothing(cloud: Cloud) -> None:
    store = over(cloud)
    store.create(C)
    before = cloud.clients.dynamodb.scan(TableName=cloud.table)["Items"]
    faces = [face(1, digest="same"), face(2, digest="same"), face(3)]
    store.put_faces(C, faces, at_most=9)
    assert store.delete_faces(C, faces[:1]) == faces[:1]
    assert store.find_vectors("g", ["same", "digest-3", "none"]) == {"same": "face-0002", "digest-3": "face-0003"}
    assert store.delete_faces(C, faces) == faces[1:]
    assert cloud.clients.dynamodb.scan(TableName=cloud.table)["Items"] == before


def test_nothing_is_added_to_a_collection_that_is_gone_or_full(cloud: Cloud) -> None:
    store = over(cloud)
    store.create(C)
    with pytest.raises(OverflowError):
        store.put_faces(C, [face(1), face(2)], at_most=1)
    store.put_faces(C, [face(1)], at_most=1)
    assert store.put_faces(C, [face(1)], at_most=1) == []
    assert store.delete(C, 1)
    assert not store.delete(C, 1)
    for change in (
        lambda: store.put_faces(C, [face(2)], at_most=9),
        lambda: store.delete_faces(C, [face(1)]),
        lambda: store.create_user(C, UserRecord(user_id="u"), at_most=9),
        lambda: store.change_user(C, UserRecord(user_id="u"), UserRecord(user_id="u")),
        lambda: store.delete_user(C, UserRecord(user_id="u")),
    ):
        with pytest.raises(LookupError):
            change()
    assert not store.set_tags(C, {})


def test_a_table_that_stays_busy_is_our_fault(cloud: Cloud) -> None:
    pauses: list[float] = []
    table = Table(Partial(cloud.clients.dynamodb, conflicts=10**6), cloud.table, pauses.append)  # type: ignore[arg-type]
    with pytest.raises(SystemFault, match="again and again"):
        table.transact([table.put({"pk": "p", "sk": "s"})])
    assert 20 < len(pauses) < 100
    assert max(pauses) <= 5
    strange = Table(Partial(cloud.clients.dynamodb, conflicts=1, code="ValidationError"), cloud.table)  # type: ignore[arg-type]
    with pytest.raises(cloud.clients.dynamodb.exceptions.TransactionCanceledException):
        strange.transact([strange.put({"pk": "p", "sk": "s"})])


def test_pages_of_a_query_are_read_on(cloud: Cloud) -> None:
    table = Table(cloud.clients.dynamodb, cloud.table)
    # More than a megabyte: DynamoDB answers in several parts.
    for number in range(12):
        table.transact([table.put({"pk": "p", "sk": f"{number:02}", "data": b"x" * 200_000})])
    assert [item["sk"] for item in table.query("p")] == [f"{number:02}" for number in range(12)]
    assert [item["sk"] for item in table.query("p", "02", 8)] == [f"{number:02}" for number in range(3, 11)]


def test_chunks() -> None:
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks([], 2)) == []

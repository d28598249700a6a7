"""The DynamoDB table, whose requests may be answered in part or refused for a moment: asked again until they are done."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from trackway.errors import SystemFault
from trackway.store.attributes import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, WriteRequestUnionTypeDef

__all__ = ["Table", "chunks"]

_GET_ITEMS = 100  # DynamoDB's limits per request
_WRITE_ITEMS = 25
_REFUSED = "ConditionalCheckFailed"
_MOMENTARY = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
# The longest pauses between tries, in seconds: about a minute in all where a table is throttled, never long where writers only meet.
_PAUSES_SECONDS = (0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, *[5.0] * 22)

Item = TypeVar("Item")


class Table:
    """One table.

    Args:
        client: DynamoDB.
        name: of the table.
        sleep: waits for so many seconds.
    """

    def __init__(self, client: DynamoDBClient, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep
        self._chance = random.SystemRandom()
        self.name = name

    def get(self, partition: str, sort: str) -> dict[str, Any] | None:
        """One item, read consistently."""
        answer = self._client.get_item(TableName=self.name, Key=to_item({"pk": partition, "sk": sort}), ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, partition: str, sorts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Items of a partition by their sort keys, in any order, read consistently; those that are not there are left out.

        Raises:
            SystemFault: the table stays throttled.
        """
        for some in chunks([to_item({"pk": partition, "sk": sort}) for sort in set(sorts)], _GET_ITEMS):
            keys: Sequence[Any] = some
            for _ in self._tries():
                answer = self._client.batch_get_item(RequestItems={self.name: {"Keys": keys, "ConsistentRead": True}})
                yield from map(from_item, answer["Responses"].get(self.name, []))
                rest = answer.get("UnprocessedKeys", {})
                if self.name not in rest:
                    break
                keys = rest[self.name]["Keys"]

    def query(self, partition: str, after: str | None = None, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Items of a partition by their sort keys, read consistently.

        Args:
            partition: which.
            after: only those behind this sort key.
            limit: items at most.
        """
        given: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk" if after is None else "pk = :pk AND sk > :after",
            "ExpressionAttributeValues": to_item({":pk": partition, ":after": after}),
        }
        count = 0
        while limit is None or count < limit:
            if limit is not None:
                given["Limit"] = limit - count
            answer = self._client.query(TableName=self.name, ConsistentRead=True, **given)
            yield from map(from_item, answer["Items"])
            count += len(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            given["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def transact(self, writes: Sequence[TransactWriteItemTypeDef]) -> set[int]:
        """Do all of the writes, or none.

        Args:
            writes: at most 100, each of another item.

        Returns:
            Which of them had a condition that was not met, if any; then nothing was done.

        Raises:
            SystemFault: others write the same items all the time, or the table stays throttled.
        """
        for _ in self._tries():
            try:
                self._client.transact_write_items(TransactItems=writes)
            except self._client.exceptions.TransactionCanceledException as error:
                codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
                refused = {number for number, code in enumerate(codes) if code == _REFUSED}
                if refused:
                    return refused
                if not codes or not set(codes) <= _MOMENTARY:
                    raise
            else:
                break
        return set()

    def remove_partition(self, partition: str) -> None:
        """Delete every item of a partition that nobody writes to any more.

        Raises:
            SystemFault: the table stays throttled.
        """
        keys = ({"pk": item["pk"], "sk": item["sk"]} for item in self.query(partition))
        for some in chunks(keys, _WRITE_ITEMS):
            requests: Sequence[WriteRequestUnionTypeDef] = [{"DeleteRequest": {"Key": to_item(key)}} for key in some]
            for _ in self._tries():
                answer = self._client.batch_write_item(RequestItems={self.name: requests})
                requests = answer.get("UnprocessedItems", {}).get(self.name, [])
                if not requests:
                    break

    def put(self, values: Mapping[str, Any], condition: str = "", given: Mapping[str, Any] | None = None) -> TransactWriteItemTypeDef:
        """A write that puts an item, with its pk and sk; `given` are the values of the condition, such as {":now": 1}."""
        return {"Put": {"TableName": self.name, "Item": to_item(values), **_conditional(condition, given)}}  # type: ignore[typeddict-item]

    def update(
        self,
        partition: str,
        sort: str,
        expression: str,
        condition: str = "",
        given: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> TransactWriteItemTypeDef:
        """A write that changes an item; `names` are attributes that DynamoDB's language has other uses for, such as {"#users": "users"}."""
        key = to_item({"pk": partition, "sk": sort})
        expressions = {"UpdateExpression": expression, **_conditional(condition, given)} | (
            {"ExpressionAttributeNames": names} if names else {}
        )
        return {"Update": {"TableName": self.name, "Key": key, **expressions}}  # type: ignore[typeddict-item]

    def delete(self, partition: str, sort: str, condition: str = "", given: Mapping[str, Any] | None = None) -> TransactWriteItemTypeDef:
        """A write that removes an item."""
        key = to_item({"pk": partition, "sk": sort})
        return {"Delete": {"TableName": self.name, "Key": key, **_conditional(condition, given)}}  # type: ignore[typeddict-item]

    def check(self, partition: str, sort: str, condition: str, given: Mapping[str, Any]) -> TransactWriteItemTypeDef:
        """No write, but a condition on an item."""
        key = to_item({"pk": partition, "sk": sort})
        return {"ConditionCheck": {"TableName": self.name, "Key": key, **_conditional(condition, given)}}  # type: ignore[typeddict-item]

    def _tries(self) -> Iterator[None]:
        """Tries, with pauses of chance between them, so that those who met do not meet again.

        Raises:
            SystemFault: there were too many.
        """
        for longest in _PAUSES_SECONDS:
            yield
            self._sleep(self._chance.uniform(0, longest))
        raise SystemFault("DynamoDB refused a request again and again; the table is throttled, or too many write the same collection.")


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`; the last may be shorter."""
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _conditional(condition: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    expressions: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    if given:
        expressions["ExpressionAttributeValues"] = to_item(given)
    return expressions

"""Requests counted in the table: pk RATE#<operation>#<caller>, sk the window's start, gone soon after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trackway.store.attributes import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["RateStore"]

_KEPT_SECONDS = 3600  # DynamoDB deletes late anyway


class RateStore:
    """Atomic counters, one for each operation, caller and window.

    Args:
        client: DynamoDB.
        table: name of the table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def count(self, operation: str, identity: str, window: int) -> int:
        """Count one request more; how many the window has now, this one included.

        Args:
            operation: by name.
            identity: whose requests are counted.
            window: epoch second at which it begins.
        """
        answer = self._client.update_item(
            TableName=self._table,
            Key=to_item({"pk": f"RATE#{operation}#{identity}", "sk": f"{window:012}"}),
            UpdateExpression="ADD requests :one SET expires_at = :end",
            ExpressionAttributeValues=to_item({":one": 1, ":end": window + _KEPT_SECONDS}),
            ReturnValues="UPDATED_NEW",
        )
        return int(from_item(answer["Attributes"])["requests"])

"""A DynamoDB table in this process that answers at once, so that what is timed is ours and botocore's."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["memory_client"]


def memory_client() -> DynamoDBClient:
    """A boto3 client whose requests are answered from memory after botocore has made them ready to be sent."""
    client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="s")
    items: dict[tuple[str, str], Any] = {}

    def answer(request: Any, **_: Any) -> Any:
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        asked = json.loads(request.body)
        match operation:
            case "PutItem":
                items[_key(asked["Item"])] = asked["Item"]
                content: Any = {}
            case "BatchWriteItem":
                items.update(
                    (_key(put["PutRequest"]["Item"]), put["PutRequest"]["Item"]) for puts in asked["RequestItems"].values() for put in puts
                )
                content = {}
            case "GetItem":
                content = {"Item": items[_key(asked["Key"])]}
            case "BatchGetItem":
                found = {table: [items[_key(key)] for key in some["Keys"]] for table, some in asked["RequestItems"].items()}
                content = {"Responses": found}
            case _:
                raise NotImplementedError(operation)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(json.dumps(content).encode()))

    client.meta.events.register("before-send.dynamodb", answer)
    return client


def _key(values: Any) -> tuple[str, str]:
    return values["pk"]["S"], values["sk"]["S"]


class _Body(io.BytesIO):
    """The body of an answer as urllib3 would stream it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()

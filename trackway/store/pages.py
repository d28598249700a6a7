"""Result pages in DynamoDB: pk JOB#<id>, sk PAGE#<version>#<series>#<first row>."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from trackway.errors import SystemFault
from trackway.jobs.record import JobRecord
from trackway.results.pages import Page, Series, block_start, pack, unpack
from trackway.store.attributes import to_item
from trackway.store.jobs import job_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestUnionTypeDef

__all__ = ["PageStore"]

_BATCH_ITEMS = 25  # DynamoDB's limit
_LONGEST_PAUSE_SECONDS = 5.0
_PATIENCE = 30  # attempts at the rest of a batch, about two minutes


class PageStore:
    """Pages of all jobs.

    Args:
        client: DynamoDB.
        table: name of the table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def write(self, record: JobRecord, series: Series, rows: Iterable[bytes], *, version: int = 1) -> int:
        """Write a whole series; the same rows write the same bytes under the same keys. Returns how many rows it has.

        Args:
            record: the job, whose expiry the pages share.
            series: which order.
            rows: every row of it, drawn as they are written.
            version: of the result.

        Raises:
            SystemFault: DynamoDB takes no more for minutes.
        """
        pages = pack(rows)
        count = 0
        while batch := list(itertools.islice(pages, _BATCH_ITEMS)):
            self._put([self._request(record, series, version, page) for page in batch])
            count += sum(page.rows for page in batch)
        return count

    def read(self, record: JobRecord, series: Series, offset: int, limit: int, byte_budget: int) -> list[bytes]:
        """Rows from `offset` on, at most `limit` and `byte_budget` bytes, as the JSON that was written.

        Raises:
            SystemFault: a page is missing that the record says is there.
        """
        limit = min(limit, record.rows.get(series.key, 0) - offset)
        if limit <= 0:
            return []
        try:
            return unpack(self._pages(record, series, offset, limit), offset, limit, byte_budget)
        except LookupError as error:
            raise SystemFault(f"The result is damaged: {error}.") from error

    def _request(self, record: JobRecord, series: Series, version: int, page: Page) -> WriteRequestUnionTypeDef:
        values = {"rows": page.rows, "data": page.data, "expires_at": record.expires_at}
        key = {"pk": job_partition(record.job_id), "sk": _sort_key(version, series, page.first_row)}
        return {"PutRequest": {"Item": to_item({**key, **values})}}

    def _put(self, requests: Sequence[WriteRequestUnionTypeDef]) -> None:
        for attempt in range(_PATIENCE):
            answer = self._client.batch_write_item(RequestItems={self._table: requests})
            requests = answer.get("UnprocessedItems", {}).get(self._table, [])
            if not requests:
                return
            time.sleep(min(_LONGEST_PAUSE_SECONDS, 0.05 * 2**attempt))
        raise SystemFault(f"DynamoDB refused {len(requests)} result pages {_PATIENCE} times; the table is throttled.")

    def _pages(self, record: JobRecord, series: Series, offset: int, limit: int) -> Iterator[Page]:
        """Pages that may hold the wanted rows; a further request is made only where the first answer was cut at 1 MB."""
        first = _sort_key(record.result_version, series, block_start(offset))
        last = _sort_key(record.result_version, series, offset + limit - 1)
        paginator = self._client.get_paginator("query")
        for answer in paginator.paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item({":pk": job_partition(record.job_id), ":first": first, ":last": last}),
            ConsistentRead=True,
        ):
            for item in answer["Items"]:
                first_row = int(item["sk"]["S"].rpartition("#")[2])
                yield Page(first_row, int(item["rows"]["N"]), bytes(item["data"]["B"]))


def _sort_key(version: int, series: Series, first_row: int) -> str:
    return f"PAGE#{version:04}#{series.key}#{first_row:09}"

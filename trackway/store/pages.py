"""Result pages in DynamoDB: pk JOB#<id>, sk PAGE#<version>#<series>#<first row>."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trackway.errors import SystemFault
from trackway.jobs.record import JobRecord
from trackway.results.pages import Page, Series, block_starts, pack, piece_starts, unpack
from trackway.store.attributes import from_item, to_item
from trackway.store.jobs import job_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestUnionTypeDef

__all__ = ["PageStore"]

_PUT_ITEMS = 25  # DynamoDB's limits per request
_GET_ITEMS = 100
# A request answers for part of its items while the table is throttled; the rest is asked for again, for about two minutes.
_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, *[5.0] * 22)


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
        while batch := list(itertools.islice(pages, _PUT_ITEMS)):
            self._put([self._request(record, series, version, page) for page in batch])
            count += sum(page.rows for page in batch)
        return count

    def read(self, record: JobRecord, series: Series, offset: int, limit: int, byte_budget: int) -> list[bytes]:
        """Rows from `offset` on, at most `limit` and `byte_budget` bytes, as the JSON that was written.

        Raises:
            SystemFault: a page is missing that the record says is there.
        """
        end = min(offset + limit, record.rows.get(series.key, 0))
        if offset >= end:
            return []
        firsts = self._get(record, series, block_starts(offset, end))
        others = [start for first in firsts for start in piece_starts(first, offset, end)]
        pages = sorted(firsts + self._get(record, series, others))
        try:
            return unpack(pages, offset, end, byte_budget)
        except LookupError as error:
            raise SystemFault(f"The result is damaged: {error}.") from error

    def _request(self, record: JobRecord, series: Series, version: int, page: Page) -> WriteRequestUnionTypeDef:
        values = {"rows": page.rows, "data": page.data, "expires_at": record.expires_at}
        key = {"pk": job_partition(record.job_id), "sk": _sort_key(version, series, page.first_row)}
        return {"PutRequest": {"Item": to_item({**key, **values})}}

    def _put(self, requests: Sequence[WriteRequestUnionTypeDef]) -> None:
        for pause in _PAUSES_SECONDS:
            answer = self._client.batch_write_item(RequestItems={self._table: requests})
            requests = answer.get("UnprocessedItems", {}).get(self._table, [])
            if not requests:
                return
            time.sleep(pause)
        raise SystemFault(f"DynamoDB refused {len(requests)} result pages again and again; the table is throttled.")

    def _get(self, record: JobRecord, series: Series, first_rows: Sequence[int]) -> list[Page]:
        """Pages by their first rows, in any order; those that are not there are left out."""
        partition = job_partition(record.job_id)
        keys = [to_item({"pk": partition, "sk": _sort_key(record.result_version, series, first_row)}) for first_row in first_rows]
        return [page for start in range(0, len(keys), _GET_ITEMS) for page in self._get_batch(keys[start : start + _GET_ITEMS])]

    def _get_batch(self, keys: Sequence[Mapping[str, Any]]) -> Iterator[Page]:
        for pause in _PAUSES_SECONDS:
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
            for item in map(from_item, answer["Responses"][self._table]):
                yield Page(int(item["sk"].rpartition("#")[2]), item["rows"], item["data"])
            rest = answer.get("UnprocessedKeys", {})
            if self._table not in rest:
                return
            keys = rest[self._table]["Keys"]
            time.sleep(pause)
        raise SystemFault(f"DynamoDB refused to read {len(keys)} result pages again and again; the table is throttled.")


def _sort_key(version: int, series: Series, first_row: int) -> str:
    return f"PAGE#{version:04}#{series.key}#{first_row:09}"

"""Pages in DynamoDB: one request each by exact keys, the same bytes when written again, every page or an error."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from tests.cloud import Cloud
from trackway.errors import SystemFault
from trackway.jobs.record import JobRecord
from trackway.results.pages import Series
from trackway.store.pages import PageStore

ROWS = [b'{"row":%d}' % number for number in range(2500)]
BUDGET = 10**9


@pytest.fixture
def job(cloud: Cloud) -> JobRecord:
    """A job with 2,500 rows written."""
    record = cloud.recorded()
    assert cloud.pages.write(record, Series.PERSONS_BY_TIME, ROWS) == 2500
    cloud.jobs.record_results(record.job_id, {Series.PERSONS_BY_TIME.key: 2500})
    stored = cloud.jobs.get(record.job_id)
    assert stored is not None
    return stored


@pytest.mark.parametrize(
    ("offset", "limit"), [(0, 1000), (0, 1), (999, 2), (1, 1000), (1999, 7), (2499, 1), (2400, 1000), (2500, 10), (9999, 10)]
)
def test_any_run_of_rows_is_read(cloud: Cloud, job: JobRecord, offset: int, limit: int) -> None:
    assert cloud.pages.read(job, Series.PERSONS_BY_TIME, offset, limit, BUDGET) == ROWS[offset : offset + limit]


def test_series_and_versions_do_not_mix(cloud: Cloud, job: JobRecord) -> None:
    cloud.pages.write(job, Series.PERSONS_BY_INDEX, ROWS[::-1])
    cloud.pages.write(job, Series.PERSONS_BY_TIME, ROWS[:3], version=2)
    assert cloud.pages.read(job, Series.PERSONS_BY_TIME, 0, 5, BUDGET) == ROWS[:5]
    assert cloud.pages.read(job, Series.FACES_BY_TIME, 0, 5, BUDGET) == []
    second = msgspec.structs.replace(job, result_version=2, rows={Series.PERSONS_BY_TIME.key: 3})
    assert cloud.pages.read(second, Series.PERSONS_BY_TIME, 0, 5, BUDGET) == ROWS[:3]


def test_writing_again_changes_nothing(cloud: Cloud, job: JobRecord) -> None:
    before = cloud.clients.dynamodb.scan(TableName=cloud.table)["Items"]
    cloud.pages.write(job, Series.PERSONS_BY_TIME, ROWS)
    assert cloud.clients.dynamodb.scan(TableName=cloud.table)["Items"] == before
    assert all(int(item["expires_at"]["N"]) == job.expires_at for item in before)


def test_a_missing_page_is_our_fault_never_a_shorter_answer(cloud: Cloud, job: JobRecord) -> None:
    for first_row, offset in ((1000, 500), (1250, 500), (2250, 2300), (0, 0)):
        key: Any = {"pk": {"S": f"JOB#{job.job_id}"}, "sk": {"S": f"PAGE#0001#persons-by-time#{first_row:09}"}}
        cloud.clients.dynamodb.delete_item(TableName=cloud.table, Key=key)
        with pytest.raises(SystemFault, match="damaged"):
            cloud.pages.read(job, Series.PERSONS_BY_TIME, offset, 1000, BUDGET)
        cloud.pages.write(job, Series.PERSONS_BY_TIME, ROWS)


def test_a_page_is_one_request_and_asks_for_nothing_by_range(cloud: Cloud, job: JobRecord) -> None:
    requests: list[str] = []
    cloud.clients.dynamodb.meta.events.register("before-call.dynamodb.*", lambda model, **_: requests.append(model.name))
    cloud.pages.read(job, Series.PERSONS_BY_TIME, 0, 1000, BUDGET)
    cloud.pages.read(job, Series.PERSONS_BY_TIME, 777, 1000, BUDGET)
    assert requests == ["BatchGetItem", "BatchGetItem"]


@pytest.mark.parametrize("size", [300, 3000, 100_000])
def test_rows_of_any_size_are_read(cloud: Cloud, size: int) -> None:
    """Blocks of the larger ones are cut, into more pages than one request may ask for."""
    random = Random(size)
    rows = [random.randbytes(size).replace(b"\n", b" ") for _ in range(min(260, 26_000_000 // size))]
    record = cloud.recorded()
    cloud.pages.write(record, Series.PERSONS_BY_TIME, rows)
    cloud.jobs.record_results(record.job_id, {Series.PERSONS_BY_TIME.key: len(rows)})
    stored = cloud.jobs.get(record.job_id)
    assert stored is not None
    assert cloud.pages.read(stored, Series.PERSONS_BY_TIME, 3, 1000, BUDGET) == rows[3:]
    assert cloud.pages.read(stored, Series.PERSONS_BY_TIME, 200, 20, BUDGET) == rows[200:220]


def test_keys_that_dynamodb_sends_back_are_asked_for_again(cloud: Cloud, job: JobRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackway.store.pages.time.sleep", lambda seconds: None)
    assert PageStore(_Busy(cloud, takes=2), cloud.table).read(job, Series.PERSONS_BY_TIME, 100, 1000, BUDGET) == ROWS[100:1100]  # type: ignore[arg-type]


def test_items_that_dynamodb_sends_back_are_written_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackway.store.pages.time.sleep", lambda seconds: None)
    record = cloud.recorded()
    busy = _Busy(cloud)
    assert PageStore(busy, cloud.table).write(record, Series.PERSONS_BY_TIME, [b"x"] * 10_000) == 10_000  # type: ignore[arg-type]
    items = cloud.clients.dynamodb.query(
        TableName=cloud.table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :page)",
        ExpressionAttributeValues={":pk": {"S": f"JOB#{record.job_id}"}, ":page": {"S": "PAGE#"}},
    )["Items"]
    assert [int(item["sk"]["S"][-9:]) for item in items] == list(range(0, 10_000, 250))
    assert busy.largest == 25


def test_a_table_that_takes_nothing_is_reported(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackway.store.pages.time.sleep", lambda seconds: None)
    with pytest.raises(SystemFault, match="throttled"):
        PageStore(_Busy(cloud, takes=0), cloud.table).write(cloud.recorded(), Series.PERSONS_BY_TIME, ROWS)  # type: ignore[arg-type]


class _Busy:
    """DynamoDB that takes only some items of a batch at a time."""

    def __init__(self, cloud: Cloud, takes: int = 7) -> None:
        self._client = cloud.clients.dynamodb
        self._takes = takes
        self.largest = 0

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
        ((table, asked),) = RequestItems.items()
        keys = asked["Keys"]
        now: Any = {table: {**asked, "Keys": keys[: self._takes]}}
        answer = self._client.batch_get_item(RequestItems=now)
        rest = keys[self._takes :]
        return {**answer, "UnprocessedKeys": {table: {**asked, "Keys": rest}} if rest else {}}

    def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803
        ((table, requests),) = RequestItems.items()
        self.largest = max(self.largest, len(requests))
        if self._takes:
            self._client.batch_write_item(RequestItems={table: requests[: self._takes]})
        rest = requests[self._takes :]
        return {"UnprocessedItems": {table: rest} if rest else {}}

"""Job records in DynamoDB: pk JOB#<id>, sk META for the record, SEGMENT#<nnnn> for the progress of a segment."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from trackway.errors import LimitExceeded, SystemFault
from trackway.jobs.limits import too_many_open
from trackway.jobs.ports import Bound, Claim
from trackway.jobs.record import RUNNING, TERMINAL, Failure, JobRecord, Phase, Status
from trackway.results.video import VideoMetadata
from trackway.store.attributes import from_item, to_item
from trackway.store.conditions import change
from trackway.store.slots import find_slot
from trackway.store.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

__all__ = ["JobStore", "job_partition"]

_META = "META"
_ATTEMPTS = 50  # to take a slot; where one was taken meanwhile, somebody else got through


def job_partition(job_id: str) -> str:
    """Partition key of everything that belongs to a job."""
    return f"JOB#{job_id}"


class JobStore:
    """The records of all jobs (`trackway.jobs.ports.Jobs`).

    Args:
        client: DynamoDB.
        table: name of the table.
        clock: epoch seconds; what has expired by it is not there, even where DynamoDB has not deleted it yet.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._items = Table(client, table)
        self._clock = clock

    def get(self, job_id: str) -> JobRecord | None:
        """The job, read consistently; None where there is none, or none any more."""
        item = self._read(job_partition(job_id))
        return None if item is None else msgspec.convert(item, JobRecord)

    def find_claim(self, operation: str, token: str) -> Claim | None:
        """Who used this ClientRequestToken within its lifetime."""
        item = self._read(_claim_partition(operation, token))
        if item is None:
            return None
        return Claim(operation, token, item["fingerprint"], item["jobId"], item["expires_at"])

    def create(self, record: JobRecord, claim: Claim | None = None, bound: Bound | None = None) -> bool:
        """Put job and claim, both or none; False where either is there already. An expired claim counts as none.

        Raises:
            LimitExceeded: as many jobs are open as the bound allows.
            SystemFault: others were quicker again and again.
        """
        puts = [self._put_job(record)] + ([self._put_claim(claim)] if claim is not None else [])
        for _ in range(_ATTEMPTS):
            refused = self._items.transact(puts + ([self._put_slot(record, bound)] if bound is not None else []))
            if not refused:
                return True
            if min(refused) < len(puts):
                return False
        raise SystemFault("Too many jobs are being started at the same moment. Try again.")

    def _put_slot(self, record: JobRecord, bound: Bound) -> TransactWriteItemTypeDef:
        slot = find_slot(self._items, bound.most, self._is_open)
        if slot is None:
            raise LimitExceeded(too_many_open(*bound))
        return slot.claim(self._items, record.job_id, record.expires_at)

    def _is_open(self, job_id: str) -> bool:
        record = self.get(job_id)
        return record is not None and record.status in RUNNING

    def _put_job(self, record: JobRecord) -> TransactWriteItemTypeDef:
        return self._items.put({**_key(job_partition(record.job_id)), **_builtins(record)}, "attribute_not_exists(pk)")

    def _put_claim(self, claim: Claim) -> TransactWriteItemTypeDef:
        values = {"fingerprint": claim.fingerprint, "jobId": claim.job_id, "expires_at": claim.expires_at}
        item = {**_key(_claim_partition(claim.operation, claim.token)), **values}
        return self._items.put(item, "attribute_not_exists(pk) OR expires_at <= :now", {":now": int(self._clock())})

    def advance(self, job_id: str, phase: Phase) -> bool:
        """Enter a phase; False where the job is over or further already."""
        return self._change(job_id, {"status": Status.IN_PROGRESS, "phase": phase}, phase=phase.reachable_from())

    def record_video(self, job_id: str, metadata: VideoMetadata) -> None:
        """Note what the probe found."""
        self._change(job_id, {"videoMetadata": metadata})

    def record_results(self, job_id: str, rows: Mapping[str, int], *, version: int = 1) -> None:
        """Note that all pages of a result version are readable; the job may succeed from now on.

        Args:
            job_id: the job.
            rows: how many rows each series has, by `Series.key`.
            version: of the result.
        """
        self._change(job_id, {"rows": dict(rows), "resultVersion": version})

    def fail(self, job_id: str, failure: Failure) -> None:
        """Note why the job will fail; the first reason stays. It is FAILED only once it is finished."""
        self._change(job_id, {"failure": failure}, absent=["failure"])

    def finish(self, job_id: str, status: Status, message: str | None) -> bool:
        """Enter a final state; False where the job is in one already."""
        changes = {"status": status, "phase": Phase.DONE, "statusMessage": message, "completedAt": self._now_ms()}
        return self._change(job_id, changes)

    def notified(self, job_id: str, *, caller_told: bool) -> None:
        """Note that the completion message was published, and whether the caller's own topic got it too."""
        self._change(job_id, {"notifiedAt": self._now_ms(), "notificationFailed": not caller_told}, status=TERMINAL)

    def not_notified(self, job_id: str) -> None:
        """Note that the completion message could not be published; it may be tried again."""
        self._change(job_id, {"notificationFailed": True}, status=TERMINAL)

    def progress(self, record: JobRecord, segment: int, done: int, total: int) -> None:
        """Note how far a segment is. Kept per segment, so that one that is repeated never counts twice."""
        values = {"done": done, "total": total, "updatedAt": self._now_ms(), "expires_at": record.expires_at}
        self._client.put_item(
            TableName=self._table, Item=to_item({**_key(job_partition(record.job_id), f"SEGMENT#{segment:04}"), **values})
        )

    def read_progress(self, job_id: str) -> dict[int, tuple[int, int]]:
        """Units done and expected of every segment that has begun, by its number."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :segment)",
            ExpressionAttributeValues=to_item({":pk": job_partition(job_id), ":segment": "SEGMENT#"}),
            ConsistentRead=True,
        )
        items = map(from_item, answer["Items"])
        return {int(item["sk"].removeprefix("SEGMENT#")): (item["done"], item["total"]) for item in items}

    def _change(self, job_id: str, changes: Mapping[str, Any], *, absent: Iterable[str] = (), **one_of: Collection[str]) -> bool:
        """Set attributes of a job that meets the conditions and, unless they say otherwise, is not over; False where none does."""
        expressions = change({**_builtins(changes), "updatedAt": self._now_ms()}, one_of={"status": RUNNING, **one_of}, absent=absent)
        try:
            self._client.update_item(TableName=self._table, Key=to_item(_key(job_partition(job_id))), **expressions)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _read(self, partition: str) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key=to_item(_key(partition)), ConsistentRead=True)
        item = from_item(answer.get("Item", {}))
        return item if item and item["expires_at"] > self._clock() else None

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _key(partition: str, sort: str = _META) -> dict[str, Any]:
    return {"pk": partition, "sk": sort}


def _claim_partition(operation: str, token: str) -> str:
    return f"TOKEN#{operation}#{token}"


def _builtins(value: Any) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(bytes,))
    return built

"""GetPersonTracking: the state of a job and, once it succeeded, its rows page by page (SPEC R27 to R56)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.errors import ResourceNotFound
from trackway.errors import InvalidToken
from trackway.jobs.record import RUNNING, JobRecord, Status
from trackway.results import tokens
from trackway.results.pages import MOST_ROWS, Series
from trackway.store.jobs import JobStore
from trackway.store.pages import PageStore

__all__ = ["GetPersonTracking"]

_API = "StartPersonTracking"
# A Lambda answer holds 6 MiB, in which every quotation mark of this JSON takes a byte more (SPEC 6c).
_BYTE_BUDGET = 5_000_000
_SERIES = {"TIMESTAMP": Series.PERSONS_BY_TIME, "INDEX": Series.PERSONS_BY_INDEX}


class GetPersonTracking:
    """The operation.

    Args:
        jobs: records.
        pages: rows.
        clock: epoch seconds, for the expiry of tokens.
    """

    def __init__(self, jobs: JobStore, pages: PageStore, clock: Callable[[], float] = time.time) -> None:
        self._jobs = jobs
        self._pages = pages
        self._clock = clock

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            ResourceNotFound: no such job, not any more, or of another operation.
            InvalidToken: NextToken is not one of this job and order, or too old.
        """
        record = self._jobs.get(request["JobId"])
        if record is None or record.api != _API:
            raise ResourceNotFound("Could not find JobId")
        if record.status == Status.SUCCEEDED:
            return self._rows(record, request)
        if "NextToken" in request:
            raise InvalidToken("Invalid Pagination Token")
        return _envelope(_state(record), [], record)

    def _rows(self, record: JobRecord, request: dict[str, Any]) -> bytes:
        series = _SERIES[request.get("SortBy", "TIMESTAMP")]
        binding = (record.token_key, record.job_id, series, record.result_version)
        offset = tokens.redeem(request["NextToken"], *binding, now=self._clock()) if "NextToken" in request else 0
        limit = min(request.get("MaxResults", MOST_ROWS), MOST_ROWS)
        rows = self._pages.read(record, series, offset, limit, _BYTE_BUDGET)
        head: dict[str, Any] = {"JobStatus": "SUCCEEDED", "VideoMetadata": record.video_metadata}
        following = offset + len(rows)
        if following < record.rows[series.key]:
            head["NextToken"] = _issue(binding, following, self._clock())
        return _envelope(head, rows, record)


def _issue(binding: tuple[bytes, str, Series, int], row: int, now: float) -> str:
    return tokens.issue(*binding, row, now=now)


def _state(record: JobRecord) -> dict[str, Any]:
    """What is said of a job without rows: nothing but its state (SPEC R47, R48, 6a)."""
    if record.status in RUNNING:
        return {"JobStatus": "IN_PROGRESS"}
    message = "Job was canceled." if record.status == Status.CANCELED else record.status_message
    return {"JobStatus": "FAILED", "StatusMessage": message or "The job failed."}


def _envelope(head: dict[str, Any], rows: list[bytes], record: JobRecord) -> bytes:
    """The answer around rows that are JSON already: they are spliced in as they are."""
    video = record.video
    s3_object = {"Bucket": video.bucket, "Name": video.name} | ({"Version": video.version} if video.version is not None else {})
    tail: dict[str, Any] = {"JobId": record.job_id, "Video": {"S3Object": s3_object}}
    if record.job_tag is not None:
        tail["JobTag"] = record.job_tag
    return b'%b,"Persons":[%b],%b' % (msgspec.json.encode(head)[:-1], b",".join(rows), msgspec.json.encode(tail)[1:])

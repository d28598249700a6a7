"""GetPersonTracking, GetFaceDetection, GetFaceSearch: a job's state and, once it succeeded, its rows page by page (SPEC R27 to R56)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from trackway.api.errors import ResourceNotFound
from trackway.errors import InvalidToken
from trackway.jobs.limits import DEFAULT_LIMITS, Limits
from trackway.jobs.record import RUNNING, Api, JobRecord, Status
from trackway.results import tokens
from trackway.results.pages import MOST_ROWS, Series
from trackway.store.jobs import JobStore
from trackway.store.pages import PageStore

if TYPE_CHECKING:
    from trackway.api.caller import Caller

__all__ = ["GetVideo"]

# A Lambda answer holds 6 MiB, in which every quotation mark of this JSON takes a byte more (SPEC 6c).
_BYTE_BUDGET = 5_000_000


class _Listing(NamedTuple):
    """What an operation lists.

    Attributes:
        member: name of the list in the answer.
        series: by the order asked for; an operation that cannot be asked has one.
    """

    member: bytes
    series: dict[str, Series]


_LISTINGS = {
    Api.PERSON_TRACKING: _Listing(b"Persons", {"TIMESTAMP": Series.PERSONS_BY_TIME, "INDEX": Series.PERSONS_BY_INDEX}),
    Api.FACE_DETECTION: _Listing(b"Faces", {"TIMESTAMP": Series.FACES_BY_TIME}),
    Api.FACE_SEARCH: _Listing(b"Persons", {"TIMESTAMP": Series.FACE_SEARCH_BY_TIME, "INDEX": Series.FACE_SEARCH_BY_INDEX}),
}


class GetVideo:
    """One of the operations.

    Args:
        api: the operation that starts what it shows.
        jobs: records.
        pages: rows.
        limits: of this deployment.
        clock: epoch seconds, for the expiry of tokens.
    """

    def __init__(
        self, api: Api, jobs: JobStore, pages: PageStore, *, limits: Limits = DEFAULT_LIMITS, clock: Callable[[], float] = time.time
    ) -> None:
        self._api = api
        self._listing = _LISTINGS[api]
        self._jobs = jobs
        self._pages = pages
        self._token_seconds = int(limits.token_hours * 3600)
        self._clock = clock

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            ResourceNotFound: no such job, not any more, of another operation, or not for this caller.
            InvalidToken: NextToken is not one of this job and order, or too old.
        """
        record = self._jobs.get(request["JobId"])
        if record is None or not record.answers(self._api) or not self._may_see(record, caller):
            raise ResourceNotFound("Could not find JobId")
        if record.status == Status.SUCCEEDED:
            return self._rows(record, request)
        if "NextToken" in request:
            raise InvalidToken("Invalid Pagination Token")
        return self._envelope(_state(record), [], record)

    def _may_see(self, record: JobRecord, caller: Caller) -> bool:
        """A key of one project sees that project's jobs; one of one collection sees nothing of another."""
        searched = record.options.collection_id if self._api == Api.FACE_SEARCH else caller.collection
        return caller.project in (None, record.project) and caller.collection in (None, searched)

    def _rows(self, record: JobRecord, request: dict[str, Any]) -> bytes:
        series = self._listing.series[request.get("SortBy", "TIMESTAMP")]
        binding = (record.token_key, record.job_id, series, record.result_version)
        offset = tokens.redeem(request["NextToken"], *binding, now=self._clock()) if "NextToken" in request else 0
        limit = min(request.get("MaxResults", MOST_ROWS), MOST_ROWS)
        rows = self._pages.read(record, series, offset, limit, _BYTE_BUDGET)
        head: dict[str, Any] = {"JobStatus": "SUCCEEDED", "VideoMetadata": record.video_metadata}
        following = offset + len(rows)
        if following < record.rows[series.key]:
            head["NextToken"] = tokens.issue(*binding, following, now=self._clock(), lifetime_seconds=self._token_seconds)
        return self._envelope(head, rows, record)

    def _envelope(self, head: dict[str, Any], rows: list[bytes], record: JobRecord) -> bytes:
        """The answer around rows that are JSON already: they are spliced in as they are."""
        video = record.video
        s3_object = {"Bucket": video.bucket, "Name": video.name} | ({"Version": video.version} if video.version is not None else {})
        tail: dict[str, Any] = {"JobId": record.job_id, "Video": {"S3Object": s3_object}}
        if record.job_tag is not None:
            tail["JobTag"] = record.job_tag
        before, after = msgspec.json.encode(head)[:-1], msgspec.json.encode(tail)[1:]
        return b'%b,"%b":[%b],%b' % (before, self._listing.member, b",".join(rows), after)


def _state(record: JobRecord) -> dict[str, Any]:
    """What is said of a job without rows: nothing but its state (SPEC R47, R48, 6a)."""
    if record.status in RUNNING:
        return {"JobStatus": "IN_PROGRESS"}
    message = "Job was canceled." if record.status == Status.CANCELED else record.status_message
    return {"JobStatus": "FAILED", "StatusMessage": message or "The job failed."}

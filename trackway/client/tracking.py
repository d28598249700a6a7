"""Waiting for a video job, and reading all of it, with any Rekognition client (SPEC R11, R55)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from trackway.errors import InputError, Stalled

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

__all__ = ["JobFailed", "Kind", "paginate", "wait"]

Kind = Literal["person_tracking", "face_detection", "face_search"]
"""What a job was started for; only the operations of that kind answer for it."""


class JobFailed(InputError):
    """The job ended with FAILED; the message is its StatusMessage."""


def paginate(
    client: RekognitionClient,
    kind: Kind,
    job_id: str,
    *,
    sort_by: Literal["TIMESTAMP", "INDEX"] = "TIMESTAMP",
    page_size: int = 1000,
) -> Iterator[Any]:
    """Every row of a job that succeeded, page by page as they are drawn.

    Args:
        client: any boto3 Rekognition client whose endpoint is Trackway.
        kind: what the job was started for.
        job_id: the job.
        sort_by: order of the rows; faces (face_detection) come by time only.
        page_size: rows per request; smaller starts sooner and takes more requests.

    Yields:
        PersonDetection, FaceDetection or PersonMatch, as boto3 has them.

    Raises:
        JobFailed: the job failed.
        InputError: the job is not finished.
    """
    rows = "Faces" if kind == "face_detection" else "Persons"
    asked: dict[str, Any] = {"JobId": job_id, "MaxResults": page_size}
    if kind != "face_detection":
        asked["SortBy"] = sort_by
    while True:
        page = _get(client, kind)(**asked)
        _require_success(page)
        yield from page[rows]
        if "NextToken" not in page:
            return
        asked["NextToken"] = page["NextToken"]


def wait(
    client: RekognitionClient,
    kind: Kind,
    job_id: str,
    *,
    delay_seconds: float = 5.0,
    longest_delay_seconds: float = 30.0,
    timeout_seconds: float = 6 * 3600,
    sleep: Callable[[float], None] = time.sleep,
) -> Any:
    """Wait until a job succeeds; returns an answer with VideoMetadata and no more than the first row.

    Args:
        client: any boto3 Rekognition client whose endpoint is Trackway.
        kind: what the job was started for.
        job_id: the job.
        delay_seconds: pause after the first look; each later one is half as long again.
        longest_delay_seconds: pauses grow no further.
        timeout_seconds: sum of pauses after which waiting ends.
        sleep: how to pause.

    Raises:
        JobFailed: the job failed.
        Stalled: it was still running when the time was up.
    """
    waited, delay = 0.0, delay_seconds
    while True:
        answer = _get(client, kind)(JobId=job_id, MaxResults=1)
        if answer["JobStatus"] != "IN_PROGRESS":
            _require_success(answer)
            return answer
        if waited >= timeout_seconds:
            raise Stalled(f"The job was still running after {waited:g} seconds; wait longer, or look at its execution.")
        sleep(delay)
        waited += delay
        delay = min(delay * 1.5, longest_delay_seconds)


def _get(client: RekognitionClient, kind: Kind) -> Callable[..., Any]:
    get: Callable[..., Any] = getattr(client, f"get_{kind}")
    return get


def _require_success(answer: Any) -> None:
    if answer["JobStatus"] == "FAILED":
        raise JobFailed(answer.get("StatusMessage", "The job failed."))
    if answer["JobStatus"] != "SUCCEEDED":
        raise InputError("The job is still running; wait for it before reading its rows.")

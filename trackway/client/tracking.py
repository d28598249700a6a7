"""Waiting for a person tracking job, and reading all of it, with any Rekognition client (SPEC R11, R55)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from trackway.errors import InputError, Stalled

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import GetPersonTrackingResponseTypeDef, PersonDetectionTypeDef

__all__ = ["JobFailed", "paginate_person_tracking", "wait_person_tracking"]


class JobFailed(InputError):
    """The job ended with FAILED; the message is its StatusMessage."""


def paginate_person_tracking(
    client: RekognitionClient, job_id: str, *, sort_by: Literal["TIMESTAMP", "INDEX"] = "TIMESTAMP", page_size: int = 1000
) -> Iterator[PersonDetectionTypeDef]:
    """Every row of a job that succeeded, page by page as they are drawn.

    Args:
        client: any boto3 Rekognition client whose endpoint is Trackway.
        job_id: the job.
        sort_by: order of the rows.
        page_size: rows per request; smaller starts sooner and takes more requests.

    Raises:
        JobFailed: the job failed.
        InputError: the job is not finished.
    """
    following: dict[str, Any] = {}
    while True:
        page = client.get_person_tracking(JobId=job_id, SortBy=sort_by, MaxResults=page_size, **following)
        _require_success(page)
        yield from page["Persons"]
        if "NextToken" not in page:
            return
        following = {"NextToken": page["NextToken"]}


def wait_person_tracking(
    client: RekognitionClient,
    job_id: str,
    *,
    delay_seconds: float = 5.0,
    longest_delay_seconds: float = 30.0,
    timeout_seconds: float = 6 * 3600,
    sleep: Callable[[float], None] = time.sleep,
) -> GetPersonTrackingResponseTypeDef:
    """Wait until a job succeeds; returns an answer with VideoMetadata and no more than the first row.

    Args:
        client: any boto3 Rekognition client whose endpoint is Trackway.
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
        answer = client.get_person_tracking(JobId=job_id, MaxResults=1)
        if answer["JobStatus"] != "IN_PROGRESS":
            _require_success(answer)
            return answer
        if waited >= timeout_seconds:
            raise Stalled(f"The job was still running after {waited:g} seconds; wait longer, or look at its execution.")
        sleep(delay)
        waited += delay
        delay = min(delay * 1.5, longest_delay_seconds)


def _require_success(answer: GetPersonTrackingResponseTypeDef) -> None:
    if answer["JobStatus"] == "FAILED":
        raise JobFailed(answer.get("StatusMessage", "The job failed."))
    if answer["JobStatus"] != "SUCCEEDED":
        raise InputError("The job is still running; wait for it before reading its rows.")

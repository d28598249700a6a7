"""What the steps of a job's life need from the outside; `trackway.store` has the implementations for AWS."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from trackway.jobs.record import Failure, JobRecord, NotificationChannel, Phase, Status, Video
from trackway.results.video import VideoMetadata

__all__ = ["Bound", "Claim", "Jobs", "Notifier", "ObjectFacts", "Objects", "Workflow"]


class Claim(NamedTuple):
    """A ClientRequestToken that a request has used (SPEC R15).

    Attributes:
        operation: tokens of different operations, and of different projects, are strangers.
        token: as the client chose it.
        fingerprint: of the other parameters of that request.
        job_id: the job it started.
        expires_at: epoch seconds from which the token may be used anew.
    """

    operation: str
    token: str
    fingerprint: str
    job_id: str
    expires_at: int


class Bound(NamedTuple):
    """How many jobs that calls started may be open at once (SPEC R24).

    Attributes:
        most: that many.
        user: who is told that there are more.
    """

    most: int
    user: str


class ObjectFacts(NamedTuple):
    """What S3 says of an object without reading it."""

    size_bytes: int
    etag: str
    metadata: Mapping[str, str]


class Jobs(Protocol):
    """The records of all jobs. Every change is conditional, so that repeating it, or doing it too late, changes nothing."""

    def get(self, job_id: str) -> JobRecord | None:
        """The job, or None where there is none any more."""

    def find_claim(self, operation: str, token: str) -> Claim | None:
        """Who used this token within its lifetime."""

    def create(self, record: JobRecord, claim: Claim | None = None, bound: Bound | None = None) -> bool:
        """Put job and claim, both or none; False where either is there already. LimitExceeded where the bound is reached."""

    def advance(self, job_id: str, phase: Phase) -> bool:
        """Enter a phase; False where the job is over or further already."""

    def record_video(self, job_id: str, metadata: VideoMetadata) -> None:
        """Note what the probe found."""

    def fail(self, job_id: str, failure: Failure) -> None:
        """Note why the job will fail; the first reason stays. The job is FAILED only when it is finished."""

    def finish(self, job_id: str, status: Status, message: str | None) -> bool:
        """Enter a final state; False where the job is in one already."""

    def notified(self, job_id: str, *, caller_told: bool) -> None:
        """Note that the completion message was published, and whether the caller's own topic, if there is one, got it too."""

    def not_notified(self, job_id: str) -> None:
        """Note that the completion message could not be published; it may be tried again."""


class Workflow(Protocol):
    """The state machine."""

    def execution_arn(self, job_id: str) -> str:
        """The execution of this job, whether it exists already or not."""

    def start(self, job_id: str) -> None:
        """Start the execution of this job, unless it was started before."""


class Objects(Protocol):
    """Videos and artifacts in S3."""

    def facts(self, video: Video) -> ObjectFacts:
        """What is known of a video without reading it; ObjectGone where it cannot be read."""

    def sidecar(self, video: Video) -> bytes | None:
        """The content of the video's sidecar object, None where there is none."""

    def download(self, video: Video) -> AbstractContextManager[Path]:
        """A private copy of the video for the length of a `with` block; ObjectGone where it is gone or was changed."""

    def put_artifact(self, key: str, content: bytes, content_type: str) -> None:
        """Write an artifact."""


class Notifier(Protocol):
    """Completion messages."""

    def publish(self, message: str, attributes: Mapping[str, str]) -> None:
        """Tell our own topic."""

    def publish_to(self, channel: NotificationChannel, message: str, attributes: Mapping[str, str]) -> None:
        """Tell the caller's topic through the caller's role; NotificationError where that is not possible."""

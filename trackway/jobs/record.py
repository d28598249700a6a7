"""What is known of one job, and how it may move from state to state (DESIGN section 7, SPEC 6a).

    QUEUED ──▶ IN_PROGRESS ──▶ SUCCEEDED
       └──────────┴──────────▶ FAILED, CANCELED

A job never moves to the left. Its phase refines IN_PROGRESS and does not go back either, so that a repeated step of the workflow
changes nothing.
"""

from __future__ import annotations

import enum

import msgspec

from trackway.jobs.options import JobOptions
from trackway.results.video import VideoMetadata

__all__ = ["RUNNING", "TERMINAL", "Api", "Failure", "JobRecord", "NotificationChannel", "Phase", "Status", "Video"]


class Api(enum.StrEnum):
    """What a job is for, named by the operation that starts it (SPEC R57)."""

    PERSON_TRACKING = "StartPersonTracking"
    FACE_DETECTION = "StartFaceDetection"
    FACE_SEARCH = "StartFaceSearch"

    @property
    def subject(self) -> str:
        """What the operation starts, and its counterpart gets, such as "PersonTracking"."""
        return self.removeprefix("Start")


class Status(enum.StrEnum):
    """State of a job."""

    QUEUED = "QUEUED"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


RUNNING = frozenset({Status.QUEUED, Status.IN_PROGRESS})
"""States of a job that is not over."""

TERMINAL = frozenset(Status) - RUNNING
"""States that no job leaves."""


class Phase(enum.StrEnum):
    """What is being done, in the order in which a job passes through it."""

    QUEUED = "QUEUED"
    PROBING = "PROBING"
    PROCESSING = "PROCESSING"
    FINALIZING = "FINALIZING"
    DONE = "DONE"

    def reachable_from(self) -> list[Phase]:
        """The phases from which a job may enter this one, itself included."""
        phases = list(Phase)
        return phases[: phases.index(self) + 1]


class Video(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An object in S3.

    Attributes:
        bucket: its bucket.
        name: its key, not URL-encoded.
        version: its version, where the caller or the upload event named one; echoed by Get* (SPEC R14).
        etag: of the object that the job was started for, so that a later change is noticed.
        size_bytes: likewise.
    """

    bucket: str
    name: str
    version: str | None = None
    etag: str | None = None
    size_bytes: int | None = None


class NotificationChannel(msgspec.Struct, frozen=True, rename="camel"):
    """The caller's own topic, and the role to assume for it (SPEC R16)."""

    topic: str
    role: str


class Failure(msgspec.Struct, frozen=True, rename="camel"):
    """Why a job fails: a code of SPEC B.2 and a sentence for the user."""

    code: str
    message: str


class JobRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One job.

    Attributes:
        job_id: 64 hexadecimal digits, also the name of its workflow execution.
        api: the operation that started it; of an upload the one that its messages name.
        video: what is analysed.
        options: how.
        token_key: 32 random bytes that authenticate the paging tokens of this job.
        created_at: epoch milliseconds, as the other times but one.
        updated_at: of the last change.
        expires_at: epoch seconds after which the job and its results are gone (SPEC R54).
        status: state.
        phase: refinement of the state.
        job_tag: given by the caller, returned to them.
        notification: where to tell the caller besides our own topic.
        failure: recorded by the step that failed; becomes final with FAILED.
        status_message: the sentence that Get* shows for FAILED.
        video_metadata: known once the video was probed.
        result_version: of the pages; 0 before there are any.
        rows: how many rows each series has, by its key.
        completed_at: when the final state was reached.
        execution_arn: of the workflow.
        notified_at: when the completion message was published.
        notification_failed: a completion message could not be delivered (SPEC R60).
        uploaded: an upload started it, not a call.
    """

    job_id: str
    api: Api
    video: Video
    options: JobOptions
    token_key: bytes
    created_at: int
    updated_at: int
    expires_at: int = msgspec.field(name="expires_at")  # the table's TTL attribute
    status: Status = Status.QUEUED
    phase: Phase = Phase.QUEUED
    job_tag: str | None = None
    notification: NotificationChannel | None = None
    failure: Failure | None = None
    status_message: str | None = None
    video_metadata: VideoMetadata | None = None
    result_version: int = 0
    rows: dict[str, int] = msgspec.field(default_factory=dict)
    completed_at: int | None = None
    execution_arn: str | None = None
    notified_at: int | None = None
    notification_failed: bool = False
    uploaded: bool = False

    @property
    def project(self) -> str | None:
        """To which project the job belongs; None belongs to none."""
        return self.options.project

    def answers(self, api: Api) -> bool:
        """Whether it has the results that this operation is for (SPEC R50).

        A job that a call started has those of the call alone; an upload has all that its options ask for.
        """
        if not self.uploaded:
            return api == self.api
        wanted = {
            Api.PERSON_TRACKING: True,
            Api.FACE_DETECTION: self.options.faces,
            Api.FACE_SEARCH: self.options.collection_id is not None,
        }
        return wanted[api]

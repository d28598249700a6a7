"""The last step of a job: make the outcome final, then tell everybody (SPEC 2d)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trackway.errors import NotificationError
from trackway.jobs.faults import fault_sentence
from trackway.jobs.message import completion_attributes, completion_message
from trackway.jobs.ports import Jobs, Notifier
from trackway.jobs.record import TERMINAL, JobRecord, Status

__all__ = ["Complete"]


class Complete:
    """Completes jobs.

    Args:
        jobs: their records.
        notifier: carries the message.
    """

    def __init__(self, jobs: Jobs, notifier: Notifier) -> None:
        self._jobs = jobs
        self._notifier = notifier

    def __call__(self, job_id: str, *, succeeded: bool, error: Mapping[str, Any] | None, reference: str) -> JobRecord | None:
        """Make the outcome of a job final and publish its message, unless either was done before.

        The message goes out at least once (SPEC R58): that it did is noted after it did.

        Args:
            job_id: the job.
            succeeded: whether its results are written and readable.
            error: what the workflow caught, `{"Error", "Cause"}`.
            reference: under which the log tells more than the user is shown.

        Returns:
            The record as it is now; None where the job was removed meanwhile.

        Raises:
            NotificationError: our own topic could not be told; to be tried again.
        """
        record = self._jobs.get(job_id)
        if record is None:
            return None
        if record.status not in TERMINAL:
            if succeeded and record.result_version:
                self._jobs.finish(job_id, Status.SUCCEEDED, None)
            else:
                self._jobs.finish(job_id, Status.FAILED, _reason(record, error, reference))
            record = self._jobs.get(job_id)
        if record is None or record.notified_at is not None:
            return record
        self._notify(record)
        return self._jobs.get(job_id)

    def _notify(self, record: JobRecord) -> None:
        text, attributes = completion_message(record), completion_attributes(record)
        try:
            self._notifier.publish(text, attributes)
        except NotificationError:
            self._jobs.not_notified(record.job_id)
            raise
        self._jobs.notified(record.job_id, caller_told=self._tell_caller(record, text, attributes))

    def _tell_caller(self, record: JobRecord, text: str, attributes: dict[str, str]) -> bool:
        if record.notification is None:
            return True
        try:
            self._notifier.publish_to(record.notification, text, attributes)
        except NotificationError:
            return False  # topic and role are the caller's; the job is done all the same (SPEC R60)
        return True


def _reason(record: JobRecord, error: Mapping[str, Any] | None, reference: str) -> str:
    return record.failure.message if record.failure is not None else fault_sentence(error, reference)

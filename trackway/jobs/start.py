"""Putting a job into the world: its record first, its execution second, so that a repetition mends whatever a crash left."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from trackway.jobs.choices import Choices
from trackway.jobs.ports import Bound, Claim, Jobs, Workflow
from trackway.jobs.record import Api, Failure, JobRecord, NotificationChannel, Status, Video

__all__ = ["Starter"]

_DAY_SECONDS = 24 * 3600


class Starter:
    """Starts jobs, each at most once.

    Args:
        jobs: where records are kept.
        workflow: what does the work.
        clock: epoch seconds.
    """

    def __init__(self, jobs: Jobs, workflow: Workflow, clock: Callable[[], float]) -> None:
        self._jobs = jobs
        self._workflow = workflow
        self._clock = clock

    def start(
        self,
        job_id: str,
        *,
        api: Api,
        video: Video,
        choices: Choices,
        uploaded: bool = False,
        notification: NotificationChannel | None = None,
        failure: Failure | None = None,
        claim: Claim | None = None,
        bound: Bound | None = None,
    ) -> bool:
        """Record and start a job.

        Args:
            job_id: of the job to be.
            api: see `JobRecord`.
            video: what to analyse.
            choices: how.
            uploaded: no call asks for it.
            notification: the caller's topic.
            failure: why it cannot succeed, where that is clear already: it then fails as any other job does, visibly.
            claim: the client's token; recorded together with the job.
            bound: on the jobs that may be open; None lets any number wait.

        Returns:
            False where the job or the claim was there already. A job that is there but may not have been started, because
            whoever recorded it crashed, is started then.

        Raises:
            LimitExceeded: the bound is reached.
        """
        now = self._clock()
        record = JobRecord(
            job_id=job_id,
            api=api,
            video=video,
            uploaded=uploaded,
            options=choices.options,
            job_tag=choices.job_tag,
            notification=notification,
            failure=failure,
            token_key=secrets.token_bytes(32),
            created_at=int(now * 1000),
            updated_at=int(now * 1000),
            expires_at=int(now) + choices.options.retention_days * _DAY_SECONDS,
            execution_arn=self._workflow.execution_arn(job_id),
        )
        if not self._jobs.create(record, claim, bound):
            self.resume(job_id)
            return False
        self._workflow.start(job_id)
        return True

    def resume(self, job_id: str) -> None:
        """Start the execution of a recorded job that waits for it; nothing happens to one that runs, is over or does not exist."""
        record = self._jobs.get(job_id)
        if record is not None and record.status == Status.QUEUED:
            self._workflow.start(job_id)

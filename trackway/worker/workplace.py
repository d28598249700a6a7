"""What a Batch job works with: its record and plan, the table, the buckets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from trackway.errors import SystemFault
from trackway.jobs.plan import plan_key
from trackway.jobs.record import JobRecord
from trackway.models.session import Provider
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore
from trackway.store.objects import Objects
from trackway.store.pages import PageStore
from trackway.store.settings import Settings
from trackway.worker.plan import JobPlan

__all__ = ["Workplace"]


@dataclass(frozen=True)
class Workplace:
    """The surroundings of one worker process.

    Attributes:
        jobs: records of jobs.
        pages: result pages.
        objects: videos and artifacts.
        provider: where models run.
        is_last_attempt: Batch will not try again after this process.
    """

    jobs: JobStore
    pages: PageStore
    objects: Objects
    provider: Provider | Literal["auto"]
    is_last_attempt: bool

    @classmethod
    def open(cls, environment: Mapping[str, str]) -> Workplace:
        """The workplace that a container's environment describes.

        Raises:
            SystemFault: a variable is missing.
        """
        settings = Settings.from_environment(environment, "table", "artifacts_bucket")
        clients = Clients()
        return cls(
            JobStore(clients.dynamodb, settings.table),
            PageStore(clients.dynamodb, settings.table),
            Objects(clients.s3, settings.artifacts_bucket),
            _provider(environment.get("TRACKWAY_PROVIDER", "auto")),
            int(environment.get("AWS_BATCH_JOB_ATTEMPT", "1")) >= int(environment.get("TRACKWAY_ATTEMPTS", "1")),
        )

    def record(self, job_id: str) -> JobRecord:
        """The job's record.

        Raises:
            SystemFault: there is none, or none any more.
        """
        record = self.jobs.get(job_id)
        if record is None:
            raise SystemFault(f"There is no job {job_id}; it was removed or has expired.")
        return record

    def plan(self, job_id: str) -> JobPlan:
        """The job's plan.

        Raises:
            SystemFault: it is missing, or not one of ours.
        """
        return JobPlan.read(self.artifact(plan_key(job_id)))

    def artifact(self, key: str) -> bytes:
        """What an earlier step left under this key.

        Raises:
            SystemFault: nothing; the steps ran in the wrong order, or the artifact was removed.
        """
        try:
            return self.objects.get_artifact(key)
        except FileNotFoundError as error:
            raise SystemFault(f"Expected {key} in the artifacts bucket, found nothing. Start the job again.") from error


def _provider(name: str) -> Provider | Literal["auto"]:
    try:
        provider: Provider | Literal["auto"] = msgspec.convert(name, Provider | Literal["auto"])
    except msgspec.ValidationError as error:
        raise SystemFault(f"TRACKWAY_PROVIDER: expected auto, cpu, cuda or tensorrt, found {name!r}.") from error
    return provider

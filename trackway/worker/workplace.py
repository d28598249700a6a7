"""What a Batch job works with: its record and plan, the table, the buckets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec

from trackway.errors import SystemFault
from trackway.jobs.plan import plan_key
from trackway.jobs.record import JobRecord
from trackway.media.hardware import HardwareDecode
from trackway.models.precision import Precision
from trackway.models.providers import Provider
from trackway.pipeline.vision import Vision
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore
from trackway.store.objects import Objects
from trackway.store.pages import PageStore
from trackway.store.settings import Settings
from trackway.worker.engines import EngineShelf
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
        hardware_decode: whether a GPU decodes too.
        is_last_attempt: Batch will not try again after this process.
    """

    jobs: JobStore
    pages: PageStore
    objects: Objects
    provider: Provider | Literal["auto"]
    hardware_decode: HardwareDecode
    is_last_attempt: bool

    @classmethod
    def open(cls, environment: Mapping[str, str]) -> Workplace:
        """The workplace that a container's environment describes.

        Raises:
            SystemFault: a variable is missing, or none of its values.
        """
        settings = Settings.from_environment(environment, "table", "artifacts_bucket")
        clients = Clients()
        return cls(
            JobStore(clients.dynamodb, settings.table),
            PageStore(clients.dynamodb, settings.table),
            Objects(clients.s3, settings.artifacts_bucket),
            _choice(environment, "TRACKWAY_PROVIDER", Provider | Literal["auto"]),
            _choice(environment, "TRACKWAY_HARDWARE_DECODE", HardwareDecode),
            int(environment.get("AWS_BATCH_JOB_ATTEMPT", "1")) >= int(environment.get("TRACKWAY_ATTEMPTS", "1")),
        )

    def open_vision(self, precision: Precision = "full") -> Vision:
        """The networks, where this container runs them.

        Raises:
            ModelError: they do not run there.
        """
        return Vision.open(
            provider=self.provider, precision=precision, hardware_decode=self.hardware_decode, shelf=EngineShelf(self.objects)
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


def _choice(environment: Mapping[str, str], name: str, allowed: Any) -> Any:
    """The value of a variable, "auto" where it is not set."""
    try:
        return msgspec.convert(environment.get(name, "auto"), allowed)
    except msgspec.ValidationError as error:
        values = ", ".join(sorted(word for part in get_args(allowed) for word in get_args(part) or (part,)))
        raise SystemFault(f"{name}: expected one of {values}, found {environment[name]!r}.") from error

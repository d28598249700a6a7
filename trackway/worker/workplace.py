"""What a Batch job works with: its record and plan, the table, the buckets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec

from trackway.errors import ModelError, SystemFault
from trackway.identity.gallery import Gallery
from trackway.jobs.plan import plan_key
from trackway.jobs.record import JobRecord
from trackway.media.hardware import HardwareDecode
from trackway.models.pack import load_pack
from trackway.models.precision import Precision
from trackway.models.providers import Provider
from trackway.models.similarity import Similarity
from trackway.pipeline.still import StillReader, embedding_of
from trackway.pipeline.vision import Vision
from trackway.store.clients import Clients
from trackway.store.collections import CollectionStore
from trackway.store.jobs import JobStore
from trackway.store.objects import Objects
from trackway.store.pages import PageStore
from trackway.store.settings import Settings
from trackway.store.vector_tables import s3_options
from trackway.store.vectors import VectorStore
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
        open_gallery: opens the collections of faces, which few jobs need.
    """

    jobs: JobStore
    pages: PageStore
    objects: Objects
    provider: Provider | Literal["auto"]
    hardware_decode: HardwareDecode
    is_last_attempt: bool
    open_gallery: Callable[[], Gallery]

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
            functools.partial(_open_gallery, clients, environment),
        )

    def open_vision(self, precision: Precision = "full") -> Vision:
        """The networks, where this container runs them.

        Raises:
            ModelError: they do not run there.
        """
        return Vision.open(
            provider=self.provider, precision=precision, hardware_decode=self.hardware_decode, shelf=EngineShelf(self.objects)
        )

    def open_stills(self) -> StillReader:
        """The networks for stills.

        Raises:
            ModelError: they are missing.
        """
        return StillReader.open()

    def similarity(self) -> Similarity | None:
        """What cosines of faces mean in this container's pack; None where nobody measured it."""
        network = load_pack().embedders.get("faceEmbedder")
        return None if network is None else network.similarity

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


def _open_gallery(clients: Clients, environment: Mapping[str, str]) -> Gallery:
    settings = Settings.from_environment(environment, "table", "vectors_uri")
    network = load_pack().embedders.get("faceEmbedder")
    if network is None or network.similarity is None:
        raise ModelError("The model pack has no faceEmbedder with a similarity curve, so faces cannot be compared; use the default pack.")
    options = s3_options(environment)
    return Gallery(
        CollectionStore(clients.dynamodb, settings.table),
        VectorStore("faces", settings.vectors_uri, options),
        VectorStore("users", settings.vectors_uri, options),
        similarity=network.similarity,
        embedding=embedding_of(network),
    )


def _choice(environment: Mapping[str, str], name: str, allowed: Any) -> Any:
    """The value of a variable, "auto" where it is not set."""
    try:
        return msgspec.convert(environment.get(name, "auto"), allowed)
    except msgspec.ValidationError as error:
        values = ", ".join(sorted(word for part in get_args(allowed) for word in get_args(part) or (part,)))
        raise SystemFault(f"{name}: expected one of {values}, found {environment[name]!r}.") from error

"""From an upload announcement to jobs: every video of the event, each once, whatever else the event names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trackway.errors import InputError
from trackway.identity.catalogue import Catalogue
from trackway.jobs.choices import Choices, choose
from trackway.jobs.identity import upload_job_id
from trackway.jobs.ports import Objects
from trackway.jobs.record import Api, Failure, Video
from trackway.jobs.start import Starter
from trackway.jobs.uploads import Upload, is_video, uploads

__all__ = ["Ingest"]


class Ingest:
    """Starts the jobs of uploaded videos.

    Args:
        starter: starts them.
        objects: where metadata and sidecars are read.
        catalogue: where collections are found that options name.
        prefix: keys outside it are no uploads.
        artifacts_bucket: our own output, in which nothing is an upload.
    """

    def __init__(self, starter: Starter, objects: Objects, catalogue: Catalogue, *, prefix: str, artifacts_bucket: str) -> None:
        self._starter = starter
        self._objects = objects
        self._catalogue = catalogue
        self._prefix = prefix
        self._artifacts_bucket = artifacts_bucket

    def __call__(self, event: Mapping[str, Any]) -> list[str]:
        """Start a job for every video that the event names; returns the ids of those that were not there before.

        A video whose options are wrong, that names a collection which is not there, or that has gone in the meantime, gets a job too: it
        fails with a sentence that says so.
        """
        found = [upload for upload in uploads(event) if upload.bucket != self._artifacts_bucket and is_video(upload.key, self._prefix)]
        return [job_id for upload in found if (job_id := self._start(upload)) is not None]

    def _start(self, upload: Upload) -> str | None:
        video = Video(upload.bucket, upload.key, upload.version, upload.etag, upload.size_bytes)
        choices, failure = Choices(), None
        try:
            facts = self._objects.facts(video)
            choices = choose(sidecar=self._objects.sidecar(video), metadata=facts.metadata)
            if choices.options.collection_id is not None:
                self._catalogue.open(choices.options.collection_id)
        except InputError as error:
            failure = Failure(error.code, str(error))
        job_id = upload_job_id(upload.bucket, upload.key, upload.version or upload.etag or "")
        started = self._starter.start(job_id, api=Api.PERSON_TRACKING, video=video, choices=choices, uploaded=True, failure=failure)
        return job_id if started else None

"""StartPersonTracking: check what can be checked at once, then put a job into the world (SPEC R12 to R26)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.errors import IdempotentParameterMismatch, InvalidParameter, InvalidS3Object, VideoTooLarge
from trackway.errors import ObjectGone
from trackway.jobs.choices import Choices, choose
from trackway.jobs.identity import new_job_id, request_fingerprint
from trackway.jobs.limits import Limits, too_large
from trackway.jobs.ports import Claim, Jobs, Objects
from trackway.jobs.record import NotificationChannel, Video
from trackway.jobs.start import Starter

__all__ = ["StartPersonTracking"]

_API = "StartPersonTracking"
_CLAIM_SECONDS = 7 * 24 * 3600  # SPEC R15


class StartPersonTracking:
    """The operation.

    Args:
        jobs: records and claims.
        objects: where the video lies.
        starter: starts the job.
        max_bytes: larger videos are refused.
        clock: epoch seconds, for the lifetime of client tokens.
    """

    def __init__(
        self,
        jobs: Jobs,
        objects: Objects,
        starter: Starter,
        *,
        max_bytes: int = Limits().video_bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._jobs = jobs
        self._objects = objects
        self._starter = starter
        self._max_bytes = max_bytes
        self._clock = clock

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request with the id of its job.

        Raises:
            InvalidParameter: the video is not named.
            OptionError: an option of the call, the sidecar or the metadata is wrong.
            InvalidS3Object: the video cannot be read.
            VideoTooLarge: it has too many bytes.
            IdempotentParameterMismatch: the client's token was used with other parameters.
        """
        return msgspec.json.encode({"JobId": self._job_id(request)})

    def _job_id(self, request: dict[str, Any]) -> str:
        claim = self._claim(request)
        if claim is not None and (earlier := self._earlier(claim)) is not None:
            # A replay looks at nothing and tells nobody (SPEC R61); it only mends a start that a crash cut short.
            self._starter.resume(earlier)
            return earlier
        job_id = claim.job_id if claim is not None else new_job_id()
        video, choices = self._examine(request)
        if self._starter.start(job_id, api=_API, video=video, choices=choices, notification=_notification(request), claim=claim):
            return job_id
        # Somebody else used the same token between our question and our answer.
        return (self._earlier(claim) if claim is not None else None) or job_id

    def _claim(self, request: dict[str, Any]) -> Claim | None:
        token = request.get("ClientRequestToken")
        if token is None:
            return None
        parameters = {name: value for name, value in request.items() if name != "ClientRequestToken"}
        return Claim(_API, token, request_fingerprint(parameters), new_job_id(), int(self._clock()) + _CLAIM_SECONDS)

    def _earlier(self, claim: Claim) -> str | None:
        """The job that the same request started before."""
        found = self._jobs.find_claim(claim.operation, claim.token)
        if found is None:
            return None
        if found.fingerprint != claim.fingerprint:
            raise IdempotentParameterMismatch("The ClientRequestToken you have supplied is already in use with other parameters.")
        return found.job_id

    def _examine(self, request: dict[str, Any]) -> tuple[Video, Choices]:
        """The video and the options, where the one can be read and the others are right (SPEC R23)."""
        named = request["Video"].get("S3Object", {})
        if "Bucket" not in named or "Name" not in named:
            raise InvalidParameter("Request has invalid parameters. Video.S3Object needs Bucket and Name.")
        video = Video(named["Bucket"], named["Name"], named.get("Version"))
        try:
            facts = self._objects.facts(video)
        except ObjectGone as error:
            raise InvalidS3Object(str(error)) from error
        if facts.size_bytes > self._max_bytes:
            raise VideoTooLarge(too_large(facts.size_bytes, self._max_bytes))
        choices = choose(call=request.get("Options"), sidecar=self._objects.sidecar(video), metadata=facts.metadata)
        video = msgspec.structs.replace(video, etag=facts.etag, size_bytes=facts.size_bytes)
        return video, choices._replace(job_tag=request.get("JobTag", choices.job_tag))


def _notification(request: dict[str, Any]) -> NotificationChannel | None:
    channel = request.get("NotificationChannel")
    return None if channel is None else NotificationChannel(channel["SNSTopicArn"], channel["RoleArn"])

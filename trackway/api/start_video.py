"""StartPersonTracking, StartFaceDetection, StartFaceSearch: check what can be checked at once, then put a job into the world (SPEC 2b)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from trackway.api.errors import AccessDenied, IdempotentParameterMismatch, InvalidParameter, InvalidS3Object, VideoTooLarge
from trackway.errors import ObjectGone
from trackway.identity.catalogue import Catalogue
from trackway.jobs.choices import Choices, choose
from trackway.jobs.identity import new_job_id, request_fingerprint
from trackway.jobs.limits import DEFAULT_LIMITS, Limits, too_large
from trackway.jobs.ports import Bound, Claim, Jobs, Objects
from trackway.jobs.record import Api, NotificationChannel, Video
from trackway.jobs.start import Starter

if TYPE_CHECKING:
    from trackway.api.caller import Caller

__all__ = ["StartVideo"]

_DAY_SECONDS = 24 * 3600


class StartVideo:
    """One of the operations.

    Args:
        api: which one.
        jobs: records and claims.
        objects: where the video lies.
        starter: starts the job.
        catalogue: where StartFaceSearch finds its collection.
        limits: of this deployment.
        clock: epoch seconds, for the lifetime of client tokens.
    """

    def __init__(
        self,
        api: Api,
        jobs: Jobs,
        objects: Objects,
        starter: Starter,
        catalogue: Catalogue,
        *,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._jobs = jobs
        self._objects = objects
        self._starter = starter
        self._catalogue = catalogue
        self._limits = limits
        self._clock = clock

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request with the id of its job.

        Raises:
            AccessDenied: the video is of another project than the caller's key.
            InvalidParameter: the video is not named.
            OptionError: an option of the call, the sidecar or the metadata is wrong.
            InvalidS3Object: the video cannot be read.
            VideoTooLarge: it has too many bytes.
            NoSuchCollection, OtherEmbedding: the collection is not there, or cannot be compared with videos any more.
            IdempotentParameterMismatch: the client's token was used with other parameters.
            LimitExceeded: as many jobs are open as this deployment allows.
        """
        return msgspec.json.encode({"JobId": self._job_id(request, caller)})

    def _job_id(self, request: dict[str, Any], caller: Caller) -> str:
        claim = self._claim(request, caller)
        if claim is not None and (earlier := self._earlier(claim)) is not None:
            # A replay looks at nothing and tells nobody (SPEC R61); it only mends a start that a crash cut short.
            self._starter.resume(earlier)
            return earlier
        job_id = claim.job_id if claim is not None else new_job_id()
        video, choices = self._examine(request, caller)
        started = self._starter.start(
            job_id,
            api=self._api,
            video=video,
            choices=choices,
            notification=_notification(request),
            claim=claim,
            bound=Bound(self._limits.open_jobs, caller.identity) if self._limits.strict_jobs else None,
        )
        if started:
            return job_id
        # Somebody else used the same token between our question and our answer.
        return (self._earlier(claim) if claim is not None else None) or job_id

    def _claim(self, request: dict[str, Any], caller: Caller) -> Claim | None:
        token = request.get("ClientRequestToken")
        if token is None:
            return None
        parameters = {name: value for name, value in request.items() if name != "ClientRequestToken"}
        scope = self._api if caller.project is None else f"{caller.project}/{self._api}"
        expires_at = int(self._clock() + self._limits.claim_days * _DAY_SECONDS)
        return Claim(scope, token, request_fingerprint(parameters), new_job_id(), expires_at)

    def _earlier(self, claim: Claim) -> str | None:
        """The job that the same request started before."""
        found = self._jobs.find_claim(claim.operation, claim.token)
        if found is None:
            return None
        if found.fingerprint != claim.fingerprint:
            raise IdempotentParameterMismatch("The ClientRequestToken you have supplied is already in use with other parameters.")
        return found.job_id

    def _examine(self, request: dict[str, Any], caller: Caller) -> tuple[Video, Choices]:
        """The video and the options, where the one can be read and the others are right (SPEC R19, R23)."""
        named = request["Video"].get("S3Object", {})
        if "Bucket" not in named or "Name" not in named:
            raise InvalidParameter("Request has invalid parameters. Video.S3Object needs Bucket and Name.")
        if "CollectionId" in request:
            self._catalogue.open(request["CollectionId"])
        video = Video(named["Bucket"], named["Name"], named.get("Version"))
        try:
            facts = self._objects.facts(video)
        except ObjectGone as error:
            raise InvalidS3Object(str(error)) from error
        if facts.size_bytes > self._limits.video_bytes:
            raise VideoTooLarge(too_large(facts.size_bytes, self._limits.video_bytes))
        choices = choose(call=_call(self._api, request), sidecar=self._objects.sidecar(video), metadata=facts.metadata)
        options = choices.options
        if caller.project is not None:
            if options.project not in (None, caller.project):
                raise AccessDenied(f"The key belongs to project {caller.project}; the video is of project {options.project}.")
            options = msgspec.structs.replace(options, project=caller.project)
        video = msgspec.structs.replace(video, etag=facts.etag, size_bytes=facts.size_bytes)
        return video, Choices(options, request.get("JobTag", choices.job_tag))


def _call(api: Api, request: dict[str, Any]) -> dict[str, Any]:
    """The call's options: its `Options`, its own members under their names as options, and what its results need."""
    members = {"FaceAttributes": "faceAttributes", "CollectionId": "collectionId", "FaceMatchThreshold": "faceMatchThreshold"}
    needed: dict[Api, dict[str, Any]] = {
        Api.PERSON_TRACKING: {},
        Api.FACE_DETECTION: {"faces": True, "cadence": "every"},  # every face counts, also where it does not help to follow anybody
        Api.FACE_SEARCH: {"faces": True},
    }
    own = {option: request[member] for member, option in members.items() if member in request}
    return {**request.get("Options", {}), **own, **needed[api]}


def _notification(request: dict[str, Any]) -> NotificationChannel | None:
    channel = request.get("NotificationChannel")
    return None if channel is None else NotificationChannel(channel["SNSTopicArn"], channel["RoleArn"])

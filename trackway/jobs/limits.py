"""Every limit and quota, with AWS's values as defaults (SPEC R24, R25, R51, R54, R66, R74, R79)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import msgspec

from trackway.errors import SystemFault

__all__ = ["DEFAULT_LIMITS", "Limits", "too_large", "too_many_open"]

Rate = Annotated[float, msgspec.Meta(gt=0)]


class Limits(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a deployment allows; a deployment names only those that differ, in the environment variable TRACKWAY_LIMITS as JSON.

    Attributes:
        video_bytes: larger videos are refused.
        video_hours: longer videos fail.
        image_bytes: of an image inside a request.
        image_object_bytes: of an image in S3.
        open_jobs: jobs of one account that may be open at once, where `strict_jobs` says so.
        strict_jobs: one job more is refused with LimitExceededException; otherwise it waits.
        collection_faces: faces in one collection.
        user_faces: faces associated with one user.
        token_hours: lifetime of a paging token.
        claim_days: lifetime of a ClientRequestToken.
        rates: requests per second and caller, by operation; an operation that is not named has no limit of its own. "aws" stands for
            AWS's defaults; nothing is limited otherwise, since the account that pays is the deployment's own.
    """

    video_bytes: int = 10 * 1024**3
    video_hours: float = 6.0
    image_bytes: int = 5 * 1024**2
    image_object_bytes: int = 15 * 1024**2
    open_jobs: int = 20
    strict_jobs: bool = False
    collection_faces: int = 20_000_000
    user_faces: int = 100
    token_hours: float = 24.0
    claim_days: float = 7.0
    rates: dict[str, Rate] | Literal["aws"] = {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The limits of this deployment.

        Raises:
            SystemFault: TRACKWAY_LIMITS is not what a deployment writes there.
        """
        text = environment.get("TRACKWAY_LIMITS") or "{}"
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise SystemFault(f"TRACKWAY_LIMITS: {error}. Deploy the stack again.") from error


DEFAULT_LIMITS = Limits()
"""AWS's own."""


def too_large(size_bytes: int, limit_bytes: int) -> str:
    """Rekognition's sentence for a video beyond the limit (SPEC R23)."""
    return f"Video size in bytes: {size_bytes} is more than the maximum limit of: {limit_bytes} bytes."


def too_many_open(most: int, user: str) -> str:
    """Rekognition's sentence for a job more than may be open at once (SPEC R24)."""
    return f"{most} open Jobs for User {user} Maximum limit: {most}"

"""What a caller is told when a request fails: one table from our errors to those of AWS JSON 1.1 (SPEC R5, R6, B.1).

ApiError                          a refusal that only the API makes
├── SerializationError            the body is not what JSON 1.1 expects
├── UnknownOperation              no such X-Amz-Target here
├── InvalidParameter              a constraint of Appendix A
├── InvalidS3Object               the video cannot be read
├── VideoTooLarge
├── IdempotentParameterMismatch   a ClientRequestToken used again for something else
├── ResourceNotFound              no such job, or none any more, or none of this operation
├── AccessDenied                  the caller's key allows something else
├── Throttled                     too many requests in a short time
├── RateExceeded                  more requests per second than this operation allows
└── NotAuthenticated              the door
    ├── MissingAuthenticationToken
    ├── IncompleteSignature       a part of the signature is missing or malformed
    ├── InvalidSignature          it is wrong, old, or for another region
    └── UnknownKey                nobody has such a key
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from trackway.errors import (
    AlreadyThere,
    Conflict,
    ImageTooLarge,
    InputError,
    InvalidImage,
    InvalidToken,
    LimitExceeded,
    NotFound,
    OptionError,
    OtherEmbedding,
    QuotaExceeded,
    TokenReused,
)

__all__ = [
    "AccessDenied",
    "ApiError",
    "Fault",
    "IdempotentParameterMismatch",
    "IncompleteSignature",
    "InvalidParameter",
    "InvalidS3Object",
    "InvalidSignature",
    "MissingAuthenticationToken",
    "NotAuthenticated",
    "RateExceeded",
    "ResourceNotFound",
    "SerializationError",
    "Throttled",
    "UnknownKey",
    "UnknownOperation",
    "VideoTooLarge",
    "fault_of",
]


class ApiError(InputError):
    """A request that is refused; `aws_type` is the exception that a client's SDK raises."""

    aws_type: ClassVar[str]


class SerializationError(ApiError):
    """The body is not what JSON 1.1 expects."""

    aws_type = "SerializationException"


class UnknownOperation(ApiError):
    """No operation of that name is served here."""

    aws_type = "UnknownOperationException"


class InvalidParameter(ApiError):
    """A member breaks a constraint of the model."""

    aws_type = "InvalidParameterException"


class InvalidS3Object(ApiError):
    """The named object cannot be read."""

    aws_type = "InvalidS3ObjectException"


class VideoTooLarge(ApiError):
    """The video has more bytes than the limit."""

    aws_type = "VideoTooLargeException"


class IdempotentParameterMismatch(ApiError):
    """The ClientRequestToken was used with other parameters."""

    aws_type = "IdempotentParameterMismatchException"


class ResourceNotFound(ApiError):
    """There is nothing of that name, or nothing any more, or not for this operation."""

    aws_type = "ResourceNotFoundException"


class AccessDenied(ApiError):
    """The caller's key allows something else (SPEC B.1)."""

    aws_type = "AccessDeniedException"


class Throttled(ApiError):
    """Too many requests in a short time; the same request may succeed later."""

    aws_type = "ThrottlingException"


class RateExceeded(ApiError):
    """More requests per second than this operation allows; the same request may succeed later."""

    aws_type = "ProvisionedThroughputExceededException"


class NotAuthenticated(ApiError):
    """The door does not open."""


class MissingAuthenticationToken(NotAuthenticated):
    """The request is not signed."""

    aws_type = "MissingAuthenticationTokenException"


class IncompleteSignature(NotAuthenticated):
    """A part of the signature is missing or malformed."""

    aws_type = "IncompleteSignatureException"


class InvalidSignature(NotAuthenticated):
    """The signature is wrong, old, or for another region or service."""

    aws_type = "InvalidSignatureException"


class UnknownKey(NotAuthenticated):
    """Nobody has such a key, or nobody any more."""

    aws_type = "UnrecognizedClientException"


class Fault(NamedTuple):
    """How a failure is answered."""

    aws_type: str
    status: int
    message: str


_OTHERS: dict[type[Exception], str] = {
    InvalidToken: "InvalidPaginationTokenException",
    OptionError: "InvalidParameterException",
    NotFound: "ResourceNotFoundException",
    AlreadyThere: "ResourceAlreadyExistsException",
    Conflict: "ConflictException",
    QuotaExceeded: "ServiceQuotaExceededException",
    OtherEmbedding: "InvalidParameterException",
    TokenReused: "IdempotentParameterMismatchException",
    LimitExceeded: "LimitExceededException",
    ImageTooLarge: "ImageTooLargeException",
    InvalidImage: "InvalidImageFormatException",
}


def fault_of(error: Exception) -> Fault:
    """The answer to a request that ended in `error`; whatever is not in the table is our fault and says nothing of itself."""
    if isinstance(error, ApiError):
        return Fault(error.aws_type, 400, str(error))
    for kind, aws_type in _OTHERS.items():
        if isinstance(error, kind):
            return Fault(aws_type, 400, str(error))
    return Fault("InternalServerError", 500, "Internal server error")

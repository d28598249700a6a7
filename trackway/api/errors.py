"""What a caller is told when a request fails: one table from our errors to those of AWS JSON 1.1 (SPEC R5, R6, B.1).

ApiError                          a refusal that only the API makes
├── SerializationError            the body is not what JSON 1.1 expects
├── UnknownOperation              no such X-Amz-Target here
├── InvalidParameter              a constraint of Appendix A
├── InvalidS3Object               the video cannot be read
├── VideoTooLarge
├── IdempotentParameterMismatch   a ClientRequestToken used again for something else
└── ResourceNotFound              no such job, or none any more, or none of this operation
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from trackway.errors import InputError, InvalidToken, OptionError

__all__ = [
    "ApiError",
    "Fault",
    "IdempotentParameterMismatch",
    "InvalidParameter",
    "InvalidS3Object",
    "ResourceNotFound",
    "SerializationError",
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


class Fault(NamedTuple):
    """How a failure is answered."""

    aws_type: str
    status: int
    message: str


_OTHERS: dict[type[Exception], str] = {
    InvalidToken: "InvalidPaginationTokenException",
    OptionError: "InvalidParameterException",
}


def fault_of(error: Exception) -> Fault:
    """The answer to a request that ended in `error`; whatever is not in the table is our fault and says nothing of itself."""
    if isinstance(error, ApiError):
        return Fault(error.aws_type, 400, str(error))
    for kind, aws_type in _OTHERS.items():
        if isinstance(error, kind):
            return Fault(aws_type, 400, str(error))
    return Fault("InternalServerError", 500, "Internal server error")

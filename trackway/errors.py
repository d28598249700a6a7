"""Every error that Trackway raises on purpose, as one tree.

    TrackwayError                 message, code, retryable
    ├── InputError                the caller's fault: exit status 2, job FAILED, never retried
    │   ├── OptionError           an option or argument outside its allowed set          INVALID_OPTION
    │   ├── FileError             a local file missing, unreadable or malformed          INVALID_FILE
    │   ├── InvalidToken          a paging token altered, expired or of another job      INVALID_TOKEN
    │   └── MediaError            the video itself
    │       ├── UnsupportedMedia  container or codec outside the allow-list              UNSUPPORTED_MEDIA
    │       ├── NoVideoStream     opens, but holds no picture track                      NO_VIDEO_STREAM
    │       ├── CorruptMedia      promised frames cannot be decoded                      CORRUPT_MEDIA
    │       ├── MediaTooLarge     pixels, streams, frames or bytes beyond the limits     MEDIA_TOO_LARGE
    │       ├── VideoTooLong      duration beyond the limit                              VIDEO_TOO_LONG
    │       └── ObjectGone        the S3 object or version is no longer readable         OBJECT_GONE
    └── SystemFault               ours: exit status 1, retried where `retryable`
        ├── ModelError            weights missing, changed or refused                    MODEL_UNAVAILABLE
        ├── NotificationError     a completion message could not be delivered            NOTIFICATION_FAILED
        ├── Stalled               no progress for longer than the watchdog allows        STALLED
        └── EmbeddedCloudError    the local cloud did not start, or is not there         LOCAL_CLOUD

Messages say what was expected, what was found and what to do. `code` is the word of SPEC B.2 that ends up in the job record.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "CorruptMedia",
    "EmbeddedCloudError",
    "FileError",
    "InputError",
    "InvalidToken",
    "MediaError",
    "MediaTooLarge",
    "ModelError",
    "NoVideoStream",
    "NotificationError",
    "ObjectGone",
    "OptionError",
    "Stalled",
    "SystemFault",
    "TrackwayError",
    "UnsupportedMedia",
    "VideoTooLong",
]


class TrackwayError(Exception):
    """Base of the tree; `str(error)` is a sentence for the user."""

    code: ClassVar[str] = "INTERNAL"
    retryable: ClassVar[bool] = False
    exit_status: ClassVar[int] = 1


class InputError(TrackwayError):
    """The caller can mend this; trying again without a change cannot help."""

    code = "INVALID_INPUT"
    exit_status = 2


class OptionError(InputError):
    """An option or argument outside its allowed set."""

    code = "INVALID_OPTION"


class FileError(InputError):
    """A local file that is missing, unreadable or malformed."""

    code = "INVALID_FILE"


class InvalidToken(InputError):
    """A paging token that was altered, has expired or belongs to another job (SPEC R51)."""

    code = "INVALID_TOKEN"


class MediaError(InputError):
    """The video cannot be processed as it is."""

    code = "UNSUPPORTED_MEDIA"


class UnsupportedMedia(MediaError):
    """Container or codec outside the allow-list (SPEC R48: the message begins "Unsupported codec/format.")."""


class NoVideoStream(MediaError):
    """The file opens but holds no picture track."""

    code = "NO_VIDEO_STREAM"


class CorruptMedia(MediaError):
    """The file promises frames that cannot be decoded."""

    code = "CORRUPT_MEDIA"


class MediaTooLarge(MediaError):
    """Pixels, streams, frames or bytes beyond the limits."""

    code = "MEDIA_TOO_LARGE"


class VideoTooLong(MediaError):
    """Duration beyond the limit (SPEC R25)."""

    code = "VIDEO_TOO_LONG"


class ObjectGone(MediaError):
    """The S3 object or version is no longer readable."""

    code = "OBJECT_GONE"


class SystemFault(TrackwayError):
    """Our side or the machine's; the same input may work later."""

    retryable = True


class ModelError(SystemFault):
    """Weights that are missing, changed or refused."""

    code = "MODEL_UNAVAILABLE"
    retryable = False


class NotificationError(SystemFault):
    """A completion message could not be delivered (SPEC R60)."""

    code = "NOTIFICATION_FAILED"


class Stalled(SystemFault):
    """No progress for longer than the watchdog allows (SPEC D42)."""

    code = "STALLED"


class EmbeddedCloudError(SystemFault):
    """The local cloud did not start, or is not there."""

    code = "LOCAL_CLOUD"
    retryable = False

"""Every error that Trackway raises on purpose, as one tree.

    TrackwayError                 message, code, retryable
    ├── InputError                the caller's fault: exit status 2, job FAILED, never retried
    │   ├── OptionError           an option or argument outside its allowed set          INVALID_OPTION
    │   │   └── ArgumentError     that of a Python call: a ValueError as well
    │   ├── FileError             a local file missing, unreadable or malformed          INVALID_FILE
    │   │   └── InvalidAnnotation that holds no video annotation: a ValueError as well
    │   ├── InvalidToken          a paging token altered, expired or of another job      INVALID_TOKEN
    │   ├── LimitExceeded         more jobs at once than a deployment allows             LIMIT_EXCEEDED
    │   ├── NotFound              nothing of that name, or nothing any more              NOT_FOUND
    │   │   ├── NoSuchCollection
    │   │   ├── NoSuchFace
    │   │   └── NoSuchUser
    │   ├── AlreadyThere          a collection of that name exists                       ALREADY_THERE
    │   ├── Conflict              a user of that name exists, or changes in between      CONFLICT
    │   ├── QuotaExceeded         more faces, users or tags than allowed                 QUOTA_EXCEEDED
    │   ├── OtherEmbedding        vectors of another network                             OTHER_EMBEDDING
    │   ├── NotEnoughFacesError   fewer faces than people to tell apart                  NOT_ENOUGH_FACES
    │   ├── InvalidCalibration    a calibration image that shows no face, several, or none at rest  INVALID_CALIBRATION_IMAGE
    │   ├── TokenReused           a ClientRequestToken used again for something else     TOKEN_REUSED
    │   ├── InvalidImage          a still that is no JPEG or PNG picture, or a broken one INVALID_IMAGE
    │   ├── ImageTooLarge         bytes or pixels of a still beyond the limits           IMAGE_TOO_LARGE
    │   ├── ImageTooSmall         too few pixels on a side of a still (an OptionError)   IMAGE_TOO_SMALL
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
    "AlreadyThere",
    "ArgumentError",
    "Conflict",
    "CorruptMedia",
    "EmbeddedCloudError",
    "FileError",
    "ImageTooLarge",
    "ImageTooSmall",
    "InputError",
    "InvalidAnnotation",
    "InvalidCalibration",
    "InvalidImage",
    "InvalidToken",
    "LimitExceeded",
    "MediaError",
    "MediaTooLarge",
    "ModelError",
    "NoSuchCollection",
    "NoSuchFace",
    "NoSuchUser",
    "NoVideoStream",
    "NotEnoughFacesError",
    "NotFound",
    "NotificationError",
    "ObjectGone",
    "OptionError",
    "OtherEmbedding",
    "QuotaExceeded",
    "Stalled",
    "SystemFault",
    "TokenReused",
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


class ArgumentError(OptionError, ValueError):
    """An argument of a Python call outside its allowed set; callers who know mexca catch a ValueError (SPEC M2)."""


class FileError(InputError):
    """A local file that is missing, unreadable or malformed."""

    code = "INVALID_FILE"


class InvalidAnnotation(FileError, ValueError):
    """A file that holds no video annotation, or one that mexca would refuse; its users catch a ValueError (SPEC M19)."""


class InvalidToken(InputError):
    """A paging token that was altered, has expired or belongs to another job (SPEC R51)."""

    code = "INVALID_TOKEN"


class NotFound(InputError):
    """There is nothing of that name, or nothing any more."""

    code = "NOT_FOUND"


class NoSuchCollection(NotFound):
    """No collection of that name."""


class NoSuchFace(NotFound):
    """No face of that id in the collection."""


class NoSuchUser(NotFound):
    """No user of that name in the collection."""


class AlreadyThere(InputError):
    """A collection of that name exists (SPEC R62)."""

    code = "ALREADY_THERE"


class Conflict(InputError):
    """A user of that name exists, or others change the same user again and again (SPEC R73)."""

    code = "CONFLICT"


class QuotaExceeded(InputError):
    """More faces, users or tags than are allowed (SPEC R62, R74, R79)."""

    code = "QUOTA_EXCEEDED"


class OtherEmbedding(InputError):
    """Vectors of another network than the one asked for (SPEC R80)."""

    code = "OTHER_EMBEDDING"


class NotEnoughFacesError(InputError):
    """Fewer faces than people to tell apart (SPEC M6); the name, the argument and the words are mexca's."""

    code = "NOT_ENOUGH_FACES"

    def __init__(
        self,
        msg: str = "Not enough faces detected to perform clustering; consider reducing 'num_faces', 'min_face_size', or 'thresholds'",
    ) -> None:
        super().__init__(msg)


class InvalidCalibration(InputError):
    """A calibration image that does not show one face, clearly and from the front (SPEC F20)."""

    code = "INVALID_CALIBRATION_IMAGE"


class TokenReused(InputError):
    """A ClientRequestToken that was used for a request with other parameters (SPEC R15)."""

    code = "TOKEN_REUSED"


class LimitExceeded(InputError):
    """As many jobs are open as a deployment allows; wait for one to end (SPEC R24)."""

    code = "LIMIT_EXCEEDED"


class InvalidImage(InputError):
    """A still picture that is not JPEG or PNG by content, or animated, truncated or broken."""

    code = "INVALID_IMAGE"


class ImageTooLarge(InputError):
    """A still picture with more bytes or pixels than the limits allow."""

    code = "IMAGE_TOO_LARGE"


class ImageTooSmall(OptionError):
    """A still picture with too few pixels on a side (SPEC R79)."""

    code = "IMAGE_TOO_SMALL"


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

"""The member Image of a request: from bytes or an S3 object to the faces that are seen in it (SPEC R66, R79)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from trackway.api.errors import InvalidParameter, InvalidS3Object
from trackway.columns import Detections, FaceTraits
from trackway.errors import ImageTooLarge, ObjectGone
from trackway.faces.filters import Level, Reason, reasons
from trackway.jobs.limits import Limits
from trackway.jobs.record import Video
from trackway.media.still import Still, open_still
from trackway.results.shapes import FaceDetail, attributes, face_details

__all__ = ["Pictures", "Reader", "Seen"]


class Reader(Protocol):
    """What is needed of `trackway.pipeline.still.StillReader`."""

    def faces(self, rgb: npt.NDArray[Any]) -> Detections:
        """The largest faces of a picture, largest first."""

    def embed(self, rgb: npt.NDArray[Any], faces: Detections) -> npt.NDArray[Any]:
        """(N, size) unit vectors of some of them."""

    def describe(self, rgb: npt.NDArray[Any], faces: Detections) -> FaceTraits | None:
        """All attributes of some of them."""


class _Objects(Protocol):
    def content(self, place: Video, most_bytes: int) -> bytes: ...


class Seen(NamedTuple):
    """A picture that was looked at.

    Attributes:
        still: its pixels and digest.
        faces: (N,) largest first.
        reasons: why the quality filter turns each of them down; none for a face that passes.
        reader: what looked.
    """

    still: Still
    faces: Detections
    reasons: list[list[Reason]]
    reader: Reader

    @property
    def good(self) -> list[int]:
        """Rows of the faces that pass, largest first."""
        return [row for row, why in enumerate(self.reasons) if not why]

    def vectors(self, rows: list[int]) -> npt.NDArray[Any]:
        """(len(rows), size) float32 unit vectors."""
        return self.reader.embed(self.still.rgb, self.faces[np.array(rows, np.intp)])

    def details(self, asked_for: Iterable[str] = ()) -> list[FaceDetail]:
        """What is told of each face, by the values of Attribute that a request names."""
        wanted = attributes(asked_for)
        traits = self.reader.describe(self.still.rgb, self.faces) if wanted and len(self.faces) else None
        return face_details(self.faces, traits, wanted)


class Pictures:
    """Looks at pictures.

    Args:
        reader: the networks.
        objects: where pictures in S3 lie (`trackway.store.objects.Objects`).
        limits: how large they may be.
    """

    def __init__(self, reader: Reader, objects: _Objects, limits: Limits) -> None:
        self._reader = reader
        self._objects = objects
        self._limits = limits

    def look(self, image: dict[str, Any], level: Level = "NONE") -> Seen:
        """The faces of a picture.

        Args:
            image: a request's member of the shape Image.
            level: of the quality filter, NONE to HIGH or AUTO.

        Raises:
            InvalidParameter: it names no picture, or two, or one that is too small.
            InvalidImage: neither JPEG nor PNG, or broken.
            ImageTooLarge: too many bytes or pixels.
            InvalidS3Object: the object cannot be read.
        """
        still = open_still(self._content(image))
        faces = self._reader.faces(still.rgb)
        height, width = still.rgb.shape[:2]
        return Seen(still, faces, reasons(faces, level, (width, height)), self._reader)

    def _content(self, image: dict[str, Any]) -> bytes:
        if ("Bytes" in image) == ("S3Object" in image):
            raise InvalidParameter("Request has invalid parameters. Image: expected either Bytes or S3Object.")
        if "Bytes" in image:
            content: bytes = image["Bytes"]
            if len(content) > self._limits.image_bytes:
                raise ImageTooLarge(
                    f"Image size is too large: {len(content)} bytes, the limit is {self._limits.image_bytes} bytes."
                    f" Put it into S3, where the limit is {self._limits.image_object_bytes} bytes, or send a smaller one."
                )
            return content
        named = image["S3Object"]
        if "Bucket" not in named or "Name" not in named:
            raise InvalidParameter("Request has invalid parameters. Image.S3Object needs Bucket and Name.")
        try:
            return self._objects.content(Video(named["Bucket"], named["Name"], named.get("Version")), self._limits.image_object_bytes)
        except ObjectGone as error:
            raise InvalidS3Object(str(error)) from error

"""IndexFaces: the faces of a picture into a collection (SPEC R66). The picture itself is not kept."""

from __future__ import annotations

from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.pictures import Pictures, Seen
from trackway.api.tidying import Tidying
from trackway.faces.filters import Reason
from trackway.identity.gallery import Gallery, NewFace
from trackway.results.matches import face_shape

__all__ = ["IndexFaces"]


class IndexFaces:
    """The operation.

    Args:
        pictures: looks at them.
        gallery: faces of all collections.
        tidying: tells the janitor where much was added.
    """

    def __init__(self, pictures: Pictures, gallery: Gallery, tidying: Tidying) -> None:
        self._pictures = pictures
        self._gallery = gallery
        self._tidying = tidying

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request.

        Raises:
            NoSuchCollection, OtherEmbedding, QuotaExceeded: see `Gallery.index`.
            InvalidImage, ImageTooLarge, InvalidS3Object: see `Pictures.look`.
        """
        collection = self._gallery.open(request["CollectionId"])
        seen = self._pictures.look(request["Image"], request.get("QualityFilter", "AUTO"))
        rows = seen.good[: request.get("MaxFaces")]
        details = seen.details(request.get("DetectionAttributes", ()))
        # Its place among all faces of the picture is part of a face's id: other filters find the same face again.
        faces = [
            NewFace(vector, tuple(seen.faces.box[row].tolist()), details[row].confidence, row)
            for row, vector in zip(rows, seen.vectors(rows) if rows else (), strict=True)
        ]
        records = self._gallery.index(request["CollectionId"], faces, seen.still.digest, request.get("ExternalImageId"))
        self._tidying.changed(collection, len(faces))
        version = collection.embedding.version
        return msgspec.json.encode(
            {
                "FaceRecords": [
                    {"Face": face_shape(record, version), "FaceDetail": details[row]} for row, record in zip(rows, records, strict=True)
                ],
                "FaceModelVersion": version,
                "UnindexedFaces": [{"Reasons": why, "FaceDetail": details[row]} for row, why in enumerate(_left_out(seen, rows)) if why],
            }
        )


def _left_out(seen: Seen, rows: list[int]) -> list[list[Reason]]:
    """Why each face was not indexed; nothing for one that was. Bad faces are left out first, then the smallest."""
    return [why or ([] if row in rows else [Reason.EXCEEDS_MAX_FACES]) for row, why in enumerate(seen.reasons)]

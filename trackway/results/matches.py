"""Faces of a collection as Rekognition words them, alone and as `FaceMatches` (SPEC R44, R66, R67, R69)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from trackway.identity.records import FaceRecord, Match
from trackway.results.structures import BoundingBox, Shape

__all__ = ["Face", "face_matches", "face_shape"]


class Face(Shape):
    """A face of a collection."""

    face_id: str
    bounding_box: BoundingBox
    image_id: str
    confidence: float
    index_faces_model_version: str
    external_image_id: str | None = None
    user_id: str | None = None


class _FaceMatch(Shape):
    similarity: float
    face: Face


def face_matches(matches: Iterable[Match], model_version: str) -> bytes:
    """The JSON list of faces of a collection, in the order given.

    Args:
        matches: of `FaceRecord`s.
        model_version: of the collection's embedding (SPEC R80).
    """
    return msgspec.json.encode([_FaceMatch(float(match.similarity), face_shape(match.record, model_version)) for match in matches])


def face_shape(record: FaceRecord, model_version: str) -> Face:
    """A face of a collection whose embedding has that version (SPEC R80)."""
    left, top, width, height = record.box
    return Face(
        face_id=record.face_id,
        bounding_box=BoundingBox(width, height, left, top),
        image_id=record.image_id,
        confidence=record.confidence,
        index_faces_model_version=model_version,
        external_image_id=record.external_image_id,
        user_id=record.user_id,
    )

"""Whole collections out and in: records, vectors and users."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trackway.errors import Conflict, InvalidToken, OtherEmbedding
from trackway.identity.gallery import Gallery
from trackway.identity.members import Members
from trackway.identity.records import Embedding, FaceRecord, UserRecord, Vector

__all__ = ["ExportPage", "ImportOutcome", "ImportReason", "ImportedFace", "ImportedUser", "Refusal", "Transfer"]

_FACES, _USERS = "f", "u"  # where a page begins, before a name
_ROUNDING = 1e-3


class ExportPage(NamedTuple):
    """Part of a collection: faces by id, then, on pages of their own, users by name.

    Attributes:
        faces: records with their vectors.
        users: with the ids of their faces, every one of which came before.
        embedding: what made the vectors.
        after: where the next page begins; None where this one is the last. At most 129 characters.
    """

    faces: list[tuple[FaceRecord, Vector]]
    users: list[UserRecord]
    embedding: Embedding
    after: str | None


class ImportedFace(NamedTuple):
    """A face that comes from an export.

    Attributes:
        face_id, image_id: lower-case UUIDs.
        box: left, top, width, height as ratios of the upright picture.
        confidence: of the detector, 0..100.
        external_image_id: the owner's name for the picture.
        vector: (size,) as it was exported, a unit vector.
    """

    face_id: str
    image_id: str
    box: tuple[float, float, float, float]
    confidence: float
    external_image_id: str | None
    vector: Vector


class ImportedUser(NamedTuple):
    """A user that comes from an export.

    Attributes:
        user_id: its name.
        face_ids: of its faces.
    """

    user_id: str
    face_ids: Sequence[str]


class ImportReason(enum.StrEnum):
    """Why a face was not imported, or not given to its user."""

    INVALID_VECTOR = "INVALID_VECTOR"
    FACE_NOT_FOUND = "FACE_NOT_FOUND"
    ASSOCIATED_TO_A_DIFFERENT_USER = "ASSOCIATED_TO_A_DIFFERENT_USER"


class Refusal(NamedTuple):
    """A face that was refused, or could not be given to its user."""

    face_id: str
    reason: ImportReason


class ImportOutcome(NamedTuple):
    """What became of imported faces.

    Attributes:
        stored: how many are new.
        known_by_id: how many were there by their id.
        known_by_vector: how many were there, or earlier in the same request, under another id with the very same vector; not stored.
        refused: the others.
    """

    stored: int
    known_by_id: int
    known_by_vector: int
    refused: list[Refusal]


class Transfer:
    """Export and import.

    Args:
        gallery: the collections.
        members: their users.
    """

    def __init__(self, gallery: Gallery, members: Members) -> None:
        self._gallery = gallery
        self._members = members

    def export(self, collection_id: str, after: str | None, limit: int) -> ExportPage:
        """A page of a collection, from where the last one said.

        Raises:
            NoSuchCollection: there is none of that name.
            InvalidToken: `after` is not what a page said.
        """
        kind, name = _place(after)
        collection = self._gallery.describe(collection_id)
        records = self._gallery.records
        if kind == _FACES:
            faces = records.list_faces(collection.generation, name, limit)
            vectors = self._gallery.faces.get(collection.generation, [face.vector_id for face in faces])
            # A face that was deleted between the two reads is left out.
            pairs = [(face, vectors[face.vector_id]) for face in faces if face.vector_id in vectors]
            further = _FACES + faces[-1].face_id if len(faces) == limit else _USERS
            if further != _USERS or records.list_users(collection.generation, None, 1):
                return ExportPage(pairs, [], collection.embedding, further)
            return ExportPage(pairs, [], collection.embedding, None)
        users = records.list_users(collection.generation, name, limit + 1)
        return ExportPage([], users[:limit], collection.embedding, _USERS + users[limit - 1].user_id if len(users) > limit else None)

    def import_faces(self, collection_id: str, digest: str, faces: Sequence[ImportedFace], users: Sequence[ImportedUser]) -> ImportOutcome:
        """Add what an export has; the same again changes nothing. Users are made where they are not there; faces first, then users.

        Args:
            collection_id: where.
            digest: of the embedding that made the vectors.
            faces: with their vectors.
            users: with faces of this or an earlier import.

        Raises:
            NoSuchCollection: there is none of that name.
            OtherEmbedding: the vectors are of another network than the collection's.
            QuotaExceeded: the collection or a user would have more than it may.
        """
        gallery = self._gallery
        collection = gallery.open(collection_id)
        if digest != collection.embedding.digest:
            raise OtherEmbedding(
                f"The collection {collection_id} holds vectors of {collection.embedding.title} ({collection.embedding.digest}); these are"
                f" of {digest}. Import them into a collection of the same model, or index the images anew."
            )
        valid = [face for face in faces if _is_unit(face.vector, collection.embedding.size)]
        refused = [
            Refusal(face.face_id, ImportReason.INVALID_VECTOR) for face in faces if not _is_unit(face.vector, collection.embedding.size)
        ]
        by_id = gallery.records.get_faces(collection.generation, {face.face_id for face in valid})
        unknown = {face.face_id: gallery.face_record(*face) for face in valid if face.face_id not in by_id}
        by_vector = gallery.records.find_vectors(collection.generation, {record.vector_digest for record in unknown.values()})
        for record in unknown.values():
            by_vector.setdefault(record.vector_digest, record.face_id)
        new = {face_id: record for face_id, record in unknown.items() if by_vector[record.vector_digest] == face_id}
        vectors = {face.face_id: face.vector for face in valid}
        stored = len(gallery.store(collection, [(record, vectors[face_id]) for face_id, record in new.items()]))
        known_by_vector = len(unknown) - len(new)
        refused += [refusal for user in users for refusal in self._import_user(collection_id, user)]
        return ImportOutcome(stored, len(valid) - stored - known_by_vector, known_by_vector, refused)

    def _import_user(self, collection_id: str, user: ImportedUser) -> list[Refusal]:
        """Make a user and give it its faces, which were compared with it when they became so."""
        with contextlib.suppress(Conflict):  # it is there already
            self._gallery.create_user(collection_id, user.user_id)
        association = self._members.associate(collection_id, user.user_id, user.face_ids, threshold=0)
        return [Refusal(failure.face_id, ImportReason(failure.reason)) for failure in association.failures]


def _is_unit(vector: Vector, size: int) -> bool:
    """Whether this is a vector as an export has it."""
    return vector.shape == (size,) and abs(float(np.linalg.norm(vector.astype(np.float64))) - 1) < _ROUNDING


def _place(after: str | None) -> tuple[str, str | None]:
    """Where a page begins: among faces or users, and behind which.

    Raises:
        InvalidToken: it is not what a page said.
    """
    kind, name = (_FACES, "") if after is None else (after[:1], after[1:])
    if kind not in (_FACES, _USERS):
        raise InvalidToken("Invalid Pagination Token")
    return kind, name or None

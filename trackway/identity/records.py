"""What is remembered of a collection, its faces and its users (SPEC R62 to R80)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

# Functions that only read records go without numpy.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Collection", "Embedding", "FaceFailure", "FaceReason", "FaceRecord", "Match", "UserRecord", "UserStatus", "Vector"]

Vector: TypeAlias = "npt.NDArray[np.float32]"
"""(size,) unit vector that stands for a face or a user."""


class Embedding(msgspec.Struct, frozen=True, rename="camel"):
    """The network whose vectors a collection holds; vectors of two networks are never compared (SPEC R80).

    Attributes:
        title: its name, for people.
        digest: sha256 of the network.
        size: numbers in a vector.
        version: what callers see as FaceModelVersion, digits and dots (SPEC A.2).
    """

    title: str
    digest: str
    size: int
    version: str


class Collection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One collection.

    Attributes:
        collection_id: as its owner named it.
        generation: random, new for every collection that is created; the keys of everything in it carry it, so that nothing of a
            deleted collection shows in one of the same name.
        embedding: what made its vectors, and always will.
        created_at: epoch milliseconds.
        faces: how many it has.
        users: how many it has.
        tags: as given.
    """

    collection_id: str
    generation: str
    embedding: Embedding
    created_at: int
    faces: int = 0
    users: int = 0
    tags: dict[str, str] = msgspec.field(default_factory=dict)


class FaceRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One face of a collection, without its vector.

    Attributes:
        face_id: lower-case UUID, made from the picture's digest, the external id and the face's rank by size, so that indexing a picture
            twice finds what is there (SPEC R66).
        vector_id: names the vector's row; a row that no record names does not exist.
        vector_digest: sha256 of the vector's float32 bytes, little endian; equal for equal vectors.
        image_id: lower-case UUID of the picture.
        box: left, top, width, height as ratios of the upright picture.
        confidence: of the detector, 0..100.
        external_image_id: the owner's name for the picture.
        user_id: to whom the face was associated.
    """

    face_id: str
    vector_id: str
    vector_digest: str
    image_id: str
    box: tuple[float, float, float, float]
    confidence: float
    external_image_id: str | None = None
    user_id: str | None = None


class UserStatus(enum.StrEnum):
    """SPEC R73."""

    ACTIVE = "ACTIVE"
    UPDATING = "UPDATING"
    CREATING = "CREATING"
    CREATED = "CREATED"


class UserRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One user of a collection.

    Attributes:
        user_id: as the owner named it.
        status: CREATED without faces, ACTIVE once its vector stands for all its faces.
        face_ids: associated faces, at most 100 (SPEC R74).
        vector_id: row of the user's vector; None without faces. New with every change, so that it tells two states apart.
    """

    user_id: str
    status: UserStatus = UserStatus.CREATED
    face_ids: tuple[str, ...] = ()
    vector_id: str | None = None


class FaceReason(enum.StrEnum):
    """Why a face was not deleted, associated or disassociated (SPEC R68, R74, R75)."""

    FACE_NOT_FOUND = "FACE_NOT_FOUND"
    ASSOCIATED_TO_AN_EXISTING_USER = "ASSOCIATED_TO_AN_EXISTING_USER"
    ASSOCIATED_TO_A_DIFFERENT_USER = "ASSOCIATED_TO_A_DIFFERENT_USER"
    LOW_MATCH_CONFIDENCE = "LOW_MATCH_CONFIDENCE"


class FaceFailure(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A face that was left as it is.

    Attributes:
        face_id: as asked for.
        reason: why.
        user_id: to whom it is associated, where that is the reason.
        confidence: similarity with the user, 0..100, where that is the reason.
    """

    face_id: str
    reason: FaceReason
    user_id: str | None = None
    confidence: float | None = None


class Match(NamedTuple):
    """Something found: a FaceRecord or a UserRecord and how alike it is.

    Attributes:
        record: what was found.
        similarity: 0..100 on the calibrated scale (SPEC 6b).
    """

    record: Any
    similarity: float

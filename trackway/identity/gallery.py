"""The faces of collections and their vectors: index, search, delete (SPEC R66, R68 to R70).

What is stored and when: a vector first, then the record that names it (`vector_id`). What is removed: the record first, then the vector. So
a row of vectors that no record names does not exist: every search drops such rows, every crash leaves nothing else behind, and
`trackway.identity.janitor` removes them.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Several
from typing import Any, NamedTuple

import numpy as np

from trackway.errors import Conflict, NoSuchCollection, NoSuchFace, SystemFault
from trackway.identity.catalogue import ATTEMPTS, Catalogue
from trackway.identity.ports import Collections, Found, VectorRow, Vectors
from trackway.identity.records import Collection, FaceFailure, FaceReason, FaceRecord, Match, UserRecord, Vector
from trackway.models.similarity import DEFAULT_THRESHOLD, Similarity

__all__ = ["DeletedFaces", "Gallery", "NewFace", "vector_digest"]

_SLACK = 10  # rows that a search asks for beyond what is wanted, for those that no record names
_FURTHER = 4
_AGAIN = 2


class NewFace(NamedTuple):
    """A face to be indexed.

    Attributes:
        vector: unit vector.
        box: left, top, width, height as ratios of the upright picture.
        confidence: of the detector, 0..100.
        rank: 0 for the largest face of the picture, 1 for the next, and so on; part of the face's id, so it must not depend on filters.
    """

    vector: Vector
    box: tuple[float, float, float, float]
    confidence: float
    rank: int


class DeletedFaces(NamedTuple):
    """What became of faces that were to be deleted.

    Attributes:
        deleted: their ids, in the order asked.
        failures: the others (SPEC R68).
    """

    deleted: list[str]
    failures: list[FaceFailure]


class Gallery(Catalogue):
    """All collections of a deployment, with their vectors.

    Args:
        records: where collections, faces and users are kept.
        faces: where the vectors of faces are.
        users: where the vectors of users are.
        similarity: the curve of the embedding.
        given: what a `Catalogue` takes: embedding, collection_faces, collection_users, claim_days, clock, new_id.
    """

    def __init__(self, records: Collections, faces: Vectors, users: Vectors, *, similarity: Similarity, **given: Any) -> None:
        super().__init__(records, **given)
        self.faces = faces
        self.users = users
        self.similarity = similarity

    def index(
        self, collection_id: str, faces: Sequence[NewFace], image_digest: str, external_image_id: str | None = None
    ) -> list[FaceRecord]:
        """Store the faces of a picture; those that are there already stay as they are (SPEC R66).

        Args:
            collection_id: where.
            faces: of different ranks.
            image_digest: of the picture's content.
            external_image_id: the owner's name for the picture.

        Returns:
            The record of every face, in order.

        Raises:
            NoSuchCollection: there is none of that name.
            OtherEmbedding: it holds vectors of another network.
            QuotaExceeded: it would have more faces than it may.
        """
        collection = self.open(collection_id)
        picture = (image_digest, external_image_id or "")
        image_id = _uuid("image", *picture)
        wanted = {_uuid("face", *picture, str(face.rank)): face for face in faces}
        known = self.records.get_faces(collection.generation, wanted)
        for _ in range(ATTEMPTS):
            new = [
                (self.face_record(face_id, image_id, face.box, face.confidence, external_image_id, face.vector), face.vector)
                for face_id, face in wanted.items()
                if face_id not in known
            ]
            stored = self.store(collection, new)
            known |= {record.face_id: record for record in stored}
            if len(stored) == len(new):
                return [known[face_id] for face_id in wanted]
            # Somebody else indexes, or deletes, the same faces at the same time.
            known = self.records.get_faces(collection.generation, wanted)
        raise Conflict("Others index and delete the faces of this image again and again. Try again.")

    def face_record(
        self,
        face_id: str,
        image_id: str,
        box: tuple[float, float, float, float],
        confidence: float,
        external_image_id: str | None,
        vector: Vector,
    ) -> FaceRecord:
        """A record of a face whose vector is about to be stored under a new id."""
        return FaceRecord(
            face_id=face_id,
            vector_id=self.new_vector_id(),
            vector_digest=vector_digest(vector),
            image_id=image_id,
            box=box,
            confidence=confidence,
            external_image_id=external_image_id,
        )

    def new_vector_id(self) -> str:
        """A name for a row: epoch milliseconds, by which one that is just being recorded is told from an orphan; and chance."""
        return f"{int(self.clock() * 1000):012x}{self.new_id()[:20]}"

    def store(self, collection: Collection, faces: Sequence[tuple[FaceRecord, Vector]]) -> list[FaceRecord]:
        """Store vectors, then records; returns those recorded now, not those whose face_id was there already.

        Raises:
            NoSuchCollection: it is gone meanwhile.
            QuotaExceeded: it would have more faces than it may.
        """
        if not faces:
            return []
        most = f"{self.collection_faces} faces"
        with self.changing(collection, most):
            if collection.faces + len(faces) > self.collection_faces:
                raise OverflowError
            rows = [VectorRow(record.vector_id, record.face_id, vector) for record, vector in faces]
            self.faces.add(collection.generation, rows, size=collection.embedding.size)
            stored = self.records.put_faces(collection, [record for record, _ in faces], at_most=self.collection_faces)
        if lost := [record for record, _ in faces if record not in stored]:
            # One of them may be named all the same, where an answer of the store was lost on its way and it was asked again.
            there = self.records.get_faces(collection.generation, [record.face_id for record in lost])
            named = {record.vector_id for record in there.values()}
            self.faces.remove(collection.generation, {record.vector_id for record in lost} - named)
        return stored

    def search(
        self, collection_id: str, vector: Vector, *, limit: int, threshold: float = DEFAULT_THRESHOLD, without: str | None = None
    ) -> list[Match]:
        """Faces like a vector, best first, each a FaceRecord (SPEC R70).

        Args:
            collection_id: where.
            vector: unit vector of the running embedding.
            limit: matches at most.
            threshold: least similarity, 0..100.
            without: id of a face that is left out.

        Raises:
            NoSuchCollection: there is none of that name.
            OtherEmbedding: it holds vectors of another network.
        """
        collection = self.open(collection_id)
        read = self.records.get_faces
        return self.nearest(collection, self.faces, read, vector, limit=limit, threshold=threshold, without=without)

    def search_face(self, collection_id: str, face_id: str, *, limit: int, threshold: float = DEFAULT_THRESHOLD) -> list[Match]:
        """Other faces like one of the collection, best first, each a FaceRecord (SPEC R69).

        Raises:
            NoSuchCollection: there is none of that name.
            NoSuchFace: there is none of that id in it.
            OtherEmbedding: it holds vectors of another network.
        """
        vector = self.face_vector(self.open(collection_id), face_id)
        return self.search(collection_id, vector, limit=limit, threshold=threshold, without=face_id)

    def face_vector(self, collection: Collection, face_id: str) -> Vector:
        """The vector of a face.

        Raises:
            NoSuchCollection: it is gone meanwhile.
            NoSuchFace: there is none of that id in it.
        """
        for _ in range(ATTEMPTS):
            record = self.records.get_faces(collection.generation, [face_id]).get(face_id)
            if record is None:
                raise NoSuchFace(f"The face id: {face_id} does not exist in collection {collection.collection_id}")
            vector = self.faces.get(collection.generation, [record.vector_id]).get(record.vector_id)
            if vector is not None:
                return vector
            self.check_present(collection)
        raise SystemFault(f"The vector of face {face_id} is missing. Delete the face and index its image again.")

    def check_present(self, collection: Collection) -> None:
        """Make sure that a collection was not deleted meanwhile.

        Raises:
            NoSuchCollection: it was, even where there is a new one of its name.
        """
        if self.describe(collection.collection_id).generation != collection.generation:
            raise NoSuchCollection(f"The collection id: {collection.collection_id} does not exist")

    def vectors(self, collection: Collection, faces: Sequence[FaceRecord]) -> list[Vector] | None:
        """The vectors of faces, in order; None where one was deleted meanwhile."""
        found = self.faces.get(collection.generation, [face.vector_id for face in faces])
        return [found[face.vector_id] for face in faces] if len(found) == len(faces) else None

    def nearest(
        self,
        collection: Collection,
        rows: Vectors,
        read: Callable[[str, Several[str]], Mapping[str, FaceRecord | UserRecord]],
        vector: Vector,
        *,
        limit: int,
        threshold: float,
        without: str | None = None,
    ) -> list[Match]:
        """What is nearest to a vector and has a record that names the row, best first.

        Args:
            collection: where.
            rows: vectors of faces or of users.
            read: the records of their owners.
            vector: unit vector.
            limit: matches at most.
            threshold: least similarity, 0..100.
            without: owner that is left out.
        """
        asked = limit + _SLACK
        again = _AGAIN
        while True:
            found = rows.search(collection.generation, vector, asked)
            alike = self.similarity.percent([one.cosine for one in found])
            near = [
                (one, float(percent)) for one, percent in zip(found, alike, strict=True) if percent >= threshold and one.owner_id != without
            ]
            records = read(collection.generation, {one.owner_id for one, _ in near})
            matches = [Match(records[one.owner_id], percent) for one, percent in near if _is_named(one, records)]
            if again and not {record.vector_id for record in records.values()} <= {one.vector_id for one in found}:
                # A vector was replaced between the two reads: its owner must not be missed.
                again -= 1
            elif len(matches) >= limit or len(found) < asked or alike[-1] < threshold:
                return matches[:limit]
            else:
                asked *= _FURTHER

    def delete_faces(self, collection_id: str, face_ids: Sequence[str]) -> DeletedFaces:
        """Delete faces; those of a user stay (SPEC R68).

        Raises:
            NoSuchCollection: there is none of that name.
        """
        collection = self.describe(collection_id)
        wanted = rest = list(dict.fromkeys(face_ids))
        deleted: set[str] = set()
        failures: dict[str, FaceFailure] = {}
        for _ in range(ATTEMPTS):
            known = self.records.get_faces(collection.generation, rest)
            failures |= {face_id: failure for face_id in rest if (failure := _not_deletable(face_id, known.get(face_id)))}
            free = [known[face_id] for face_id in rest if face_id not in failures]
            with self.changing(collection):
                gone = self.records.delete_faces(collection, free)
            self.faces.remove(collection.generation, [face.vector_id for face in gone])
            deleted |= {face.face_id for face in gone}
            rest = [face.face_id for face in free if face.face_id not in deleted]
            if not rest:
                return DeletedFaces([one for one in wanted if one in deleted], [failures[one] for one in wanted if one in failures])
        raise Conflict(f"Others change {len(rest)} of these faces again and again. Try again.")


def vector_digest(vector: Vector) -> str:
    """Equal for equal vectors: sha256 of the float32 bytes, little endian."""
    return hashlib.sha256(np.ascontiguousarray(vector, "<f4").tobytes()).hexdigest()


def _uuid(*parts: str) -> str:
    """A lower-case UUID that is the same for the same parts; none of them has a line feed in it."""
    return str(uuid.UUID(bytes=hashlib.sha256("\n".join(parts).encode()).digest()[:16], version=5))


def _is_named(found: Found, records: Mapping[str, FaceRecord | UserRecord]) -> bool:
    record = records.get(found.owner_id)
    return record is not None and record.vector_id == found.vector_id


def _not_deletable(face_id: str, face: FaceRecord | None) -> FaceFailure | None:
    if face is None:
        return FaceFailure(face_id, FaceReason.FACE_NOT_FOUND)
    if face.user_id is not None:
        return FaceFailure(face_id, FaceReason.ASSOCIATED_TO_AN_EXISTING_USER, face.user_id)
    return None

"""Users and their faces: associate, disassociate, delete, search (SPEC R73 to R77).

A user's vector is the normalised mean of its faces' vectors. It is made anew with every change, under a new id: first the vector, then, in
one transaction, the user's record that names it and the faces' records; then the old vector is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from trackway.errors import Conflict, NoSuchUser, QuotaExceeded, SystemFault
from trackway.identity.catalogue import ATTEMPTS
from trackway.identity.claims import Request
from trackway.identity.gallery import Gallery
from trackway.identity.ports import FACES_AT_ONCE, Claim, VectorRow
from trackway.identity.records import Collection, FaceFailure, FaceReason, FaceRecord, Match, UserRecord, UserStatus, Vector
from trackway.models.similarity import DEFAULT_THRESHOLD

__all__ = ["USER_THRESHOLD", "Association", "Members"]

USER_THRESHOLD = 75.0
"""Least similarity of a face with the user it is associated to (SPEC R74)."""


class Association(msgspec.Struct, frozen=True, rename="camel"):
    """What became of faces that were to be associated or disassociated.

    Attributes:
        changed: ids of the faces that were, in the order asked; those that were so already are in neither list.
        failures: the others.
        status: of the user afterwards.
    """

    changed: list[str]
    failures: list[FaceFailure]
    status: UserStatus


class _Choice(NamedTuple):
    """The faces of a request that are to be changed, and those that cannot be."""

    faces: list[FaceRecord]
    failures: list[FaceFailure]


class Members:
    """The users of all collections.

    Args:
        gallery: the collections.
        user_faces: faces that one user may have.
    """

    def __init__(self, gallery: Gallery, *, user_faces: int = 100) -> None:
        self._gallery = gallery
        self._user_faces = user_faces

    def associate(
        self,
        collection_id: str,
        user_id: str,
        face_ids: Sequence[str],
        *,
        threshold: float = USER_THRESHOLD,
        token: str | None = None,
    ) -> Association:
        """Give faces to a user (SPEC R74).

        Each is compared with the user's vector; for a user without faces, with the mean of these faces, and one alone always fits.

        Raises:
            NoSuchCollection: there is none of that name.
            NoSuchUser: there is none of that name in it.
            OtherEmbedding: it holds vectors of another network.
            QuotaExceeded: the user would have more faces than it may; nothing was changed.
            TokenReused: the token came with other parameters.
            Conflict: others change the same user again and again.
        """
        collection = self._gallery.open(collection_id)
        request = self._gallery.request("AssociateFaces", token, collection_id, user_id, list(face_ids), threshold)
        return self._change(request, collection, user_id, lambda user: self._fitting(collection, user, face_ids, threshold), attach=True)

    def disassociate(self, collection_id: str, user_id: str, face_ids: Sequence[str], *, token: str | None = None) -> Association:
        """Take faces from a user (SPEC R75).

        Raises:
            NoSuchCollection: there is none of that name.
            NoSuchUser: there is none of that name in it.
            TokenReused: the token came with other parameters.
            Conflict: others change the same user again and again.
        """
        collection = self._gallery.describe(collection_id)
        request = self._gallery.request("DisassociateFaces", token, collection_id, user_id, list(face_ids))
        return self._change(request, collection, user_id, lambda user: self._leaving(collection, user, face_ids), attach=False)

    def delete_user(self, collection_id: str, user_id: str, *, token: str | None = None) -> None:
        """Free a user's faces and remove it (SPEC R73).

        Raises:
            NoSuchCollection: there is none of that name.
            NoSuchUser: there is none of that name in it.
            TokenReused: the token came with other parameters.
            Conflict: others change the same user again and again.
        """
        gallery = self._gallery
        collection = gallery.describe(collection_id)
        request = gallery.request("DeleteUser", token, collection_id, user_id)
        for _ in range(ATTEMPTS):
            if request.answered(gallery.records) is not None:
                return
            user = self._user(request, collection, user_id)
            if user is None:
                return
            if len(user.face_ids) > FACES_AT_ONCE:
                self._replace(collection, user, user.face_ids[FACES_AT_ONCE:])
                continue
            with gallery.changing(collection):
                deleted = gallery.records.delete_user(collection, user, claim=request.claim(b"{}"))
            if deleted:
                self._remove_vector(collection, user.vector_id)
                return
        raise _busy(user_id)

    def search(self, collection_id: str, vector: Vector, *, limit: int, threshold: float = DEFAULT_THRESHOLD) -> list[Match]:
        """Users like a vector, best first, each a UserRecord (SPEC R77).

        Raises:
            NoSuchCollection: there is none of that name.
            OtherEmbedding: it holds vectors of another network.
        """
        return self._search(self._gallery.open(collection_id), vector, limit, threshold)

    def search_face(self, collection_id: str, face_id: str, *, limit: int, threshold: float = DEFAULT_THRESHOLD) -> list[Match]:
        """Users like a face of the collection, its own user included, best first (SPEC R76).

        Raises:
            NoSuchCollection: there is none of that name.
            NoSuchFace: there is none of that id in it.
            OtherEmbedding: it holds vectors of another network.
        """
        collection = self._gallery.open(collection_id)
        return self._search(collection, self._gallery.face_vector(collection, face_id), limit, threshold)

    def search_user(self, collection_id: str, user_id: str, *, limit: int, threshold: float = DEFAULT_THRESHOLD) -> list[Match]:
        """Other users like a user, best first; none where it has no faces (SPEC R76).

        Raises:
            NoSuchCollection: there is none of that name.
            NoSuchUser: there is none of that name in it.
            OtherEmbedding: it holds vectors of another network.
        """
        collection = self._gallery.open(collection_id)
        for _ in range(ATTEMPTS):
            user = self._gallery.user(collection, user_id)
            if user.vector_id is None:
                return []
            vector = self._user_vector(collection, user)
            if vector is not None:
                return self._search(collection, vector, limit, threshold, without=user_id)
            self._gallery.check_present(collection)
        raise SystemFault(f"The vector of user {user_id} is missing. Associate or disassociate a face to make it anew.")

    def _search(self, collection: Collection, vector: Vector, limit: int, threshold: float, without: str | None = None) -> list[Match]:
        gallery = self._gallery
        read = gallery.records.get_users
        return gallery.nearest(collection, gallery.users, read, vector, limit=limit, threshold=threshold, without=without)

    def _user(self, request: Request, collection: Collection, user_id: str) -> UserRecord | None:
        """The user that a request is to delete; None where its twin did so just now."""
        try:
            return self._gallery.user(collection, user_id)
        except NoSuchUser:
            if request.answered(self._gallery.records) is None:
                raise
            return None

    def _user_vector(self, collection: Collection, user: UserRecord) -> Vector | None:
        """The user's vector; None where it has none, or it was replaced meanwhile."""
        return None if user.vector_id is None else self._gallery.users.get(collection.generation, [user.vector_id]).get(user.vector_id)

    def _fitting(self, collection: Collection, user: UserRecord, face_ids: Sequence[str], threshold: float) -> _Choice | None:
        """Which faces are to be given to a user; None where others change them meanwhile.

        Raises:
            QuotaExceeded: the user would have more faces than it may.
        """
        choice = self._choose(collection, user, face_ids, of_user=False)
        if not choice.faces:
            return choice
        vectors = self._gallery.vectors(collection, choice.faces)
        present = self._user_vector(collection, user)
        if vectors is None or (present is None and user.face_ids):
            return None
        if user.face_ids or len(choice.faces) > 1:
            reference = _mean(vectors) if present is None else present
            alike = self._gallery.similarity.percent(np.stack(vectors) @ reference)
            choice = _Choice(
                [face for face, percent in zip(choice.faces, alike, strict=True) if percent >= threshold],
                choice.failures
                + [
                    FaceFailure(face.face_id, FaceReason.LOW_MATCH_CONFIDENCE, confidence=float(percent))
                    for face, percent in zip(choice.faces, alike, strict=True)
                    if percent < threshold
                ],
            )
        if len(user.face_ids) + len(choice.faces) > self._user_faces:
            raise QuotaExceeded(
                f"Expected at most {self._user_faces} faces for user {user.user_id}; it has {len(user.face_ids)};"
                f" {len(choice.faces)} more are asked for. Associate fewer, or disassociate some first."
            )
        return choice

    def _leaving(self, collection: Collection, user: UserRecord, face_ids: Sequence[str]) -> _Choice:
        """Which faces are to be taken from a user."""
        return self._choose(collection, user, face_ids, of_user=True)

    def _choose(self, collection: Collection, user: UserRecord, face_ids: Sequence[str], *, of_user: bool) -> _Choice:
        """The named faces that are this user's, or those that are nobody's; and those that are not there or another's."""
        known = self._gallery.records.get_faces(collection.generation, set(face_ids))
        choice = _Choice([], [])
        for face_id in dict.fromkeys(face_ids):
            face = known.get(face_id)
            if face is None:
                choice.failures.append(FaceFailure(face_id, FaceReason.FACE_NOT_FOUND))
            elif face.user_id not in (None, user.user_id):
                choice.failures.append(FaceFailure(face_id, FaceReason.ASSOCIATED_TO_A_DIFFERENT_USER, face.user_id))
            elif (face.user_id is not None) == of_user:
                choice.faces.append(face)
        return choice

    def _change(
        self, request: Request, collection: Collection, user_id: str, choose: Callable[[UserRecord], _Choice | None], *, attach: bool
    ) -> Association:
        """Give or take what `choose` says, as often as others come in between."""
        changed: list[str] = []
        for _ in range(ATTEMPTS):
            answer = request.answered(self._gallery.records)
            if answer is not None:
                return msgspec.json.decode(answer, type=Association)
            user = self._gallery.user(collection, user_id)
            choice = choose(user)
            if choice is None:
                continue
            step = [face.face_id for face in choice.faces[:FACES_AT_ONCE]]
            if not step:
                outcome = Association(changed, choice.failures, user.status)
                if self._is_remembered(request, collection, user, outcome):
                    return outcome
                continue
            face_ids = (*user.face_ids, *step) if attach else tuple(one for one in user.face_ids if one not in step)
            outcome = Association([*changed, *step], choice.failures, _status(face_ids))
            is_last = len(step) == len(choice.faces)
            claim = request.claim(msgspec.json.encode(outcome)) if is_last else None
            if not self._replace(collection, user, face_ids, claim=claim):
                continue
            if is_last:
                return outcome
            changed += step
        raise _busy(user_id)

    def _is_remembered(self, request: Request, collection: Collection, user: UserRecord, outcome: Association) -> bool:
        """Put the claim of a request that changes nothing; False where the user changed meanwhile, or its twin was first."""
        claim = request.claim(msgspec.json.encode(outcome))
        if claim is None:
            return True
        with self._gallery.changing(collection):
            return self._gallery.records.change_user(collection, user, user, claim=claim)

    def _replace(self, collection: Collection, user: UserRecord, face_ids: Sequence[str], *, claim: Claim | None = None) -> bool:
        """Let a user have these faces and no others; False where others change it, or them, meanwhile."""
        gallery = self._gallery
        vector_id = None
        if face_ids:
            faces = gallery.records.get_faces(collection.generation, face_ids)
            vectors = gallery.vectors(collection, [faces[face_id] for face_id in face_ids if face_id in faces])
            if vectors is None or len(vectors) < len(face_ids):
                return False
            vector_id = gallery.new_vector_id()
            row = VectorRow(vector_id, user.user_id, _mean(vectors))
            gallery.users.add(collection.generation, [row], size=collection.embedding.size)
        after = UserRecord(user_id=user.user_id, status=_status(face_ids), face_ids=tuple(face_ids), vector_id=vector_id)
        attach, detach = set(face_ids) - set(user.face_ids), set(user.face_ids) - set(face_ids)
        with gallery.changing(collection):
            changed = gallery.records.change_user(collection, user, after, attach=attach, detach=detach, claim=claim)
        self._remove_vector(collection, user.vector_id if changed else vector_id)
        return changed

    def _remove_vector(self, collection: Collection, vector_id: str | None) -> None:
        if vector_id is not None:
            self._gallery.users.remove(collection.generation, [vector_id])


def _mean(vectors: Sequence[Vector]) -> Vector:
    """The unit vector in the middle of unit vectors; the first of them where they cancel out."""
    mean = np.mean(np.stack(vectors), axis=0, dtype=np.float64)
    length = float(np.linalg.norm(mean))
    return vectors[0] if length < 1e-6 else np.asarray(mean / length, np.float32)


def _status(face_ids: Sequence[str]) -> UserStatus:
    return UserStatus.ACTIVE if face_ids else UserStatus.CREATED


def _busy(user_id: str) -> Conflict:
    return Conflict(f"Others change user {user_id} again and again. Try again.")

"""Collections out and in: the round trip is exact, the same again changes nothing, equal vectors are kept once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from tests.galleries import unit
from tests.unit.identity.stages import Stage, directions
from trackway.errors import InvalidToken, NoSuchCollection, OtherEmbedding, QuotaExceeded
from trackway.identity.records import FaceRecord, UserRecord, Vector
from trackway.identity.transfer import ImportedFace, ImportedUser, ImportOutcome, ImportReason, Refusal

DIGEST = "ab" * 32


@pytest.fixture
def full(stage: Stage) -> Stage:
    """A collection of 9 faces and 3 users."""
    stage.gallery.create("c", {})
    stage.gallery.create("copy", {})
    names = stage.index(*directions(7)) + stage.index(*directions(2, seed=1), image="another", external="name:1")
    for user, some in {"anna": names[:3], "bert": names[6:], "faceless": []}.items():
        stage.gallery.create_user("c", user)
        stage.members.associate("c", user, some, threshold=0)
    return stage


def exported(stage: Stage, limit: int, collection: str = "c") -> tuple[list[tuple[FaceRecord, Vector]], list[UserRecord]]:
    faces: list[tuple[FaceRecord, Vector]] = []
    users: list[UserRecord] = []
    after = None
    while True:
        page = stage.transfer.export(collection, after, limit)
        assert not (page.faces and page.users)
        assert not (page.faces and users)
        assert max(len(page.faces), len(page.users)) <= limit
        assert page.embedding.digest == DIGEST
        faces += page.faces
        users += page.users
        if page.after is None:
            return faces, users
        after = page.after


def as_imported(faces: Sequence[tuple[FaceRecord, Vector]]) -> list[ImportedFace]:
    return [ImportedFace(face.face_id, face.image_id, face.box, face.confidence, face.external_image_id, vector) for face, vector in faces]


def as_users(users: Sequence[UserRecord]) -> list[ImportedUser]:
    return [ImportedUser(user.user_id, user.face_ids) for user in users]


@pytest.mark.parametrize("limit", [1, 2, 3, 9, 500])
def test_the_round_trip_is_exact(full: Stage, limit: int) -> None:
    faces, users = exported(full, limit)
    assert len(faces) == 9
    outcome = full.transfer.import_faces("copy", DIGEST, as_imported(faces), as_users(users))
    assert outcome == ImportOutcome(9, 0, 0, [])
    state = full.state()
    assert state["copy"] == state["c"]
    again, _ = exported(full, limit, "copy")
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(faces, again, strict=True))
    assert full.transfer.import_faces("copy", DIGEST, as_imported(faces), as_users(users)) == ImportOutcome(0, 9, 0, [])
    assert full.state() == state
    full.check_swept()


def test_equal_vectors_are_kept_once(full: Stage) -> None:
    faces = as_imported(exported(full, 500)[0])
    renamed = [face._replace(face_id=f"{number:08x}-0000-0000-0000-000000000000") for number, face in enumerate(faces)]
    assert full.transfer.import_faces("c", DIGEST, renamed, []) == ImportOutcome(0, 0, 9, [])
    assert full.transfer.import_faces("copy", DIGEST, [*faces[:2], *renamed, faces[2], faces[0]], []) == ImportOutcome(9, 1, 3, [])
    # Where the face that had the vector is deleted, the vector may come again.
    full.gallery.delete_faces("copy", [renamed[5].face_id])
    assert full.transfer.import_faces("copy", DIGEST, [faces[5]], []).stored == 1
    full.check_swept()


def test_two_faces_of_one_vector_hold_it_until_both_are_gone(stage: Stage) -> None:
    stage.gallery.create("c", {})
    (first,), (second,) = stage.index(unit(1)), stage.index(unit(1), image="another")
    third = ImportedFace("00000000-0000-0000-0000-000000000000", first, (0.0, 0.0, 1.0, 1.0), 1.0, None, unit(1))
    for name in (second, first):
        assert stage.transfer.import_faces("c", DIGEST, [third], []).known_by_vector == 1
        stage.gallery.delete_faces("c", [name])
    assert stage.transfer.import_faces("c", DIGEST, [third], []).stored == 1
    stage.check_swept()


def test_what_cannot_be_imported_is_told(full: Stage) -> None:
    (good, *others) = as_imported(exported(full, 500)[0])
    bad = [np.zeros(4, np.float32), np.full(4, np.nan, np.float32), unit(1)[:3], unit(1) * np.float32(2)]
    faces = [face._replace(vector=vector) for face, vector in zip(others, bad, strict=False)]
    outcome = full.transfer.import_faces("copy", DIGEST, [good, *faces], [ImportedUser("anna", [good.face_id, others[0].face_id])])
    assert outcome.stored == 1
    assert outcome.refused == [
        *[Refusal(face.face_id, ImportReason.INVALID_VECTOR) for face in faces],
        Refusal(others[0].face_id, ImportReason.FACE_NOT_FOUND),
    ]
    taken = full.transfer.import_faces("copy", DIGEST, [], [ImportedUser("bert", [good.face_id])])
    assert taken.refused == [Refusal(good.face_id, ImportReason.ASSOCIATED_TO_A_DIFFERENT_USER)]
    full.check_swept()


def test_errors(full: Stage) -> None:
    with pytest.raises(NoSuchCollection):
        full.transfer.export("x", None, 1)
    with pytest.raises(InvalidToken):
        full.transfer.export("c", "?", 1)
    with pytest.raises(OtherEmbedding, match="cdcd"):
        full.transfer.import_faces("copy", "cd" * 32, [], [])
    full.gallery.collection_faces = 3
    with pytest.raises(QuotaExceeded):
        full.transfer.import_faces("copy", DIGEST, as_imported(exported(full, 500)[0]), [])
    assert full.gallery.describe("copy").faces == 0


def test_an_export_of_another_network_s_collection_is_possible(full: Stage) -> None:
    full.gallery.embedding = msgspec.structs.replace(full.gallery.embedding, digest="cd" * 32)
    assert len(exported(full, 500)[0]) == 9

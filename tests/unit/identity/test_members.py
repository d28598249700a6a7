"""Users and their faces (SPEC R73 to R77): reasons, thresholds, quotas, tokens, searches."""

from __future__ import annotations

import numpy as np
import pytest

from tests.galleries import CURVE, unit
from tests.unit.identity.stages import Stage, directions
from trackway.errors import Conflict, NoSuchCollection, NoSuchFace, NoSuchUser, QuotaExceeded, TokenReused
from trackway.identity.members import Association
from trackway.identity.records import FaceFailure, FaceReason, UserStatus

NEAR = directions(5)
FAR = unit(-1, 0.1)


@pytest.fixture
def faces(stage: Stage) -> list[str]:
    """Five faces of one person and one of another; two users."""
    stage.gallery.create("c", {})
    stage.gallery.create_user("c", "anna")
    stage.gallery.create_user("c", "bert")
    return stage.index(*NEAR, FAR)


def test_r73_a_user_is_created_once(stage: Stage, faces: list[str]) -> None:
    with pytest.raises(Conflict, match="anna already exists"):
        stage.gallery.create_user("c", "anna")
    stage.gallery.create_user("c", "Anna")
    with pytest.raises(NoSuchCollection):
        stage.gallery.create_user("x", "anna")
    assert [(user.user_id, user.status) for user in stage.all_users()] == [(name, UserStatus.CREATED) for name in ("Anna", "anna", "bert")]
    assert stage.gallery.describe("c").users == 3


def test_r73_a_repeated_request_gets_its_answer_for_seven_days(stage: Stage, faces: list[str]) -> None:
    stage.gallery.create_user("c", "carl", token="t")
    stage.gallery.create_user("c", "carl", token="t")
    with pytest.raises(TokenReused, match="already in use with other parameters"):
        stage.gallery.create_user("c", "dora", token="t")
    # Tokens of different operations are strangers.
    first = stage.members.associate("c", "anna", faces[:2], token="t")
    assert stage.members.associate("c", "anna", faces[:2], token="t") == first
    assert first == Association(faces[:2], [], UserStatus.ACTIVE)
    with pytest.raises(TokenReused):
        stage.members.associate("c", "anna", faces[:3], token="t")
    assert stage.members.associate("c", "anna", faces[:2]) == Association([], [], UserStatus.ACTIVE)
    stage.members.delete_user("c", "carl", token="t")
    stage.members.delete_user("c", "carl", token="t")
    with pytest.raises(NoSuchUser):
        stage.members.delete_user("c", "carl")
    stage.clock.turn(days=7)
    stage.gallery.create_user("c", "dora", token="t")
    stage.check()


def test_r74_reasons(stage: Stage, faces: list[str]) -> None:
    assert stage.members.associate("c", "bert", faces[4:5]).changed == faces[4:5]
    outcome = stage.members.associate("c", "anna", [faces[1], "unknown", faces[4], faces[0], faces[1]])
    assert outcome.changed == [faces[1], faces[0]]
    assert outcome.failures == [
        FaceFailure("unknown", FaceReason.FACE_NOT_FOUND),
        FaceFailure(faces[4], FaceReason.ASSOCIATED_TO_A_DIFFERENT_USER, "bert"),
    ]
    again = stage.members.associate("c", "anna", [faces[0], faces[5], faces[2]])
    assert again.changed == [faces[2]]
    ((failure),) = again.failures
    mean = (NEAR[0].astype(float) + NEAR[1]) / np.linalg.norm(NEAR[0].astype(float) + NEAR[1])
    assert (failure.face_id, failure.reason) == (faces[5], FaceReason.LOW_MATCH_CONFIDENCE)
    assert failure.confidence == pytest.approx(float(CURVE.percent(FAR @ mean)), rel=1e-4)
    stage.check_swept()


def test_r74_the_first_face_always_fits_and_several_are_compared_with_their_mean(stage: Stage, faces: list[str]) -> None:
    assert stage.members.associate("c", "bert", [faces[5]], threshold=100).changed == [faces[5]]
    outcome = stage.members.associate("c", "anna", [*faces[:4]], threshold=75)
    assert outcome.changed == faces[:4]
    stage.members.disassociate("c", "bert", [faces[5]])
    stage.members.disassociate("c", "anna", faces)
    mixed = stage.members.associate("c", "anna", faces, threshold=75)
    assert mixed.changed == faces[:5]
    assert [failure.face_id for failure in mixed.failures] == [faces[5]]
    stage.check_swept()


def test_r74_more_faces_than_allowed_are_refused_whole(stage: Stage, faces: list[str]) -> None:
    many = stage.index(*directions(100, seed=2), image="many")
    assert stage.members.associate("c", "anna", many[:99], threshold=0).changed == many[:99]
    with pytest.raises(QuotaExceeded, match="at most 100 faces for user anna; it has 99; 2 more"):
        stage.members.associate("c", "anna", faces[:2], threshold=0)
    assert stage.members.associate("c", "anna", faces[:1], threshold=0).changed == faces[:1]
    assert len(stage.gallery.list_faces("c", None, 200, user_id="anna").items) == 100
    assert stage.members.disassociate("c", "anna", many[:99]) == Association(many[:99], [], UserStatus.ACTIVE)
    stage.members.associate("c", "anna", many[:99], threshold=0, token="t")
    stage.members.delete_user("c", "anna", token="t")
    assert all(face.user_id is None for face in stage.all_faces())
    stage.check_swept()


def test_r75_disassociation_mirrors(stage: Stage, faces: list[str]) -> None:
    stage.members.associate("c", "anna", faces[:3])
    stage.members.associate("c", "bert", faces[5:])
    outcome = stage.members.disassociate("c", "anna", [faces[0], "unknown", faces[5], faces[4]])
    assert outcome == Association(
        [faces[0]],
        [FaceFailure("unknown", FaceReason.FACE_NOT_FOUND), FaceFailure(faces[5], FaceReason.ASSOCIATED_TO_A_DIFFERENT_USER, "bert")],
        UserStatus.ACTIVE,
    )
    assert stage.members.disassociate("c", "anna", faces[1:3]).status is UserStatus.CREATED
    assert stage.members.search("c", NEAR[0], limit=5, threshold=50) == []
    with pytest.raises(NoSuchUser, match="carl"):
        stage.members.disassociate("c", "carl", faces)
    stage.check_swept()


def test_r76_r77_searches_of_users(stage: Stage, faces: list[str]) -> None:
    stage.members.associate("c", "anna", faces[:2])
    stage.members.associate("c", "bert", faces[5:])
    stage.gallery.create_user("c", "faceless")
    assert [match.record.user_id for match in stage.members.search("c", NEAR[0], limit=5)] == ["anna"]
    assert [match.record.user_id for match in stage.members.search("c", NEAR[0], limit=5, threshold=0)] == ["anna", "bert"]
    assert [match.record.user_id for match in stage.members.search("c", NEAR[0], limit=1, threshold=0)] == ["anna"]
    # A face finds its own user; a user does not find itself.
    assert [match.record.user_id for match in stage.members.search_face("c", faces[0], limit=5)] == ["anna"]
    assert [match.record.user_id for match in stage.members.search_user("c", "anna", limit=5, threshold=0)] == ["bert"]
    assert stage.members.search_user("c", "faceless", limit=5, threshold=0) == []
    with pytest.raises(NoSuchUser):
        stage.members.search_user("c", "unknown", limit=5)
    with pytest.raises(NoSuchFace):
        stage.members.search_face("c", "unknown", limit=5)


def test_a_user_whose_vector_is_replaced_during_a_search_is_not_missed(stage: Stage, faces: list[str]) -> None:
    stage.members.associate("c", "anna", faces[:2])
    names = []
    for at in range(4):
        stage.fuse.arm(at, lambda at=at: stage.members.associate("c", "anna", faces[at + 2 : at + 3], threshold=0), reads=True)  # type: ignore[misc]
        names += [match.record.user_id for match in stage.members.search("c", NEAR[0], limit=1, threshold=1)]
        stage.fuse.disarm()
    assert names == ["anna"] * 4


def test_faces_whose_mean_is_nothing_have_the_first_one_s(stage: Stage) -> None:
    stage.gallery.create("c", {})
    stage.gallery.create_user("c", "anna")
    names = stage.index(unit(1), unit(-1))
    assert stage.members.associate("c", "anna", names, threshold=0).changed == names
    ((row),) = stage.users.tables[stage.gallery.describe("c").generation]
    np.testing.assert_array_equal(row.vector, unit(1))

"""Faces of collections: ids, searches, deletions, quotas, tags (SPEC R62 to R70, R78, R80)."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from tests.galleries import CURVE, EMBEDDING, new_face, unit
from tests.unit.identity.stages import Stage, directions
from trackway.errors import AlreadyThere, NoSuchCollection, NoSuchFace, OtherEmbedding, QuotaExceeded, SystemFault
from trackway.identity.records import FaceFailure, FaceReason

VECTORS = directions(12)


def test_r62_r80_a_collection_keeps_its_embedding_and_name(stage: Stage) -> None:
    created = stage.gallery.create("Name.with_all-1", {"key": ""})
    assert created == stage.gallery.describe("Name.with_all-1")
    assert (created.faces, created.users, created.tags, created.embedding) == (0, 0, {"key": ""}, EMBEDDING)
    assert created.created_at == int(stage.clock.now * 1000)
    with pytest.raises(AlreadyThere, match=r"^The collection id: Name.with_all-1 already exists$"):
        stage.gallery.create("Name.with_all-1", {})
    stage.gallery.create("name.with_all-1", {})
    with pytest.raises(NoSuchCollection, match=r"^The collection id: x does not exist$"):
        stage.gallery.describe("x")


def test_r65_nothing_of_a_deleted_collection_shows_in_a_new_one(stage: Stage) -> None:
    stage.gallery.create("c", {"old": "tag"})
    names = stage.index(*VECTORS[:3])
    stage.gallery.create_user("c", "anna")
    stage.gallery.delete("c")
    with pytest.raises(NoSuchCollection):
        stage.gallery.delete("c")
    stage.gallery.create("c", {})
    assert stage.state()["c"] == (0, 0, {}, [], [])
    assert stage.gallery.search("c", VECTORS[0], limit=5, threshold=0) == []
    assert stage.index(*VECTORS[:3]) == names
    stage.check_swept()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_r63_r67_pages_are_exact(stage: Stage, size: int) -> None:
    for number in range(6):
        stage.gallery.create(f"{'aZ_.-0'[number]}", {})
    for number in range(3):
        stage.index(*VECTORS[:4], image=f"{number}", collection="a")
        stage.gallery.create_user("a", f"user:{number}")
    assert paged(stage.gallery.list_collections, size, "collection_id") == sorted("aZ_.-0")
    assert paged(lambda after, limit: stage.gallery.list_users("a", after, limit), size, "user_id") == ["user:0", "user:1", "user:2"]
    faces = paged(lambda after, limit: stage.gallery.list_faces("a", after, limit), size, "face_id")
    assert faces == sorted(faces)
    assert len(set(faces)) == 12
    some = [*faces[3:10], "unknown"]
    assert paged(lambda after, limit: stage.gallery.list_faces("a", after, limit, face_ids=some), size, "face_id") == faces[3:10]


def paged(read: object, size: int, name: str) -> list[str]:
    """All names of a list, page by page; every page but the last is full, and none is empty."""
    names: list[str] = []
    after = None
    while True:
        page = read(after, size)  # type: ignore[operator]
        names += [getattr(item, name) for item in page.items]
        if page.after is None:
            return names
        assert len(page.items) == size
        assert page.after == names[-1]
        after = page.after


def test_r67_faces_of_a_user(stage: Stage) -> None:
    stage.gallery.create("c", {})
    names = stage.index(*VECTORS[:4])
    stage.gallery.create_user("c", "anna")
    stage.members.associate("c", "anna", names[:2], threshold=0)
    listed = stage.gallery.list_faces("c", None, 10, user_id="anna").items
    assert [(face.face_id, face.user_id) for face in listed] == [(name, "anna") for name in sorted(names[:2])]
    assert [face.face_id for face in stage.gallery.list_faces("c", None, 10, user_id="anna", face_ids=names[1:]).items] == [names[1]]
    assert stage.gallery.list_faces("c", None, 10, user_id="anna", face_ids=names[2:]).items == []


def test_r66_the_same_image_and_external_id_is_stored_once(stage: Stage) -> None:
    stage.gallery.create("c", {})
    first = stage.gallery.index("c", [new_face(vector, rank) for rank, vector in enumerate(VECTORS[:3])], "digest", "name:1")
    again = stage.gallery.index("c", [new_face(vector, rank) for rank, vector in enumerate(VECTORS[:4])], "digest", "name:1")
    assert again[:3] == first
    assert stage.gallery.describe("c").faces == 4
    others = (
        stage.index(*VECTORS[:3], image="digest"),
        stage.index(*VECTORS[:3], image="digest", external="name:2"),
        stage.index(*VECTORS[:3]),
    )
    assert len({name for names in (*others, [face.face_id for face in again]) for name in names}) == 13
    assert len({face.image_id for face in stage.all_faces()}) == 4
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name) for face in again for name in (face.face_id, face.image_id))
    assert (first[1].box, first[1].confidence, first[1].external_image_id) == ((0.1, 0.25, 0.125, 1 / 3), 99.5, "name:1")
    stage.check()


def test_r79_a_full_collection_takes_no_more(stage: Stage) -> None:
    stage.gallery.collection_faces = 5
    stage.gallery.create("c", {})
    stage.index(*VECTORS[:4])
    with pytest.raises(QuotaExceeded, match="5 faces"):
        stage.index(*VECTORS[:2], image="another")
    stage.index(*VECTORS[:5])
    assert stage.index(*VECTORS[:5])
    stage.gallery.collection_users = 1
    stage.gallery.create_user("c", "anna")
    with pytest.raises(QuotaExceeded, match="1 users"):
        stage.gallery.create_user("c", "bert")
    stage.check_swept()


def test_r79_writers_that_meet_do_not_exceed_the_quota(stage: Stage) -> None:
    stage.gallery.collection_faces = 3
    stage.gallery.create("c", {})
    stage.fuse.arm(1, lambda: stage.index(*VECTORS[:2], image="meanwhile"))
    with pytest.raises(QuotaExceeded):
        stage.index(*VECTORS[:2])
    assert stage.gallery.describe("c").faces == 2
    stage.check_swept()


def test_r68_faces_of_users_and_unknown_ones_are_not_deleted(stage: Stage) -> None:
    stage.gallery.create("c", {})
    names = stage.index(*VECTORS[:4])
    stage.gallery.create_user("c", "anna")
    stage.members.associate("c", "anna", names[1:2])
    outcome = stage.gallery.delete_faces("c", [names[3], "unknown", names[1], names[0], names[3]])
    assert outcome.deleted == [names[3], names[0]]
    assert outcome.failures == [
        FaceFailure("unknown", FaceReason.FACE_NOT_FOUND),
        FaceFailure(names[1], FaceReason.ASSOCIATED_TO_AN_EXISTING_USER, "anna"),
    ]
    assert {match.record.face_id for match in stage.gallery.search("c", VECTORS[0], limit=9, threshold=0)} == set(names[1:3])
    stage.check_swept()


def test_r69_r70_search_is_the_brute_force_order(stage: Stage) -> None:
    stage.gallery.create("c", {})
    names = stage.index(*VECTORS)
    question = unit(1, 0.1, -0.2, 0.3)
    cosines = {name: float(np.dot(vector.astype(float), question)) for name, vector in zip(names, VECTORS, strict=True)}
    expected = sorted(names, key=lambda name: -cosines[name])
    for limit in (1, 5, 4096):
        matches = stage.gallery.search("c", question, limit=limit, threshold=0)
        assert [match.record.face_id for match in matches] == expected[:limit]
        np.testing.assert_allclose(
            [match.similarity for match in matches], [CURVE.percent(cosines[name]) for name in expected[:limit]], rtol=1e-4
        )
    middle = stage.gallery.search("c", question, limit=12, threshold=0)[5].similarity
    assert len(stage.gallery.search("c", question, limit=12, threshold=middle)) == 6
    others = stage.gallery.search_face("c", names[0], limit=20, threshold=0)
    assert sorted(match.record.face_id for match in others) == sorted(names[1:])
    with pytest.raises(NoSuchFace, match="unknown"):
        stage.gallery.search_face("c", "unknown", limit=1)


def test_orphans_before_the_wanted_do_not_shorten_a_search(stage: Stage) -> None:
    stage.gallery.create("c", {})
    names = stage.index(*VECTORS[:3])
    generation = stage.gallery.describe("c").generation
    for row in [row._replace(vector=VECTORS[3]) for row in stage.faces.tables[generation]] * 20:
        stage.faces.add(generation, [row._replace(vector_id="0" * 32)], size=4)
    matches = stage.gallery.search("c", VECTORS[3], limit=3, threshold=0)
    assert sorted(match.record.face_id for match in matches) == sorted(names)


def test_r80_vectors_of_another_network_are_refused(stage: Stage) -> None:
    stage.gallery.create("c", {})
    names = stage.index(*VECTORS[:2])
    stage.gallery.create_user("c", "anna")
    stage.gallery.embedding = msgspec.structs.replace(EMBEDDING, title="Another", digest="cd" * 32)
    for request in (
        lambda: stage.index(*VECTORS[:2]),
        lambda: stage.gallery.search("c", VECTORS[0], limit=1),
        lambda: stage.gallery.search_face("c", names[0], limit=1),
        lambda: stage.members.associate("c", "anna", names),
        lambda: stage.members.search("c", VECTORS[0], limit=1),
        lambda: stage.transfer.import_faces("c", "cd" * 32, [], []),
    ):
        with pytest.raises(OtherEmbedding, match=r"Test embedder 1.0.*Another"):
            request()
    assert stage.gallery.describe("c").embedding == EMBEDDING
    assert stage.gallery.delete_faces("c", names).deleted == names


def test_r78_tags(stage: Stage) -> None:
    stage.gallery.create("c", {"a": "1"})
    stage.gallery.tag("c", {"a": "2", "b": ""})
    stage.gallery.untag("c", ["a", "unknown"])
    assert stage.gallery.describe("c").tags == {"b": ""}
    stage.gallery.tag("c", {f"{number}": "x" for number in range(199)})
    with pytest.raises(QuotaExceeded, match="at most 200 tags"):
        stage.gallery.tag("c", {"one": "more"})
    stage.gallery.tag("c", {"b": "is replaced"})
    assert len(stage.gallery.describe("c").tags) == 200
    with pytest.raises(QuotaExceeded):
        stage.gallery.create("d", {f"{number}": "x" for number in range(201)})


def test_a_lost_vector_is_our_fault_and_says_what_to_do(stage: Stage) -> None:
    stage.gallery.create("c", {})
    (name,) = stage.index(VECTORS[0])
    stage.faces.drop(stage.gallery.describe("c").generation)
    with pytest.raises(SystemFault, match="index its image again"):
        stage.gallery.search_face("c", name, limit=1)


def test_r79_quota_and_counts_over_several_transactions(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(collection_faces=120)
    stage.gallery.create("c", {})
    stage.index(*directions(100))
    with pytest.raises(QuotaExceeded):
        stage.index(*directions(21), image="another")
    assert stage.gallery.describe("c").faces == 100
    names = [face.face_id for face in stage.all_faces()]
    assert stage.gallery.delete_faces("c", names).deleted == names
    assert stage.gallery.describe("c").faces == 0
    stage.check_swept()

"""A crash at every write: nothing is half there afterwards, the request can be repeated, and the janitor leaves no orphan."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.galleries import unit
from tests.unit.identity.stages import KINDS, Crash, Stage, directions, stages
from trackway.errors import AlreadyThere, NoSuchCollection, NoSuchUser
from trackway.identity.transfer import ImportedFace, ImportedUser

VECTORS = directions(7)
MORE = directions(7, seed=1)
AT_ONCE = 3
IMAGE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def _small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests need several transactions with few faces; `test_members` and `test_gallery` have the real ones."""
    monkeypatch.setattr("trackway.identity.members.FACES_AT_ONCE", AT_ONCE)
    monkeypatch.setattr("trackway.store.collections._FACES_PER_TRANSACTION", AT_ONCE)


class Scene(NamedTuple):
    """A collection as it is, and a request."""

    prepare: Callable[[Stage], object]
    request: Callable[[Stage], object]
    done: type[Exception] = Crash


def start(stage: Stage) -> None:
    stage.gallery.create("c", {"a": "1"})
    stage.gallery.create("other", {})
    stage.index(*VECTORS[:4])
    stage.gallery.create_user("c", "anna")
    stage.members.associate("c", "anna", ids(stage)[:2], threshold=0)
    stage.gallery.create_user("c", "bert")


def ids(stage: Stage) -> list[str]:
    """The first picture's faces by rank."""
    return stage.index(*VECTORS[:4])


def start_large(stage: Stage) -> None:
    """A user with more faces than one transaction takes."""
    start(stage)
    stage.members.associate("c", "bert", stage.index(*VECTORS, image="crowd"), threshold=0)


def start_doomed(stage: Stage) -> None:
    """A deleted collection and rows without records."""
    start(stage)
    generation = stage.gallery.describe("c").generation
    stage.fuse.arm(1, _crash)
    with pytest.raises(Crash):
        stage.index(*MORE[:3], image="half")
    assert stage.faces.count(generation) == 7
    stage.gallery.create("gone", {})
    stage.index(*MORE[:5], image="gone", collection="gone")
    stage.gallery.create_user("gone", "carl")
    stage.gallery.delete("gone")
    stage.clock.turn(seconds=7200)


def imported(stage: Stage) -> object:
    faces = [
        ImportedFace(f"{number:08x}-0000-0000-0000-000000000000", IMAGE, (0, 0, 1, 1), 99.0, None, vector)
        for number, vector in enumerate([*MORE, VECTORS[0]])
    ]
    users = [ImportedUser("anna", [faces[3].face_id]), ImportedUser("dora", [faces[0].face_id, faces[1].face_id])]
    return stage.transfer.import_faces("c", "ab" * 32, faces, users)


SCENES = {
    "create": Scene(lambda _: None, lambda stage: stage.gallery.create("c", {"a": "1"}), AlreadyThere),
    "tag": Scene(start, lambda stage: stage.gallery.tag("c", {"b": "2"})),
    "index": Scene(start, lambda stage: stage.index(*VECTORS[:6])),
    "index many": Scene(start, lambda stage: stage.index(*MORE, image="crowd")),
    "delete faces": Scene(start, lambda stage: stage.gallery.delete_faces("c", [*ids(stage)[1:], "unknown"])),
    "create user": Scene(start, lambda stage: stage.gallery.create_user("c", "carl", token="t")),
    "associate": Scene(start, lambda stage: stage.members.associate("c", "anna", ids(stage), threshold=0, token="t")),
    "associate first": Scene(start, lambda stage: stage.members.associate("c", "bert", ids(stage), threshold=0)),
    "associate many": Scene(
        start, lambda stage: stage.members.associate("c", "bert", stage.index(*VECTORS, image="crowd"), threshold=0, token="t")
    ),
    "disassociate": Scene(start, lambda stage: stage.members.disassociate("c", "anna", ids(stage)[:1])),
    "disassociate all": Scene(start, lambda stage: stage.members.disassociate("c", "anna", ids(stage), token="t")),
    "disassociate many": Scene(start_large, lambda stage: stage.members.disassociate("c", "bert", stage.index(*VECTORS, image="crowd"))),
    "delete user": Scene(start, lambda stage: stage.members.delete_user("c", "anna", token="t")),
    "delete user of many": Scene(start_large, lambda stage: stage.members.delete_user("c", "bert"), NoSuchUser),
    "delete": Scene(start, lambda stage: stage.gallery.delete("c"), NoSuchCollection),
    "import": Scene(start, imported),
    "sweep": Scene(start_doomed, lambda stage: stage.janitor.sweep()),
}


def _crash() -> None:
    raise Crash


# Many writes, each tried again from the start, take minutes in the emulated table; there, requests of several transactions are left out.
CASES = [(kind, name) for kind in KINDS for name in SCENES if kind == "memory" or "many" not in name]


@pytest.mark.parametrize(("kind", "scene"), [(kind, SCENES[name]) for kind, name in CASES], ids=map("-".join, CASES))
def test_a_crash_at_any_write_leaves_all_consistent(scene: Scene, kind: str) -> None:
    with stages(kind) as make:
        undisturbed = make()
        scene.prepare(undisturbed)
        undisturbed.fuse.arm(10**9, _crash)
        scene.request(undisturbed)
        writes = undisturbed.fuse.calls
        assert writes >= 1
        undisturbed.check()
        expected = undisturbed.state()
        for at in range(writes):
            stage = make()
            scene.prepare(stage)
            stage.fuse.arm(at, _crash)
            with pytest.raises(Crash):
                scene.request(stage)
            stage.fuse.disarm()
            stage.check()
            # Without a token, a repetition that comes after the deed finds it done.
            with contextlib.suppress(scene.done):
                scene.request(stage)
            assert stage.state() == expected
            stage.check_swept()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_are_just_being_recorded_are_no_orphans(kind: str) -> None:
    with stages(kind) as make:
        stage = make()
        start(stage)
        generation = stage.gallery.describe("c").generation
        # Before every write of a request the janitor comes by.
        for at in itertools.count():
            stage.fuse.arm(at, stage.janitor.sweep)
            stage.index(*MORE[:3], image=f"image {at}")
            if stage.fuse.calls <= at:
                break
            stage.check()
        assert stage.faces.count(generation) == 4 + 3 * (at + 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_crashed_rows_vector_is_found_by_no_search(kind: str) -> None:
    with stages(kind) as make:
        stage = make()
        start(stage)
        stage.fuse.arm(1, _crash)
        with pytest.raises(Crash):
            stage.index(unit(0, 0, 0, 1), image="half")
        assert stage.gallery.search("c", unit(0, 0, 0, 1), limit=5, threshold=90) == []

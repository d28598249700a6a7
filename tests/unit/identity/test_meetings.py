"""Two requests at once: one runs before any one call of the other; and many threads. Nothing is lost, doubled or half there."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest

from tests.galleries import unit
from tests.unit.identity.stages import KINDS, Stage, directions, stages
from trackway.errors import Conflict, InputError, NoSuchCollection

VECTORS = directions(6)
Request = Callable[[Stage], Any]


def prepare(stage: Stage) -> list[str]:
    stage.gallery.create("c", {})
    stage.gallery.create_user("c", "anna")
    stage.gallery.create_user("c", "bert")
    faces = stage.index(*VECTORS[:4])
    stage.members.associate("c", "anna", faces[:2], threshold=0)
    return faces


def _names() -> list[str]:
    with stages("memory") as make:
        return prepare(make())


NAMES: list[str] = _names()


def _replace(stage: Stage, *, again: bool) -> None:
    """The collection goes, its rows and vectors too; perhaps another of its name comes."""
    stage.gallery.delete("c")
    stage.janitor.sweep()
    if again:
        stage.gallery.create("c", {"new": ""})


REQUESTS: dict[str, Request] = {
    "index": lambda stage: stage.index(*VECTORS),
    "index another": lambda stage: stage.index(*VECTORS[:2], image="another"),
    "delete faces": lambda stage: stage.gallery.delete_faces("c", NAMES[1:]),
    "associate": lambda stage: stage.members.associate("c", "anna", NAMES[1:4], threshold=0),
    "associate to another": lambda stage: stage.members.associate("c", "bert", NAMES[2:4], threshold=0),
    "disassociate": lambda stage: stage.members.disassociate("c", "anna", NAMES[:1]),
    "delete user": lambda stage: stage.members.delete_user("c", "anna"),
    "create user": lambda stage: stage.gallery.create_user("c", "carl"),
    "tag": lambda stage: stage.gallery.tag("c", {"a": "1"}),
    "delete": lambda stage: stage.gallery.delete("c"),
    "delete and sweep": lambda stage: _replace(stage, again=False),
    "delete and create": lambda stage: _replace(stage, again=True),
    "sweep": lambda stage: stage.janitor.sweep(),
}
READS: dict[str, Request] = {
    "search": lambda stage: stage.gallery.search("c", VECTORS[0], limit=10, threshold=0),
    "search face": lambda stage: stage.gallery.search_face("c", NAMES[0], limit=10, threshold=0),
    "search users": lambda stage: stage.members.search("c", VECTORS[0], limit=10, threshold=0),
    "search users by face": lambda stage: stage.members.search_face("c", NAMES[0], limit=10, threshold=0),
    "search users by user": lambda stage: stage.members.search_user("c", "anna", limit=10, threshold=0),
    "list": lambda stage: stage.gallery.list_faces("c", None, 10, user_id="anna"),
    "export": lambda stage: stage.transfer.export("c", None, 10),
}
IN_DYNAMODB = [
    ("index", "index"),
    ("index", "delete"),
    ("index", "delete faces"),
    ("delete faces", "associate"),
    ("associate", "associate to another"),
    ("associate", "delete user"),
    ("delete user", "disassociate"),
    ("search", "delete and sweep"),
]


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [("memory", first, second) for first in [*REQUESTS, *READS] for second in REQUESTS]
    + [("dynamodb", first, second) for first, second in IN_DYNAMODB],
)
def test_one_request_runs_before_any_call_of_another(kind: str, first: str, second: str) -> None:
    with stages(kind) as make:
        for at in itertools.count():
            stage = make()
            prepare(stage)
            stage.fuse.arm(at, partial(_run, stage, REQUESTS[second]), reads=True)
            _run(stage, {**REQUESTS, **READS}[first])
            was_last = stage.fuse.is_armed
            stage.fuse.disarm()
            stage.check()
            stage.check_swept()
            if was_last:
                break
        assert at > 1


def _run(stage: Stage, request: Request) -> None:
    """A request may find that what it names is gone, or that it came too late; it never crashes."""
    with contextlib.suppress(InputError):
        request(stage)


class Rushed:
    """A table on which everybody meets: transactions conflict by chance, and every call may wait.

    Args:
        client: DynamoDB.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._random = Random(1)
        self.exceptions = client.exceptions
        self.conflicts = 0

    def __getattr__(self, name: str) -> Any:
        def call(**given: Any) -> Any:
            time.sleep(self._random.random() / 1000)
            if name == "transact_write_items" and self._random.random() < 0.3:
                self.conflicts += 1
                codes = ["None"] * (len(given["TransactItems"]) - 1) + ["TransactionConflict"]
                answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": [{"Code": code} for code in codes]}
                raise self.exceptions.TransactionCanceledException(answer, "TransactWriteItems")
            return getattr(self._client, name)(**given)

        return call


def together(*requests: Callable[[], Any]) -> list[Any]:
    """Run requests in threads that start at once; what each gave or raised."""
    outcomes: list[Any] = [None] * len(requests)
    start = threading.Barrier(len(requests))

    def run(number: int) -> None:
        start.wait()
        try:
            outcomes[number] = requests[number]()
        except InputError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture(params=KINDS)
def busy(request: pytest.FixtureRequest) -> Any:
    """A stage on which many requests run at once."""
    with stages(request.param) as make:
        stage = make()
        if request.param == "dynamodb":
            table = stage.records._table
            table._client = Rushed(table._client)
        yield stage


def test_concurrent_writers_lose_nothing(busy: Stage) -> None:
    busy.gallery.create("c", {})
    outcomes = together(*[lambda n=n: busy.index(*VECTORS[:3], image=f"image {n}") for n in range(8)])
    assert len({name for names in outcomes for name in names}) == 24
    assert busy.gallery.describe("c").faces == 24
    busy.check()


def test_r66_a_face_indexed_by_many_at_once_is_stored_once(busy: Stage) -> None:
    busy.gallery.create("c", {})
    outcomes = together(*[lambda: busy.index(*VECTORS[:3]) for _ in range(8)])
    assert all(names == outcomes[0] for names in outcomes)
    assert busy.gallery.describe("c").faces == 3
    assert busy.faces.count(busy.gallery.describe("c").generation) == 3
    busy.check()


def test_r74_many_associate_at_once_and_every_face_has_one_user(busy: Stage) -> None:
    busy.gallery.create("c", {})
    names = busy.index(*VECTORS)
    for user in ("anna", "bert"):
        busy.gallery.create_user("c", user)
    requests = [
        lambda user=user, name=name: busy.members.associate("c", user, [name], threshold=0) for name in names for user in ("anna", "bert")
    ]
    outcomes = together(*requests)
    told = sum(len(one.changed) for one in outcomes if not isinstance(one, Conflict))
    assert told == sum(len(user.face_ids) for user in busy.all_users()) == len(names)
    busy.check_swept()


def test_r78_tags_given_at_once_are_all_kept(busy: Stage) -> None:
    busy.gallery.create("c", {})
    together(*[lambda n=n: busy.gallery.tag("c", {f"key {n}": "value"}) for n in range(6)])
    assert busy.gallery.describe("c").tags == {f"key {n}": "value" for n in range(6)}


def test_r73_one_token_at_once_is_one_request(busy: Stage) -> None:
    busy.gallery.create("c", {})
    outcomes = together(*[lambda: busy.gallery.create_user("c", "anna", token="t") for _ in range(6)])
    assert outcomes == [None] * 6
    names = busy.index(*VECTORS)
    answers = together(*[lambda: busy.members.associate("c", "anna", names, threshold=0, token="t") for _ in range(6)])
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].changed == names
    outcomes = together(*[lambda: busy.members.delete_user("c", "anna", token="t") for _ in range(6)])
    assert outcomes == [None] * 6


TWINS: dict[str, Request] = {
    "associate": lambda stage: stage.members.associate("c", "anna", NAMES, threshold=0, token="t"),
    "associate what is": lambda stage: stage.members.associate("c", "anna", NAMES[:2], threshold=0, token="t"),
    "disassociate": lambda stage: stage.members.disassociate("c", "anna", NAMES[:1], token="t"),
    "disassociate what is not": lambda stage: stage.members.disassociate("c", "anna", NAMES[3:], token="t"),
    "delete user": lambda stage: stage.members.delete_user("c", "anna", token="t"),
    "create user": lambda stage: stage.gallery.create_user("c", "carl", token="t"),
}


def _tell(request: Request, stage: Stage, answers: list[Any]) -> None:
    answers.append(request(stage))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("memory", name) for name in TWINS] + [("dynamodb", name) for name in ("associate", "delete user", "create user")],
)
def test_r73_a_request_and_its_twin_in_its_middle_have_one_answer(kind: str, name: str) -> None:
    with stages(kind) as make:
        for at in itertools.count():
            stage, answers = make(), list[Any]()
            prepare(stage)
            twin = partial(_tell, TWINS[name], stage, answers)
            stage.fuse.arm(at, twin, reads=True)
            twin()
            was_last = stage.fuse.is_armed
            stage.fuse.disarm()
            assert was_last or answers[0] == answers[1]
            assert TWINS[name](stage) == answers[0]
            if was_last:
                break
        assert at > 1


def test_r74_a_token_whose_request_changed_nothing_keeps_its_answer(busy: Stage) -> None:
    names = prepare(busy)
    nothing = busy.members.associate("c", "anna", names[:2], threshold=0, token="t")
    assert nothing.changed == []
    busy.members.disassociate("c", "anna", names[:2])
    assert busy.members.associate("c", "anna", names[:2], threshold=0, token="t") == nothing
    assert busy.members.disassociate("c", "anna", names[:2], token="t").changed == []


def test_a_collection_deleted_under_many_writers_is_gone(busy: Stage) -> None:
    busy.gallery.create("c", {})
    writers = [lambda n=n: busy.index(*VECTORS[:3], image=f"image {n}") for n in range(6)]
    outcomes = together(*writers, lambda: busy.gallery.delete("c"))
    assert outcomes[-1] is None
    assert all(isinstance(one, NoSuchCollection | list) for one in outcomes[:-1])
    with pytest.raises(NoSuchCollection, match="c does not exist"):
        busy.gallery.search("c", unit(1), limit=1)
    busy.check_swept()

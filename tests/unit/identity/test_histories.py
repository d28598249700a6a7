"""Any history of requests against a plain model: answers, counts and records are right after each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.galleries import CURVE
from tests.unit.identity.stages import KINDS, Stage, directions, stages
from trackway.errors import AlreadyThere, Conflict, NoSuchCollection, NoSuchUser, QuotaExceeded
from trackway.identity.records import FaceReason

POOL = [*directions(6), *[-vector for vector in directions(2, seed=3)]]
COLLECTIONS = st.sampled_from(["one", "two"])
USERS = st.sampled_from(["anna", "bert"])
PICTURES = st.sampled_from(["a", "b", "c"])
SOME = st.lists(st.integers(0, 30), max_size=4)
MOST = 12


class History(RuleBasedStateMachine):
    """Requests on two collections of at most 12 faces, users of at most 4."""

    def __init__(self, make: Callable[..., Stage]) -> None:
        super().__init__()
        self.stage = make(collection_faces=MOST, user_faces=4)
        self.collections: dict[str, dict[str, Any]] = {}
        self.names: dict[tuple[str, int], str] = {}

    def faces(self, collection: str, numbers: list[int]) -> list[str]:
        """Ids of faces, here or not."""
        known = [*sorted(set(self.names.values())), "unknown"]
        return [known[number % len(known)] for number in numbers]

    @rule(collection=COLLECTIONS)
    def create(self, collection: str) -> None:
        if collection in self.collections:
            with pytest.raises(AlreadyThere):
                self.stage.gallery.create(collection, {})
        else:
            self.stage.gallery.create(collection, {})
            self.collections[collection] = {"faces": {}, "users": {}}

    @rule(collection=COLLECTIONS, sure=st.integers(0, 3))
    def delete(self, collection: str, sure: int) -> None:
        if collection not in self.collections:
            with pytest.raises(NoSuchCollection):
                self.stage.gallery.delete(collection)
        elif not sure:
            self.stage.gallery.delete(collection)
            del self.collections[collection]

    @precondition(lambda self: self.collections)
    @rule(data=st.data(), picture=PICTURES, chosen=st.lists(st.sampled_from(POOL), min_size=1, max_size=4))
    def index(self, data: st.DataObject, picture: str, chosen: list[Any]) -> None:
        collection = data.draw(st.sampled_from(sorted(self.collections)))
        faces = self.collections[collection]["faces"]
        new = [rank for rank in range(len(chosen)) if self.names.get((picture, rank)) not in faces]
        if len(faces) + len(new) > MOST:
            with pytest.raises(QuotaExceeded):
                self.stage.index(*chosen, image=picture, collection=collection)
            return
        for rank, name in enumerate(self.stage.index(*chosen, image=picture, collection=collection)):
            assert self.names.setdefault((picture, rank), name) == name
            faces.setdefault(name, chosen[rank])
        assert len(set(self.names.values())) == len(self.names)

    @precondition(lambda self: self.collections)
    @rule(data=st.data(), numbers=SOME)
    def delete_faces(self, data: st.DataObject, numbers: list[int]) -> None:
        collection = data.draw(st.sampled_from(sorted(self.collections)))
        model, wanted = self.collections[collection], list(dict.fromkeys(self.faces(collection, numbers)))
        owner = {face: user for user, some in model["users"].items() for face in some}
        outcome = self.stage.gallery.delete_faces(collection, wanted)
        assert outcome.deleted == [one for one in wanted if one in model["faces"] and one not in owner]
        assert {(one.face_id, one.reason, one.user_id) for one in outcome.failures} == {
            (one, FaceReason.ASSOCIATED_TO_AN_EXISTING_USER, owner[one]) if one in owner else (one, FaceReason.FACE_NOT_FOUND, None)
            for one in wanted
            if one not in outcome.deleted
        }
        for one in outcome.deleted:
            del model["faces"][one]

    @precondition(lambda self: self.collections)
    @rule(data=st.data(), user=USERS)
    def create_user(self, data: st.DataObject, user: str) -> None:
        collection = data.draw(st.sampled_from(sorted(self.collections)))
        users = self.collections[collection]["users"]
        if user in users:
            with pytest.raises(Conflict):
                self.stage.gallery.create_user(collection, user)
        else:
            self.stage.gallery.create_user(collection, user)
            users[user] = []

    @precondition(lambda self: self.collections)
    @rule(data=st.data(), user=USERS)
    def delete_user(self, data: st.DataObject, user: str) -> None:
        collection = data.draw(st.sampled_from(sorted(self.collections)))
        users = self.collections[collection]["users"]
        if user not in users:
            with pytest.raises(NoSuchUser):
                self.stage.members.delete_user(collection, user)
        else:
            self.stage.members.delete_user(collection, user)
            del users[user]

    @precondition(lambda self: any(model["users"] for model in self.collections.values()))
    @rule(data=st.data(), numbers=SOME, threshold=st.sampled_from([0.0, 75.0]))
    def associate(self, data: st.DataObject, numbers: list[int], threshold: float) -> None:
        collection = data.draw(st.sampled_from(sorted(one for one, model in self.collections.items() if model["users"])))
        model, wanted = self.collections[collection], list(dict.fromkeys(self.faces(collection, numbers)))
        user = data.draw(st.sampled_from(sorted(model["users"])))
        mine = model["users"][user]
        others = {face for name, some in model["users"].items() if name != user for face in some}
        new = [one for one in wanted if one in model["faces"] and one not in others and one not in mine]
        total = np.sum([model["faces"][one].astype(np.float64) for one in mine or new], axis=0)
        length = np.linalg.norm(total)
        reference = total / length if new and length > 1e-5 else None
        fits = {
            one: threshold == 0 or (not mine and len(new) == 1) or float(CURVE.percent(model["faces"][one] @ reference)) >= threshold
            for one in new
            if threshold == 0 or reference is not None
        }
        if len(fits) < len(new):
            return  # faces that cancel out stand for any direction
        if len(mine) + sum(fits.values()) > 4 and any(fits.values()):
            with pytest.raises(QuotaExceeded):
                self.stage.members.associate(collection, user, wanted, threshold=threshold)
            return
        outcome = self.stage.members.associate(collection, user, wanted, threshold=threshold)
        assert outcome.changed == [one for one in new if fits[one]]
        assert {one.face_id for one in outcome.failures} == set(wanted) - set(outcome.changed) - set(mine)
        mine += outcome.changed
        assert outcome.status == ("ACTIVE" if mine else "CREATED")

    @precondition(lambda self: any(model["users"] for model in self.collections.values()))
    @rule(data=st.data(), numbers=SOME)
    def disassociate(self, data: st.DataObject, numbers: list[int]) -> None:
        collection = data.draw(st.sampled_from(sorted(one for one, model in self.collections.items() if model["users"])))
        model, wanted = self.collections[collection], list(dict.fromkeys(self.faces(collection, numbers)))
        user = data.draw(st.sampled_from(sorted(model["users"])))
        mine = model["users"][user]
        outcome = self.stage.members.disassociate(collection, user, wanted)
        assert outcome.changed == [one for one in wanted if one in mine]
        for one in outcome.changed:
            mine.remove(one)

    @rule()
    def sweep(self) -> None:
        self.stage.check_swept()

    @invariant()
    def all_is_as_in_the_model(self) -> None:
        seen = self.stage.gallery.list_collections(None, 100).items
        assert {one.collection_id: (one.faces, one.users) for one in seen} == {
            name: (len(model["faces"]), len(model["users"])) for name, model in self.collections.items()
        }
        for name, model in self.collections.items():
            assert [face.face_id for face in self.stage.all_faces(name)] == sorted(model["faces"])
            assert {user.user_id: list(user.face_ids) for user in self.stage.all_users(name)} == model["users"]

    def teardown(self) -> None:
        self.stage.check()


@pytest.mark.parametrize("kind", KINDS)
def test_any_history_is_as_the_model_says(kind: str) -> None:
    examples = 60 if kind == "memory" else 8
    with stages(kind) as make:
        run_state_machine_as_test(
            lambda: History(make),  # type: ignore[arg-type]  # hypothesis takes any factory
            settings=settings(
                max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
            ),
        )

"""Rates per operation and caller, counted in the table (SPEC B.1)."""

from __future__ import annotations

import json
import logging
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cloud import Clock, Cloud
from tests.contract.gateway import http_event
from trackway.api.caller import ANYBODY, Caller
from trackway.api.endpoint import Endpoint
from trackway.api.errors import RateExceeded, Throttled
from trackway.api.rates import AWS_RATES, Rates
from trackway.api.routes import FUNCTIONS
from trackway.errors import SystemFault
from trackway.jobs.limits import Limits
from trackway.store.attributes import from_item
from trackway.store.rates import RateStore

ANNA, BERT = (Caller(identity=f"arn:aws:iam::1:user/{name}") for name in ("anna", "bert"))


class Memory:
    """`RateStore` in memory."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str, int], int] = {}

    def count(self, operation: str, identity: str, window: int) -> int:
        place = operation, identity, window
        self.made[place] = self.made.get(place, 0) + 1
        return self.made[place]


def outcomes(rates: Rates, times: int, caller: Caller = ANNA, operation: str = "ListFaces") -> list[type[Exception] | None]:
    found: list[type[Exception] | None] = []
    for _ in range(times):
        try:
            rates(operation, caller)
            found.append(None)
        except (RateExceeded, Throttled) as error:
            found.append(type(error))
    return found


def test_so_many_a_second_then_one_refusal_and_then_the_other(cloud: Cloud) -> None:
    clock = Clock()
    rates = Rates(Limits(rates={"ListFaces": 3}), RateStore(cloud.clients.dynamodb, cloud.table), clock=clock)
    assert outcomes(rates, 8) == [None] * 3 + [RateExceeded] * 3 + [Throttled] * 2
    assert outcomes(rates, 3, BERT) == [None] * 3
    clock.turn(seconds=1)
    assert outcomes(rates, 4) == [None] * 3 + [RateExceeded]
    items = [from_item(item) for item in cloud.clients.dynamodb.scan(TableName=cloud.table)["Items"]]
    assert len(items) == 3
    assert all(clock.now < item["expires_at"] < clock.now + 7200 for item in items)


def test_other_operations_are_not_even_counted() -> None:
    memory = Memory()
    rates = Rates(Limits(rates={"ListFaces": 1}), memory, clock=Clock())
    assert outcomes(rates, 50, operation="DetectFaces") == [None] * 50
    assert memory.made == {}


def test_by_default_nothing_is_limited() -> None:
    memory = Memory()
    for operations in FUNCTIONS.values():
        for operation in operations:
            Rates(Limits(), memory)(operation, ANYBODY)
    assert memory.made == {}


@given(rate=st.floats(0.01, 40, allow_nan=False))
def test_in_the_long_run_no_more_than_the_rate_gets_through(rate: float) -> None:
    clock, through = Clock(1_800_000_000), 0
    rates = Rates(Limits(rates={"ListFaces": rate}), Memory(), clock=clock)
    seconds = 400
    for _ in range(seconds):
        through += outcomes(rates, 45).count(None)
        clock.turn(seconds=1)
    assert through <= rate * (seconds + max(1, 1 / rate)) + 1
    assert through >= int(rate) * seconds if rate >= 1 else through >= 1


def test_aws_profile_names_every_operation_of_rekognition() -> None:
    ours = {"CreateKey", "DeleteKey", "ListKeys", "RotateKey", "ExportFaces", "ImportFaces", "SearchAllFacesByImage"}
    assert set(AWS_RATES) == {operation for operations in FUNCTIONS.values() for operation in operations} - ours
    limits = Limits.from_environment({"TRACKWAY_LIMITS": '{"rates": "aws"}'})
    assert outcomes(Rates(limits, Memory(), clock=Clock()), 6, operation="CreateCollection") == [None] * 5 + [RateExceeded]


@pytest.mark.parametrize("rates", ['"gcp"', '{"ListFaces": 0}', '{"ListFaces": -1}', '{"ListFaces": "5"}', "[]"])
def test_a_rate_that_is_none_is_refused_at_the_start(rates: str) -> None:
    with pytest.raises(SystemFault, match="TRACKWAY_LIMITS"):
        Limits.from_environment({"TRACKWAY_LIMITS": f'{{"rates": {rates}}}'})


def test_r6_r55_a_refused_request_does_nothing_and_is_worded_as_aws_does() -> None:
    done: list[Any] = []

    def operation(request: dict[str, Any], caller: Caller) -> bytes:
        done.append(request)
        return b"{}"

    log: Any = logging.getLogger("rates")
    rates = Rates(Limits(rates={"ListCollections": 1}), Memory(), clock=Clock())
    endpoint = Endpoint({"ListCollections": operation}, log, rates)
    event = http_event("/", {"x-amz-target": "RekognitionService.ListCollections"}, b"{}")
    bodies = [json.loads(endpoint(event)["body"]) for _ in range(3)]
    assert len(done) == 1
    assert [(body["__type"], body["Message"]) for body in bodies[1:]] == [
        ("ProvisionedThroughputExceededException", "Provisioned Rate exceeded."),
        ("ThrottlingException", "Slow down; sudden increase in rate of requests."),
    ]


def test_limits_still_go_through_an_environment() -> None:
    for limits in (Limits(), Limits(rates="aws"), Limits(rates={"ListFaces": 2.5})):
        assert Limits.from_environment({"TRACKWAY_LIMITS": msgspec.json.encode(limits).decode()}) == limits

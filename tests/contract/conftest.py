"""A stock boto3 Rekognition client in front of the project's operations; every answer is checked against botocore's model."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.validate import ParamValidator
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import REGION, Cloud
from tests.cloud import cloud as cloud
from tests.contract.gateway import Exchange, Function, Gateway, serve
from trackway.api.door import Door
from trackway.api.endpoint import Endpoint
from trackway.api.get_person_tracking import GetPersonTracking
from trackway.api.start_person_tracking import StartPersonTracking

MODEL = botocore.session.Session().get_service_model("rekognition")


def routes(cloud: Cloud) -> dict[str, Function]:
    """The stack's routes over a cloud whose clock a test can turn."""
    log: Any = logging.getLogger("contract")
    start = Endpoint({"StartPersonTracking": StartPersonTracking(cloud.jobs, cloud.objects, cloud.starter, clock=cloud.clock)}, log)
    get = Endpoint({"GetPersonTracking": GetPersonTracking(cloud.jobs, cloud.pages, cloud.clock)}, log)
    functions: dict[str, Endpoint] = {"start": start, "get": get}
    names = {"StartPersonTracking": "start", "GetPersonTracking": "get"}
    door = Door(lambda name, event: functions[name](event), names, log)
    return {"/": door, "/StartPersonTracking": start, "/GetPersonTracking": get}


@pytest.fixture
def gateway(cloud: Cloud) -> Iterator[Gateway]:
    """A gateway that lets everybody in; afterwards each of its answers must have satisfied the service model."""
    with serve(routes(cloud)) as running:
        yield running
    for exchange in running.exchanges:
        check(exchange)


@pytest.fixture
def rekognition(gateway: Gateway) -> RekognitionClient:
    """A client as anybody's program has it, but for its endpoint."""
    return boto3.client("rekognition", region_name=REGION, endpoint_url=gateway.url, config=Config(retries={"total_max_attempts": 1}))


def check(exchange: Exchange) -> None:
    """R4, R5, R9: ids and types on every answer, bodies as the model has them, no nulls."""
    assert exchange.headers["content-type"] == "application/x-amz-json-1.1"
    assert len(exchange.headers["x-amzn-requestid"]) == 36
    body = json.loads(exchange.body)
    assert b":null" not in exchange.body
    if exchange.status == 200:
        shape = MODEL.operation_model(exchange.target.rpartition(".")[2]).output_shape
        assert shape is not None
        assert ParamValidator().validate(body, shape).generate_report() == ""
    else:
        assert list(body) == ["__type", "Code", "Logref", "Message"]
        assert body["__type"] == body["Code"]
        assert body["Logref"] == exchange.headers["x-amzn-requestid"]
        assert (exchange.status == 500) == (body["Code"] == "InternalServerError")

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

from tests.cloud import REGION, Cloud, small_cloud
from tests.contract.gateway import Exchange, Function, Gateway, serve
from tests.contract.recognizing import own_model, with_collections
from trackway.api.credentials import KeyRing
from trackway.api.door import Door
from trackway.api.endpoint import Endpoint
from trackway.api.get_video import GetVideo
from trackway.api.keys import issuing
from trackway.api.start_video import StartVideo
from trackway.jobs.limits import DEFAULT_LIMITS, Limits
from trackway.jobs.record import Api
from trackway.store.clients import Clients
from trackway.store.keys import KeySecrets, KeyStore

MODEL = botocore.session.Session().get_service_model("rekognition")
OWN_MODEL = own_model()
PROTOCOL = {
    *("UnknownOperationException", "SerializationException", "MissingAuthenticationTokenException"),
    *("IncompleteSignatureException", "InvalidSignatureException", "UnrecognizedClientException"),
}
"""What an operation may answer although its model does not name it (SPEC B.1)."""


def routes(cloud: Cloud, limits: Limits = DEFAULT_LIMITS) -> dict[str, Function]:
    """The stack's routes over a cloud whose clock a test can turn."""
    log: Any = logging.getLogger("contract")
    given: dict[str, Any] = {"limits": limits, "clock": cloud.clock}
    start = Endpoint({api: StartVideo(api, cloud.jobs, cloud.objects, cloud.starter, cloud.catalogue, **given) for api in Api}, log)
    get = Endpoint({f"Get{api.subject}": GetVideo(api, cloud.jobs, cloud.pages, **given) for api in Api}, log)
    functions: dict[str, Endpoint] = {"start": start, "get": get}
    names = {f"{kind.capitalize()}{api.subject}": kind for kind in functions for api in Api}
    recognizing, operations = with_collections(cloud, limits)
    keys = KeyStore(cloud.clients.dynamodb, cloud.table), KeySecrets(cloud.clients.secrets, "trackway/keys/")
    issued = issuing(*keys)
    functions, names = functions | recognizing | {"keys": Endpoint(issued, log)}, names | operations | dict.fromkeys(issued, "keys")
    # Clients sign with the time of this machine, whatever the cloud's clock says.
    door = Door(lambda name, event: functions[name](event), names, KeyRing(*keys, region=REGION), log)
    return {"/": door, "/keys": door, **{f"/{operation}": functions[kind] for operation, kind in names.items()}}


@pytest.fixture(scope="session")
def clients() -> Clients:
    """Clients take longer to make than a cloud's resources, and know nothing of them."""
    return Clients()


@pytest.fixture
def cloud(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A fresh cloud for one test, behind the same clients as the others."""
    monkeypatch.setattr("tests.cloud.Clients", lambda: clients)
    with small_cloud() as fresh:
        yield fresh


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
    """R4, R5, R9, R22: ids and types on every answer, bodies and errors as the model has them, no nulls."""
    assert exchange.headers["content-type"] == "application/x-amz-json-1.1"
    assert len(exchange.headers["x-amzn-requestid"]) == 36
    body = json.loads(exchange.body)
    assert b":null" not in exchange.body
    if exchange.status == 200:
        service, _, operation = exchange.target.rpartition(".")
        shape = (OWN_MODEL if service == "Trackway" else MODEL).operation_model(operation).output_shape
        assert shape is not None
        # Where nothing could be deleted the list is there and empty: programs look into it, whatever the model says.
        told = body | {"DeletedFaces": ["-"]} if body.get("DeletedFaces") == [] else body
        assert ParamValidator().validate(told, shape).generate_report() == ""
    else:
        assert list(body) == ["__type", "Code", "Logref", "Message"]
        assert body["__type"] == body["Code"]
        assert body["Logref"] == exchange.headers["x-amzn-requestid"]
        assert (exchange.status == 500) == (body["Code"] == "InternalServerError")
        service, _, operation = exchange.target.rpartition(".")
        if service == "RekognitionService" and operation in MODEL.operation_names:
            assert body["Code"] in PROTOCOL | {error.name for error in MODEL.operation_model(operation).error_shapes}

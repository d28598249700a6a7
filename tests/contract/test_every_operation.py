"""Every operation that is served, with stock boto3 at both doors and with the aws command line; every other is refused (SPEC A.1)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.cloud import REGION
from tests.contract.conftest import MODEL, OWN_MODEL, check
from tests.contract.whole import CALLS, DOORS, World, method, whole_world
from trackway.api.routes import FUNCTIONS

SERVED = sorted(operation for operations in FUNCTIONS.values() for operation in operations)
REKOGNITION = [operation for operation in SERVED if operation in MODEL.operation_names]
NOT_SERVED = sorted(set(MODEL.operation_names) - set(SERVED))
every_door = pytest.mark.parametrize("door", DOORS)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with whole_world() as whole:
        yield whole
        for exchange in whole.gateway.exchanges:
            check(exchange)


def test_every_operation_that_is_served_is_called_here() -> None:
    assert sorted(CALLS) == SERVED


@every_door
@pytest.mark.parametrize("operation", SERVED)
def test_r1_r2_r4_every_operation_answers_at_every_door(world: World, door: str, operation: str) -> None:
    call, own = CALLS[operation], operation not in REKOGNITION
    client = world.own(door) if own else world.stock(door)
    members = call.members(world)
    if door == "keys" and operation in FUNCTIONS["keys"]:
        with pytest.raises(client.exceptions.AccessDeniedException):  # keys make no keys
            method(client, operation)(**members)
        return
    answer = method(client, operation)(**members)
    metadata = answer.pop("ResponseMetadata")
    shape = (OWN_MODEL if own else MODEL).operation_model(operation).output_shape
    assert shape is not None
    assert set(answer) == set(shape.members) - call.untold
    assert metadata["HTTPStatusCode"] == 200
    exchange = world.gateway.exchanges[-1]
    assert metadata["RequestId"] == exchange.headers["x-amzn-requestid"]
    assert exchange.target == f"{'Trackway' if own else 'RekognitionService'}.{operation}"
    # Our client takes the operation's own route at IAM's door, where each has its own permissions and metrics.
    assert exchange.path == ("/keys" if door == "keys" else f"/{operation}" if own else "/")


@every_door
def test_2g_18_whatever_else_rekognition_has_is_an_unknown_operation(world: World, door: str) -> None:
    client = world.stock(door, validate=False)
    for operation in NOT_SERVED:
        with pytest.raises(ClientError) as caught:
            method(client, operation)()
        error = caught.value.response["Error"]
        assert (error["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]) == ("UnknownOperationException", 400), operation


SEVERAL_COMMANDS = """
import json, sys
from awscli.clidriver import create_clidriver
driver = create_clidriver()
for arguments in json.load(sys.stdin):
    status = driver.main(arguments)
    if status:
        sys.exit(f"{arguments}: {status}")
"""


def test_r2_r3_the_aws_command_line_has_every_operation(world: World, tmp_path: Any) -> None:
    """As `aws rekognition ...` one after the other, but for the time that starting it takes."""
    commands = []
    for operation in REKOGNITION:
        given = json.dumps(CALLS[operation].members(world))
        commands.append(["rekognition", xform_name(operation, "-"), "--cli-input-json", given, "--no-paginate", "--output", "json"])
    keys = world.keys["keys"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": keys["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": keys["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_REKOGNITION": world.url("keys"),
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = len(world.gateway.exchanges)
    program = [sys.executable, "-c", SEVERAL_COMMANDS]
    run = subprocess.run(program, input=json.dumps(commands), env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    made = [(exchange.path, exchange.target, exchange.status) for exchange in world.gateway.exchanges[before:]]
    assert made == [("/keys", f"RekognitionService.{operation}", 200) for operation in REKOGNITION]

"""`POST /` and `POST /keys` behind API Gateway: may call the operations' functions and look own keys up, nothing else."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.api.credentials import KeyRing
from trackway.api.door import Door
from trackway.api.routes import FUNCTIONS
from trackway.store.clients import Clients
from trackway.store.functions import invoke
from trackway.store.keys import KeySecrets, KeyStore
from trackway.store.settings import Settings, is_initializing

__all__ = ["handle"]

logger = Logger(service="door")


@functools.cache
def door() -> Door:
    """The door of this process."""
    needed = [f"{name}_function" for name in FUNCTIONS]
    settings = Settings.from_environment(os.environ, "table", "key_prefix", *needed)
    names = {operation: getattr(settings, f"{name}_function") for name, operations in FUNCTIONS.items() for operation in operations}
    clients = Clients()
    records, secrets = KeyStore(clients.dynamodb, settings.table), KeySecrets(clients.secrets, settings.key_prefix)
    ring = KeyRing(records, secrets, region=os.environ["AWS_REGION"])
    return Door(functools.partial(invoke, clients.functions), names, ring, logger)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP event."""
    return door()(event)


if is_initializing(os.environ):
    door()

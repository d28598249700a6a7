"""CreateKey, ListKeys, RotateKey, DeleteKey behind API Gateway: may write secrets of own keys and their records, and read no secret."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.api.endpoint import Endpoint
from trackway.api.keys import issuing
from trackway.store.clients import Clients
from trackway.store.keys import KeySecrets, KeyStore
from trackway.store.settings import Settings, is_initializing

__all__ = ["handle"]

logger = Logger(service="keys")


@functools.cache
def endpoint() -> Endpoint:
    """The endpoint of this process."""
    settings = Settings.from_environment(os.environ, "table", "key_prefix")
    clients = Clients()
    return Endpoint(issuing(KeyStore(clients.dynamodb, settings.table), KeySecrets(clients.secrets, settings.key_prefix)), logger)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP event."""
    return endpoint()(event)


if is_initializing(os.environ):
    endpoint()

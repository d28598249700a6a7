"""GetPersonTracking behind API Gateway: may read the table, nothing else."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.api.endpoint import Endpoint
from trackway.api.get_person_tracking import GetPersonTracking
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore
from trackway.store.pages import PageStore
from trackway.store.settings import Settings, is_initializing

__all__ = ["handle"]

logger = Logger(service="get")


@functools.cache
def endpoint() -> Endpoint:
    """The endpoint of this process."""
    settings = Settings.from_environment(os.environ, "table")
    dynamodb = Clients().dynamodb
    operation = GetPersonTracking(JobStore(dynamodb, settings.table), PageStore(dynamodb, settings.table))
    return Endpoint({"GetPersonTracking": operation}, logger)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP event."""
    return endpoint()(event)


if is_initializing(os.environ):
    endpoint()

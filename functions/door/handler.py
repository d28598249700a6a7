"""`POST /` behind API Gateway: may call the operations' functions, nothing else."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.api.door import Door
from trackway.store.clients import Clients
from trackway.store.functions import invoke
from trackway.store.settings import Settings, is_initializing

__all__ = ["handle"]

logger = Logger(service="door")


@functools.cache
def door() -> Door:
    """The door of this process."""
    settings = Settings.from_environment(os.environ, "start_function", "get_function")
    functions = {"StartPersonTracking": settings.start_function, "GetPersonTracking": settings.get_function}
    return Door(functools.partial(invoke, Clients().functions), functions, logger)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP event."""
    return door()(event)


if is_initializing(os.environ):
    door()

"""Pictures and vectors behind API Gateway: may read images, read and change the table and the vectors, and call the janitor."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.api.endpoint import Endpoint
from trackway.api.pictures import Pictures
from trackway.api.rates import Rates
from trackway.api.recognition import recognition
from trackway.api.tidying import Tidying
from trackway.jobs.limits import Limits
from trackway.pipeline.still import StillReader
from trackway.store.clients import Clients
from trackway.store.functions import call_later
from trackway.store.galleries import open_gallery
from trackway.store.objects import Objects
from trackway.store.rates import RateStore
from trackway.store.settings import Settings, is_initializing

__all__ = ["handle"]

logger = Logger(service="recognizer")


@functools.cache
def endpoint() -> Endpoint:
    """The endpoint of this process."""
    settings = Settings.from_environment(os.environ, "table", "vectors_uri", "janitor_function")
    limits, clients = Limits.from_environment(os.environ), Clients()
    gallery = open_gallery(clients, os.environ, limits=limits)
    pictures = Pictures(StillReader.open(), Objects(clients.s3), limits)
    tidying = Tidying(functools.partial(call_later, clients.functions, settings.janitor_function))
    rates = Rates(limits, RateStore(clients.dynamodb, settings.table))
    return Endpoint(recognition(gallery, pictures, tidying, limits), logger, rates)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP event."""
    return endpoint()(event)


if is_initializing(os.environ):
    endpoint()

"""GetPersonTracking, GetFaceDetection and GetFaceSearch behind API Gateway: may read the table and count requests."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.api.endpoint import Endpoint
from trackway.api.get_video import GetVideo
from trackway.api.rates import Rates
from trackway.jobs.limits import Limits
from trackway.jobs.record import Api
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore
from trackway.store.pages import PageStore
from trackway.store.rates import RateStore
from trackway.store.settings import Settings, is_initializing

__all__ = ["handle"]

logger = Logger(service="get")


@functools.cache
def endpoint() -> Endpoint:
    """The endpoint of this process."""
    settings = Settings.from_environment(os.environ, "table")
    dynamodb = Clients().dynamodb
    jobs, pages, limits = JobStore(dynamodb, settings.table), PageStore(dynamodb, settings.table), Limits.from_environment(os.environ)
    operations = {f"Get{api.subject}": GetVideo(api, jobs, pages, limits=limits) for api in Api}
    return Endpoint(operations, logger, Rates(limits, RateStore(dynamodb, settings.table)))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP event."""
    return endpoint()(event)


if is_initializing(os.environ):
    endpoint()

"""StartPersonTracking, StartFaceDetection and StartFaceSearch behind API Gateway: may look at videos, record and start jobs."""

from __future__ import annotations

import functools
import os
import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.api.endpoint import Endpoint
from trackway.api.rates import Rates
from trackway.api.start_video import StartVideo
from trackway.identity.catalogue import Catalogue
from trackway.identity.embedding import shipped_embedding
from trackway.jobs.limits import Limits
from trackway.jobs.record import Api
from trackway.jobs.start import Starter
from trackway.store.clients import Clients
from trackway.store.collections import CollectionStore
from trackway.store.jobs import JobStore
from trackway.store.objects import Objects
from trackway.store.rates import RateStore
from trackway.store.settings import Settings, is_initializing
from trackway.store.workflow import StateMachine

__all__ = ["handle"]

logger = Logger(service="start")


@functools.cache
def endpoint() -> Endpoint:
    """The endpoint of this process."""
    settings = Settings.from_environment(os.environ, "table", "state_machine_arn")
    clients = Clients()
    jobs = JobStore(clients.dynamodb, settings.table)
    starter = Starter(jobs, StateMachine(clients.stepfunctions, settings.state_machine_arn), time.time)
    catalogue = Catalogue(CollectionStore(clients.dynamodb, settings.table), embedding=shipped_embedding())
    limits = Limits.from_environment(os.environ)
    operations = {str(api): StartVideo(api, jobs, Objects(clients.s3), starter, catalogue, limits=limits) for api in Api}
    return Endpoint(operations, logger, Rates(limits, RateStore(clients.dynamodb, settings.table)))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP event."""
    return endpoint()(event)


if is_initializing(os.environ):
    endpoint()

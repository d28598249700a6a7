"""Collections, users and tags behind API Gateway: may read and change the table, nothing else."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.api.cataloguing import cataloguing
from trackway.api.endpoint import Endpoint
from trackway.api.rates import Rates
from trackway.identity.catalogue import Catalogue
from trackway.identity.embedding import shipped_embedding
from trackway.jobs.limits import Limits
from trackway.store.clients import Clients
from trackway.store.collections import CollectionStore
from trackway.store.rates import RateStore
from trackway.store.settings import Settings, is_initializing

__all__ = ["handle"]

logger = Logger(service="collections")


@functools.cache
def endpoint() -> Endpoint:
    """The endpoint of this process."""
    settings = Settings.from_environment(os.environ, "table")
    limits = Limits.from_environment(os.environ)
    dynamodb = Clients().dynamodb
    records = CollectionStore(dynamodb, settings.table)
    catalogue = Catalogue(records, embedding=shipped_embedding(), collection_faces=limits.collection_faces, claim_days=limits.claim_days)
    return Endpoint(cataloguing(catalogue, limits), logger, Rates(limits, RateStore(dynamodb, settings.table)))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP event."""
    return endpoint()(event)


if is_initializing(os.environ):
    endpoint()

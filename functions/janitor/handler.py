"""Tidies vectors up, every hour and when it is called: may read and remove what collections left, and rewrite their vectors."""

from __future__ import annotations

import functools
import os
import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.identity.janitor import Janitor
from trackway.store.clients import Clients
from trackway.store.galleries import open_gallery
from trackway.store.settings import is_initializing

__all__ = ["handle"]

logger = Logger(service="janitor")

# A collection that is begun is finished: what is left of the time must be enough for the largest.
_LAST_START_SECONDS = 300


@functools.cache
def janitor() -> Janitor:
    """The janitor of this process."""
    return Janitor(open_gallery(Clients(), os.environ))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See to the collection `{"collectionId"}`, or to all."""
    if "collectionId" in event:
        done = {"orphans": janitor().tidy(event["collectionId"])}
    else:
        until = time.time() + context.get_remaining_time_in_millis() / 1000 - _LAST_START_SECONDS
        done = janitor().sweep(until)._asdict()
    logger.info("vectors tidied", extra=done)
    return done


if is_initializing(os.environ):
    janitor()

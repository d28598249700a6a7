"""Uploads, announced through SQS: may look at videos, record jobs and start their executions."""

from __future__ import annotations

import functools
import json
import logging
import os
import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.identity.catalogue import Catalogue
from trackway.identity.embedding import shipped_embedding
from trackway.jobs.ingest import Ingest
from trackway.jobs.start import Starter
from trackway.store.clients import Clients
from trackway.store.collections import CollectionStore
from trackway.store.jobs import JobStore
from trackway.store.objects import Objects
from trackway.store.settings import Settings
from trackway.store.workflow import StateMachine

__all__ = ["handle"]

logger = Logger(service="ingest")


@functools.cache
def ingest() -> Ingest:
    """The ingest of this process."""
    settings = Settings.from_environment(os.environ, "table", "state_machine_arn")
    clients = Clients()
    starter = Starter(
        JobStore(clients.dynamodb, settings.table), StateMachine(clients.stepfunctions, settings.state_machine_arn), time.time
    )
    catalogue = Catalogue(CollectionStore(clients.dynamodb, settings.table), embedding=shipped_embedding())
    return Ingest(starter, Objects(clients.s3), catalogue, prefix=settings.upload_prefix, artifacts_bucket=settings.artifacts_bucket)


def start(record: SQSRecord) -> None:
    """Start the jobs that one message asks for."""
    for job_id in ingest()(json.loads(record.body)):
        logger.info("job started", extra={"job_id": job_id, "message_id": record.message_id})


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Take a batch of messages; those that fail come again, the others do not."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False, logger=logging.getLogger(logger.service))
    return process_partial_response(event=event, record_handler=start, processor=processor, context=context)

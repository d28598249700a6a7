"""The workflow's last step: may change job records, publish to topics and assume the roles that callers name."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.jobs.complete import Complete
from trackway.jobs.faults import fault_facts
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore
from trackway.store.notify import Topics
from trackway.store.settings import Settings

__all__ = ["handle"]

logger = Logger(service="complete")


@functools.cache
def complete() -> Complete:
    """The completion of this process."""
    settings = Settings.from_environment(os.environ, "table", "topic_arn")
    clients = Clients()
    return Complete(JobStore(clients.dynamodb, settings.table), Topics(clients, settings.topic_arn))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Complete the job `{"jobId", "outcome", "error"?}`."""
    job_id, error = event["jobId"], event.get("error")
    reference = context.aws_request_id
    logger.info("job ends", extra={"job_id": job_id, "outcome": event["outcome"], "reference": reference, **fault_facts(error)})
    record = complete()(job_id, succeeded=event["outcome"] == "SUCCEEDED", error=error, reference=reference)
    if record is not None and record.notification_failed:
        logger.warning("the caller's topic was not told", extra={"job_id": job_id})
    return {"jobId": job_id, "status": record.status if record is not None else "DELETED"}

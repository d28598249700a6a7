"""The workflow's first step: may read videos, write plans and change job records."""

from __future__ import annotations

import functools
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from trackway.jobs.limits import Limits
from trackway.jobs.plan import Plan
from trackway.media.limits import MediaLimits
from trackway.media.probe import probe
from trackway.media.segments import plan_segments
from trackway.store.clients import Clients
from trackway.store.jobs import JobStore
from trackway.store.objects import Objects
from trackway.store.settings import Settings

__all__ = ["handle"]

logger = Logger(service="plan")


@functools.cache
def plan() -> Plan:
    """The planning of this process."""
    settings = Settings.from_environment(os.environ, "table", "artifacts_bucket")
    clients = Clients()
    objects = Objects(clients.s3, settings.artifacts_bucket)
    limits = Limits.from_environment(os.environ)
    return Plan(
        JobStore(clients.dynamodb, settings.table),
        objects,
        probe=functools.partial(probe, limits=MediaLimits.within(size_bytes=limits.video_bytes, hours=limits.video_hours)),
        plan_segments=plan_segments,
        max_bytes=limits.video_bytes,
    )


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Plan the job `{"jobId", "containerMinutes"}`."""
    job_id = event["jobId"]
    shares = plan()(job_id, event["containerMinutes"])
    logger.info("job planned", extra={"job_id": job_id, "shares": len(shares)})
    return {"jobId": job_id, "shares": [str(share) for share in shares]}

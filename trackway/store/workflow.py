"""Executions of the state machine, named by their job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

__all__ = ["StateMachine"]


class StateMachine:
    """The workflow (`trackway.jobs.ports.Workflow`).

    Args:
        client: Step Functions.
        arn: of the state machine.
    """

    def __init__(self, client: SFNClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def execution_arn(self, job_id: str) -> str:
        """The execution of this job, whether it exists already or not."""
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{job_id}"

    def start(self, job_id: str) -> None:
        """Start the execution of this job; one of that name is left as it is."""
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=job_id, input=json.dumps({"jobId": job_id}))
        except self._client.exceptions.ExecutionAlreadyExists:
            return

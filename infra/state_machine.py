"""The workflow of one job, as Amazon States Language in JSONata.

    Plan ─▶ Several shares? ─┬─ no ──▶ Track whole video ──────────────────┐
                             └─ yes ─▶ Track shares (Map) ─▶ Assemble ─────┴─▶ Complete
    any error ─▶ Record failure ─▶ Failed

A share is what one start of a container works through: several segments of the video. The input is {"jobId": ...}. What later states
need is kept in variables, and outputs are dropped, so that nothing grows with the video.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import trackway.errors

__all__ = ["Targets", "definition"]

State = dict[str, Any]

JOB = "$states.context.Execution.Input.jobId"
VIDEO_FAULTS = [name for name in trackway.errors.__all__ if issubclass(getattr(trackway.errors, name), trackway.errors.InputError)]
LAMBDA_SERVICE_FAULTS = ("ServiceException", "AWSLambdaException", "SdkClientException", "TooManyRequestsException")
BATCH_SERVICE_FAULTS = ("AWSBatchException", "ServerException", "TooManyRequestsException")


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the workflow calls, and its limits."""

    partition: str
    plan_function: str
    complete_function: str
    job_queue: str
    job_definition: str
    max_concurrent_segments: int
    container_minutes: int
    plan_timeout_seconds: int
    complete_timeout_seconds: int
    batch_timeout_seconds: int
    machine_timeout_seconds: int


def definition(targets: Targets) -> State:
    """The whole state machine; ARNs may be CDK tokens."""
    plan = _invoke(targets, targets.plan_function, targets.plan_timeout_seconds, containerMinutes=targets.container_minutes)
    complete = _invoke(targets, targets.complete_function, targets.complete_timeout_seconds, outcome="SUCCEEDED")
    record = _invoke(targets, targets.complete_function, targets.complete_timeout_seconds, outcome="FAILED", error="{% $error %}")
    share = "$states.input"
    track_share = _submit(targets, f"'track-' & {JOB} & '-' & {share}", f"'track', '--job', {JOB}, '--share', {share}")
    guarded = {
        "Plan": plan | {"Assign": {"shares": "{% $states.result.Payload.shares %}"}, "Next": "Several shares?"},
        "Track whole video": _submit(targets, f"'whole-' & {JOB}", f"'whole', '--job', {JOB}") | {"Next": "Complete"},
        "Track shares": {
            "Type": "Map",
            "Items": "{% $shares %}",
            "MaxConcurrency": targets.max_concurrent_segments,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Track share",
                "States": {"Track share": track_share | {"End": True}},
            },
            "Output": "{% {} %}",
            "Next": "Assemble",
        },
        "Assemble": _submit(targets, f"'assemble-' & {JOB}", f"'assemble', '--job', {JOB}") | {"Next": "Complete"},
        "Complete": complete | {"End": True},
    }
    return {
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": targets.machine_timeout_seconds,
        "StartAt": "Plan",
        "States": {
            "Several shares?": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $count($shares) > 1 %}", "Next": "Track shares"}],
                "Default": "Track whole video",
            },
            **{name: state | {"Catch": _catch()} for name, state in guarded.items()},
            "Record failure": record | {"Next": "Failed"},
            "Failed": {"Type": "Fail", "Error": "{% $error.Error %}", "Cause": "{% $error.Cause %}"},
        },
    }


def _invoke(targets: Targets, function: str, timeout_seconds: int, **payload: str | int) -> State:
    """Call a function for the job. What is the video's fault is final; anything else, a crash included, is tried again."""
    return {
        "Type": "Task",
        "Resource": f"arn:{targets.partition}:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": {"jobId": f"{{% {JOB} %}}", **payload}},
        "TimeoutSeconds": timeout_seconds,
        "Retry": [
            {"ErrorEquals": VIDEO_FAULTS, "MaxAttempts": 0},
            _retry([f"Lambda.{fault}" for fault in LAMBDA_SERVICE_FAULTS], attempts=6),
            _retry(["States.ALL"], attempts=3),
        ],
        "Output": "{% {} %}",
    }


def _submit(targets: Targets, name: str, command: str) -> State:
    """Run one Batch job to its end; name and command are JSONata. Batch retries attempts; only submitting is tried again here."""
    return {
        "Type": "Task",
        "Resource": f"arn:{targets.partition}:states:::batch:submitJob.sync",
        "Arguments": {
            "JobName": f"{{% {name} %}}",
            "JobQueue": targets.job_queue,
            "JobDefinition": targets.job_definition,
            "ContainerOverrides": {"Command": f"{{% [{command}] %}}"},
        },
        "TimeoutSeconds": targets.batch_timeout_seconds,
        "Retry": [_retry([f"Batch.{fault}" for fault in BATCH_SERVICE_FAULTS], attempts=6)],
        "Output": "{% {} %}",
    }


def _retry(errors: Sequence[str], *, attempts: int) -> State:
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "MaxAttempts": attempts,
        "JitterStrategy": "FULL",
    }


def _catch() -> list[State]:
    return [
        {
            "ErrorEquals": ["States.ALL"],
            "Assign": {"error": "{% $states.errorOutput %}"},
            "Output": "{% {} %}",
            "Next": "Record failure",
        }
    ]

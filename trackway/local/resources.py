"""CloudFormation types that the emulator lacks: Batch for real, pieces of a network as placeholders.

A placeholder has an identity and does nothing: on one machine there is no network to lay out and no disk to encrypt. A type that
is neither known to the emulator nor listed here fails the deployment with its name, so that nothing is left out silently.
"""

from __future__ import annotations

import json
from typing import Any

from trackway.local.batch import BatchRunner
from trackway.local.seams import Part, require

__all__ = ["install"]

_PARTS = (
    Part("services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),
    Part("services.batch", "_compute_envs"),
    Part("services.batch", "_job_queues"),
    Part("services.batch", "_create_compute_environment", ("p",)),
    Part("services.batch", "_update_compute_environment", ("p",)),
    Part("services.batch", "_create_job_queue", ("p",)),
)
_PLACEHOLDERS = {
    # type -> attributes that templates read from it
    "AWS::ApplicationAutoScaling::ScalableTarget": (),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (),
    "AWS::CloudWatch::CompositeAlarm": ("Arn",),
    "AWS::EC2::EIP": ("AllocationId",),
    "AWS::EC2::FlowLog": ("Id",),
    "AWS::EC2::NatGateway": ("NatGatewayId",),
    "AWS::EC2::SecurityGroupEgress": ("Id",),
    "AWS::EC2::SecurityGroupIngress": ("Id",),
}
_OPAQUE = frozenset({"Parameters", "Tags", "Options"})  # maps whose keys are the template's own words

Made = tuple[str, dict[str, Any]]


def install(runner: BatchRunner) -> None:
    """Adds the missing types.

    Args:
        runner: holds the job definitions.

    Raises:
        EmbeddedCloudError: the emulator is another version.
    """
    require("CloudFormation types", _PARTS)
    from ministack.services import batch
    from ministack.services.cloudformation import provisioners

    handlers: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
    for kind, attributes in _PLACEHOLDERS.items():
        handlers.setdefault(kind, _placeholder(attributes))

    def make_environment(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        answer = _accepted(batch._create_compute_environment(_request(properties, "computeEnvironmentName", f"{stack}-{logical_id}")))
        return answer["computeEnvironmentArn"], {"ComputeEnvironmentArn": answer["computeEnvironmentArn"]}

    def change_environment(arn: str, before: dict[str, Any], after: dict[str, Any], stack: str) -> Made:
        _accepted(batch._update_compute_environment({**_camel(after), "computeEnvironment": arn}))
        return arn, {"ComputeEnvironmentArn": arn}

    def make_queue(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        request = _request(properties, "jobQueueName", f"{stack}-{logical_id}")
        batch._job_queues.pop(request["jobQueueName"], None)  # an update makes it anew under its name
        answer = _accepted(batch._create_job_queue(request))
        return answer["jobQueueArn"], {"JobQueueArn": answer["jobQueueArn"]}

    def make_definition(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        answer = _accepted(runner.register(_request(properties, "jobDefinitionName", f"{stack}-{logical_id}")))
        return answer["jobDefinitionArn"], {"JobDefinitionArn": answer["jobDefinitionArn"]}

    def change_definition(arn: str, before: dict[str, Any], after: dict[str, Any], stack: str, logical_id: str) -> Made:
        return make_definition(logical_id, after, stack)  # the next revision; executions end on the one they began with

    handlers["AWS::Batch::ComputeEnvironment"] = {
        "create": make_environment,
        "update": change_environment,
        "delete": lambda arn, properties: batch._compute_envs.pop(_name(arn), None),
    }
    handlers["AWS::Batch::JobQueue"] = {
        "create": make_queue,
        "delete": lambda arn, properties: batch._job_queues.pop(_name(arn), None),
    }
    handlers["AWS::Batch::JobDefinition"] = {
        "create": make_definition,
        "update": change_definition,
        "update_with_logical_id": True,
        "delete": lambda arn, properties: runner.deregister({"jobDefinition": arn}),
    }


def _placeholder(attributes: tuple[str, ...]) -> dict[str, Any]:
    def make(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        identity = f"{stack}-{logical_id}"
        return identity, dict.fromkeys(attributes, identity)

    return {"create": make, "delete": lambda identity, properties: None}


def _request(properties: dict[str, Any], name_member: str, default_name: str) -> dict[str, Any]:
    request: dict[str, Any] = _camel(properties)
    request.setdefault(name_member, default_name)
    return request


def _camel(value: Any) -> Any:
    """CloudFormation's member names (JobQueueName) as the service's own (jobQueueName)."""
    if isinstance(value, list):
        return [_camel(entry) for entry in value]
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: entry if name in _OPAQUE else _camel(entry) for name, entry in value.items()}
    return value


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _accepted(answer: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
    """The body of an answer.

    Raises:
        ValueError: the service refused; CloudFormation shows the message as the resource's failure.
    """
    status, _, body = answer
    content: dict[str, Any] = json.loads(body)
    if status != 200:
        raise ValueError(str(content.get("message", content)))
    return content

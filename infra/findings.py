"""cdk-nag findings that are accepted, each on one resource and for one reason. Anything else fails the synthesis.

tests/infra/test_permissions.py goes further: it names every action that may be unscoped, which cdk-nag accepts by resource only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from infra.api import Api
from infra.batch import TrackerBatch
from infra.storage import ARTIFACT_PREFIX, ENGINE_PREFIX, UPLOAD_PREFIX, Storage
from infra.workflow import Workflow

__all__ = ["acknowledge"]

ECS_HOST_POLICY = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
Finding = tuple[IConstruct | None, str, str]


def acknowledge(*, storage: Storage, tracker: TrackerBatch, workflow: Workflow, api: Api) -> None:
    """Accept the findings listed below, nothing else."""
    findings = [*_unscoped(tracker, workflow, api), *_objects(storage, tracker, workflow, api), *_named_families(tracker, workflow)]
    for construct, finding, reason in findings:
        Validations.of(cast(Construct, construct)).acknowledge(Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason))


def _unscoped(tracker: TrackerBatch, workflow: Workflow, api: Api) -> Iterator[Finding]:
    yield tracker.execution_role, "IAM5[Resource::*]", "ECR gives tokens for the whole registry; the image's repository is named"
    for function in (workflow.ingest, workflow.plan, workflow.complete, api.start, api.get, api.door):
        yield function.role, "IAM5[Resource::*]", "X-Ray takes trace segments without a resource"
    reason = "X-Ray, the delivery of execution logs and batch:DescribeJobs take no resource"
    yield workflow.machine.role, "IAM5[Resource::*]", reason


def _objects(storage: Storage, tracker: TrackerBatch, workflow: Workflow, api: Api) -> Iterator[Finding]:
    videos, artifacts = _arn(storage.videos), _arn(storage.artifacts)
    reason = "Object keys are the users'; the bucket is named"
    for role in (tracker.job_role, workflow.plan.role, api.start.role):
        yield role, f"IAM5[Resource::{videos}/*]", reason
    yield workflow.ingest.role, f"IAM5[Resource::{videos}/{UPLOAD_PREFIX}*]", "Any key under the upload prefix of one bucket"
    for role in (tracker.job_role, workflow.plan.role):
        yield role, f"IAM5[Resource::{artifacts}/{ARTIFACT_PREFIX}*]", "The artifacts of any job, in one bucket"
    yield tracker.job_role, f"IAM5[Resource::{artifacts}/{ENGINE_PREFIX}*]", "Engines of GPUs and networks to come, in one bucket"


def _named_families(tracker: TrackerBatch, workflow: Workflow) -> Iterator[Finding]:
    machine_role = workflow.machine.role
    here = "arn:<AWS::Partition>:batch:<AWS::Region>:<AWS::AccountId>"
    revisions = f"{here}:job-definition/{tracker.job_definition_name}:*"
    yield machine_role, f"IAM5[Resource::{revisions}]", "Running executions submit the revision they began with"
    yield machine_role, f"IAM5[Resource::{here}:job/*]", "Batch invents the ids of the jobs that a stopped execution must stop"
    reason = "Callers name the role of their own topic; the statement's condition asks for its owner's tag"
    yield workflow.complete.role, "IAM5[Resource::arn:<AWS::Partition>:iam::<AWS::AccountId>:role/*]", reason
    yield workflow.lost_events, "SQS3", "This is where lost messages end; an alarm watches it"
    yield tracker.host_role, f"IAM4[Policy::{ECS_HOST_POLICY}]", "The ECS agent's policy follows the agent's releases"


def _arn(bucket: s3.Bucket) -> str:
    """The bucket as cdk-nag writes it."""
    return f"<{Stack.of(bucket).get_logical_id(cast(CfnElement, bucket.node.default_child))}.Arn>"

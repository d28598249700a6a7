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
from infra.recognition import Recognition
from infra.storage import ARTIFACT_PREFIX, ENGINE_PREFIX, UPLOAD_PREFIX, VECTOR_PREFIX, Storage
from infra.workflow import Workflow

__all__ = ["acknowledge"]

ECS_HOST_POLICY = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
Finding = tuple[IConstruct | None, str, str]


def acknowledge(*, storage: Storage, tracker: TrackerBatch, workflow: Workflow, recognition: Recognition, api: Api) -> None:
    """Accept the findings listed below, nothing else."""
    findings = [
        *_unscoped(tracker, workflow, recognition, api),
        *_objects(storage, tracker, workflow, recognition, api),
        *_named_families(tracker, workflow),
        *_own_keys(api),
    ]
    for construct, finding, reason in findings:
        Validations.of(cast(Construct, construct)).acknowledge(Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason))


def _unscoped(tracker: TrackerBatch, workflow: Workflow, recognition: Recognition, api: Api) -> Iterator[Finding]:
    yield tracker.execution_role, "IAM5[Resource::*]", "ECR gives tokens for the whole registry; the image's repository is named"
    ours = (workflow.ingest, workflow.plan, workflow.complete, recognition.recognizer, recognition.janitor, *api.functions)
    for function in ours:
        yield function.role, "IAM5[Resource::*]", "X-Ray takes trace segments without a resource"
    reason = "X-Ray, the delivery of execution logs and batch:DescribeJobs take no resource"
    yield workflow.machine.role, "IAM5[Resource::*]", reason


def _objects(storage: Storage, tracker: TrackerBatch, workflow: Workflow, recognition: Recognition, api: Api) -> Iterator[Finding]:
    videos, artifacts, vectors = _arn(storage.videos), _arn(storage.artifacts), _arn(storage.vectors)
    reason = "Object keys are the users'; the bucket is named"
    for role in (tracker.job_role, workflow.plan.role, api.start.role, recognition.recognizer.role):
        yield role, f"IAM5[Resource::{videos}/*]", reason
    yield workflow.ingest.role, f"IAM5[Resource::{videos}/{UPLOAD_PREFIX}*]", "Any key under the upload prefix of one bucket"
    for role in (tracker.job_role, recognition.recognizer.role, recognition.janitor.role):
        yield role, f"IAM5[Resource::{vectors}/{VECTOR_PREFIX}*]", "Vectors of collections to come, in one bucket"
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


def _own_keys(api: Api) -> Iterator[Finding]:
    for route in api.key_routes:
        yield route, "APIG4", "IAM does not know own keys: the door verifies their SigV4 signature itself before it hands anything on"
    secrets = f"arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:{api.key_secrets}*"
    for role in (api.keys.role, api.door.role):
        yield role, f"IAM5[Resource::{secrets}]", "Secrets of keys to come, under the stack's own name"


def _arn(bucket: s3.Bucket) -> str:
    """The bucket as cdk-nag writes it."""
    return f"<{Stack.of(bucket).get_logical_id(cast(CfnElement, bucket.node.default_child))}.Arn>"

"""Who may do what, verb by verb: every permission on our own data is one of these, on one named resource.

CDK's own grant helpers hand out families such as `s3:GetObject*` and `s3:List*`; these name each action.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn

__all__ = [
    "allow",
    "delete_objects",
    "invoke",
    "publish",
    "read_items",
    "read_objects",
    "start_execution",
    "use_secrets",
    "write_items",
    "write_objects",
]


def allow(
    who: iam.IGrantable, actions: Sequence[str], *resources: str, conditions: Mapping[str, Mapping[str, object]] | None = None
) -> None:
    """Add one statement to the policy of `who`."""
    iam.Grant.add_to_principal(grantee=who, actions=list(actions), resource_arns=list(resources), conditions=conditions)


def read_objects(who: iam.IGrantable, bucket: s3.Bucket, prefix: str = "") -> None:
    """Read objects of any version. Listing is what turns the answer for a missing key from 403 into 404."""
    allow(who, ["s3:GetObject", "s3:GetObjectVersion"], bucket.arn_for_objects(f"{prefix}*"))
    allow(who, ["s3:ListBucket"], bucket.bucket_arn)
    _use_key(who, bucket.encryption_key, ["kms:Decrypt"])


def write_objects(who: iam.IGrantable, bucket: s3.Bucket, prefix: str = "") -> None:
    """Write objects, in parts if need be (KMS then wants Decrypt as well)."""
    allow(who, ["s3:PutObject", "s3:AbortMultipartUpload"], bucket.arn_for_objects(f"{prefix}*"))
    _use_key(who, bucket.encryption_key, ["kms:Decrypt", "kms:GenerateDataKey"])


def delete_objects(who: iam.IGrantable, bucket: s3.Bucket, prefix: str = "") -> None:
    """Delete objects."""
    allow(who, ["s3:DeleteObject"], bucket.arn_for_objects(f"{prefix}*"))


def read_items(who: iam.IGrantable, table: dynamodb.Table, *actions: str, partition: str = "") -> None:
    """Read the table by the named actions only, for example "GetItem"; where a partition is named, that one alone."""
    allow(who, [f"dynamodb:{action}" for action in actions], table.table_arn, conditions=_only(partition))
    _use_key(who, table.encryption_key, ["kms:Decrypt", "kms:DescribeKey"])


def write_items(who: iam.IGrantable, table: dynamodb.Table, *actions: str, partition: str = "") -> None:
    """Change the table by the named actions only, for example "PutItem"; reading is granted apart. `partition` as for reading."""
    allow(who, [f"dynamodb:{action}" for action in actions], table.table_arn, conditions=_only(partition))
    key_actions = ["Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo"]
    _use_key(who, table.encryption_key, [f"kms:{action}" for action in key_actions])


def _only(partition: str) -> dict[str, dict[str, object]] | None:
    """DynamoDB's condition on the partition keys of a request; it ends with an asterisk where several begin alike."""
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [partition]}} if partition else None


def publish(who: iam.IGrantable, topic: sns.Topic, key: kms.Key) -> None:
    """Publish to one encrypted topic."""
    allow(who, ["sns:Publish"], topic.topic_arn)
    _use_key(who, key, ["kms:Decrypt", "kms:GenerateDataKey"])


def invoke(who: iam.IGrantable, *functions: lambda_.Function) -> None:
    """Call the functions themselves, none of their versions."""
    allow(who, ["lambda:InvokeFunction"], *(function.function_arn for function in functions))


def start_execution(who: iam.IGrantable, machine: sfn.StateMachine) -> None:
    """Start jobs."""
    allow(who, ["states:StartExecution"], machine.state_machine_arn)


def use_secrets(who: lambda_.Function, prefix: str, *actions: str) -> None:
    """Use the secrets of this stack whose names begin with `prefix`, which lie under Secrets Manager's own key."""
    named = Stack.of(who).format_arn(
        service="secretsmanager", resource="secret", resource_name=f"{prefix}*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    allow(who, [f"secretsmanager:{action}" for action in actions], named)


def _use_key(who: iam.IGrantable, key: kms.IKey | None, actions: Sequence[str]) -> None:
    if key is not None:
        allow(who, actions, key.key_arn)

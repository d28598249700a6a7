"""Deploys a synthesised CDK app into the embedded cloud, as `cdk deploy` would: assets to a bucket, then the stack."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from trackway.errors import EmbeddedCloudError
from trackway.local.environment import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient

__all__ = ["deploy"]

_DIGEST = "/trackway/template"  # parameter that says what the stack was deployed from
_LIMIT_SECONDS = 120.0


def deploy(session: boto3.Session, assembly: Path) -> dict[str, str]:
    """Brings the assembly's one stack into the state that its template describes; returns the stack's outputs.

    Nothing is touched when the stack was deployed from the same template before.

    Args:
        session: with the embedded cloud's address and credentials.
        assembly: folder that `cdk synth` has made.

    Raises:
        EmbeddedCloudError: the stack failed, with every resource that did and why.
    """
    name, template, assets = _read(assembly)
    digest = hashlib.sha256(template).hexdigest()
    formation, parameters = session.client("cloudformation"), session.client("ssm")
    if _deployed(parameters) != digest:
        bucket = _bootstrap(session)
        s3 = session.client("s3")
        _upload(s3, bucket, assembly, assets)
        s3.put_object(Bucket=bucket, Key=f"{digest}.json", Body=template)
        _apply(formation, name, f"{s3.meta.endpoint_url}/{bucket}/{digest}.json")
        parameters.put_parameter(Name=_DIGEST, Value=digest, Type="String", Overwrite=True)
    stack = formation.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _deployed(parameters: SSMClient) -> str | None:
    try:
        return parameters.get_parameter(Name=_DIGEST)["Parameter"]["Value"]
    except parameters.exceptions.ParameterNotFound:
        return None


def _read(assembly: Path) -> tuple[str, bytes, dict[str, Any]]:
    """Name and template of the assembly's stack, and its assets by their identifier."""
    artifacts = json.loads((assembly / "manifest.json").read_bytes())["artifacts"]
    stacks = [(key, entry) for key, entry in artifacts.items() if entry["type"] == "aws:cloudformation:stack"]
    if len(stacks) != 1:
        raise EmbeddedCloudError(f"Expected one stack in {assembly}, found {len(stacks)}: {', '.join(key for key, _ in stacks)}.")
    key, stack = stacks[0]
    manifests = [entry["properties"]["file"] for entry in artifacts.values() if entry["type"] == "cdk:asset-manifest"]
    assets = {identifier: asset for file in manifests for identifier, asset in json.loads((assembly / file).read_bytes())["files"].items()}
    return stack["properties"].get("stackName", key), (assembly / stack["properties"]["templateFile"]).read_bytes(), assets


def _bootstrap(session: boto3.Session) -> str:
    """The bucket and the parameter that `cdk bootstrap` makes; returns the bucket's name."""
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
    session.client("s3").create_bucket(Bucket=bucket)
    session.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True)
    return bucket


def _upload(s3: S3Client, bucket: str, assembly: Path, assets: dict[str, Any]) -> None:
    for asset in assets.values():
        source = assembly / asset["source"]["path"]
        for destination in asset["destinations"].values():
            key = destination["objectKey"]
            if _exists(s3, bucket, key):  # the key says what is in it
                continue
            if asset["source"]["packaging"] != "file":
                raise EmbeddedCloudError(f"Expected assets that are files, found the {asset['source']['packaging']} asset {source}.")
            s3.put_object(Bucket=bucket, Key=key, Body=source.read_bytes())


def _exists(s3: S3Client, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def _apply(formation: CloudFormationClient, name: str, template_url: str) -> None:
    """Creates or updates the stack and waits for the end."""
    given: dict[str, Any] = {"StackName": name, "TemplateURL": template_url, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    try:
        try:
            formation.create_stack(**given)
        except formation.exceptions.AlreadyExistsException:
            formation.update_stack(**given)
    except ClientError as error:
        message = error.response["Error"]["Message"]
        if "No updates are to be performed" in message:
            return
        raise EmbeddedCloudError(f"The embedded cloud refuses the stack {name}: {message}") from error
    deadline = time.monotonic() + _LIMIT_SECONDS
    while (status := formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]).endswith("IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise EmbeddedCloudError(f"The stack {name} is still {status} after {_LIMIT_SECONDS:.0f} s.")
        time.sleep(0.1)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise EmbeddedCloudError(f"The stack {name} ended as {status}: {'; '.join(_failures(formation, name))}.")


def _failures(formation: CloudFormationClient, name: str) -> list[str]:
    events = formation.describe_stack_events(StackName=name)["StackEvents"]
    return [
        f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event.get("ResourceStatus", "").endswith("FAILED")
    ]

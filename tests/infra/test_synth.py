"""Synthesis: from sources alone, checked by cdk-nag, found again at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.template import Template
from trackway.errors import EmbeddedCloudError
from trackway.local.synth import synthesise

ROOT = Path(__file__).resolve().parents[2]
# An app whose stack has one more bucket, which nobody has thought about.
CARELESS = """
import sys, app
built = app.build(sys.argv[1])
from aws_cdk import aws_s3
aws_s3.Bucket(built.node.find_child("Trackway"), "Careless")
built.synth()
"""


def test_a_finding_that_nobody_accepted_fails_the_synthesis(tmp_path: Path) -> None:
    """That the environments are synthesised at all means that cdk-nag accepts them; here it does not."""
    environment = {"CDK_CONTEXT_JSON": json.dumps({"env_name": "local"})}
    done = subprocess.run(
        [sys.executable, "-c", CARELESS, str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "AwsSolutions-S1" in done.stdout + done.stderr
    (report,) = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))["pluginReports"]
    places = {place["constructPath"] for finding in report["violations"] for place in finding["violatingConstructs"]}
    assert places == {"Trackway/Careless/Resource"}


def test_a_second_start_finds_the_assembly(assemblies: dict[str, Path]) -> None:
    folder = assemblies["local"].parent
    made = synthesise("local", folder)
    before = (made / "manifest.json").stat().st_mtime_ns
    assert synthesise("local", folder) == made
    assert (made / "manifest.json").stat().st_mtime_ns == before


def test_an_unknown_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedCloudError, match="expected an environment of dev, prod, local, found 'nowhere'"):
        synthesise("nowhere", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_outputs_are_what_clients_need(template: Template) -> None:
    names = {"ApiUrl", "VideosBucket", "ArtifactsBucket", "CompletionTopicArn", "TableName", "StateMachineArn", "JobQueueArn"}
    assert set(template.body["Outputs"]) == names


def test_the_template_is_bound_to_no_account_or_region(template: Template) -> None:
    body = json.dumps(template.body)
    assert "us-east-1" not in body
    assert "eu-west-1" not in body
    assert template.stack_name.startswith("Trackway-")


def test_environments_differ_only_in_their_network(templates: dict[str, Template]) -> None:
    """The embedded cloud runs what is deployed: the same resources under the same logical ids, with other values."""

    def made(env_name: str) -> dict[str, str]:
        return {logical_id: resource["Type"] for logical_id, resource in templates[env_name].resources.items()}

    local, dev, prod = made("local"), made("dev"), made("prod")
    assert local == dev
    # Production's workers have no way to the internet; they reach AWS through interface endpoints instead.
    routes = {"AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::Route"}
    endpoints = {"AWS::EC2::VPCEndpoint", "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"}
    assert {kind for logical_id, kind in dev.items() if logical_id not in prod} == routes
    assert {kind for logical_id, kind in prod.items() if logical_id not in dev} == endpoints
    assert all(dev[logical_id] == prod[logical_id] for logical_id in dev.keys() & prod.keys())

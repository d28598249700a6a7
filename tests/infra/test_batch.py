"""Batch: Spot first, a bill with a bound, retries for faults of ours only, a container that can write to one folder."""

from __future__ import annotations

import pytest

from infra.batch import WORK_FOLDER
from infra.settings import ENVIRONMENTS, Settings
from tests.infra.template import Properties, Template, plain, text


def container(template: Template) -> Properties:
    properties: Properties = template.one("AWS::Batch::JobDefinition", "TrackerJob")["ContainerProperties"]
    return properties


def test_spot_is_tried_before_on_demand(template: Template) -> None:
    ((_, queue),) = template.of("AWS::Batch::JobQueue").items()
    order = [text(entry["ComputeEnvironment"]) for entry in sorted(queue["ComputeEnvironmentOrder"], key=lambda entry: entry["Order"])]
    assert order == ["<TrackerSpot.ComputeEnvironmentArn>", "<TrackerOnDemand.ComputeEnvironmentArn>"]
    kinds = {plain(name): each["ComputeResources"]["Type"] for name, each in template.of("AWS::Batch::ComputeEnvironment").items()}
    assert kinds == {"TrackerSpot": "SPOT", "TrackerOnDemand": "EC2"}


def test_nothing_waits_for_ever_and_nothing_runs_idle(template: Template) -> None:
    ((_, queue),) = template.of("AWS::Batch::JobQueue").items()
    assert {action["State"] for action in queue["JobStateTimeLimitActions"]} == {"RUNNABLE"}
    assert len(queue["JobStateTimeLimitActions"]) == 3
    for environment in template.of("AWS::Batch::ComputeEnvironment").values():
        assert environment["ComputeResources"]["MinvCpus"] == 0
        assert environment["ComputeResources"]["ScalingPolicy"] == {"MinScaleDownDelayMinutes": 20}


def test_a_fault_of_the_video_ends_the_job_and_ours_do_not(template: Template) -> None:
    definition = template.one("AWS::Batch::JobDefinition", "TrackerJob")
    assert definition["RetryStrategy"] == {
        "Attempts": 3,
        "EvaluateOnExit": [
            {"Action": "EXIT", "OnExitCode": "2"},
            {"Action": "RETRY", "OnStatusReason": "Host EC2*"},
            {"Action": "RETRY", "OnReason": "*"},
        ],
    }


def test_limits_nest(template: Template) -> None:
    """A task waits at least for all its attempts and the queue; the machine waits longer than any one task."""
    attempt = template.one("AWS::Batch::JobDefinition", "TrackerJob")["Timeout"]["AttemptDurationSeconds"]
    waits = {action["MaxTimeSeconds"] for action in template.one("AWS::Batch::JobQueue", "TrackerQueue")["JobStateTimeLimitActions"]}
    states = template.definition["States"]
    for name in ("Track whole video", "Assemble"):
        assert states[name]["TimeoutSeconds"] >= 3 * attempt + max(waits)
    assert states["Plan"]["TimeoutSeconds"] > template.one("AWS::Lambda::Function", "WorkflowPlan")["Timeout"]
    assert template.definition["TimeoutSeconds"] > states["Assemble"]["TimeoutSeconds"]


def test_the_container_is_confined(template: Template) -> None:
    properties = container(template)
    assert properties["User"] == "10001:10001"
    assert properties["ReadonlyRootFilesystem"] is True
    assert not properties.get("Privileged")
    assert [(mount["ContainerPath"], mount["ReadOnly"]) for mount in properties["MountPoints"]] == [(WORK_FOLDER, False)]


def test_the_container_knows_its_surroundings(template: Template) -> None:
    environment = {entry["Name"]: text(entry["Value"]) for entry in container(template)["Environment"]}
    assert environment == {
        "TRACKWAY_TABLE": "<StorageJobs>",
        "TRACKWAY_VIDEOS_BUCKET": "<StorageVideos>",
        "TRACKWAY_ARTIFACTS_BUCKET": "<StorageArtifacts>",
        "TRACKWAY_VECTORS_URI": "s3://<StorageVectors>/vectors",
        "TRACKWAY_HARDWARE_DECODE": "auto",
        "TRACKWAY_ATTEMPTS": str(template.one("AWS::Batch::JobDefinition", "TrackerJob")["RetryStrategy"]["Attempts"]),
    }


def test_a_gpu_is_asked_for_where_there_is_one(templates: dict[str, Template]) -> None:
    gpus = {
        env_name: [need["Value"] for need in container(template)["ResourceRequirements"] if need["Type"] == "GPU"]
        for env_name, template in templates.items()
    }
    assert gpus == {"dev": ["1"], "prod": ["1"], "local": []}


def test_the_embedded_cloud_finds_the_image_by_its_name(templates: dict[str, Template]) -> None:
    assert container(templates["local"])["Image"] == "trackway-tracker"
    assert "cdk-hnb659fds-container-assets" in text(container(templates["prod"])["Image"])


def test_hosts_are_hardened(template: Template) -> None:
    ((_, launch),) = template.of("AWS::EC2::LaunchTemplate").items()
    data = launch["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert all(device["Ebs"]["Encrypted"] for device in data["BlockDeviceMappings"])


def test_there_is_no_nat_and_no_way_in(template: Template) -> None:
    assert not template.of("AWS::EC2::NatGateway")
    workers = template.one("AWS::EC2::SecurityGroup", "NetworkWorkers")
    assert "SecurityGroupIngress" not in workers
    assert [(rule["FromPort"], rule["ToPort"]) for rule in workers["SecurityGroupEgress"]] == [(443, 443)]


def test_production_s_workers_have_no_way_out(prod: Template) -> None:
    assert not prod.of("AWS::EC2::InternetGateway")
    assert not any(subnet.get("MapPublicIpOnLaunch") for subnet in prod.of("AWS::EC2::Subnet").values())


@pytest.mark.parametrize("env_name", ENVIRONMENTS)
def test_segments_fit_an_inline_map(env_name: str) -> None:
    assert 1 <= Settings.for_env(env_name).max_concurrent_segments <= 40


@pytest.mark.parametrize("env_name", ENVIRONMENTS)
def test_a_container_s_video_fits_an_attempt(env_name: str) -> None:
    """Batch does not try again what ran out of time: half of real time must be enough, which every lane exceeds several times."""
    settings = Settings.for_env(env_name)
    assert 2 * settings.container_minutes <= settings.attempt_timeout_minutes

"""Where videos are tracked: AWS Batch on Spot machines, on-demand behind them, one container image, one job definition."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import access
from infra.network import Network
from infra.settings import Settings
from infra.storage import ARTIFACT_PREFIX, ENGINE_PREFIX, VECTOR_PREFIX, Storage

__all__ = ["ATTEMPTS", "WORK_FOLDER", "TrackerBatch"]

ROOT = Path(__file__).resolve().parents[1]
ATTEMPTS = 3
VIDEO_FAULT = "2"  # the worker's exit status when trying again cannot help
WORK_FOLDER = "/scratch"
# One job fills one machine of the smallest size, so that Batch never starts a bigger one for it.
JOB_VCPUS = 4
JOB_MEMORY = {"gpu": Size.mebibytes(14_000), "cpu": Size.mebibytes(6_500)}
DISK_GIB = 100


class TrackerBatch(Construct):
    """Compute environments, queue and job definition of the tracker."""

    def __init__(self, scope: Construct, id: str, *, network: Network, storage: Storage, settings: Settings) -> None:
        super().__init__(scope, id)
        self._network, self._settings = network, settings
        self._host_template = self._make_host_template()
        self.host_role = iam.Role(
            self,
            "HostRole",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonEC2ContainerServiceforEC2Role")],
        )
        self.job_role = iam.Role(self, "JobRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        access.read_objects(self.job_role, storage.videos)
        access.read_objects(self.job_role, storage.artifacts, ARTIFACT_PREFIX)
        access.write_objects(self.job_role, storage.artifacts, ARTIFACT_PREFIX)
        if settings.processor == "gpu":
            access.read_objects(self.job_role, storage.artifacts, ENGINE_PREFIX)
            access.write_objects(self.job_role, storage.artifacts, ENGINE_PREFIX)
        access.read_objects(self.job_role, storage.vectors, VECTOR_PREFIX)
        access.read_items(self.job_role, storage.table, "GetItem", "BatchGetItem", "Query")
        access.write_items(self.job_role, storage.table, "PutItem", "UpdateItem", "BatchWriteItem")
        self.queue = self._make_queue()
        self.log_group = logs.LogGroup(self, "Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
        self.job_definition_name = f"{Stack.of(self).stack_name}-tracker"
        self.execution_role = iam.Role(self, "ExecutionRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        self.job_definition = self._make_job_definition(storage)

    def _make_host_template(self) -> ec2.LaunchTemplate:
        return ec2.LaunchTemplate(
            self,
            "Host",
            require_imdsv2=True,
            http_put_response_hop_limit=1,
            block_devices=[
                ec2.BlockDevice(
                    device_name="/dev/xvda",
                    volume=ec2.BlockDeviceVolume.ebs(
                        DISK_GIB, volume_type=ec2.EbsDeviceVolumeType.GP3, throughput=500, iops=4000, encrypted=True
                    ),
                )
            ],
        )

    def _make_queue(self) -> batch.JobQueue:
        """Spot first; on-demand when Spot has no capacity. A job that neither can place is cancelled, not kept forever."""
        environments = [
            self._make_environment("Spot", spot=True),
            self._make_environment("OnDemand", spot=False),
        ]
        reasons = batch.JobStateTimeLimitActionsReason
        unplaceable = (reasons.INSUFFICIENT_INSTANCE_CAPACITY, reasons.COMPUTE_ENVIRONMENT_MAX_RESOURCE, reasons.JOB_RESOURCE_REQUIREMENT)
        return batch.JobQueue(
            self,
            "Queue",
            priority=1,
            compute_environments=[
                batch.OrderedComputeEnvironment(compute_environment=environment, order=order)
                for order, environment in enumerate(environments, start=1)
            ],
            job_state_time_limit_actions=[
                batch.JobStateTimeLimitAction(
                    action=batch.JobStateTimeLimitActionsAction.CANCEL,
                    state=batch.JobStateTimeLimitActionsState.RUNNABLE,
                    max_time=Duration.minutes(self._settings.queue_timeout_minutes),
                    reason=reason,
                )
                for reason in unplaceable
            ],
        )

    def _make_environment(self, id: str, *, spot: bool) -> batch.ManagedEc2EcsComputeEnvironment:
        strategy, image = batch.AllocationStrategy, batch.EcsMachineImageType
        environment = batch.ManagedEc2EcsComputeEnvironment(
            self,
            id,
            vpc=self._network.vpc,
            vpc_subnets=self._network.subnets,
            security_groups=[self._network.workers],
            spot=spot,
            minv_cpus=0,
            maxv_cpus=self._settings.max_vcpus,
            use_optimal_instance_classes=False,
            instance_types=[ec2.InstanceType(name) for name in self._settings.instance_types],
            allocation_strategy=strategy.SPOT_PRICE_CAPACITY_OPTIMIZED if spot else strategy.BEST_FIT_PROGRESSIVE,
            images=[batch.EcsMachineImage(image_type=image.ECS_AL2023_NVIDIA if self._settings.processor == "gpu" else image.ECS_AL2023)],
            launch_template=self._host_template,
            instance_role=self.host_role,
            replace_compute_environment=False,
            update_to_latest_image_version=True,
            terminate_on_update=False,
        )
        resource = cast(batch.CfnComputeEnvironment, environment.node.default_child)  # the construct has no name for this yet
        resource.add_property_override("ComputeResources.ScalingPolicy.MinScaleDownDelayMinutes", self._settings.idle_minutes)
        return environment

    def _make_job_definition(self, storage: Storage) -> batch.EcsJobDefinition:
        retry, action, reason = batch.RetryStrategy.of, batch.Action, batch.Reason
        return batch.EcsJobDefinition(
            self,
            "Job",
            job_definition_name=self.job_definition_name,
            skip_deregister_on_update=True,  # a running execution ends on the revision it began with
            timeout=Duration.minutes(self._settings.attempt_timeout_minutes),
            propagate_tags=True,
            retry_attempts=ATTEMPTS,
            retry_strategies=[
                retry(action.EXIT, reason.custom(on_exit_code=VIDEO_FAULT)),
                retry(action.RETRY, reason.SPOT_INSTANCE_RECLAIMED),
                retry(action.RETRY, reason.custom(on_reason="*")),
            ],
            container=batch.EcsEc2ContainerDefinition(
                self,
                "Container",
                image=self._make_image(),
                command=["--help"],  # every job brings its own
                cpu=JOB_VCPUS,
                memory=JOB_MEMORY[self._settings.processor],
                gpu=1 if self._settings.processor == "gpu" else None,
                job_role=self.job_role,
                execution_role=self.execution_role,
                user="10001:10001",
                readonly_root_filesystem=True,
                volumes=[batch.EcsVolume.host(name="scratch", container_path=WORK_FOLDER, readonly=False)],
                linux_parameters=batch.LinuxParameters(self, "Linux", init_process_enabled=True),
                logging=ecs.LogDriver.aws_logs(stream_prefix="tracker", log_group=self.log_group),
                environment={
                    "TRACKWAY_TABLE": storage.table.table_name,
                    "TRACKWAY_VIDEOS_BUCKET": storage.videos.bucket_name,
                    "TRACKWAY_ARTIFACTS_BUCKET": storage.artifacts.bucket_name,
                    "TRACKWAY_VECTORS_URI": storage.vectors_uri,
                    "TRACKWAY_ATTEMPTS": str(ATTEMPTS),
                    "TRACKWAY_HARDWARE_DECODE": self._settings.hardware_decode,
                },
            ),
        )

    def _make_image(self) -> ecs.ContainerImage:
        if self._settings.tracker_image:
            return ecs.ContainerImage.from_registry(self._settings.tracker_image)
        dockerfile = "Dockerfile" if self._settings.processor == "gpu" else "Dockerfile.cpu"
        return ecs.ContainerImage.from_docker_image_asset(
            ecr_assets.DockerImageAsset(
                self, "Image", directory=str(ROOT), file=f"containers/tracker/{dockerfile}", platform=ecr_assets.Platform.LINUX_AMD64
            )
        )

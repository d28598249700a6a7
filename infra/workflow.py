"""From an upload to an ended job: ingest queue, state machine, and the net under it."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import access, state_machine
from infra.batch import ATTEMPTS, TrackerBatch
from infra.python_function import PythonFunction
from infra.settings import Settings
from infra.storage import ARTIFACT_PREFIX, UPLOAD_PREFIX, Storage

__all__ = ["Workflow"]

COMPLETE_TIMEOUT = Duration.minutes(1)
INGEST_TIMEOUT = Duration.seconds(30)
PLAN_DISK_MIB = 10_240  # the largest Lambda has: the video is probed as a local file
# The role a caller names in NotificationChannel is assumed only if its owner has tagged it so.
NOTIFICATION_ROLE_TAG = ("trackway-notifications", "allowed")


class Workflow(Construct):
    """Functions ingest, plan and complete, the queue before them, and the state machine between them."""

    def __init__(self, scope: Construct, id: str, *, storage: Storage, tracker: TrackerBatch, settings: Settings) -> None:
        super().__init__(scope, id)
        self._storage, self._settings = storage, settings
        self.plan = self._make_plan()
        self.complete = self._make_complete()
        self.machine = self._make_machine(tracker)
        self.lost_events = self._dead_letters("LostEvents")
        self.lost_uploads = self._dead_letters("LostUploads")
        self.uploads = sqs.Queue(
            self,
            "Uploads",
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            visibility_timeout=Duration.seconds(6 * INGEST_TIMEOUT.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.lost_uploads, max_receive_count=5),
        )
        self.ingest = self._make_ingest()
        self._catch_uploads()
        self._catch_ended_executions()

    def _make_plan(self) -> PythonFunction:
        storage = self._storage
        plan = PythonFunction(
            self,
            "Plan",
            name="plan",
            settings=self._settings,
            timeout=Duration.minutes(self._settings.plan_timeout_minutes),
            memory_mib=2048,
            disk_mib=PLAN_DISK_MIB,
            environment={
                "TRACKWAY_TABLE": storage.table.table_name,
                "TRACKWAY_VIDEOS_BUCKET": storage.videos.bucket_name,
                "TRACKWAY_ARTIFACTS_BUCKET": storage.artifacts.bucket_name,
                "TRACKWAY_LIMITS": self._settings.limits_json,
            },
        )
        access.read_objects(plan, storage.videos)
        access.write_objects(plan, storage.artifacts, ARTIFACT_PREFIX)
        access.read_items(plan, storage.table, "GetItem")
        access.write_items(plan, storage.table, "UpdateItem")
        return plan

    def _make_complete(self) -> PythonFunction:
        storage = self._storage
        complete = PythonFunction(
            self,
            "Complete",
            name="complete",
            settings=self._settings,
            timeout=COMPLETE_TIMEOUT,
            environment={"TRACKWAY_TABLE": storage.table.table_name, "TRACKWAY_TOPIC_ARN": storage.completions.topic_arn},
        )
        access.read_items(complete, storage.table, "GetItem")
        access.write_items(complete, storage.table, "UpdateItem")
        access.publish(complete, storage.completions, storage.result_key)
        tag, value = NOTIFICATION_ROLE_TAG
        complete.add_to_role_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[Stack.of(self).format_arn(service="iam", region="", resource="role", resource_name="*")],
                conditions={"StringEquals": {f"aws:ResourceTag/{tag}": value}},
            )
        )
        return complete

    def _make_machine(self, tracker: TrackerBatch) -> sfn.StateMachine:
        stack, settings = Stack.of(self), self._settings
        role = iam.Role(self, "MachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        access.invoke(role, self.plan, self.complete)
        revisions = stack.format_arn(service="batch", resource="job-definition", resource_name=f"{tracker.job_definition_name}:*")
        access.allow(role, ["batch:SubmitJob"], tracker.queue.job_queue_arn, revisions)
        access.allow(role, ["batch:TerminateJob"], stack.format_arn(service="batch", resource="job", resource_name="*"))
        access.allow(role, ["batch:DescribeJobs"], "*")
        rule = stack.format_arn(service="events", resource="rule", resource_name="StepFunctionsGetEventsForBatchJobsRule")
        access.allow(role, ["events:PutTargets", "events:PutRule", "events:DescribeRule"], rule)
        body = state_machine.definition(
            state_machine.Targets(
                partition=stack.partition,
                plan_function=self.plan.function_arn,
                complete_function=self.complete.function_arn,
                job_queue=tracker.queue.job_queue_arn,
                job_definition=tracker.job_definition.job_definition_arn,
                max_concurrent_segments=settings.max_concurrent_segments,
                container_minutes=settings.container_minutes,
                plan_timeout_seconds=60 * settings.plan_timeout_minutes + 30,
                complete_timeout_seconds=int(COMPLETE_TIMEOUT.to_seconds()) + 30,
                batch_timeout_seconds=60 * (ATTEMPTS * settings.attempt_timeout_minutes + settings.queue_timeout_minutes),
                machine_timeout_seconds=3600 * settings.job_timeout_hours,
            )
        )
        log_group = logs.LogGroup(
            self,
            "MachineLog",
            log_group_name=f"/aws/vendedlogs/states/{stack.stack_name}",  # this prefix keeps the account's log policy from overflowing
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        return sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_string(stack.to_json_string(body)),
            role=role,
            state_machine_type=sfn.StateMachineType.STANDARD,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
        )

    def _make_ingest(self) -> PythonFunction:
        storage = self._storage
        ingest = PythonFunction(
            self,
            "Ingest",
            name="ingest",
            settings=self._settings,
            timeout=INGEST_TIMEOUT,
            environment={
                "TRACKWAY_TABLE": storage.table.table_name,
                "TRACKWAY_VIDEOS_BUCKET": storage.videos.bucket_name,
                "TRACKWAY_ARTIFACTS_BUCKET": storage.artifacts.bucket_name,
                "TRACKWAY_STATE_MACHINE_ARN": self.machine.state_machine_arn,
                "TRACKWAY_UPLOAD_PREFIX": UPLOAD_PREFIX,
            },
        )
        access.read_objects(ingest, storage.videos, UPLOAD_PREFIX)
        access.read_items(ingest, storage.table, "GetItem")
        access.write_items(ingest, storage.table, "PutItem")
        access.start_execution(ingest, self.machine)
        ingest.add_event_source(event_sources.SqsEventSource(self.uploads, batch_size=10, report_batch_item_failures=True))
        return ingest

    def _catch_uploads(self) -> None:
        """Every new object under the upload prefix, multipart or not, becomes a message; ingest decides which are videos."""
        events.Rule(
            self,
            "Uploaded",
            description="An object was uploaded",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [self._storage.videos.bucket_name]}, "object": {"key": events.Match.prefix(UPLOAD_PREFIX)}},
            ),
            targets=[targets.SqsQueue(self.uploads, dead_letter_queue=self.lost_events)],
        )

    def _catch_ended_executions(self) -> None:
        """No job stays open: an execution that timed out, was stopped or could not record its failure is recorded from outside."""
        status = events.EventField.from_path("$.detail.status")
        rule = events.Rule(
            self,
            "Ended",
            description="An execution ended without success",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [self.machine.state_machine_arn], "status": ["ABORTED", "FAILED", "TIMED_OUT"]},
            ),
        )
        failure = {"Error": f"Execution.{status}", "Cause": f"The workflow ended as {status}."}
        rule.add_target(
            targets.LambdaFunction(
                self.complete,
                event=events.RuleTargetInput.from_object(
                    {"jobId": events.EventField.from_path("$.detail.name"), "outcome": "FAILED", "error": failure}
                ),
                dead_letter_queue=self.lost_events,
            )
        )
        lambda_.EventInvokeConfig(
            self, "CompleteAsync", function=self.complete, on_failure=destinations.SqsDestination(self.lost_events), retry_attempts=2
        )

    def _dead_letters(self, id: str) -> sqs.Queue:
        return sqs.Queue(self, id, enforce_ssl=True, encryption=sqs.QueueEncryption.SQS_MANAGED, retention_period=Duration.days(14))

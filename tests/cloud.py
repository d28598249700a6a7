"""A small AWS in memory (moto) with the resources of the deployed stack, for tests of what talks to AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from trackway.identity.catalogue import Catalogue
from trackway.identity.embedding import shipped_embedding
from trackway.jobs.choices import Choices
from trackway.jobs.identity import new_job_id
from trackway.jobs.record import Api, JobRecord, Video
from trackway.jobs.start import Starter
from trackway.results.video import VideoMetadata
from trackway.store.clients import Clients
from trackway.store.collections import CollectionStore
from trackway.store.jobs import JobStore
from trackway.store.notify import Topics
from trackway.store.objects import Objects
from trackway.store.pages import PageStore
from trackway.store.workflow import StateMachine

REGION: Final = "eu-west-1"
ACCOUNT = "123456789012"
STATE_MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:trackway"
METADATA = VideoMetadata("h264", 5000, "QuickTime / MOV", 25.0, 720, 1280, "LIMITED")


class Clock:
    """Time that a test can turn."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def turn(self, *, days: float = 0, seconds: float = 0) -> None:
        self.now += days * 86400 + seconds


@dataclass
class Cloud:
    """The resources, and the project's own classes over them."""

    clock: Clock = field(default_factory=Clock)
    table: str = "jobs"
    videos: str = "videos-bucket"
    artifacts: str = "artifacts-bucket"
    tidied: list[Mapping[str, str]] = field(default_factory=list)  # what the janitor was told

    def __post_init__(self) -> None:
        self.clients = Clients()
        self._create()
        self.jobs = JobStore(self.clients.dynamodb, self.table, self.clock)
        self.pages = PageStore(self.clients.dynamodb, self.table)
        self.objects = Objects(self.clients.s3, self.artifacts)
        self.workflow = StateMachine(self.clients.stepfunctions, STATE_MACHINE_ARN)
        self.starter = Starter(self.jobs, self.workflow, self.clock)
        self.topics = Topics(self.clients, self.topic_arn)
        self.collections = CollectionStore(self.clients.dynamodb, self.table, self.clock)
        self.catalogue = Catalogue(self.collections, embedding=shipped_embedding(), clock=self.clock)

    def _create(self) -> None:
        self.clients.dynamodb.create_table(
            TableName=self.table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for bucket in (self.videos, self.artifacts):
            self.clients.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.clients.s3.put_bucket_versioning(Bucket=self.videos, VersioningConfiguration={"Status": "Enabled"})
        self.clients.stepfunctions.create_state_machine(
            name="trackway",
            definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/workflow",
        )
        self.topic_arn, self.inbox = self.subscribed_topic("completions")

    def subscribed_topic(self, name: str) -> tuple[str, str]:
        """A topic and the URL of a queue that hears all of it."""
        topic_arn = self.clients.sns.create_topic(Name=name)["TopicArn"]
        queue = boto3.client("sqs", region_name=REGION).create_queue(QueueName=f"{name}-heard")["QueueUrl"]
        self.clients.sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-heard")
        return topic_arn, queue

    def heard(self, queue: str) -> list[dict[str, Any]]:
        """Every SNS envelope that the queue got since it was last asked."""
        sqs = boto3.client("sqs", region_name=REGION)
        envelopes = []
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                envelopes.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return envelopes

    def executions(self) -> list[str]:
        """Names of the executions that were started."""
        return [one["name"] for one in self.clients.stepfunctions.list_executions(stateMachineArn=STATE_MACHINE_ARN)["executions"]]

    def put_video(self, key: str = "uploads/clip.mp4", content: bytes = b"video", **given: Any) -> Video:
        """An object in the videos bucket."""
        answer = self.clients.s3.put_object(Bucket=self.videos, Key=key, Body=content, **given)
        return Video(self.videos, key, answer["VersionId"], answer["ETag"].strip('"'), len(content))

    def recorded(self, job_id: str | None = None, **given: Any) -> JobRecord:
        """A job that was recorded and started."""
        name = job_id or new_job_id()
        usual: dict[str, Any] = {"api": Api.PERSON_TRACKING, "video": Video(self.videos, "uploads/clip.mp4"), "choices": Choices()}
        usual.update(given)
        self.starter.start(name, **usual)
        record = self.jobs.get(name)
        assert record is not None
        return record


@contextmanager
def small_cloud() -> Iterator[Cloud]:
    """A fresh cloud; no request of boto3 leaves the process meanwhile."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }.items():
            patch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_REKOGNITION", "AWS_DATA_PATH"):
            patch.delenv(name, raising=False)
        yield Cloud()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A fresh cloud for one test."""
    with small_cloud() as fresh:
        yield fresh

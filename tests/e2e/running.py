"""An embedded cloud in a process of its own, as a user starts it, and stock clients for it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from trackway.local.environment import CREDENTIALS
from trackway.local.mailbox import Mailbox

ROOT = Path(__file__).resolve().parents[2]
FINAL = ("SUCCEEDED", "FAILED")


class RunningCloud:
    """`trackway local up --json` on a state folder.

    Args:
        state: the folder.
        variables: environment variables of the command beside its own.

    Attributes:
        process: of the command.
        outputs: its line of JSON.
        environment: what a stock client needs besides nothing: an address and any key.
    """

    def __init__(self, state: Path, variables: Mapping[str, str] | None = None) -> None:
        self.state = state
        self.variables = variables or {}
        self.start()

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        self._clients: dict[str, Any] = {}
        command = [sys.executable, "-m", "trackway.cli.main", "local", "up", "--json", "--state", str(self.state), "--port", free_port()]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, **self.variables})
        assert self.process.stdout is not None
        self.outputs: dict[str, str] = json.loads(self.process.stdout.readline())
        self.environment = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": self.outputs["aws"], "AWS_CONFIG_FILE": os.devnull}

    def stop(self, how: signal.Signals = signal.SIGTERM) -> str:
        """Ends it; returns what it has printed since it was ready."""
        self.process.send_signal(how)
        printed, _ = self.process.communicate(timeout=30)
        return printed

    def session(self) -> boto3.Session:
        return boto3.Session("test", "test", region_name=CREDENTIALS["AWS_REGION"])

    def client(self, service: str) -> Any:
        """A client of a stock boto3 that knows only the address of the cloud."""
        if service not in self._clients:
            make: Any = self.session().client
            self._clients[service] = make(service, endpoint_url=self.outputs["aws"], config=Config(retries={"max_attempts": 1}))
        return self._clients[service]

    def upload(self, path: Path | bytes, key: str = "", metadata: dict[str, str] | None = None) -> str:
        """Puts a video under uploads/; returns its key."""
        key = key or f"uploads/{uuid.uuid4().hex}.mp4"
        body = path if isinstance(path, bytes) else path.read_bytes()
        self.client("s3").put_object(Bucket=self.outputs["videos_bucket"], Key=key, Body=body, Metadata=metadata or {})
        return key

    def job_of(self, key: str) -> str:
        """The job that an upload has started."""
        from trackway.jobs.identity import upload_job_id

        bucket = self.outputs["videos_bucket"]
        version = self.client("s3").head_object(Bucket=bucket, Key=key)["VersionId"]
        job_id = upload_job_id(bucket, key, version)
        until(lambda: self.execution(job_id))
        return job_id

    def execution(self, job_id: str) -> dict[str, Any] | None:
        """The job's execution, None where there is none."""
        states = self.client("stepfunctions")
        arn = self.outputs["state_machine_arn"].replace(":stateMachine:", ":execution:") + f":{job_id}"
        try:
            described: dict[str, Any] = states.describe_execution(executionArn=arn)
        except states.exceptions.ExecutionDoesNotExist:
            return None
        del described["ResponseMetadata"]
        return described

    def ended_execution(self, job_id: str) -> dict[str, Any] | None:
        """The job's execution, None as long as it runs or is not there."""
        execution = self.execution(job_id)
        return None if execution is None or execution["status"] == "RUNNING" else execution

    def look(self, job_id: str, **options: Any) -> dict[str, Any]:
        """One page of GetPersonTracking."""
        answer: dict[str, Any] = self.client("rekognition").get_person_tracking(JobId=job_id, **options)
        return answer

    def wait(self, job_id: str, seconds: float = 120) -> dict[str, Any]:
        """The first page once the job is over."""
        ended: dict[str, Any] = until(lambda: page if (page := self.look(job_id))["JobStatus"] in FINAL else None, seconds)
        return ended

    def rows(self, job_id: str, page_size: int, order: str) -> list[dict[str, Any]]:
        """All rows, page by page."""
        rows: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self.look(job_id, MaxResults=page_size, SortBy=order, **token)
            assert len(page["Persons"]) <= page_size
            rows += page["Persons"]
            if "NextToken" not in page:
                return rows
            token = {"NextToken": page["NextToken"]}

    def batch_jobs(self, job_id: str, status: str) -> list[dict[str, Any]]:
        """The Batch jobs of a job, in a state."""
        batch = self.client("batch")
        queue = batch.describe_job_queues()["jobQueues"][0]["jobQueueArn"]
        found = batch.list_jobs(jobQueue=queue, jobStatus=status)["jobSummaryList"]
        return [job for job in found if job_id in job["jobName"]]

    def artifact(self, key: str) -> bytes:
        """Content of an object in the artifacts bucket."""
        content: bytes = self.client("s3").get_object(Bucket=self.outputs["artifacts_bucket"], Key=key)["Body"].read()
        return content

    @contextlib.contextmanager
    def mailbox(self, topic_arn: str = "") -> Iterator[Mailbox]:
        """A queue that gets every completion message from now on."""
        session: Any = PointedSession(self)
        with Mailbox(session, topic_arn or self.outputs["topic_arn"], f"test-{uuid.uuid4().hex}") as box:
            yield box

    def aws(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs the aws command line."""
        program = Path(sys.executable).with_name("aws")
        return subprocess.run([program, *words], env=self.environment, capture_output=True, text=True, check=False, timeout=120)


class PointedSession:
    """The one method of a session that a mailbox uses, at this cloud's address."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.client = cloud.client


def free_port() -> str:
    """A port that nobody has; of two clouds that start at the same moment, both would find the same next one."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


def until(look: Callable[[], Any], seconds: float = 60) -> Any:
    """What `look` returns once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
    return found

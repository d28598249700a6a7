"""What the embedded cloud adds to the emulator, tried on a small stack of its own with stock clients (issue 2, point 2)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.running import free_port
from trackway.local.environment import CREDENTIALS

SLEEP = "import time; time.sleep(60)"


class Mini:
    """A mini cloud in a process of its own, and clients for it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.mini_cloud", str(self.state)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "MINI_PORT": free_port()},
        )
        assert self.process.stdout is not None
        self.outputs = json.loads(self.process.stdout.readline())

    def client(self, service: str) -> Any:
        make: Any = boto3.client  # which service is known only here
        return make(
            service,
            endpoint_url=self.outputs["aws"],
            region_name=CREDENTIALS["AWS_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def execute(self, event: dict[str, Any], program: str = "") -> str:
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["Machine"], input=json.dumps({"event": event, "program": program})
        )
        return str(started["executionArn"])

    def end_of(self, execution: str) -> dict[str, Any]:
        states = self.client("stepfunctions")
        described: dict[str, Any] = until(
            lambda: found if (found := states.describe_execution(executionArn=execution))["status"] != "RUNNING" else None
        )
        return described

    def jobs(self, status: str) -> list[dict[str, Any]]:
        batch = self.client("batch")
        found = batch.list_jobs(jobQueue=self.outputs["Queue"], jobStatus=status)["jobSummaryList"]
        return batch.describe_jobs(jobs=[job["jobId"] for job in found])["jobs"] if found else []

    def stop(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


def until(look: Callable[[], Any], seconds: float = 40) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return found


def alive(marker: Path) -> bool:
    """Whether the process that wrote its id into `marker` still runs."""
    try:
        os.kill(int(marker.read_text()), 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{marker.read_text()}/stat").read_text().rpartition(")")[2].split()[0] != "Z" if Path("/proc").is_dir() else True


def sleeper(marker: Path) -> str:
    return f"import os, pathlib; pathlib.Path({str(marker)!r}).write_text(str(os.getpid())); {SLEEP}"


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mini]:
    running = Mini(tmp_path_factory.mktemp("mini"))
    yield running
    running.stop(signal.SIGTERM)
    assert running.process.returncode == 0
    assert not list((running.state / "temporary").glob("*")) if (running.state / "temporary").exists() else True


def test_a_batch_task_gets_command_and_environment_and_its_lines_can_be_read(mini: Mini) -> None:
    ended = mini.end_of(mini.execute({}, "import os; print('colour', os.environ['COLOUR'], os.environ['AWS_BATCH_JOB_ATTEMPT'])"))
    assert json.loads(ended["output"]) == {"status": "SUCCEEDED", "attempts": 1}
    job = max(mini.jobs("SUCCEEDED"), key=lambda job: job["createdAt"])
    lines = mini.client("logs").get_log_events(logGroupName="/aws/batch/job", logStreamName=job["container"]["logStreamName"])["events"]
    assert [line["message"] for line in lines] == ["colour green 1"]
    assert (mini.state / "logs" / f"job-work-{job['jobId']}.log").read_text() == "colour green 1\n"


@pytest.mark.parametrize(("exit_code", "attempts"), [(1, 3), (2, 1)])
def test_exit_codes_decide_whether_an_attempt_is_repeated(mini: Mini, exit_code: int, attempts: int) -> None:
    ended = mini.end_of(mini.execute({}, f"raise SystemExit({exit_code})"))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    job = json.loads(ended["cause"])
    assert [attempt["Container"]["ExitCode"] for attempt in job["Attempts"]] == [exit_code] * attempts
    assert job["StatusReason"] == "Essential container in task exited"


def test_a_later_attempt_can_succeed(mini: Mini) -> None:
    ended = mini.end_of(mini.execute({}, "import os; raise SystemExit(os.environ['AWS_BATCH_JOB_ATTEMPT'] != '2')"))
    assert json.loads(ended["output"]) == {"status": "SUCCEEDED", "attempts": 2}


def test_stopping_an_execution_ends_its_job_and_the_processes_below_it(mini: Mini, tmp_path: Path) -> None:
    own, below = tmp_path / "own", tmp_path / "below"
    program = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {sleeper(below)!r}]); exec({sleeper(own)!r})"
    execution = mini.execute({}, program)
    until(lambda: own.exists() and below.exists() and below.read_text())
    mini.client("stepfunctions").stop_execution(executionArn=execution, cause="enough")
    until(lambda: not alive(own) and not alive(below))
    assert mini.end_of(execution)["status"] == "ABORTED"
    job = until(lambda: next((job for job in mini.jobs("FAILED") if job["statusReason"] == "enough"), None))
    assert len(job["attempts"]) == 1


@pytest.mark.parametrize("where", ["machine", "task"])
def test_a_time_limit_of_the_workflow_ends_the_job(mini: Mini, where: str, tmp_path: Path) -> None:
    states, marker = mini.client("stepfunctions"), tmp_path / "marker"
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Arguments": {
            "JobName": where,
            "JobQueue": mini.outputs["Queue"],
            "JobDefinition": mini.outputs["Definition"],
            "ContainerOverrides": {"Command": ["-c", sleeper(marker)]},
        },
        "End": True,
    }
    definition: dict[str, Any] = {"QueryLanguage": "JSONata", "StartAt": "Work", "States": {"Work": task}}
    (definition if where == "machine" else task)["TimeoutSeconds"] = 2
    role = mini.client("iam").list_roles()["Roles"][0]["Arn"]
    machine = states.create_state_machine(name=f"limited-{where}", definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    until(lambda: marker.exists() and marker.read_text())
    ended = mini.end_of(execution)
    assert (ended["status"], ended["error"]) == ("TIMED_OUT" if where == "machine" else "FAILED", "States.Timeout")
    until(lambda: not alive(marker))


def test_an_attempt_is_stopped_at_its_time_limit(mini: Mini) -> None:
    definition = mini.client("batch").register_job_definition(
        jobDefinitionName="hasty",
        type="container",
        containerProperties={"image": "mini", "command": ["-c", SLEEP]},
        timeout={"attemptDurationSeconds": 1},
    )
    submitted = mini.client("batch").submit_job(
        jobName="hasty", jobQueue=mini.outputs["Queue"], jobDefinition=definition["jobDefinitionArn"]
    )
    job = until(lambda: next((job for job in mini.jobs("FAILED") if job["jobId"] == submitted["jobId"]), None))
    assert job["statusReason"] == "Job attempt duration exceeded timeout"


def test_an_unknown_image_is_a_failure_with_a_reason(mini: Mini) -> None:
    mini.client("batch").register_job_definition(
        jobDefinitionName="strange", type="container", containerProperties={"image": "elsewhere/strange:1"}
    )
    submitted = mini.client("batch").submit_job(jobName="strange", jobQueue=mini.outputs["Queue"], jobDefinition="strange")
    job = until(lambda: next((job for job in mini.jobs("FAILED") if job["jobId"] == submitted["jobId"]), None))
    assert "strange" in job["container"]["reason"]
    assert "mini" in job["container"]["reason"]


def test_a_functions_exception_is_caught_by_its_class(mini: Mini) -> None:
    ended = mini.end_of(mini.execute({"film": 1}))
    assert json.loads(ended["output"]) == {"refused": True}
    answer = mini.client("lambda").invoke(
        FunctionName=mini.client("lambda").list_functions()["Functions"][0]["FunctionName"], Payload=b'{"film": 1}'
    )
    error = json.loads(answer["Payload"].read())
    assert (error["errorType"], error["errorMessage"]) == ("UnsupportedFilm", "no\nsprockets")
    assert "looking at {'film': 1}" in (mini.state / "logs" / "functions.log").read_text()


@pytest.mark.parametrize("key", ["plain.mp4", "two words.mp4", "a+b=c&d.mp4", "été/日本 ☂.mp4", "percent%20.mp4"])
def test_an_upload_event_names_key_and_version(mini: Mini, key: str) -> None:
    put = mini.client("s3").put_object(Bucket=mini.outputs["Bucket"], Key=key, Body=b"x")
    messages = mini.client("sqs").receive_message(QueueUrl=mini.outputs["Events"], WaitTimeSeconds=10)["Messages"]
    mini.client("sqs").delete_message(QueueUrl=mini.outputs["Events"], ReceiptHandle=messages[0]["ReceiptHandle"])
    found = json.loads(messages[0]["Body"])["detail"]["object"]
    assert (found["key"], found["version-id"]) == (key, put["VersionId"])


@pytest.mark.parametrize("in_parts", [True, False])
def test_a_large_object_comes_back_whole_by_its_version(mini: Mini, tmp_path: Path, in_parts: bool) -> None:
    s3, bucket = mini.client("s3"), mini.outputs["Bucket"]
    path, again = tmp_path / "large", tmp_path / "again"
    path.write_bytes(os.urandom(20 << 20))  # beyond 8 MB, boto3 downloads in parts
    if in_parts:
        s3.upload_file(str(path), bucket, "large")
    else:
        s3.put_object(Bucket=bucket, Key="large", Body=path.read_bytes())
    version = s3.head_object(Bucket=bucket, Key="large")["VersionId"]
    s3.download_file(bucket, "large", str(again), ExtraArgs={"VersionId": version})
    assert again.read_bytes() == path.read_bytes()
    s3.put_object(Bucket=bucket, Key="large", Body=b"small")
    s3.download_file(bucket, "large", str(again), ExtraArgs={"VersionId": version})
    assert again.read_bytes() == path.read_bytes()
    tail = s3.get_object(Bucket=bucket, Key="large", VersionId=version, Range="bytes=-5")
    assert (tail["Body"].read(), tail["ContentRange"]) == (path.read_bytes()[-5:], f"bytes {(20 << 20) - 5}-{(20 << 20) - 1}/{20 << 20}")


@pytest.mark.parametrize(
    ("resource", "says"),
    [
        ({"Type": "AWS::Nowhere::Thing"}, "Unrecognized resource types: [AWS::Nowhere::Thing]"),
        (
            {
                "Type": "AWS::Batch::ComputeEnvironment",
                "DependsOn": "Environment",
                "Properties": {"ComputeEnvironmentName": "mini-Environment"},
            },
            "Strange (AWS::Batch::ComputeEnvironment): Object already exists: mini-Environment",
        ),
    ],
)
def test_a_stack_that_cannot_be_deployed_says_why(resource: dict[str, Any], says: str, tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "tests.e2e.mini_cloud", str(tmp_path)],
        env={**os.environ, "MINI_PORT": free_port(), "MINI_RESOURCES": json.dumps({"Strange": resource})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert refused.returncode == 1
    last = refused.stderr.strip().splitlines()[-1]
    assert last.startswith("trackway.errors.EmbeddedCloudError")
    assert says in last


def test_a_killed_cloud_leaves_no_process_and_takes_up_its_executions(tmp_path: Path) -> None:
    mini, marker = Mini(tmp_path / "state"), tmp_path / "marker"
    program = f"import pathlib; again = pathlib.Path({str(marker)!r}).exists()\nif not again: exec({sleeper(marker)!r})"
    put = mini.client("s3").put_object(Bucket=mini.outputs["Bucket"], Key="kept", Body=b"before")
    mini.client("s3").put_object(Bucket=mini.outputs["Bucket"], Key="kept", Body=b"after")
    execution = mini.execute({}, program)
    until(lambda: marker.exists() and marker.read_text())
    mini.stop(signal.SIGKILL)
    until(lambda: not alive(marker))
    # The port is taken by something else now, so that every address in the state has to change.
    before = mini.outputs["aws"]
    with socket.create_server(("127.0.0.1", int(before.rpartition(":")[2]))):
        mini.start()
    try:
        assert mini.outputs["resumed"] == 1
        assert mini.outputs["aws"] != before
        assert json.loads(mini.end_of(execution)["output"]) == {"status": "SUCCEEDED", "attempts": 1}
        s3 = mini.client("s3")
        assert s3.get_object(Bucket=mini.outputs["Bucket"], Key="kept")["Body"].read() == b"after"
        assert s3.get_object(Bucket=mini.outputs["Bucket"], Key="kept", VersionId=put["VersionId"])["Body"].read() == b"before"
        assert mini.client("sqs").receive_message(QueueUrl=mini.outputs["Events"], WaitTimeSeconds=5)["Messages"]
    finally:
        mini.stop(signal.SIGTERM)


def call_pictures(mini: Mini, event: dict[str, Any], function: str = "Pictures") -> dict[str, Any]:
    answer = mini.client("lambda").invoke(FunctionName=mini.outputs[function], Payload=json.dumps(event))
    body: dict[str, Any] = json.loads(answer["Payload"].read())
    return body


def test_a_function_that_is_an_image_runs_from_its_folder(mini: Mini) -> None:
    """DESIGN section 9: image Lambdas are subprocesses of the same entry point, and keep their vectors in the state folder."""
    found = call_pictures(mini, {"content": "x" * 7_000_000})
    assert (found["vectors"], found["colour"]) == (str(mini.state / "vectors"), "green")
    assert found["size"] > 7_000_000
    assert call_pictures(mini, {})["process"] == found["process"]  # kept warm


def test_several_requests_to_an_image_run_side_by_side(mini: Mini) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: call_pictures(mini, {"seconds": 0.5})["process"], range(6)))
    assert 2 <= len(set(found)) <= 3


def test_an_image_s_error_keeps_its_name(mini: Mini) -> None:
    assert call_pictures(mini, {"colour": "infrared"}) == {"errorMessage": "infrared", "errorType": "UnreadablePicture"}
    assert "found 'unheard-of'" in call_pictures(mini, {}, "Unknown")["errorMessage"]


def test_every_version_of_a_secret_is_found_by_its_maker_s_name(mini: Mini) -> None:
    secrets = mini.client("secretsmanager")
    first, second = "first-version-".ljust(36, "1"), "second-version".ljust(36, "2")
    made = secrets.create_secret(Name="stack/keys/one", ClientRequestToken=first, SecretString="old")
    secrets.put_secret_value(SecretId="stack/keys/one", ClientRequestToken=second, SecretString="new")
    assert made["VersionId"] == first
    assert secrets.get_secret_value(SecretId="stack/keys/one", VersionId=first)["SecretString"] == "old"
    assert secrets.get_secret_value(SecretId="stack/keys/one")["VersionId"] == second

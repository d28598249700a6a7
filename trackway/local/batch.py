"""AWS Batch for the embedded cloud: a job's container entry point runs as a process on this machine.

The emulator stores compute environments, queues and definitions, but ends every job at once. Here a job waits for free
processors, runs with its definition's command and environment, is retried by the documented rules, stopped at its timeout or
on request, and speaks into CloudWatch Logs (/aws/batch/job) and into a file.
"""

from __future__ import annotations

import contextvars
import json
import os
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trackway.local.containers import Containers
from trackway.local.processes import Child
from trackway.local.retries import tries_again
from trackway.local.seams import Part, require

__all__ = ["BatchRunner"]

_PARTS = (
    Part("services.batch", "_DISPATCH"),
    Part("services.batch", "_jobs"),
    Part("services.batch", "_job_definitions"),
    Part("services.batch", "_submit_job", ("p",)),
    Part("services.batch", "_register_job_definition", ("p",)),
    Part("services.batch", "_restore_state", ("data",)),
    Part("services.batch", "_json", ("status", "body")),
    Part("core.responses", "error_response_json", ("code", "message", "status")),
    Part("services.cloudwatch_logs", "_log_groups"),
    Part("services.cloudwatch_logs", "_create_log_group", ("data",)),
    Part("services.cloudwatch_logs", "_create_log_stream", ("data",)),
    Part("services.cloudwatch_logs", "_put_log_events", ("data",)),
)
_GROUP = "/aws/batch/job"
_FINAL = ("SUCCEEDED", "FAILED")
_HOST_LOST = "Host EC2 (the embedded cloud) terminated."


class BatchRunner:
    """Runs jobs, as many at a time as the machine has processors for.

    Args:
        containers: what runs an attempt.
        logs: folder of one file per job.
    """

    def __init__(self, containers: Containers, logs: Path) -> None:
        self._containers = containers
        self._logs = logs
        self._changed = threading.Condition()
        self._processors = float(max(2, os.cpu_count() or 2))
        self._free = self._processors
        self._running: dict[str, Child] = {}
        self._stopped: dict[str, str] = {}
        self._closed = False

    def install(self) -> None:
        """Takes the place of the emulator's own job handling.

        Raises:
            EmbeddedCloudError: the emulator is another version.
        """
        require("Batch runner", _PARTS)
        from ministack.core import responses
        from ministack.services import batch, cloudwatch_logs

        self._batch: Any = batch
        self._cloudwatch: Any = cloudwatch_logs
        self._refuse: Any = responses.error_response_json
        self._stub = batch._submit_job
        self._register = batch._register_job_definition
        restore = batch._restore_state

        def restore_state(data: Any) -> None:
            restore(data)
            for job in batch._jobs._data.values():
                if job["status"] not in _FINAL:
                    job.update(status="FAILED", statusReason=_HOST_LOST, stoppedAt=_now())

        batch._restore_state = restore_state
        batch._DISPATCH.update(
            {
                "/v1/submitjob": self.submit,
                "/v1/registerjobdefinition": self.register,
                "/v1/deregisterjobdefinition": self.deregister,
                "/v1/terminatejob": self._terminate,
                "/v1/canceljob": self._terminate,
            }
        )

    def register(self, request: dict[str, Any]) -> Any:
        """RegisterJobDefinition, keeping the parts that the emulator forgets."""
        answer = self._register(request)
        if answer[0] == 200:
            definition = self._batch._job_definitions[request["jobDefinitionName"]][-1]
            definition.update({name: request[name] for name in ("parameters", "timeout", "retryStrategy") if name in request})
        return answer

    def deregister(self, request: dict[str, Any]) -> Any:
        """DeregisterJobDefinition: jobs that run go on, new ones are refused."""
        definition = self._definition(request["jobDefinition"])
        if definition is not None:
            definition["status"] = "INACTIVE"
        return self._batch._json(200, {})

    def submit(self, request: dict[str, Any]) -> Any:
        """SubmitJob: answers at once, the job runs by itself."""
        definition = self._definition(request.get("jobDefinition", ""))
        if definition is None:
            return self._refuse("ClientException", f"JobDefinition not found: {request.get('jobDefinition')}", 400)
        answer = self._stub(request)
        if answer[0] != 200:
            return answer
        job = self._batch._jobs[json.loads(answer[2])["jobId"]]
        for premature in ("startedAt", "stoppedAt", "statusReason"):
            job.pop(premature, None)
        job.update(_described(job["jobId"], definition, request))
        # The emulator finds account and region in the context, which threads do not inherit.
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run, job), name=f"batch-{job['jobName']}", daemon=True).start()
        return answer

    def stop(self, job_id: str, reason: str) -> None:
        """Ends a job, which is not tried again; nothing where it has ended already."""
        with self._changed:
            if self._batch._jobs[job_id]["status"] in _FINAL:
                return
            self._stopped.setdefault(job_id, reason)
            child = self._running.get(job_id)
            self._changed.notify_all()
        if child is not None:
            child.terminate()

    def wait(self, job_id: str) -> dict[str, Any]:
        """Waits for a job's end, or for that of the cloud, and returns its record."""
        job: dict[str, Any] = self._batch._jobs[job_id]
        with self._changed:
            self._changed.wait_for(lambda: job["status"] in _FINAL or self._closed)
        return job

    def close(self) -> None:
        """The cloud is ending: no attempt is started any more, and nobody waits any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _definition(self, reference: str) -> dict[str, Any] | None:
        name, _, revision = reference.rsplit("/", 1)[-1].partition(":")
        revisions: list[dict[str, Any]] = self._batch._job_definitions.get(name) or []
        active = [entry for entry in revisions if entry["status"] == "ACTIVE" and revision in ("", str(entry["revision"]))]
        return active[-1] if active else None

    def _terminate(self, request: dict[str, Any]) -> Any:
        if request["jobId"] in self._batch._jobs:
            self.stop(request["jobId"], request["reason"])
        return self._batch._json(200, {})

    def _run(self, job: dict[str, Any]) -> None:
        """A job's life, on a thread of its own."""
        needed = min(_processors(job), self._processors)
        again = True
        while again:
            job["status"] = "RUNNABLE"
            with self._changed:
                self._changed.wait_for(lambda: self._free >= needed or job["jobId"] in self._stopped or self._closed)
                if job["jobId"] in self._stopped or self._closed:
                    break
                self._free -= needed
            again = self._attempt(job)
            with self._changed:
                self._free += needed
                self._changed.notify_all()
        with self._changed:
            if self._closed:
                return
            stopped = self._stopped.pop(job["jobId"], None)
            succeeded = stopped is None and job["container"].get("exitCode") == 0
            job["statusReason"] = stopped or job["statusReason"]
            job.update(status="SUCCEEDED" if succeeded else "FAILED", stoppedAt=_now())
            self._changed.notify_all()

    def _attempt(self, job: dict[str, Any]) -> bool:
        """Runs one attempt; True when another shall follow."""
        number = len(job["attempts"]) + 1
        began = _now()
        job["status"] = "RUNNING"
        job.setdefault("startedAt", began)
        container = job["container"]

        def started(child: Child) -> None:
            with self._changed:
                self._running[job["jobId"]] = child
                stopped = job["jobId"] in self._stopped
            if stopped:  # since the look at the free processors
                child.terminate()

        environment = {entry["name"]: entry["value"] for entry in container["environment"]}
        ended = self._containers.run(
            f"batch-{job['jobId']}-{number}",
            container["image"],
            container["command"],
            {**environment, "AWS_BATCH_JOB_ID": job["jobId"], "AWS_BATCH_JOB_ATTEMPT": str(number)},
            limit_seconds=job["timeout"].get("attemptDurationSeconds"),
            started=started,
            write=self._log(job),
        )
        with self._changed:
            self._running.pop(job["jobId"], None)
            if self._closed:
                return False
        outcome = {"exitCode": ended.exit_code, "reason": ended.reason}
        container.update(outcome)
        job["statusReason"] = ended.status_reason
        job["attempts"].append(
            {
                "container": {**outcome, "logStreamName": container["logStreamName"]},
                "startedAt": began,
                "stoppedAt": _now(),
                "statusReason": ended.status_reason,
            }
        )
        if ended.exit_code == 0 or job["jobId"] in self._stopped:
            return False
        return tries_again(
            job["retryStrategy"], attempt=number, exit_code=ended.exit_code, status_reason=ended.status_reason, reason=ended.reason
        )

    def _log(self, job: Mapping[str, Any]) -> Any:
        """Where a job's lines go: CloudWatch Logs and a file."""
        stream = {"logGroupName": _GROUP, "logStreamName": job["container"]["logStreamName"]}
        self._cloudwatch._create_log_group({"logGroupName": _GROUP})  # refuses quietly what is there already
        self._cloudwatch._create_log_stream(stream)
        path = self._logs / f"job-{job['jobName']}-{job['jobId']}.log"

        def write(line: str) -> None:
            self._cloudwatch._put_log_events({**stream, "logEvents": [{"timestamp": _now(), "message": line}]})
            with path.open("a") as file:
                file.write(line + "\n")

        return write


def _described(job_id: str, definition: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """What DescribeJobs says of a job, from its definition and its submission."""
    container = definition["containerProperties"]
    overrides = request.get("containerOverrides") or {}
    parameters = {**(definition.get("parameters") or {}), **(request.get("parameters") or {})}
    command = overrides.get("command") or container.get("command") or []
    environment = [*(container.get("environment") or []), *(overrides.get("environment") or [])]
    required = [*(container.get("resourceRequirements") or []), *(overrides.get("resourceRequirements") or [])]
    return {
        "status": "SUBMITTED",
        "jobDefinition": definition["jobDefinitionArn"],
        "attempts": [],
        "parameters": parameters,
        "retryStrategy": request.get("retryStrategy") or definition.get("retryStrategy") or {},
        "timeout": request.get("timeout") or definition.get("timeout") or {},
        "container": {
            "image": container["image"],
            "command": [re.sub(r"Ref::(\w+)", lambda match: str(parameters.get(match[1], match[0])), word) for word in command],
            "environment": list({entry["name"]: entry for entry in environment}.values()),
            "resourceRequirements": list({entry["type"]: entry for entry in required}.values()),
            "logStreamName": f"{definition['jobDefinitionName']}/default/{job_id}",
        },
    }


def _processors(job: Mapping[str, Any]) -> float:
    return next((float(entry["value"]) for entry in job["container"]["resourceRequirements"] if entry["type"] == "VCPU"), 1.0)


def _now() -> int:
    return int(time.time() * 1000)

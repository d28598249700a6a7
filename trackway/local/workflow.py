"""Step Functions for the embedded cloud: Batch tasks, ends that reach their jobs, and executions that survive a restart.

What the emulator lacks: the `batch:submitJob` integrations; ending an execution's Batch jobs when it is stopped, times out or
one of its tasks does; the machine's own TimeoutSeconds; and taking up again, at the next start, what ran when the cloud ended.
An interrupted execution begins again at its first state with its own input and name, since every step can be repeated.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from trackway.local.batch import BatchRunner
from trackway.local.seams import Part, require

__all__ = ["Workflow"]

_PARTS = (
    Part("services.stepfunctions", "_SERVICE_DISPATCH"),
    Part("services.stepfunctions", "_ExecutionError", ("error", "cause")),
    Part("services.stepfunctions", "_executions"),
    Part("services.stepfunctions", "_state_machines"),
    Part("services.stepfunctions", "_execute_task", ("state_def", "raw_input", "execution", "ctx")),
    Part("services.stepfunctions", "_invoke_resource_with_timeout", ("resource", "input_data", "timeout")),
    Part("services.stepfunctions", "_stop_execution", ("data",)),
    Part("services.stepfunctions", "_fail_execution", ("execution", "error", "cause")),
    Part("services.stepfunctions", "_run_execution", ("exec_arn",)),
    Part("services.stepfunctions", "_restore_state", ("data",)),
    Part("services.stepfunctions", "_emit_execution_status_event", ("execution",)),
    Part("services.stepfunctions", "handle_request", ("method", "path", "headers", "body", "query_params")),
    Part("core.responses", "request_scope", ("account_id", "region")),
    Part("core.responses", "now_iso", ()),
)
_OPAQUE = frozenset({"parameters", "tags"})  # maps whose keys are the caller's own words


class Workflow:
    """Runs executions whose tasks are Batch jobs.

    Args:
        batch: where the jobs run.
        changed: called when an execution has moved on without any request.
    """

    def __init__(self, batch: BatchRunner, changed: Callable[[], object]) -> None:
        self._batch = batch
        self._changed = changed
        self._states: Any = None
        self._responses: Any = None
        self._interrupted: list[tuple[str, str, str]] = []
        self._jobs: dict[str, set[str]] = {}  # execution -> its unfinished Batch jobs
        self._lock = threading.Lock()
        self._execution: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("execution", default=None)
        self._task_jobs: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("task_jobs", default=None)

    def install(self) -> None:
        """Adds what is missing.

        Raises:
            EmbeddedCloudError: the emulator is another version.
        """
        require("Step Functions integration", _PARTS)
        from ministack.core import responses
        from ministack.services import stepfunctions

        self._states = stepfunctions
        self._responses = responses
        stepfunctions._SERVICE_DISPATCH["arn:aws:states:::batch:submitJob"] = self._submit_job
        self._wrap("_execute_task", self._execute_task)
        self._wrap("_invoke_resource_with_timeout", self._with_timeout)
        self._wrap("_stop_execution", self._stop_execution)
        self._wrap("_fail_execution", self._fail_execution)
        self._wrap("_run_execution", self._run_execution)
        self._wrap("_restore_state", self._restore_state)

    def resume(self) -> int:
        """Begins again what ran when the cloud ended last; says how many executions that are."""
        for account, region, arn in self._interrupted:
            with self._responses.request_scope(account, region):
                context = contextvars.copy_context()
            threading.Thread(target=context.run, args=(self._states._run_execution, arn), daemon=True).start()
        return len(self._interrupted)

    def close(self) -> None:
        """The cloud is ending, its state is saved: no execution enters another state, or tells anybody that it has failed."""
        executions = self._states._executions._data if self._states else {}
        for execution in list(executions.values()):
            if execution["status"] == "RUNNING":
                execution["status"] = "ABORTED"

    def _wrap(self, name: str, wrapper: Callable[..., Any]) -> None:
        inner = getattr(self._states, name)
        setattr(self._states, name, lambda *args: wrapper(inner, *args))

    # ------------------------------------------------------------------ tasks

    def _submit_job(self, resource: str, arguments: Any) -> Any:
        """`arn:aws:states:::batch:submitJob`, with or without `.sync`."""
        error: Callable[[str, str], Exception] = self._states._ExecutionError
        execution = self._execution.get()
        if execution is not None and execution["status"] != "RUNNING":
            raise error("States.TaskFailed", "The execution has ended.")
        status, _, body = self._batch.submit(_first_letter(arguments, str.lower))
        answer = json.loads(body)
        if status != 200:
            raise error(f"Batch.{answer.get('__type', 'ClientException')}", answer.get("message", ""))
        if not resource.endswith(".sync"):
            return _first_letter(answer, str.upper)
        with self._open(execution, answer["jobId"]):
            job = self._batch.wait(answer["jobId"])
        view = _first_letter(job, str.upper)
        if job["status"] != "SUCCEEDED":
            raise error("States.TaskFailed", json.dumps(view))
        return view

    @contextlib.contextmanager
    def _open(self, execution: dict[str, Any] | None, job_id: str) -> Iterator[None]:
        """Notes a job as unfinished, so that the end of its task or its execution ends it too."""
        arn = execution["executionArn"] if execution is not None else ""
        of_task = self._task_jobs.get()
        if of_task is not None:
            of_task.append(job_id)
        with self._lock:
            self._jobs.setdefault(arn, set()).add(job_id)
        try:
            if execution is not None and execution["status"] != "RUNNING":  # stopped since the submission
                self._batch.stop(job_id, "The execution has ended.")
            yield
        finally:
            with self._lock:
                self._jobs[arn].discard(job_id)

    def _execute_task(self, inner: Callable[..., Any], state: Any, given: Any, execution: dict[str, Any], context: Any) -> Any:
        token = self._execution.set(execution)
        try:
            return inner(state, given, execution, context)
        finally:
            self._execution.reset(token)

    def _with_timeout(self, inner: Callable[..., Any], resource: str, arguments: Any, timeout_seconds: float) -> Any:
        jobs: list[str] = []
        token = self._task_jobs.set(jobs)
        try:
            return inner(resource, arguments, timeout_seconds)
        except self._states._ExecutionError as error:
            if error.error == "States.Timeout":
                for job_id in jobs:
                    self._batch.stop(job_id, "The task has timed out.")
            raise
        finally:
            self._task_jobs.reset(token)

    # ------------------------------------------------------------------ executions

    def _run_execution(self, inner: Callable[..., Any], arn: str) -> None:
        execution = self._states._executions.get(arn)
        machine = self._states._state_machines.get(execution["stateMachineArn"]) if execution else None
        limit_seconds = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
        timer = threading.Timer(limit_seconds or 0, contextvars.copy_context().run, (self._time_out, execution))
        timer.daemon = True
        if limit_seconds is not None:
            timer.start()
        try:
            inner(arn)
        finally:
            timer.cancel()
            self._changed()

    def _time_out(self, execution: dict[str, Any]) -> None:
        if execution["status"] == "RUNNING":
            execution.update(status="TIMED_OUT", error="States.Timeout", stopDate=self._responses.now_iso())
            self._states._emit_execution_status_event(execution)
            self._end_jobs(execution["executionArn"], "The execution has timed out.")

    def _stop_execution(self, inner: Callable[..., Any], request: dict[str, Any]) -> Any:
        answer = inner(request)
        self._end_jobs(request.get("executionArn", ""), request.get("cause") or "The execution has been stopped.")
        return answer

    def _fail_execution(self, inner: Callable[..., Any], execution: dict[str, Any], error: str, cause: str) -> None:
        # A task that ends badly because its execution was stopped must not turn ABORTED into FAILED.
        if execution["status"] == "RUNNING":
            inner(execution, error, cause)

    def _end_jobs(self, arn: str, reason: str) -> None:
        with self._lock:
            jobs = list(self._jobs.get(arn, ()))
        for job_id in jobs:
            self._batch.stop(job_id, reason)

    def _restore_state(self, inner: Callable[..., Any], data: Any) -> None:
        before = (data or {}).get("executions")
        running = [] if before is None else [scope for scope, record in before._data.items() if record["status"] == "RUNNING"]
        inner(data)
        for scope in running:
            execution = self._states._executions._data[scope]
            for ending in ("error", "cause"):
                execution.pop(ending, None)
            execution.update(status="RUNNING", stopDate=None, output=None, events=execution["events"][:1])
        self._interrupted = running


def _first_letter(value: Any, change: Callable[[str], str]) -> Any:
    """Between the member names of a service (jobId) and those of Step Functions (JobId)."""
    if isinstance(value, list):
        return [_first_letter(entry, change) for entry in value]
    if isinstance(value, dict):
        return {
            change(name[0]) + name[1:]: entry if name.lower() in _OPAQUE else _first_letter(entry, change)
            for name, entry in value.items()
            if not name.startswith("_")
        }
    return value

"""The state machine and what stands around it."""

from __future__ import annotations

import re
from typing import Any

import jsonata
import pytest

from infra import state_machine
from tests.infra.template import Properties, Template, text
from trackway import errors

JOB_ID = "0f" * 32
TARGETS = state_machine.Targets(
    partition="aws",
    plan_function="plan",
    complete_function="complete",
    job_queue="queue",
    job_definition="tracker:7",
    max_concurrent_segments=3,
    container_minutes=20,
    plan_timeout_seconds=1,
    complete_timeout_seconds=2,
    batch_timeout_seconds=3,
    machine_timeout_seconds=4,
)


def evaluate(value: Any, *, given: Any = None, result: Any = None, **variables: Any) -> Any:
    """Values with their JSONata expressions worked out, as a state of JOB_ID's execution would."""
    if isinstance(value, dict):
        return {name: evaluate(entry, given=given, result=result, **variables) for name, entry in value.items()}
    if isinstance(value, str) and (expression := re.fullmatch(r"\{%(.*)%\}", value)):
        states = {"input": given, "result": result, "context": {"Execution": {"Input": {"jobId": JOB_ID}}}}
        return jsonata.Jsonata(expression[1]).evaluate(None, {"states": states, **variables})
    return value


@pytest.fixture
def states() -> Properties:
    found: Properties = state_machine.definition(TARGETS)["States"]
    return found


def tasks(states: Properties) -> dict[str, Properties]:
    """Every task, those inside the Map included."""
    inner = states["Track shares"]["ItemProcessor"]["States"]
    return {name: state for name, state in {**states, **inner}.items() if state["Type"] == "Task"}


def test_the_deployed_machine_is_the_defined_one(template: Template, states: Properties) -> None:
    deployed = template.definition
    assert deployed["QueryLanguage"] == "JSONata"
    assert {name: state["Type"] for name, state in deployed["States"].items()} == {name: state["Type"] for name, state in states.items()}
    submitted = deployed["States"]["Track whole video"]["Arguments"]
    assert (submitted["JobQueue"], submitted["JobDefinition"]) == ("<TrackerQueue.JobQueueArn>", "<TrackerJob>")
    assert deployed["States"]["Plan"]["Arguments"]["FunctionName"] == "<WorkflowPlan.Arn>"
    assert deployed["States"]["Complete"]["Arguments"]["FunctionName"] == "<WorkflowComplete.Arn>"


@pytest.mark.parametrize(
    ("shares", "taken"),
    [(["0-of-1"], "Track whole video"), (["0-of-2", "1-of-2"], "Track shares"), ([f"{each}-of-18" for each in range(18)], "Track shares")],
)
def test_one_share_is_one_batch_job_and_more_are_mapped(states: Properties, shares: list[str], taken: str) -> None:
    assigned = evaluate(states["Plan"]["Assign"], result={"Payload": {"jobId": JOB_ID, "shares": shares}})
    assert assigned == {"shares": shares}
    choice = states["Several shares?"]
    several = evaluate(choice["Choices"][0]["Condition"], **assigned)
    assert (choice["Choices"][0]["Next"] if several else choice["Default"]) == taken
    assert evaluate(states["Track shares"]["Items"], **assigned) == shares


@pytest.mark.parametrize(
    ("state", "given", "command"),
    [
        ("Track whole video", {}, ["whole", "--job", JOB_ID]),
        ("Track share", "17-of-18", ["track", "--job", JOB_ID, "--share", "17-of-18"]),
        ("Assemble", {}, ["assemble", "--job", JOB_ID]),
    ],
)
def test_the_container_is_told_what_to_do(states: Properties, state: str, given: Any, command: list[str]) -> None:
    arguments = evaluate(tasks(states)[state]["Arguments"], given=given)
    assert arguments["ContainerOverrides"] == {"Command": command}
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}", arguments["JobName"])  # Batch's rule


def test_functions_are_told_what_happened(states: Properties) -> None:
    error = {"Error": "CorruptMedia", "Cause": "{}"}
    payloads = {name: evaluate(states[name]["Arguments"]["Payload"], error=error) for name in ("Plan", "Complete", "Record failure")}
    assert payloads == {
        "Plan": {"jobId": JOB_ID, "containerMinutes": 20},
        "Complete": {"jobId": JOB_ID, "outcome": "SUCCEEDED"},
        "Record failure": {"jobId": JOB_ID, "outcome": "FAILED", "error": error},
    }


def test_every_task_has_a_limit_and_is_retried(states: Properties) -> None:
    for name, task in tasks(states).items():
        assert task["TimeoutSeconds"] > 0, name
        assert task["Retry"], name
    assert state_machine.definition(TARGETS)["TimeoutSeconds"] == 4


def test_any_error_ends_in_a_recorded_failure(states: Properties) -> None:
    """Everything that can fail before the end is caught; what a Map runs is caught by the Map."""
    unguarded = {name for name, state in states.items() if state["Type"] in ("Task", "Map", "Parallel") and "Catch" not in state}
    assert unguarded == {"Record failure"}  # whose own failure the rule on ended executions sees
    for state in states.values():
        for catch in state.get("Catch", []):
            assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Record failure")
    assert states["Record failure"]["Next"] == "Failed"
    assert states["Failed"]["Type"] == "Fail"


def test_a_fault_of_the_video_is_never_retried(states: Properties) -> None:
    final = states["Plan"]["Retry"][0]
    assert final["MaxAttempts"] == 0
    named = {name for name in errors.__all__ if issubclass(getattr(errors, name), errors.InputError)}
    assert set(final["ErrorEquals"]) == named
    assert {"UnsupportedMedia", "VideoTooLong", "ObjectGone"} <= named
    assert not {"Stalled", "SystemFault", "TrackwayError"} & set(final["ErrorEquals"])


def test_a_failed_batch_job_is_not_submitted_again(states: Properties) -> None:
    """Batch has tried as often as its own strategy says; only an unanswered submission is repeated."""
    for name in ("Track whole video", "Track share", "Assemble"):
        errors_retried = {error for retry in tasks(states)[name]["Retry"] for error in retry["ErrorEquals"]}
        assert all(error.startswith("Batch.") for error in errors_retried)


def test_a_job_that_ended_outside_the_workflow_is_recorded(template: Template) -> None:
    """A machine that timed out or was stopped runs no Catch: a rule calls `complete` with the execution's name, which is the job's id."""
    rule = template.one("AWS::Events::Rule", "WorkflowEnded")
    assert rule["EventPattern"]["detail"]["status"] == ["ABORTED", "FAILED", "TIMED_OUT"]
    assert list(map(text, rule["EventPattern"]["detail"]["stateMachineArn"])) == ["<WorkflowMachine>"]
    (target,) = rule["Targets"]
    assert text(target["Arn"]) == "<WorkflowComplete.Arn>"
    paths = target["InputTransformer"]["InputPathsMap"]
    assert set(paths.values()) == {"$.detail.name", "$.detail.status"}
    template_text = target["InputTransformer"]["InputTemplate"]
    (name,) = (key for key, path in paths.items() if path == "$.detail.name")
    assert f'"jobId":<{name}>' in template_text
    assert '"outcome":"FAILED"' in template_text


def test_nothing_that_was_uploaded_is_lost(template: Template) -> None:
    rule = template.one("AWS::Events::Rule", "WorkflowUploaded")
    assert rule["EventPattern"]["detail-type"] == ["Object Created"]
    assert rule["EventPattern"]["detail"]["object"]["key"] == [{"prefix": "uploads/"}]
    (target,) = rule["Targets"]
    assert text(target["Arn"]) == "<WorkflowUploads.Arn>"
    assert text(target["DeadLetterConfig"]["Arn"]) == "<WorkflowLostEvents.Arn>"
    queue = template.one("AWS::SQS::Queue", "WorkflowUploads")
    assert text(queue["RedrivePolicy"]["deadLetterTargetArn"]) == "<WorkflowLostUploads.Arn>"
    ingest = template.one("AWS::Lambda::Function", "WorkflowIngest")
    assert queue["VisibilityTimeout"] == 6 * ingest["Timeout"]  # Lambda's rule for its retries
    ((_, mapping),) = template.of("AWS::Lambda::EventSourceMapping").items()
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_everything_asynchronous_has_a_dead_letter_queue(template: Template) -> None:
    for name, rule in template.of("AWS::Events::Rule").items():
        if "ScheduleExpression" not in rule:  # what comes every hour needs none
            assert all("DeadLetterConfig" in target for target in rule["Targets"]), name
    ((_, invoked),) = template.of("AWS::Lambda::EventInvokeConfig").items()
    assert text(invoked["DestinationConfig"]["OnFailure"]["Destination"]) == "<WorkflowLostEvents.Arn>"

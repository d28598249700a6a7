"""Executions, messages, calls of functions, settings."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.cloud import ACCOUNT, Cloud
from trackway.errors import NotificationError, SystemFault
from trackway.jobs.record import NotificationChannel
from trackway.store.functions import invoke
from trackway.store.notify import Topics
from trackway.store.settings import Settings, is_initializing


def test_an_execution_is_named_by_its_job_and_started_once(cloud: Cloud) -> None:
    cloud.workflow.start("a" * 64)
    cloud.workflow.start("a" * 64)
    (execution,) = cloud.clients.stepfunctions.list_executions(stateMachineArn=f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:trackway")[
        "executions"
    ]
    assert execution["executionArn"] == cloud.workflow.execution_arn("a" * 64)
    described = cloud.clients.stepfunctions.describe_execution(executionArn=execution["executionArn"])
    assert described["input"] == '{"jobId": "%s"}' % ("a" * 64)


def test_r57_messages_carry_their_attributes(cloud: Cloud) -> None:
    cloud.topics.publish('{"JobId":"1"}', {"Status": "SUCCEEDED", "API": "StartPersonTracking"})
    (envelope,) = cloud.heard(cloud.inbox)
    assert envelope["Message"] == '{"JobId":"1"}'
    assert {name: given["Value"] for name, given in envelope["MessageAttributes"].items()} == {
        "Status": "SUCCEEDED",
        "API": "StartPersonTracking",
    }


def test_r59_the_callers_topic_is_told_with_the_callers_role(cloud: Cloud) -> None:
    topic_arn, queue = cloud.subscribed_topic("callers")
    role = f"arn:aws:iam::{ACCOUNT}:role/publisher"
    used: list[str] = []
    cloud.clients._sts.meta.events.register("before-parameter-build.sts.AssumeRole", lambda params, **_: used.append(params["RoleArn"]))
    cloud.topics.publish_to(NotificationChannel(topic_arn, role), "text", {"Status": "FAILED"})
    assert [envelope["Message"] for envelope in cloud.heard(queue)] == ["text"]
    assert used == [role]
    assert cloud.heard(cloud.inbox) == []


def test_a_topic_that_does_not_take_the_message_is_reported(cloud: Cloud) -> None:
    missing = f"arn:aws:sns:eu-west-1:{ACCOUNT}:missing"
    with pytest.raises(NotificationError, match="completion topic"):
        Topics(cloud.clients, missing).publish("text", {})
    with pytest.raises(NotificationError, match="caller's topic"):
        cloud.topics.publish_to(NotificationChannel(missing, f"arn:aws:iam::{ACCOUNT}:role/x"), "text", {})


class _Function:
    """A Lambda client with one function."""

    def __init__(self, payload: bytes, fault: str | None = None) -> None:
        self._answer = {"Payload": io.BytesIO(payload)} | ({"FunctionError": fault} if fault else {})
        self.given: Any = None

    def invoke(self, **given: Any) -> Any:
        self.given = given
        return self._answer

    class exceptions:  # noqa: N801
        ClientError = KeyError


def test_a_function_gets_the_event_and_its_answer_comes_back() -> None:
    function: Any = _Function(b'{"statusCode": 200}')
    assert invoke(function, "get", {"body": "ü"}) == {"statusCode": 200}
    assert function.given == {"FunctionName": "get", "Payload": '{"body":"ü"}'.encode()}


@pytest.mark.parametrize(("payload", "fault"), [(b'{"errorMessage": "x"}', "Unhandled"), (b"[]", None), (b"", None)])
def test_a_function_that_fails_is_our_fault(payload: bytes, fault: str | None) -> None:
    function: Any = _Function(payload, fault)
    with pytest.raises(SystemFault, match="The function get"):
        invoke(function, "get", {})


def test_a_function_that_is_not_there_is_our_fault(cloud: Cloud) -> None:
    with pytest.raises(SystemFault, match="The function nobody cannot be called"):
        invoke(cloud.clients.functions, "nobody", {})


def test_settings_are_the_prefixed_variables() -> None:
    settings = Settings.from_environment({"TRACKWAY_TABLE": "t", "TRACKWAY_UPLOAD_PREFIX": "in/", "TABLE": "no"}, "table")
    assert (settings.table, settings.upload_prefix, settings.topic_arn) == ("t", "in/", "")
    assert Settings.from_environment({}).upload_prefix == "uploads/"


def test_missing_settings_are_named() -> None:
    with pytest.raises(SystemFault, match="TRACKWAY_TABLE, TRACKWAY_TOPIC_ARN"):
        Settings.from_environment({"TRACKWAY_TABLE": ""}, "table", "topic_arn")


def test_initialization_is_recognized() -> None:
    assert is_initializing({"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"})
    assert not is_initializing({})

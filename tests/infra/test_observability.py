"""Whatever fails, somebody is told."""

from __future__ import annotations

import json

from tests.infra.template import Template, plain, text


def watched(template: Template) -> set[tuple[str, str]]:
    """Metric and resource of every alarm."""
    return {
        (alarm["MetricName"], text(dimension["Value"]))
        for alarm in template.of("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
    }


def test_every_alarm_reaches_the_alarms_topic(template: Template) -> None:
    for name, alarm in template.of("AWS::CloudWatch::Alarm").items():
        assert list(map(text, alarm["AlarmActions"])) == ["<StorageAlarms>"], name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_cloudwatch_may_publish_to_it(template: Template) -> None:
    """A topic with a policy of its own no longer admits CloudWatch by default, and an encrypted one needs the key as well."""
    admitted = {
        (plain(each.owner), action)
        for each in template.statements
        if each.principals == ("cloudwatch.amazonaws.com",)
        for action in each.actions
    }
    assert admitted == {
        ("StorageAlarmsPolicy", "sns:Publish"),
        ("StorageResultKey", "kms:Decrypt"),
        ("StorageResultKey", "kms:GenerateDataKey"),
    }


def test_every_function_and_every_dead_letter_queue_is_watched(template: Template) -> None:
    alarms = watched(template)
    assert {("Errors", f"<{plain(name)}>") for name in template.of("AWS::Lambda::Function")} <= alarms
    targets = {
        text(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in template.of("AWS::SQS::Queue").values() if "RedrivePolicy" in queue
    }
    # A tidying that did not happen is made up for by the next: only events that come once have dead letters.
    once = [rule for rule in template.of("AWS::Events::Rule").values() if "EventPattern" in rule]
    targets |= {text(each["DeadLetterConfig"]["Arn"]) for rule in once for each in rule["Targets"]}
    assert len(targets) == 2
    assert {("ApproximateNumberOfMessagesVisible", target.replace(".Arn", ".QueueName")) for target in targets} <= alarms


def test_failed_jobs_and_server_errors_are_watched(template: Template) -> None:
    machine = "<WorkflowMachine>"
    assert {("ExecutionsFailed", machine), ("ExecutionsTimedOut", machine), ("5xx", "<ApiHttp>")} <= watched(template)


def test_the_dashboard_shows_the_way_of_a_job(template: Template) -> None:
    ((_, dashboard),) = template.of("AWS::CloudWatch::Dashboard").items()
    titles = [widget["properties"]["title"] for widget in json.loads(text(dashboard["DashboardBody"]))["widgets"]]
    assert titles == ["Jobs", "Time of a job", "Requests", "Time of a request", "Time of a function", "Messages"]

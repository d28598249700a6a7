"""What an operator looks at, and what calls one."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.api import Api
from infra.recognition import Recognition
from infra.storage import Storage
from infra.workflow import Workflow

__all__ = ["Observability"]

PERIOD = Duration.minutes(5)
QUANTILES = ("p50", "p99")


class Observability(Construct):
    """One dashboard; alarms on failed jobs, lost messages, server errors and crashing functions."""

    def __init__(self, scope: Construct, id: str, *, storage: Storage, workflow: Workflow, recognition: Recognition, api: Api) -> None:
        super().__init__(scope, id)
        machine = workflow.machine
        functions: list[lambda_.Function] = [
            *(workflow.ingest, workflow.plan, workflow.complete),
            *(recognition.recognizer, recognition.janitor),
            *api.functions,
        ]
        watched: dict[str, cloudwatch.IMetric] = {
            "JobsFailed": machine.metric_failed(period=PERIOD),
            "JobsTimedOut": machine.metric_timed_out(period=PERIOD),
            "UploadsLost": workflow.lost_uploads.metric_approximate_number_of_messages_visible(period=PERIOD),
            "EventsLost": workflow.lost_events.metric_approximate_number_of_messages_visible(period=PERIOD),
            "ApiServerErrors": api.http.metric_server_error(period=PERIOD, statistic="Sum"),
            **{f"{function.node.id}Errors": function.metric_errors(period=PERIOD) for function in functions},
        }
        for name, metric in watched.items():
            alarm = cloudwatch.Alarm(
                self,
                name,
                metric=metric,
                threshold=1,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            alarm.add_alarm_action(actions.SnsAction(storage.alarms))
        board = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.days(1))
        queues = (workflow.uploads, workflow.lost_uploads, workflow.lost_events)
        graphs: dict[str, list[cloudwatch.IMetric]] = {
            "Jobs": [machine.metric_started(), machine.metric_succeeded(), machine.metric_failed()],
            "Time of a job": [machine.metric_time(statistic=each) for each in QUANTILES],
            "Requests": [api.http.metric_count(), api.http.metric_client_error(), api.http.metric_server_error()],
            "Time of a request": [api.http.metric_latency(statistic=each) for each in QUANTILES],
            "Time of a function": [each.metric_duration(statistic="p99") for each in functions],
            "Messages": [each.metric_approximate_number_of_messages_visible() for each in queues],
        }
        board.add_widgets(*(cloudwatch.GraphWidget(title=title, left=metrics, width=12) for title, metrics in graphs.items()))

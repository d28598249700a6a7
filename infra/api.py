"""The API: one route per operation, each to the function that has just its privilege, and `POST /` for stock clients."""

from __future__ import annotations

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import access
from infra.python_function import PythonFunction
from infra.settings import Settings
from infra.storage import UPLOAD_PREFIX, Storage
from infra.workflow import Workflow

__all__ = ["Api"]

API_TIMEOUT = Duration.seconds(29)  # API Gateway gives up after 30


@jsii.implements(apigateway.IAccessLogSettings)
class _AccessLog:
    """Where the access log goes, in API Gateway's default format (jsii takes no plain dictionary here)."""

    def __init__(self, log_group: logs.LogGroup) -> None:
        self._destination = apigateway.LogGroupLogDestination(log_group)

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> None:
        return None


class Api(Construct):
    """HTTP API whose every route wants a SigV4 signature, and the functions start, get and door."""

    def __init__(self, scope: Construct, id: str, *, storage: Storage, workflow: Workflow, settings: Settings) -> None:
        super().__init__(scope, id)
        self.start = self._function("Start", "start", settings, {
            "TRACKWAY_TABLE": storage.table.table_name,
            "TRACKWAY_VIDEOS_BUCKET": storage.videos.bucket_name,
            "TRACKWAY_STATE_MACHINE_ARN": workflow.machine.state_machine_arn,
            "TRACKWAY_UPLOAD_PREFIX": UPLOAD_PREFIX,
        })  # fmt: skip
        access.read_objects(self.start, storage.videos)
        access.read_items(self.start, storage.table, "GetItem")
        access.write_items(self.start, storage.table, "PutItem")
        access.start_execution(self.start, workflow.machine)

        self.get = self._function("Get", "get", settings, {"TRACKWAY_TABLE": storage.table.table_name})
        access.read_items(self.get, storage.table, "GetItem", "Query")

        self.door = self._function("Door", "door", settings, {
            "TRACKWAY_START_FUNCTION": self.start.function_name,
            "TRACKWAY_GET_FUNCTION": self.get.function_name,
        })  # fmt: skip
        access.invoke(self.door, self.start, self.get)

        self.http = apigateway.HttpApi(self, "Http", create_default_stage=False)
        log_group = logs.LogGroup(self, "AccessLog", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
        self.stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.http,
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=apigateway.ThrottleSettings(rate_limit=settings.api_rate, burst_limit=settings.api_burst),
            access_log_settings=_AccessLog(log_group),
        )
        signed = authorizers.HttpIamAuthorizer()
        for path, function in {"/": self.door, "/StartPersonTracking": self.start, "/GetPersonTracking": self.get}.items():
            self.http.add_routes(
                path=path,
                methods=[apigateway.HttpMethod.POST],
                authorizer=signed,
                integration=integrations.HttpLambdaIntegration(function.node.id, function),
            )

    def _function(self, id: str, name: str, settings: Settings, environment: dict[str, str]) -> PythonFunction:
        """Memory buys CPU: at 1 GB a page of 1,000 rows is inflated and joined in a few milliseconds."""
        return PythonFunction(self, id, name=name, settings=settings, timeout=API_TIMEOUT, memory_mib=1024, environment=environment)

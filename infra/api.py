"""The API: one route per operation, each to the function that has just its privilege, and the door for stock clients."""

from __future__ import annotations

from collections.abc import Mapping

import jsii
from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import access
from infra.python_function import PythonFunction
from infra.recognition import API_TIMEOUT, Recognition
from infra.settings import Settings
from infra.storage import UPLOAD_PREFIX, Storage
from infra.workflow import Workflow
from trackway.api.routes import FUNCTIONS

__all__ = ["KEY_PREFIX", "Api"]

KEY_PREFIX = "keys/"  # of the names of own keys' secrets, after the stack's
KEY_PARTITION = "KEYS"  # of the table, where their records lie
RATE_PARTITIONS = "RATE#*"  # where requests are counted


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
    """HTTP API and the functions start, get, collections, keys and door.

    Every route wants a SigV4 signature: API Gateway verifies those of IAM's keys, the door those of own keys, at /keys.
    """

    def __init__(
        self, scope: Construct, id: str, *, storage: Storage, workflow: Workflow, recognition: Recognition, settings: Settings
    ) -> None:
        super().__init__(scope, id)
        self._storage, self._settings = storage, settings
        self.key_secrets = f"{Stack.of(self).stack_name}/{KEY_PREFIX}"
        self.start = self._make_start(workflow)
        self.get = self._function("Get", "get", {"TRACKWAY_LIMITS": settings.limits_json})
        access.read_items(self.get, storage.table, "GetItem", "BatchGetItem", "Query")
        self.collections = self._function("Collections", "collections", {"TRACKWAY_LIMITS": settings.limits_json})
        access.write_items(self.get, storage.table, "UpdateItem", partition=RATE_PARTITIONS)
        access.read_items(self.collections, storage.table, "GetItem", "BatchGetItem", "Query")
        access.write_items(self.collections, storage.table, "PutItem", "UpdateItem", "ConditionCheckItem")
        self.keys = self._make_keys()
        served: dict[str, lambda_.Function] = {
            "start": self.start,
            "get": self.get,
            "collections": self.collections,
            "recognizer": recognition.recognizer,
            "keys": self.keys,
        }
        self.door = self._make_door(served)
        self.http = apigateway.HttpApi(self, "Http", create_default_stage=False)
        self.stage = self._make_stage()
        self._route(served)

    @property
    def functions(self) -> tuple[PythonFunction, ...]:
        """The functions made here."""
        return self.start, self.get, self.collections, self.keys, self.door

    def _make_start(self, workflow: Workflow) -> PythonFunction:
        storage = self._storage
        start = self._function("Start", "start", {
            "TRACKWAY_VIDEOS_BUCKET": storage.videos.bucket_name,
            "TRACKWAY_STATE_MACHINE_ARN": workflow.machine.state_machine_arn,
            "TRACKWAY_UPLOAD_PREFIX": UPLOAD_PREFIX,
            "TRACKWAY_LIMITS": self._settings.limits_json,
        })  # fmt: skip
        access.read_objects(start, storage.videos)
        access.read_items(start, storage.table, "GetItem", "Query")
        access.write_items(start, storage.table, "PutItem")
        access.write_items(start, storage.table, "UpdateItem", partition=RATE_PARTITIONS)
        access.start_execution(start, workflow.machine)
        return start

    def _make_keys(self) -> PythonFunction:
        """Issues own keys. Their secrets are never in the table, and nobody but the door ever reads one again."""
        keys = self._function("Keys", "keys", {"TRACKWAY_KEY_PREFIX": self.key_secrets})
        access.use_secrets(keys, self.key_secrets, "CreateSecret", "PutSecretValue", "DeleteSecret")
        access.read_items(keys, self._storage.table, "GetItem", "Query", partition=KEY_PARTITION)
        access.write_items(keys, self._storage.table, "PutItem", "UpdateItem", "DeleteItem", partition=KEY_PARTITION)
        return keys

    def _make_door(self, served: Mapping[str, lambda_.Function]) -> PythonFunction:
        functions = {f"TRACKWAY_{name.upper()}_FUNCTION": function.function_name for name, function in served.items()}
        door = self._function("Door", "door", {"TRACKWAY_KEY_PREFIX": self.key_secrets, **functions})
        access.invoke(door, *served.values())
        access.use_secrets(door, self.key_secrets, "GetSecretValue")
        access.read_items(door, self._storage.table, "GetItem", partition=KEY_PARTITION)
        access.write_items(door, self._storage.table, "UpdateItem", partition=KEY_PARTITION)  # when a key was last used
        return door

    def _make_stage(self) -> apigateway.HttpStage:
        log_group = logs.LogGroup(self, "AccessLog", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
        return apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.http,
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=apigateway.ThrottleSettings(rate_limit=self._settings.api_rate, burst_limit=self._settings.api_burst),
            access_log_settings=_AccessLog(log_group),
        )

    def _route(self, served: Mapping[str, lambda_.Function]) -> None:
        signed = authorizers.HttpIamAuthorizer()
        integrated = {
            name: integrations.HttpLambdaIntegration(function.node.id, function, scope_permission_to_route=False)
            for name, function in served.items()
        }
        door = integrations.HttpLambdaIntegration(self.door.node.id, self.door, scope_permission_to_route=False)
        self.key_routes = [route for path in ("/keys", "/keys/{proxy+}") for route in self._post(path, door, None)]
        self._post("/", door, signed)
        for name, operations in FUNCTIONS.items():
            for operation in operations:
                self._post(f"/{operation}", integrated[name], signed)

    def _post(
        self, path: str, integration: integrations.HttpLambdaIntegration, authorizer: authorizers.HttpIamAuthorizer | None
    ) -> list[apigateway.HttpRoute]:
        return self.http.add_routes(path=path, methods=[apigateway.HttpMethod.POST], authorizer=authorizer, integration=integration)

    def _function(self, id: str, name: str, environment: Mapping[str, str]) -> PythonFunction:
        """Memory buys CPU: at 1 GB a page of 1,000 rows is inflated and joined in a few milliseconds."""
        told = {"TRACKWAY_TABLE": self._storage.table.table_name, **environment}
        return PythonFunction(self, id, name=name, settings=self._settings, timeout=API_TIMEOUT, memory_mib=1024, environment=told)

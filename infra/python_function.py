"""One Lambda function of functions/: its bundle, a role of its own, and the defaults that all of them share."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import bundles
from infra.settings import Settings

__all__ = ["PythonFunction", "own_log", "own_role"]


class PythonFunction(lambda_.Function):
    """functions/<name>/handler.py on arm64, traced, logging JSON for a month, with a role that can do nothing else yet."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: Settings,
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mib: int = 512,
        disk_mib: int = 512,
    ) -> None:
        # `cdk list` and the tests ask for no bundling: nothing is installed then.
        with_wheels = settings.bundling == "lambda" and Stack.of(scope).bundling_required
        target = bundles.LAMBDA if with_wheels else bundles.SOURCES
        bundle = bundles.build(bundles.FUNCTION_BUNDLES[name], target)
        log_group = own_log(scope, id)
        super().__init__(
            scope,
            id,
            runtime=lambda_.Runtime(f"python{bundles.LAMBDA_PYTHON}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64,
            handler=f"functions.{name}.handler.handle",
            code=lambda_.Code.from_asset(str(bundle), asset_hash=bundle.stem.rpartition("-")[2]),
            role=own_role(scope, id, log_group),
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            timeout=timeout,
            memory_size=memory_mib,
            ephemeral_storage_size=Size.mebibytes(disk_mib),
            environment=dict(environment),
        )


def own_log(scope: Construct, id: str) -> logs.LogGroup:
    """The log of the function `id`, kept for a month."""
    return logs.LogGroup(scope, f"{id}Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)


def own_role(scope: Construct, id: str, log_group: logs.LogGroup) -> iam.Role:
    """The role of the function `id`, which may write into its log and nothing else yet."""
    role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    return role

"""One Lambda function whose code is the recognizer's container image: several functions share the image and differ in their command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, Size
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.python_function import own_log, own_role
from infra.settings import Settings

__all__ = ["ImageFunction"]

ROOT = Path(__file__).resolve().parents[1]


class ImageFunction(lambda_.DockerImageFunction):
    """functions/<name>/handler.py in the recognizer's image, with the defaults of every function and a role that can do nothing else yet.

    It runs on x86_64, as the tracker does: a face has the same vector, bit for bit, whoever looks at it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: Settings,
        environment: Mapping[str, str],
        timeout: Duration,
        disk_mib: int = 512,
    ) -> None:
        log_group = own_log(scope, id)
        super().__init__(
            scope,
            id,
            code=_image(scope, id, settings, f"functions.{name}.handler.handle"),
            architecture=lambda_.Architecture.X86_64,
            role=own_role(scope, id, log_group),
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            timeout=timeout,
            memory_size=settings.recognizer_memory_mib,
            ephemeral_storage_size=Size.mebibytes(disk_mib),
            environment=dict(environment),
        )


def _image(scope: Construct, id: str, settings: Settings, handler: str) -> lambda_.DockerImageCode:
    if settings.recognizer_image:
        repository = ecr.Repository.from_repository_name(scope, f"{id}Image", settings.recognizer_image)
        return lambda_.DockerImageCode.from_ecr(repository, cmd=[handler], tag_or_digest="latest")
    return lambda_.DockerImageCode.from_image_asset(
        str(ROOT), file="containers/recognizer/Dockerfile", platform=ecr_assets.Platform.LINUX_AMD64, cmd=[handler]
    )

"""The AWS clients of a process, made on first use from one session."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3.session
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

__all__ = ["Clients"]


class Clients:
    """Clients with one configuration: bounded waiting, retries of throttling and network faults.

    Region, credentials and endpoints come from the environment, AWS_ENDPOINT_URL included.
    """

    @functools.cached_property
    def _session(self) -> boto3.session.Session:
        # boto3 takes longer to import than everything else of a function together; one that only refuses a request never needs it.
        import boto3.session

        return boto3.session.Session()

    @functools.cached_property
    def _config(self) -> Config:
        from botocore.config import Config

        return Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})

    @functools.cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return self._session.client("dynamodb", config=self._config)

    @functools.cached_property
    def s3(self) -> S3Client:
        """S3."""
        return self._session.client("s3", config=self._config)

    @functools.cached_property
    def sns(self) -> SNSClient:
        """SNS, as ourselves."""
        return self._session.client("sns", config=self._config)

    def sns_as(self, role: str, session_name: str) -> SNSClient:
        """SNS, with a role of the caller's; one call of STS each time."""
        granted = self._sts.assume_role(RoleArn=role, RoleSessionName=session_name, DurationSeconds=900)["Credentials"]
        return self._session.client(
            "sns",
            config=self._config,
            aws_access_key_id=granted["AccessKeyId"],
            aws_secret_access_key=granted["SecretAccessKey"],
            aws_session_token=granted["SessionToken"],
        )

    @functools.cached_property
    def _sts(self) -> STSClient:
        return self._session.client("sts", config=self._config)

    @functools.cached_property
    def stepfunctions(self) -> SFNClient:
        """Step Functions."""
        return self._session.client("stepfunctions", config=self._config)

    @functools.cached_property
    def functions(self) -> LambdaClient:
        """Lambda."""
        return self._session.client("lambda", config=self._config)

    @functools.cached_property
    def secrets(self) -> SecretsManagerClient:
        """Secrets Manager."""
        return self._session.client("secretsmanager", config=self._config)

"""Completion messages through SNS: to our topic as ourselves, to the caller's as the role they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from trackway.errors import NotificationError
from trackway.jobs.record import NotificationChannel
from trackway.store.clients import Clients

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

__all__ = ["Topics"]

_SESSION_NAME = "trackway-completion"


class Topics:
    """Publishes messages (`trackway.jobs.ports.Notifier`).

    Args:
        clients: where the clients of SNS come from; they retry by themselves.
        topic_arn: our own topic.
    """

    def __init__(self, clients: Clients, topic_arn: str) -> None:
        self._clients = clients
        self._topic_arn = topic_arn

    def publish(self, message: str, attributes: Mapping[str, str]) -> None:
        """Tell our own topic.

        Raises:
            NotificationError: SNS does not take the message.
        """
        try:
            _publish(self._clients.sns, self._topic_arn, message, attributes)
        except (ClientError, BotoCoreError) as error:
            raise NotificationError("The completion topic did not take the message.") from error

    def publish_to(self, channel: NotificationChannel, message: str, attributes: Mapping[str, str]) -> None:
        """Tell the caller's topic.

        Raises:
            NotificationError: the role cannot be assumed, or may not publish, or there is no such topic.
        """
        try:
            _publish(self._clients.sns_as(channel.role, _SESSION_NAME), channel.topic, message, attributes)
        except (ClientError, BotoCoreError) as error:
            raise NotificationError("The caller's topic did not take the message; does its role trust and allow us?") from error


def _publish(client: SNSClient, topic_arn: str, message: str, attributes: Mapping[str, str]) -> None:
    client.publish(
        TopicArn=topic_arn,
        Message=message,
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )

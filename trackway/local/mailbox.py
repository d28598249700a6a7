"""A queue of one's own on a topic: how a program waits for SNS messages."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import boto3

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Mailbox"]


class Mailbox:
    """An SQS queue that gets everything a topic publishes, for as long as its context is open.

    Args:
        session: with access to both services.
        topic_arn: the topic.
        name: of the queue.
    """

    def __init__(self, session: boto3.Session, topic_arn: str, name: str) -> None:
        self._sqs = session.client("sqs")
        self._sns = session.client("sns")
        self._topic_arn = topic_arn
        self._name = name

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as made:
            self._queue = self._sqs.create_queue(QueueName=self._name)["QueueUrl"]
            made.callback(self._sqs.delete_queue, QueueUrl=self._queue)
            arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": self._topic_arn}},
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
            subscription = self._sns.subscribe(TopicArn=self._topic_arn, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
            made.callback(self._sns.unsubscribe, SubscriptionArn=subscription)
            self._made = made.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._made.close()

    def receive(self, seconds: int) -> Iterator[dict[str, Any]]:
        """The messages that are there, or come within `seconds` (at most 20), each once and decoded."""
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=seconds)
        for message in answer.get("Messages", []):
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(json.loads(message["Body"])["Message"])

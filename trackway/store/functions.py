"""Calls from one Lambda function to another."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from trackway.errors import SystemFault

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

__all__ = ["call_later", "invoke"]

logger = logging.getLogger(__name__)


def invoke(client: LambdaClient, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """What a function answers to an event.

    Raises:
        SystemFault: it cannot be called, crashed, ran out of time, or answered with something other than a JSON object.
    """
    try:
        answer = client.invoke(FunctionName=function, Payload=msgspec.json.encode(event))
    except client.exceptions.ClientError as error:
        raise SystemFault(f"The function {function} cannot be called.") from error
    payload = answer["Payload"].read()
    if fault := answer.get("FunctionError"):
        raise SystemFault(f"The function {function} failed ({fault}).")
    try:
        return msgspec.json.decode(payload, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise SystemFault(f"The function {function} did not answer with a JSON object.") from error


def call_later(client: LambdaClient, function: str, event: Mapping[str, Any]) -> None:
    """Hand an event to a function that does what is best done soon, and in any case does it by its own schedule.

    Nobody waits for it, and where it cannot be called now nothing is lost.
    """
    try:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=msgspec.json.encode(event))
    except client.exceptions.ClientError as error:
        logger.warning("the function %s was not called: %s", function, error.response.get("Error", {}).get("Code"))

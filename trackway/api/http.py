"""API Gateway's HTTP events (payload 2.0) and answers, as JSON 1.1 sees them (SPEC R1 to R6)."""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from trackway.api.caller import ANYBODY, Caller
from trackway.api.errors import Fault

__all__ = ["HttpRequest", "answer", "refusal"]

_CONTENT_TYPE = "application/x-amz-json-1.1"


class HttpRequest(NamedTuple):
    """A request as it arrived.

    Attributes:
        target: the header X-Amz-Target, "" where it is missing.
        body: the raw bytes.
        request_id: a UUID, made from API Gateway's own id, so that every function that handles the request finds the same.
        gateway_id: API Gateway's own id, as its access log has it.
        caller: who made it, as API Gateway or our door found.
    """

    target: str
    body: bytes
    request_id: str
    gateway_id: str
    caller: Caller

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> HttpRequest:
        """The request in an event."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        text = event.get("body") or ""
        context = event.get("requestContext") or {}
        gateway_id = str(context.get("requestId") or uuid.uuid4())
        return cls(
            target=headers.get("x-amz-target", ""),
            body=base64.b64decode(text) if event.get("isBase64Encoded") else text.encode(),
            request_id=_uuid(gateway_id),
            gateway_id=gateway_id,
            caller=_caller(context),
        )


def answer(request_id: str, content: bytes, status: int = 200) -> dict[str, Any]:
    """What a function returns to API Gateway; `content` is JSON."""
    return {
        "statusCode": status,
        "headers": {"content-type": _CONTENT_TYPE, "x-amzn-requestid": request_id},
        "body": content.decode(),
        "isBase64Encoded": False,
    }


def refusal(request_id: str, fault: Fault) -> dict[str, Any]:
    """An answer that tells of a failure; Logref is the request's id in our logs."""
    body = {"__type": fault.aws_type, "Code": fault.aws_type, "Logref": request_id, "Message": fault.message}
    return answer(request_id, msgspec.json.encode(body), fault.status)


def _caller(context: Mapping[str, Any]) -> Caller:
    """Who the door says it is (an own key), or else whom API Gateway authenticated."""
    authorizer = context.get("authorizer") or {}
    if "trackway" in authorizer:
        return msgspec.convert(authorizer["trackway"], Caller)
    account = str(context.get("accountId") or ANYBODY.account)
    region = os.environ.get("AWS_REGION", ANYBODY.region)
    return Caller(account=account, region=region, identity=str((authorizer.get("iam") or {}).get("userArn") or ""))


def _uuid(gateway_id: str) -> str:
    try:
        return str(uuid.UUID(gateway_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, gateway_id))

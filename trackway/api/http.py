"""API Gateway's HTTP events (payload 2.0) and answers, as JSON 1.1 sees them (SPEC R1 to R6), and as signatures see them."""

from __future__ import annotations

import base64
import os
import re
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from trackway.api.caller import ANYBODY, Caller
from trackway.api.errors import Fault
from trackway.api.signature import SignedRequest

__all__ = ["HttpRequest", "account_of", "answer", "handed_on", "refusal", "signed_forms"]

_CONTENT_TYPE = "application/x-amz-json-1.1"
_ACCOUNT = re.compile(r"[0-9]{12}")
_PATH = re.compile(r"(/[A-Za-z0-9_.-]{1,64}){1,4}/?")


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
        headers = _headers(event)
        context = event.get("requestContext") or {}
        gateway_id = str(context.get("requestId") or uuid.uuid4())
        return cls(
            target=headers.get("x-amz-target", ""),
            body=_body(event),
            request_id=_uuid(gateway_id),
            gateway_id=gateway_id,
            caller=_caller(context),
        )


def signed_forms(event: Mapping[str, Any]) -> list[SignedRequest]:
    """What a signature may cover: the request as it came, and as its client saw it where a proxy changed the path.

    Believing the header `x-forwarded-path` is harmless, whoever sends it: host, operation, time and body are covered by the signature
    in both forms, and the path says nothing that they do not say, since every path behind this door leads to the same operations.
    """
    path, headers = str(event.get("rawPath") or "/"), _headers(event)
    method = ((event.get("requestContext") or {}).get("http") or {}).get("method", "POST")
    as_it_came = SignedRequest(method, path, event.get("rawQueryString") or "", headers, _body(event))
    sent = headers.get("x-forwarded-path", "")
    return [as_it_came, as_it_came._replace(path=sent)] if _PATH.fullmatch(sent) else [as_it_came]


def account_of(event: Mapping[str, Any]) -> str:
    """The account of the deployment; API Gateway has no number for a caller that it did not authenticate."""
    account = str((event.get("requestContext") or {}).get("accountId") or "")
    return account if _ACCOUNT.fullmatch(account) else ANYBODY.account


def handed_on(event: Mapping[str, Any], caller: Caller | None) -> dict[str, Any]:
    """An event for the function that serves it: with the caller that our door found, and with no other in that place."""
    context = event.get("requestContext") or {}
    authorizer = {name: value for name, value in (context.get("authorizer") or {}).items() if name != "trackway"}
    if caller is not None:
        authorizer = {"trackway": msgspec.to_builtins(caller)}
    return {**event, "requestContext": {**context, "authorizer": authorizer}}


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
    message = fault.message.encode(errors="replace").decode()  # what it repeats of a header may not be text that JSON can hold
    body = {"__type": fault.aws_type, "Code": fault.aws_type, "Logref": request_id, "Message": message}
    return answer(request_id, msgspec.json.encode(body), fault.status)


def _caller(context: Mapping[str, Any]) -> Caller:
    """Who the door says it is (an own key), or else whom API Gateway authenticated."""
    authorizer = context.get("authorizer") or {}
    if "trackway" in authorizer:
        return msgspec.convert(authorizer["trackway"], Caller)
    region = os.environ.get("AWS_REGION", ANYBODY.region)
    identity = str((authorizer.get("iam") or {}).get("userArn") or "")
    return Caller(account=account_of({"requestContext": context}), region=region, identity=identity)


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    # What is no text is found again by whoever reads it as such.
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode(errors="surrogatepass")


def _uuid(gateway_id: str) -> str:
    try:
        return str(uuid.UUID(gateway_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, gateway_id))

"""The door for clients that post everything to one path: finds out who calls and hands on, by X-Amz-Target (DESIGN section 6).

`POST /` is for callers of IAM, whom API Gateway has authenticated; everything else that comes here wants a signature of an own key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trackway.api.credentials import KeyRing
from trackway.api.endpoint import Log, operation_of, unknown
from trackway.api.errors import fault_of
from trackway.api.http import HttpRequest, account_of, handed_on, refusal, signed_forms

__all__ = ["Door"]

_AUTHENTICATED = "POST /"


class Door:
    """Hands requests on.

    Args:
        invoke: calls a function by its name with an event.
        functions: name of the function that serves an operation, by operation.
        ring: knows the signatures of own keys.
        log: gets one line per request.
    """

    def __init__(
        self, invoke: Callable[[str, Mapping[str, Any]], dict[str, Any]], functions: Mapping[str, str], ring: KeyRing, log: Log
    ) -> None:
        self._invoke = invoke
        self._functions = functions
        self._ring = ring
        self._log = log

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of the operation's own function, which finds the same request id in the same event."""
        request = HttpRequest.of(handed_on(event, None))
        told: dict[str, Any] = {"request_id": request.request_id, "gateway_id": request.gateway_id}
        try:
            given = self._hand_on(event, request.target, told)
        except Exception as error:
            # As in the endpoint: beyond it a caller would get an answer without a type and without our id.
            fault = fault_of(error)
            told |= {"error": fault.aws_type}
            if fault.status >= 500:
                self._log.exception("request failed", extra=told)
            else:
                self._log.info("request refused", extra=told)
            return refusal(request.request_id, fault)
        self._log.info("request handed on", extra=told | {"status": given.get("statusCode")})
        return given

    def _hand_on(self, event: Mapping[str, Any], target: str, told: dict[str, Any]) -> dict[str, Any]:
        # The gateway writes the route; what it does not say to be authenticated is not.
        caller = None
        if event.get("routeKey") != _AUTHENTICATED:
            caller = self._ring.caller(signed_forms(event), account_of(event))
            told["key"] = caller.identity
        function = self._functions.get(operation_of(target))
        if function is None:
            raise unknown(target)
        told["function"] = function
        return self._invoke(function, handed_on(event, caller))

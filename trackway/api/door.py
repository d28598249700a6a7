"""`POST /`: what stock clients know is handed on, by X-Amz-Target, to the function that serves the operation (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trackway.api.endpoint import Log, operation_of
from trackway.api.errors import UnknownOperation, fault_of
from trackway.api.http import HttpRequest, refusal
from trackway.errors import SystemFault

__all__ = ["Door"]


class Door:
    """Hands requests on.

    Args:
        invoke: calls a function by its name with an event.
        functions: name of the function that serves an operation, by operation.
        log: gets one line per request.
    """

    def __init__(self, invoke: Callable[[str, Mapping[str, Any]], dict[str, Any]], functions: Mapping[str, str], log: Log) -> None:
        self._invoke = invoke
        self._functions = functions
        self._log = log

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of the operation's own function, which finds the same request id in the same event."""
        request = HttpRequest.of(event)
        told = {"request_id": request.request_id, "gateway_id": request.gateway_id}
        function = self._functions.get(operation_of(request.target))
        if function is None:
            self._log.info("request refused", extra=told | {"error": UnknownOperation.aws_type})
            return refusal(request.request_id, fault_of(UnknownOperation(f"Unknown operation: {request.target}")))
        try:
            given = self._invoke(function, event)
        except SystemFault as error:
            self._log.exception("function failed", extra=told | {"function": function})
            return refusal(request.request_id, fault_of(error))
        self._log.info("request handed on", extra=told | {"function": function, "status": given.get("statusCode")})
        return given

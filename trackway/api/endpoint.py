"""From an HTTP event to an HTTP answer: find the operation, read the request by the model, let it pass, run it, map what it raises."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from trackway.api.caller import Caller
from trackway.api.errors import SerializationError, UnknownOperation, fault_of
from trackway.api.http import HttpRequest, answer, refusal
from trackway.api.model import model_of, rekognition_model
from trackway.api.permission import permit
from trackway.api.validation import Validator

__all__ = ["Endpoint", "Log", "Operation", "operation_of", "unknown"]

_SERVICES = ("RekognitionService", "Trackway")

Operation = Callable[[dict[str, Any], Caller], bytes]
"""From a validated request and who made it to the JSON of its answer."""


class Log(Protocol):
    """What is needed of a logger; Powertools' has it."""

    def info(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        """Something went as it should."""

    def exception(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        """Something went wrong on our side; the traceback goes with it."""


class Endpoint:
    """Serves operations of Rekognition's JSON 1.1 protocol, and our own in the same.

    Args:
        operations: by name.
        log: gets one line per request: ids, outcome, duration; never names or tokens.
        rate: counts a request, and raises where the caller made too many; None counts nothing.
    """

    def __init__(self, operations: Mapping[str, Operation], log: Log, rate: Callable[[str, Caller], None] | None = None) -> None:
        self._operations = operations
        self._log = log
        self._rate = rate
        self._validators = {"RekognitionService": Validator(rekognition_model())}

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one HTTP event of API Gateway; every request gets an answer with its id."""
        started = time.perf_counter()
        request = HttpRequest.of(event)
        told: dict[str, Any] = {"request_id": request.request_id, "gateway_id": request.gateway_id}
        try:
            content = self._run(request, told)
        except Exception as error:
            # The one place that catches everything: beyond it a caller would get an answer without a type and without our id.
            fault = fault_of(error)
            told |= {"error": fault.aws_type, "milliseconds": _since(started)}
            if fault.status >= 500:
                self._log.exception("request failed", extra=told)
            else:
                self._log.info("request refused", extra=told)
            return refusal(request.request_id, fault)
        self._log.info("request answered", extra=told | {"bytes": len(content), "milliseconds": _since(started)})
        return answer(request.request_id, content)

    def _run(self, request: HttpRequest, told: dict[str, Any]) -> bytes:
        name = operation_of(request.target)
        operation = self._operations.get(name)
        if operation is None or not self._validator(request.target).knows(name):
            raise unknown(request.target)
        told["operation"] = name
        try:
            body = msgspec.json.decode(request.body or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SerializationError("The request body is not well-formed JSON.") from error
        members = self._validator(request.target).read(name, body)
        if "JobId" in members:
            told["job_id"] = members["JobId"]
        permit(request.caller, name, members)
        if self._rate is not None:
            self._rate(name, request.caller)
        return operation(members, request.caller)

    def _validator(self, target: str) -> Validator:
        service = target.rpartition(".")[0]
        if service not in self._validators:
            self._validators[service] = Validator(model_of(service))
        return self._validators[service]


def operation_of(target: str) -> str:
    """The operation that an X-Amz-Target names, "" where it is neither Rekognition's nor ours."""
    service, _, name = target.rpartition(".")
    return name if service in _SERVICES else ""


def unknown(target: str) -> UnknownOperation:
    """The refusal of a target that is not served here."""
    return UnknownOperation(f"Unknown operation: {target[:200] or 'the header X-Amz-Target is missing'}")


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)

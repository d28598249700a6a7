"""What a workflow's own error means: a sentence for the user, and the few facts of it that may go to the log (SPEC B.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["fault_facts", "fault_sentence"]

_TIMEOUTS = frozenset({"States.Timeout", "States.HeartbeatTimeout", "Sandbox.Timedout"})


def fault_sentence(error: Mapping[str, Any] | None, reference: str) -> str:
    """Why the job failed, for a user; never the error's own text, which is made for machines.

    Args:
        error: `{"Error", "Cause"}` as Step Functions catches it.
        reference: by which support finds the log.
    """
    if error is not None and error.get("Error") in _TIMEOUTS:
        return f"The job took longer than its time limit and was stopped. Log reference: {reference}."
    return f"The video could not be processed because of a fault on our side. Log reference: {reference}."


def fault_facts(error: Mapping[str, Any] | None) -> dict[str, Any]:
    """The error's name and, from its cause, exit status and reason; not its message, which may hold names."""
    if error is None:
        return {}
    facts: dict[str, Any] = {"error": error.get("Error")}
    try:
        cause = msgspec.json.decode(error.get("Cause") or "null")
    except msgspec.DecodeError:
        return facts
    if isinstance(cause, dict):
        container = cause.get("Container")
        facts |= {name: cause[name] for name in ("errorType", "StatusReason") if name in cause}
        facts |= {name: container[name] for name in ("ExitCode", "Reason") if name in container} if isinstance(container, dict) else {}
    return facts

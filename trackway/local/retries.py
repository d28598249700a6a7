"""When AWS Batch tries a failed job again: the retry strategy's rules, as its documentation gives them."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

__all__ = ["tries_again"]


def tries_again(strategy: Mapping[str, Any], *, attempt: int, exit_code: int | None, status_reason: str, reason: str = "") -> bool:
    """Whether a failed attempt is followed by another.

    The rules of `evaluateOnExit` are asked in order; the first whose every pattern matches decides, and without a match the
    job is tried again. Patterns may end with an asterisk.

    Args:
        strategy: "attempts" and "evaluateOnExit" of the job or its definition.
        attempt: number of the attempt that failed, from 1.
        exit_code: of the container; None where it never ran.
        status_reason: why the attempt ended, as Batch says it ("Host EC2 ... terminated", "Essential container in task exited").
        reason: what the container's host adds ("OutOfMemoryError: ...").
    """
    if attempt >= int(strategy.get("attempts", 1)):
        return False
    observed = {"onExitCode": "" if exit_code is None else str(exit_code), "onStatusReason": status_reason, "onReason": reason}
    for rule in strategy.get("evaluateOnExit") or ():
        patterns = {name: rule[name] for name in observed if rule.get(name) is not None}
        if patterns and all(fnmatch.fnmatchcase(observed[name], _literal_but_the_end(pattern)) for name, pattern in patterns.items()):
            return str(rule["action"]).upper() == "RETRY"
    return True


def _literal_but_the_end(pattern: str) -> str:
    body, star = (pattern[:-1], "*") if pattern.endswith("*") else (pattern, "")
    return "".join(f"[{character}]" if character in "*?[" else character for character in body) + star

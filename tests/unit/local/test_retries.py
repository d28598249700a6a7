"""AWS Batch's retry strategy, example by example of its documentation."""

from __future__ import annotations

from typing import Any

import pytest

from trackway.local.retries import tries_again

RULES = {
    "attempts": 3,
    "evaluateOnExit": [
        {"action": "EXIT", "onExitCode": "2"},
        {"action": "RETRY", "onStatusReason": "Host EC2*"},
        {"action": "exit", "onReason": "OutOfMemoryError*", "onExitCode": "13*"},
    ],
}


@pytest.mark.parametrize(
    ("ended", "again"),
    [
        ({"exit_code": 1}, True),  # no rule matches: tried again
        ({"exit_code": 2}, False),
        ({"exit_code": 22}, True),  # no asterisk, no prefix
        ({"exit_code": 2, "attempt": 3}, False),
        ({"exit_code": 1, "attempt": 2}, True),
        ({"exit_code": 1, "attempt": 3}, False),
        ({"exit_code": None, "status_reason": "Host EC2 (instance i-1) terminated."}, True),
        ({"exit_code": 137, "reason": "OutOfMemoryError: killed"}, False),
        ({"exit_code": 1, "reason": "OutOfMemoryError: killed"}, True),  # both patterns must match
        ({"exit_code": 137, "reason": "CannotStart"}, True),
    ],
)
def test_the_first_rule_that_matches_decides(ended: dict[str, Any], again: bool) -> None:
    given = {"attempt": 1, "status_reason": "Essential container in task exited", **ended}
    assert tries_again(RULES, **given) is again


def test_without_a_strategy_there_is_one_attempt() -> None:
    assert not tries_again({}, attempt=1, exit_code=1, status_reason="")


def test_only_a_final_asterisk_is_special() -> None:
    strategy = {"attempts": 2, "evaluateOnExit": [{"action": "EXIT", "onReason": "a[b]*c?"}]}
    assert not tries_again(strategy, attempt=1, exit_code=1, status_reason="", reason="a[b]*c?")
    assert tries_again(strategy, attempt=1, exit_code=1, status_reason="", reason="abxcd")

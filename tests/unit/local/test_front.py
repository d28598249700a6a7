"""Which requests go to Trackway's API, and what an answer waits for."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from trackway.local.front import Front
from trackway.local.snapshots import Snapshots


class Emulator:
    """Answers 200 and remembers what it was asked."""

    def __init__(self) -> None:
        self.scope: MutableMapping[str, Any] = {}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self.scope = scope
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


class Counting(Snapshots):
    def __init__(self) -> None:
        super().__init__(Path(), "")
        self.changes = 0
        self.waits = 0

    def changed(self) -> int:
        self.changes += 1
        return self.changes

    def wait_for(self, ticket: int, timeout_seconds: float = 10.0) -> None:
        self.waits += 1


def ask(front: Front, path: str, *, method: str = "POST", target: str = "") -> int:
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": [(b"x-amz-target", target.encode())]}
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("nothing is read")

    asyncio.run(front(scope, receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("path", "target", "inside"),
    [
        ("/", "RekognitionService.GetPersonTracking", "/"),
        ("/", "Trackway.ListJobs", "/"),
        ("/GetPersonTracking", "RekognitionService.GetPersonTracking", "/GetPersonTracking"),
        ("/api", "", "/"),
        ("/api/", "RekognitionService.GetPersonTracking", "/"),
        ("/api/GetPersonTracking", "", "/GetPersonTracking"),
        ("/api/keys", "", "/keys"),
    ],
)
def test_our_requests_go_to_the_deployed_stage(path: str, target: str, inside: str) -> None:
    emulator = Emulator()
    front = Front(emulator, Counting())
    assert ask(front, path, target=target) == 503
    front.api_id = "abcd1234"
    assert ask(front, path, target=target) == 200
    assert emulator.scope["path"] == f"/_aws/execute-api/abcd1234/$default{inside}"
    assert emulator.scope["raw_path"] == emulator.scope["path"].encode()


@pytest.mark.parametrize(("path", "target"), [("/", "DynamoDB_20120810.GetItem"), ("/bucket/api/key", ""), ("/apis", ""), ("/", "")])
def test_all_others_go_to_the_emulator_as_they_are(path: str, target: str) -> None:
    emulator = Emulator()
    assert ask(Front(emulator, Counting()), path, target=target) == 200
    assert emulator.scope["path"] == path


@pytest.mark.parametrize(
    ("method", "target", "changes", "waits"),
    [
        ("GET", "", 0, 0),
        ("HEAD", "", 0, 0),
        ("PUT", "", 1, 0),
        ("POST", "DynamoDB_20120810.PutItem", 1, 0),
        ("POST", "DynamoDB_20120810.GetItem", 0, 0),
        ("POST", "DynamoDB_20120810.Query", 0, 0),
        ("POST", "AWSStepFunctions.StartExecution", 1, 1),
    ],
)
def test_changes_are_noted_and_a_started_execution_is_on_disk_before_the_answer(method: str, target: str, changes: int, waits: int) -> None:
    snapshots = Counting()
    ask(Front(Emulator(), snapshots), "/", method=method, target=target)
    assert (snapshots.changes, snapshots.waits) == (changes, waits)

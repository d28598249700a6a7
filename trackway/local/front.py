"""The one door of the embedded cloud: requests for Trackway's API go to its gateway stage, all others to the emulator.

A stock Rekognition client that knows only `AWS_ENDPOINT_URL` posts to "/" and names its operation in `X-Amz-Target`, as any
JSON service does, or to "/keys" where it signs with own keys; Trackway's own client and plain HTTP use "/api" and its operation routes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from trackway.local.snapshots import Snapshots

__all__ = ["Front"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_OURS = (b"RekognitionService.", b"Trackway.")
_PREFIX = "/api"
_READS = (b"Describe", b"Get", b"List", b"Query", b"Scan", b"BatchGet")


class Front:
    """ASGI application around the emulator's.

    Attributes:
        api_id: the deployed HTTP API; None until there is one, and its requests are answered 503.
    """

    def __init__(self, emulator: Callable[[Scope, Receive, Send], Awaitable[None]], snapshots: Snapshots) -> None:
        self._emulator = emulator
        self._snapshots = snapshots
        self.api_id: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection event, as ASGI defines it."""
        if scope["type"] != "http":
            await self._emulator(scope, receive, send)
            return
        headers = dict(scope["headers"])
        target = headers.get(b"x-amz-target", b"")
        path = scope["path"]
        ours = target.startswith(_OURS) or path == _PREFIX or path.startswith(_PREFIX + "/")
        if ours:
            if self.api_id is None:
                await _unavailable(send)
                return
            inside = f"/_aws/execute-api/{self.api_id}/$default{path.removeprefix(_PREFIX).rstrip('/') or '/'}"
            scope = {**scope, "path": inside, "raw_path": inside.encode()}
            # The door must know the path that the client has signed.
            scope["headers"] = [*scope["headers"], (b"x-forwarded-path", path.encode())]
        if target.endswith(b".StartExecution"):
            # Whoever was told that an execution runs must find it again after a crash.
            await self._emulator(scope, receive, _held(send, self._written))
            return
        await self._emulator(scope, receive, send)
        # Our own functions change nothing but through requests of theirs, which come by here too.
        if not ours and scope["method"] not in ("GET", "HEAD") and not target.rpartition(b".")[2].startswith(_READS):
            self._snapshots.changed()

    async def _written(self) -> None:
        await asyncio.to_thread(self._snapshots.wait_for, self._snapshots.changed())


def _held(send: Send, first: Callable[[], Awaitable[None]]) -> Send:
    """Sends an answer only after `first` is done."""

    async def held(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            await first()
        await send(message)

    return held


async def _unavailable(send: Send) -> None:
    body = json.dumps({"__type": "ServiceUnavailable", "Message": "The embedded cloud is still starting."}).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})

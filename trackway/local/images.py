"""Lambda functions that are container images, for the embedded cloud: the image's command, run from a folder of this machine.

They run as functions from bundles do, in warm processes of their own, with networks and libraries that take a gigabyte together: so few
of each at a time, and none that nobody has asked anything for some minutes.
"""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trackway.errors import EmbeddedCloudError
from trackway.local.containers import repository_of
from trackway.local.seams import Part, require

__all__ = ["Images"]

_PARTS = (
    Part("services.lambda_svc", "_execute_function_docker", ("func", "event", "request_id")),
    Part("services.lambda_svc", "_execute_function_warm", ("func", "event", "request_id")),
    Part("core.lambda_runtime", "invalidate_worker", ("func_name",)),
)
_RUNTIME = "python3"
_IDLE_SECONDS = 300.0

Answer = dict[str, Any]


class Images:
    """Runs functions of package type "Image".

    Args:
        folders: what stands for an image, by the name of its repository: a folder from which its command can be imported.
        replaced: environment variables that have another value on this machine, where a function has them at all.
        idle_seconds: a function's processes end when nobody has called it for this long.
    """

    def __init__(self, folders: Mapping[str, Path], replaced: Mapping[str, str], idle_seconds: float = _IDLE_SECONDS) -> None:
        self._folders = folders
        self._replaced = replaced
        self._idle_seconds = idle_seconds
        self._at_a_time = min(3, max(2, os.cpu_count() or 1))
        self._empty = _empty_zip()
        self._lock = threading.Lock()
        self._seats: dict[str, threading.BoundedSemaphore] = {}
        self._timers: dict[str, threading.Timer] = {}

    def install(self) -> None:
        """Takes the place of Docker.

        Raises:
            EmbeddedCloudError: the emulator is another version.
        """
        require("container-image functions", _PARTS)
        from ministack.core import lambda_runtime
        from ministack.services import lambda_svc

        def execute(func: dict[str, Any], event: Any, request_id: str) -> Answer:
            return self.run(lambda_svc._execute_function_warm, lambda_runtime.invalidate_worker, func, event, request_id)

        lambda_svc._execute_function_docker = execute

    def close(self) -> None:
        """Forgets the idle ones; whoever started the processes ends them."""
        with self._lock:
            for timer in self._timers.values():
                timer.cancel()

    def run(
        self, execute: Callable[..., Answer], end: Callable[[str], object], func: Mapping[str, Any], event: Any, request_id: str
    ) -> Answer:
        """One invocation.

        Args:
            execute: runs a function that is a bundle, in a process of its own.
            end: ends the idle processes of the function of that name.
            func: the emulator's record of the function.
            event: what it is called with.
            request_id: of the invocation.
        """
        config = func.get("config") or func
        name = str(config["FunctionName"])
        try:
            ready = self._as_bundle(config)
        except EmbeddedCloudError as error:
            return {"body": {"errorMessage": str(error), "errorType": "Runtime.InvalidEntrypoint"}, "error": True}
        with self._lock:
            seats = self._seats.setdefault(name, threading.BoundedSemaphore(self._at_a_time))
        with seats:
            answer = execute({**func, "config": ready, "code_zip": self._empty}, event, request_id)
        self._retire_later(name, end)
        return answer

    def _as_bundle(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration of a function whose empty bundle finds everything on the Python path."""
        repository = repository_of(config["ImageUri"])
        command = config.get("ImageConfigResponse", {}).get("ImageConfig", {}).get("Command") or []
        if repository not in self._folders or len(command) != 1:
            known = ", ".join(sorted(self._folders)) or "(none)"
            raise EmbeddedCloudError(f"Expected one of the images {known} with one command, found {repository!r} with {command}.")
        variables = dict(config.get("Environment", {}).get("Variables", {}))
        variables |= {name: self._replaced[name] for name in variables.keys() & self._replaced.keys()}
        variables["PYTHONPATH"] = str(self._folders[repository])
        return {**config, "Runtime": _RUNTIME, "Handler": command[0], "Environment": {"Variables": variables}}

    def _retire_later(self, name: str, end: Callable[[str], object]) -> None:
        timer = threading.Timer(self._idle_seconds, self._retire, (name, end))
        timer.daemon = True
        with self._lock:
            if before := self._timers.get(name):
                before.cancel()
            self._timers[name] = timer
        timer.start()

    def _retire(self, name: str, end: Callable[[str], object]) -> None:
        """Ends the processes of a function, unless one of them works: its end starts the time anew."""
        seats = self._seats[name]
        taken = 0
        try:
            while taken < self._at_a_time and seats.acquire(blocking=False):
                taken += 1
            if taken == self._at_a_time:
                end(name)
        finally:
            for _ in range(taken):
                seats.release()


def _empty_zip() -> bytes:
    content = io.BytesIO()
    zipfile.ZipFile(content, "w").close()
    return content.getvalue()

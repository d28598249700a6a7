"""Functions that are container images: what their processes are told, how many there are, and when they end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trackway.local.images import Images

FUNCTION = {
    "config": {
        "FunctionName": "recognizer",
        "ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/pictures:latest",
        "ImageConfigResponse": {"ImageConfig": {"Command": ["functions.recognizer.handler.handle"]}},
        "Environment": {"Variables": {"TABLE": "jobs", "VECTORS": "s3://bucket/vectors"}},
    }
}


class Runs:
    """Stands for the emulator's processes: remembers what it was given and how many ran at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.given: list[dict[str, Any]] = []
        self.ended: list[str] = []
        self._running = 0
        self.most = 0
        self.held: threading.Event | None = None  # a call that begins now ends no sooner than this is set
        self._lock = threading.Lock()

    def execute(self, func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        with self._lock:
            held = self.held
            self.given.append(func)
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(self.seconds)
        if held:
            held.wait(60)
        with self._lock:
            self._running -= 1
        return {"body": event}

    def call(self, images: Images, func: dict[str, Any] | None = None) -> dict[str, Any]:
        return images.run(self.execute, self.ended.append, func or FUNCTION, {"a": 1}, "request")


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_command_runs_from_the_folder_with_the_function_s_environment(tmp_path: Path) -> None:
    runs = Runs()
    images = Images({"pictures": tmp_path}, {"VECTORS": "/here", "ELSE": "unused"})
    assert runs.call(images) == {"body": {"a": 1}}
    (given,) = runs.given
    assert given["config"]["Handler"] == "functions.recognizer.handler.handle"
    assert given["config"]["Environment"]["Variables"] == {"TABLE": "jobs", "VECTORS": "/here", "PYTHONPATH": str(tmp_path)}
    assert given["code_zip"]
    assert FUNCTION["config"]["Environment"] == {"Variables": {"TABLE": "jobs", "VECTORS": "s3://bucket/vectors"}}
    images.close()


def test_few_of_one_function_run_at_once(tmp_path: Path) -> None:
    runs, images = Runs(seconds=0.1), Images({"pictures": tmp_path}, {})
    threads = [threading.Thread(target=runs.call, args=(images,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs.given) == 8
    assert 2 <= runs.most <= 3
    images.close()


def test_processes_that_nobody_needs_end_and_those_that_work_do_not(tmp_path: Path) -> None:
    runs, images = Runs(), Images({"pictures": tmp_path}, {}, idle_seconds=0.2)
    runs.call(images)
    assert runs.ended == []
    wait_until(lambda: runs.ended == ["recognizer"])
    runs.held = enough = threading.Event()
    slow = threading.Thread(target=runs.call, args=(images,))
    slow.start()
    wait_until(lambda: len(runs.given) == 2)
    runs.held = None
    runs.call(images)
    time.sleep(0.3)  # its idle time is over while the slow one still works
    assert runs.ended == ["recognizer"]
    enough.set()
    slow.join()
    wait_until(lambda: runs.ended == ["recognizer"] * 2)


@pytest.mark.parametrize(("repository", "command"), [("others", ["a.b"]), ("pictures", []), ("pictures", ["a", "b"])])
def test_an_image_that_is_not_here_is_named(tmp_path: Path, repository: str, command: list[str]) -> None:
    runs, images = Runs(), Images({"pictures": tmp_path}, {})
    config = {**FUNCTION["config"], "ImageUri": f"registry/{repository}:1", "ImageConfigResponse": {"ImageConfig": {"Command": command}}}
    answer = runs.call(images, {"config": config})
    assert answer["error"]
    assert f"Expected one of the images pictures with one command, found {repository!r} with {command}" in answer["body"]["errorMessage"]
    assert runs.given == []

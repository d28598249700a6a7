"""The processes that the embedded cloud starts: each leads a group of its own, and none outlives the cloud."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from trackway.errors import EmbeddedCloudError

__all__ = ["Child", "Processes"]


_GRACE_SECONDS = 15.0  # between the request to end and the kill


class Child(subprocess.Popen[Any]):
    """A process that leads its own group: signals reach its children too, and stragglers end with it."""

    def __init__(self, argv: Sequence[str], *, ended: Callable[[Child], None], **options: Any) -> None:
        self._ended = ended
        self._reported = False
        self._killer = threading.Timer(_GRACE_SECONDS, self.kill)
        self._killer.daemon = True
        self._asked = threading.Lock()
        super().__init__(argv, process_group=0, **options)

    def terminate(self) -> None:
        """Asks the group to end, and kills it if it does not obey in time."""
        super().terminate()
        if self._asked.acquire(blocking=False):
            self._killer.start()

    def send_signal(self, sig: int) -> None:
        """Signals the whole group while the leader lives."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, sig)

    def lines(self) -> Iterator[str]:
        """What it prints, line by line, to its end; nothing where its output is not a pipe of text."""
        if self.stdout is not None:
            with self.stdout:
                for line in self.stdout:
                    yield line.rstrip("\n")

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        status = super().poll()
        self._report()
        return status

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end of the leader.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        status = super().wait(timeout)
        self._report()
        return status

    def _report(self) -> None:
        if self.returncode is None or self._reported:
            return
        self._reported = True
        self._killer.cancel()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._ended(self)


class Processes:
    """Everything the cloud has started and not yet seen end, with a guardian process for the case that the cloud is killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._living: dict[int, Child] = {}
        self._closed = False
        guardian = Path(__file__).with_name("guardian.py")
        heard, spoken = os.pipe()
        self._line = os.fdopen(spoken, "w")
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", str(guardian)],
            stdin=heard,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal must not reach it
        )
        os.close(heard)

    def start(self, argv: Sequence[str], **options: Any) -> Child:
        """Starts a process; `options` are those of `subprocess.Popen`.

        Raises:
            EmbeddedCloudError: the cloud is ending.
            OSError: the program cannot be started.
        """
        with self._lock:
            if self._closed:
                raise EmbeddedCloudError("The embedded cloud is ending; it starts nothing any more.")
            child = Child(argv, ended=self._forget, **options)
            self._living[child.pid] = child
            self._tell(f"+{child.pid}")
            return child

    def close(self, grace_seconds: float = 5.0) -> None:
        """Ends everything: asks first, kills what is still there after the grace period."""
        with self._lock:
            self._closed = True
            living = list(self._living.values())
        for child in living:
            child.terminate()
        deadline = time.monotonic() + grace_seconds
        for child in living:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        with contextlib.suppress(BrokenPipeError):
            self._line.close()
        self._guardian.wait()

    def _forget(self, child: Child) -> None:
        with self._lock:
            if self._living.pop(child.pid, None) is not None:
                self._tell(f"-{child.pid}")

    def _tell(self, line: str) -> None:
        # A guardian that somebody killed takes no messages; the cloud works on without it.
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._line.write(line + "\n")
            self._line.flush()

"""Runs a container's entry point as a process of this machine, without any container."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from trackway.local.processes import Child, Processes

__all__ = ["Containers", "Ended", "repository_of"]


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a container ended.

    Attributes:
        exit_code: as a container reports it (128 + signal for a killed one); None where it never ran.
        status_reason: what AWS Batch says of such an end.
        reason: why it could not be started, else empty.
    """

    exit_code: int | None
    status_reason: str
    reason: str = ""


class Containers:
    """Starts containers.

    Args:
        images: argument list that stands for an image, by the name of its repository.
        processes: where the processes are started.
        temporary: folder for their scratch space; each gets its own, as TMPDIR, for as long as it runs.
        replaced: environment variables that have another value on this machine, where a container has them at all.
    """

    def __init__(
        self, images: Mapping[str, Sequence[str]], processes: Processes, temporary: Path, replaced: Mapping[str, str] | None = None
    ) -> None:
        self._images = images
        self._replaced = replaced or {}
        self._processes = processes
        self._temporary = temporary

    def run(
        self,
        name: str,
        image: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        limit_seconds: float | None,
        started: Callable[[Child], None],
        write: Callable[[str], None],
    ) -> Ended:
        """Runs one container to its end.

        Args:
            name: unique among the containers of this cloud.
            image: as a task definition names it, with registry and tag.
            command: what follows the entry point.
            environment: added to that of the cloud.
            limit_seconds: it is asked to end after this time.
            started: gets the process, to stop it.
            write: gets every line that it prints.
        """
        repository = repository_of(image)
        if repository not in self._images:
            known = ", ".join(sorted(self._images))
            reason = f"CannotPullContainerError: there is no image {repository!r} on this machine, only {known}"
            return Ended(None, "Task failed to start", reason)
        environment = {**environment, **{key: self._replaced[key] for key in environment.keys() & self._replaced.keys()}}
        scratch = self._temporary / name
        scratch.mkdir(mode=0o700)
        try:
            child = self._processes.start(
                [*self._images[repository], *command],
                env={**os.environ, **environment, "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            return self._follow(child, limit_seconds, started, write)
        except OSError as error:
            return Ended(None, "Task failed to start", f"CannotStartContainerError: {error}")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _follow(self, child: Child, limit_seconds: float | None, started: Callable[[Child], None], write: Callable[[str], None]) -> Ended:
        timed_out = threading.Event()

        def stop_at_limit() -> None:
            timed_out.set()
            child.terminate()

        limit = threading.Timer(limit_seconds or 0, stop_at_limit)
        limit.daemon = True
        if limit_seconds is not None:
            limit.start()
        started(child)
        for line in child.lines():
            write(line)
        status = child.wait()
        limit.cancel()
        exit_code = 128 - status if status < 0 else status
        return Ended(exit_code, "Job attempt duration exceeded timeout" if timed_out.is_set() else "Essential container in task exited")


def repository_of(image: str) -> str:
    """The repository that an image's name ends with, without registry, tag and digest."""
    return re.split("[:@]", image.rsplit("/", 1)[-1])[0]

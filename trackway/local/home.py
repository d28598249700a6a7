"""The folder in which one embedded cloud keeps its state, and the lock that says whether it runs.

STATE/
  lock            held by the running cloud; its death, however violent, releases it
  running.json    what the running cloud offers: process id, addresses, names
  emulator/       snapshots of every service's records and the Lambda functions' code
  objects/        what lies in S3, one file per object
  vectors/        vectors of collections, one folder for each
  logs/           cloud.log, functions.log, one file per Batch job
  temporary/      unpacked functions and the jobs' scratch space; emptied at every start and end
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import Self

import msgspec

from trackway.errors import EmbeddedCloudError, OptionError

__all__ = ["DEFAULT_STATE", "Endpoints", "Home"]

DEFAULT_STATE = Path(".trackway") / "local"
"""State folder where none is named, below the working folder."""


class Endpoints(msgspec.Struct, frozen=True):
    """What a running cloud offers; the one line of `trackway local up --json`.

    Attributes:
        aws: address of every service, for `AWS_ENDPOINT_URL`; Rekognition's operations included. With /keys after it, requests are
            to be signed with own keys.
        api: address of Trackway's own API, with a route for each operation.
        videos_bucket: upload here, under `uploads/`.
        artifacts_bucket: results and intermediate files.
        topic_arn: completion messages of every job.
        table: job records and result pages.
        state_machine_arn: one execution per job, named by its id.
    """

    aws: str
    api: str
    videos_bucket: str
    artifacts_bucket: str
    topic_arn: str
    table: str
    state_machine_arn: str


class _Running(msgspec.Struct, frozen=True):
    process: int
    endpoints: Endpoints | None = None


def _lock(descriptor: int) -> bool:
    """Whether the lock could be taken; tried for a moment, because a look at it takes it too."""
    for _ in range(3):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


class Home:
    """One state folder, readable by its owner only; made when a cloud is to run on it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: int | None = None

    @property
    def emulator(self) -> Path:
        """Snapshots of the services' records."""
        return self.path / "emulator"

    @property
    def objects(self) -> Path:
        """What lies in S3."""
        return self.path / "objects"

    @property
    def vectors(self) -> Path:
        """Vectors of collections."""
        return self.path / "vectors"

    @property
    def logs(self) -> Path:
        """What the cloud, its functions and its jobs say."""
        return self.path / "logs"

    @property
    def temporary(self) -> Path:
        """Scratch space of everything the cloud starts."""
        return self.path / "temporary"

    def acquire(self) -> Self:
        """Takes the lock and clears what a killed predecessor left behind.

        Raises:
            OptionError: a cloud runs on this state already, or there cannot be such a folder.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OptionError(f"The state folder {self.path} cannot be made: {error.strerror}. Name another with --state.") from error
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(lock):
            os.close(lock)
            running = self._read()
            process = f" (process {running.process})" if running else ""
            raise OptionError(
                f"An embedded cloud already runs on {self.path}{process}. Look at it with `trackway local status`, stop it with "
                "`trackway local down`, or name another folder with --state."
            )
        self._lock = lock
        self._write(_Running(os.getpid()))
        shutil.rmtree(self.temporary, ignore_errors=True)
        for folder in (self.emulator, self.objects, self.vectors, self.logs, self.temporary):
            folder.mkdir(mode=0o700, exist_ok=True)
        return self

    def announce(self, endpoints: Endpoints) -> None:
        """Says that the cloud is ready, for `status` and for whoever looks for it."""
        self._write(_Running(os.getpid(), endpoints))

    def release(self) -> None:
        """Empties the scratch space and lets go of the lock."""
        if self._lock is None:
            return
        shutil.rmtree(self.temporary, ignore_errors=True)
        (self.path / "running.json").unlink(missing_ok=True)
        os.close(self._lock)
        self._lock = None

    def process(self) -> int | None:
        """Process id of the cloud that runs on this state, None where none does."""
        try:
            lock = os.open(self.path / "lock", os.O_RDWR)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            running = None if _lock(lock) else self._read()
        finally:
            os.close(lock)
        return running.process if running else None

    def endpoints(self) -> Endpoints:
        """What the running cloud offers.

        Raises:
            EmbeddedCloudError: none runs on this state, or it is not ready yet.
        """
        if self.process() is None:
            raise EmbeddedCloudError(f"No embedded cloud runs on {self.path}. Start it with `trackway local up`.")
        running = self._read()
        if running is None or running.endpoints is None:
            raise EmbeddedCloudError(f"The embedded cloud on {self.path} is still starting. Try again in a few seconds.")
        return running.endpoints

    def _read(self) -> _Running | None:
        try:
            return msgspec.json.decode((self.path / "running.json").read_bytes(), type=_Running)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _write(self, running: _Running) -> None:
        partial = self.path / "running.json.partial"
        partial.write_bytes(msgspec.json.encode(running))
        partial.replace(self.path / "running.json")

"""The emulator with its seams, serving on a port of this machine from a thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import logging.handlers
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trackway.errors import EmbeddedCloudError, OptionError
from trackway.local import environment, events, functions, objects, resources, secrets
from trackway.local.batch import BatchRunner
from trackway.local.containers import Containers
from trackway.local.front import Front
from trackway.local.home import Home
from trackway.local.images import Images
from trackway.local.processes import Processes
from trackway.local.snapshots import Snapshots
from trackway.local.workflow import Workflow

__all__ = ["DEFAULT_PORT", "Server"]

DEFAULT_PORT = 4566
_OTHER_PORTS = range(DEFAULT_PORT, DEFAULT_PORT + 100)
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_LOG_BYTES = 4 << 20


class Server:
    """One emulator in this process.

    Args:
        home: state folder, locked.
        port: where to listen; 0 takes 4566 or the next free one.
        images: argument list that stands for a container image, by the name of its repository.
        function_images: the same for images of functions: a folder from which their command can be imported.

    Attributes:
        address: "http://127.0.0.1:PORT".
    """

    def __init__(
        self, home: Home, port: int, images: Mapping[str, Sequence[str]], function_images: Mapping[str, Path] | None = None
    ) -> None:
        self._socket = _bind(port)
        port = self._socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        environment.prepare(home, port)
        _log_into(home)
        self._processes = Processes()
        self._snapshots = Snapshots(home.emulator, f"127.0.0.1:{port}")
        # A folder is faster than the emulator's S3, and what was written into it survives any end.
        replaced = {"TRACKWAY_VECTORS_URI": str(home.vectors)}
        self._batch = BatchRunner(Containers(images, self._processes, home.temporary, replaced), home.logs)
        self._function_images = Images(function_images or {}, replaced)
        self._workflow = Workflow(self._batch, self._snapshots.changed)
        self._home = home
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._ending = asyncio.Event()
        self._serving: concurrent.futures.Future[None] | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="trackway-server", daemon=True)

    def start(self) -> None:
        """Installs the seams and serves.

        Raises:
            EmbeddedCloudError: the emulator is another version, its state cannot be read, or it does not start.
        """
        from ministack import app

        self._front = Front(app.app, self._snapshots)
        self._batch.install()
        self._workflow.install()
        functions.install(self._processes, self._home.logs)
        self._function_images.install()
        events.install()
        objects.install()
        secrets.install()
        resources.install(self._batch)
        self._snapshots.install()
        self._thread.start()
        self._serving = asyncio.run_coroutine_threadsafe(self._serve(), self._loop)
        deadline = time.monotonic() + _START_SECONDS
        while not self._ready.wait(0.02):
            if self._serving.done() or time.monotonic() > deadline:
                cause = self._serving.exception() if self._serving.done() else None
                raise EmbeddedCloudError(f"The embedded cloud does not start; {self._home.logs / 'cloud.log'} says why.") from cause

    def settle(self, api_id: str) -> int:
        """The stack is deployed: opens the API, takes up what was interrupted (says how much), saves every change from now on."""
        self._front.api_id = api_id
        self._snapshots.watch()
        self._snapshots.changed()
        return self._workflow.resume()

    def check(self) -> None:
        """Does nothing while the server serves.

        Raises:
            EmbeddedCloudError: it has ended by itself.
        """
        if self._serving is not None and self._serving.done():
            cause = self._serving.exception()
            raise EmbeddedCloudError(f"The embedded cloud has ended; {self._home.logs / 'cloud.log'} says why.") from cause

    def stop(self) -> None:
        """Saves the state, ends every function and job, then the server. What ran is taken up at the next start."""
        self._snapshots.close()
        self._workflow.close()
        self._batch.close()
        self._function_images.close()
        self._processes.close()
        if self._serving is not None:
            self._loop.call_soon_threadsafe(self._ending.set)
            concurrent.futures.wait([self._serving], _STOP_SECONDS)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._socket.close()

    async def _serve(self) -> None:
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        application: Any = self._front  # hypercorn describes every message as a type of its own
        config = Config()
        config.bind = [f"fd://{self._socket.detach()}"]  # hypercorn closes it
        config.keep_alive_timeout = 75
        config.graceful_timeout = 1
        config.errorlog = logging.getLogger("hypercorn.error")

        async def until_told() -> None:
            self._ready.set()
            await self._ending.wait()

        await serve(application, config, shutdown_trigger=until_told)


def _bind(port: int) -> socket.socket:
    """A socket on this machine's own address only.

    Raises:
        OptionError: the port asked for is taken or not allowed.
        EmbeddedCloudError: no port is free.
    """
    for candidate in [port] if port else _OTHER_PORTS:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(("127.0.0.1", candidate))
            bound.listen()  # only this tells another cloud that starts at the same moment that the port is taken
            return bound
        except (OSError, OverflowError) as error:
            bound.close()
            if port:
                raise OptionError(
                    f"--port {port}: cannot listen there ({error}). Name another, or none to take the next free one."
                ) from error
    raise EmbeddedCloudError(f"All ports from {_OTHER_PORTS[0]} to {_OTHER_PORTS[-1]} are taken. Name a free one with --port.")


def _log_into(home: Home) -> None:
    """Sends all logging of this process into the state folder; set first, so that the emulator adds nothing of its own."""
    handler = logging.handlers.RotatingFileHandler(home.logs / "cloud.log", maxBytes=_LOG_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("trackway").setLevel(logging.INFO)

"""The embedded cloud as one thing: state folder, server, deployed stack."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import boto3

from trackway.errors import EmbeddedCloudError
from trackway.local.deploy import deploy
from trackway.local.home import Endpoints, Home
from trackway.local.server import Server
from trackway.local.synth import synthesise
from trackway.progress import Progress, Silent

__all__ = ["IMAGES", "EmbeddedCloud"]

ROOT = Path(__file__).resolve().parents[2]
_ASSEMBLIES = ROOT / ".trackway" / "assemblies"

IMAGES: Mapping[str, Sequence[str]] = {"trackway-tracker": (sys.executable, str(ROOT / "containers" / "tracker" / "main.py"))}
"""What stands for the container images of the `local` environment."""

_FUNCTION_IMAGES: Mapping[str, Path] = {"trackway-recognizer": ROOT}


class EmbeddedCloud:
    """Runs while its context is open; everything that it started ends with it, and what was under way is taken up next time.

    Args:
        state: folder that keeps everything; made if absent.
        port: where to listen on 127.0.0.1; 0 takes 4566 or the next free one.
        images: argument list that stands for a container image, by the name of its repository.
        progress: hears of the stages of the start.

    Attributes:
        endpoints: addresses and names, once the context is open.
        resumed: how many interrupted executions were taken up.
    """

    def __init__(
        self, state: Path, *, port: int = 0, images: Mapping[str, Sequence[str]] = IMAGES, progress: Progress | None = None
    ) -> None:
        self._state = state
        self._port = port
        self._images = images
        self._progress = progress or Silent()

    def __enter__(self) -> Self:
        """Starts it.

        Raises:
            OptionError: a cloud runs on this state already, or the port is taken.
            EmbeddedCloudError: it does not start, or the stack does not deploy.
        """
        with contextlib.ExitStack() as started, ThreadPoolExecutor(1, thread_name_prefix="trackway-assembly") as pool:
            home = Home(self._state).acquire()
            started.callback(home.release)
            server = Server(home, self._port, self._images, _FUNCTION_IMAGES)
            started.callback(server.stop)
            self._progress.stage("Preparing the template")
            prepared = pool.submit(synthesise, "local", _ASSEMBLIES)
            server.start()
            folder = prepared.result()
            self._progress.stage("Deploying the stack")
            self.endpoints, api_id = _endpoints(server.address, deploy(boto3.Session(), folder))
            self.resumed = server.settle(api_id)
            home.announce(self.endpoints)
            self._server = server
            self._started = started.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._started.close()

    def check(self) -> None:
        """Does nothing while the cloud serves.

        Raises:
            EmbeddedCloudError: it has ended by itself.
        """
        self._server.check()


def _endpoints(address: str, outputs: Mapping[str, str]) -> tuple[Endpoints, str]:
    """What to tell the user, and the identifier of the HTTP API."""
    try:
        endpoints = Endpoints(
            aws=address,
            api=f"{address}/api",
            videos_bucket=outputs["VideosBucket"],
            artifacts_bucket=outputs["ArtifactsBucket"],
            topic_arn=outputs["CompletionTopicArn"],
            table=outputs["TableName"],
            state_machine_arn=outputs["StateMachineArn"],
        )
        api = re.search(r"//([^./]+)\.", outputs["ApiUrl"])
    except KeyError as error:
        raise EmbeddedCloudError(f"The deployed stack has no output {error}; it has {', '.join(sorted(outputs))}.") from error
    if api is None:
        raise EmbeddedCloudError(f"Expected the ApiUrl output to name an execute-api host, found {outputs['ApiUrl']!r}.")
    return endpoints, api[1]

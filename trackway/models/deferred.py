"""A network that many videos never need: read and opened when it is first run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

from trackway.models.session import Network

__all__ = ["DeferredNetwork"]

Array = npt.NDArray[Any]


class DeferredNetwork:
    """Stands for a network until it is needed; threads may share it.

    Args:
        make: opens it; called once at most.
    """

    def __init__(self, make: Callable[[], Network]) -> None:
        self._make = make
        self._network: Network | None = None
        self._lock = threading.Lock()

    def run(self, images: Array) -> Sequence[Array]:
        """See `Network`.

        Raises:
            ModelError: its weights are missing or changed, or it cannot be opened.
        """
        with self._lock:
            if self._network is None:
                self._network = self._make()
        return self._network.run(images)

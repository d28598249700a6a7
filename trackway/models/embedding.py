"""What turns pictures of people into unit vectors: a network, and what its pack says about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.models.pack import Calibration, Embedder
from trackway.models.session import Network

__all__ = ["EmbedderNetwork", "unit_vectors"]

Array = npt.NDArray[Any]


class EmbedderNetwork:
    """A network of a pack that describes pictures; what it describes, and how that is cut out, its heirs know. Threads may share it.

    Args:
        model: the manifest's entry.
        network: the tensors' source; its first output is a row per picture.
    """

    def __init__(self, model: Embedder, network: Network) -> None:
        self._model = model
        self._network = network

    @property
    def size(self) -> int:
        """Numbers in a descriptor."""
        return self._model.size

    @property
    def calibration(self) -> Calibration:
        """What cosines of its descriptors mean: the manifest's."""
        return self._model.calibration

    def _looks(self, count: int, rows: Sequence[int] | Array, pictures: Sequence[Array] | Array) -> Array:
        """Descriptors of as many people as could be cut out.

        Args:
            count: people altogether, N.
            rows: (K,) which of them the pictures show.
            pictures: K of (height, width, 3) uint8 RGB, the size that the pack names. Without any, the network is not asked.

        Returns:
            (N, size) float32 unit vectors; NaN for everybody else.
        """
        look = np.full((count, self.size), np.nan, np.float32)
        if len(rows):
            look[rows] = unit_vectors(self._network.run(np.asarray(pictures))[0].reshape(len(rows), -1))
        return look


def unit_vectors(values: Array) -> Array:
    """(N, D) -> (N, D) the same directions, each of length 1; zeros stay zeros."""
    unit: Array = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)
    return unit

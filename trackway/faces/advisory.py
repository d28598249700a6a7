"""Whether a face is one, or a picture of one: what two networks say. How often they err was not measured: advice, no verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.faces.cutouts import Cutout, square
from trackway.models.pack import TraitNetwork
from trackway.models.session import Network

__all__ = ["AdvisoryReader"]

Array = npt.NDArray[Any]

_LEAST_BOX_PX = 48.0
"""Longer side of the box; of what shows on smaller faces nothing is left that tells skin from paper."""


class AdvisoryReader:
    """The pack's network for the role antiSpoof or liveness: upright squares of a face to (B, 1 or more), the first being "real".

    Args:
        model: the manifest's entry.
        network: the tensors' source.
        length: of the square's sides, in longer sides of the face's box.
    """

    def __init__(self, model: TraitNetwork, network: Network, length: float) -> None:
        self._side = model.width
        self._network = network
        self._length = length

    def read(self, cutouts: list[Cutout], boxes: Array, points: Array) -> Array:
        """(K,) probabilities; NaN for faces that are too small.

        Args:
            cutouts: K of them.
            boxes: (K, 4) left, top, width, height in their pixels.
            points: (K, 5, 2) x, y in their pixels, in the order of `columns.LANDMARK_NAMES`.
        """
        real = np.full(len(cutouts), np.nan)
        length = boxes[:, 2:].max(axis=1, initial=0)
        rows = np.flatnonzero((length >= _LEAST_BOX_PX) & np.isfinite(points).all(axis=(1, 2)))
        if len(rows):
            level = points[:, 1] - points[:, 0]
            turned = np.arctan2(level[:, 1], level[:, 0])
            middle = boxes[:, :2] + boxes[:, 2:] / 2
            pictures = [
                square(cutouts[row].pixels, middle[row], self._length * length[row], float(turned[row]), self._side)[0]
                for row in rows.tolist()
            ]
            real[rows] = self._network.run(np.stack(pictures))[0].reshape(len(rows), -1)[:, 0]
        return real

"""How old a face looks, and whether a man's or a woman's (SPEC R43)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.models.pack import TraitNetwork
from trackway.models.session import Network

__all__ = ["EITHER_SIDE", "AgeReader"]

Array = npt.NDArray[Any]

EITHER_SIDE = 10.0
"""Years of a range on either side of what is expected."""
_MIDDLE_OF_YEAR = 0.5
"""Somebody of 30 is 30.5 years old on average."""
_LEAST_BOX_PX = 20.0
"""Longer side of the smallest box from which an age is told; made smaller, faces lose their gender at 12 pixels, and ages drift from 16."""


class AgeReader:
    """The pack's network for the role ageGender, which may be the face embedder's: then one run serves both.

    Its last two outputs are (B, years) how probable each year of age is, and (B, 1) that it is a man.

    Args:
        model: the manifest's entry.
        network: the tensors' source.
    """

    def __init__(self, model: TraitNetwork, network: Network) -> None:
        self._network = network
        self.side = model.width

    def read(self, aligned: Array, lengths: Array) -> tuple[Array, Array]:
        """(K, 2) years from and to, (K,) probability of a man; NaN for faces that are too small.

        Args:
            aligned: (K, side, side, 3) uint8, see `faces.alignment`.
            lengths: (K,) longer sides of the boxes in pixels.
        """
        ages, male = np.full((len(aligned), 2), np.nan), np.full(len(aligned), np.nan)
        rows = np.flatnonzero(lengths >= _LEAST_BOX_PX)
        if len(rows):
            years, man = self._network.run(aligned[rows])[-2:]
            expected = years @ np.arange(years.shape[1]) + _MIDDLE_OF_YEAR
            ages[rows] = np.maximum(np.stack([expected - EITHER_SIDE, expected + EITHER_SIDE], axis=1), 0)
            male[rows] = man.reshape(-1)
        return ages, male

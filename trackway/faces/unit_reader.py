"""Action units as a network of the pack tells them: it knows furrows and dimples, which a mesh does not (`faces.action_units`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import UNIT_NAMES
from trackway.errors import ModelError
from trackway.models.pack import TraitNetwork
from trackway.models.session import Network

__all__ = ["UnitReader"]

Array = npt.NDArray[Any]

_LEAST_BOX_PX = 40.0
"""Longer side of the face's box; below, lips and lids are thinner than a pixel."""


class UnitReader:
    """The pack's network for the role actionUnits: aligned pictures to (B, K) intensities 0..1, in the order of the manifest's labels.

    The default pack has none. One with the 41 units of MEFARG (SPEC M9) lists `action_units.MEFARG41` as labels.

    Args:
        model: the manifest's entry; its labels are some of `columns.UNIT_NAMES`, each once.
        network: the tensors' source.

    Raises:
        ModelError: a label that is no unit or stands there twice, or there are none.
    """

    def __init__(self, model: TraitNetwork, network: Network) -> None:
        labels = model.labels
        if not labels or set(labels) - set(UNIT_NAMES) or len(set(labels)) != len(labels):
            raise ModelError(
                f"{model.title}: expected labels out of {', '.join(UNIT_NAMES)}, each at most once; found {', '.join(labels) or 'none'}."
            )
        self._columns = np.array([UNIT_NAMES.index(label) for label in labels], np.intp)
        self._title = model.title
        self._network = network
        self.side = model.width

    def read(self, aligned: Array, lengths: Array) -> Array:
        """(K, U) float32 in the order of `columns.UNIT_NAMES`; NaN for units that the network does not know and for faces too small.

        Args:
            aligned: (K, side, side, 3) uint8, see `faces.alignment`.
            lengths: (K,) longer sides of the boxes in pixels.

        Raises:
            ModelError: the network's answer has not one number for each label.
        """
        units = np.full((len(aligned), len(UNIT_NAMES)), np.nan, np.float32)
        rows = np.flatnonzero(lengths >= _LEAST_BOX_PX)
        if len(rows):
            answer = self._network.run(aligned[rows])[0]
            if answer.shape != (len(rows), len(self._columns)):
                raise ModelError(
                    f"{self._title}: expected {len(self._columns)} numbers for each face, as the manifest has labels; "
                    f"found an answer of shape {answer.shape} for {len(rows)} faces. Correct the labels or the outputs."
                )
            units[np.ix_(rows, self._columns)] = np.clip(answer, 0, 1)
        return units

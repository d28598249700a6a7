"""What a network of the pack tells of faces under the labels of its manifest: emotions, and action units.

The default pack has a network for emotions and none for units. One for units knows furrows and dimples, which a mesh does not
(`faces.action_units`); one with the 41 units of MEFARG (SPEC M9) lists `action_units.MEFARG41` as labels.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trackway.columns import EMOTION_NAMES, UNIT_NAMES
from trackway.errors import ModelError
from trackway.models.pack import TraitNetwork
from trackway.models.session import Network

__all__ = ["LabelReader"]

Array = npt.NDArray[Any]

_LEAST_EMOTION_PX = 24.0
_LEAST_UNIT_PX = 40.0
"""Longer side of the face's box; below, lips and lids are thinner than a pixel."""


class LabelReader:
    """A network that answers (B, K) numbers 0..1 to aligned pictures, in the order of its manifest's labels.

    Args:
        model: the manifest's entry; its labels are some of `names`, each once.
        network: the tensors' source.
        names: what is told, in this order, whatever the network knows of it.
        least_px: longer side of the box of the smallest face that is looked at.

    Raises:
        ModelError: a label that is none of the names or stands there twice, or there are none.
    """

    def __init__(self, model: TraitNetwork, network: Network, names: tuple[str, ...], least_px: float) -> None:
        labels = model.labels
        if not labels or set(labels) - set(names) or len(set(labels)) != len(labels):
            raise ModelError(
                f"{model.title}: expected labels out of {', '.join(names)}, each at most once; found {', '.join(labels) or 'none'}."
            )
        self._columns = np.array([names.index(label) for label in labels], np.intp)
        self._count = len(names)
        self._least_px = least_px
        self._title = model.title
        self._network = network
        self.side = model.width

    @classmethod
    def of_emotions(cls, model: TraitNetwork, network: Network) -> Self:
        """For the role emotion: Rekognition's types as labels, in the order of `columns.EMOTION_NAMES`."""
        return cls(model, network, EMOTION_NAMES, _LEAST_EMOTION_PX)

    @classmethod
    def of_units(cls, model: TraitNetwork, network: Network) -> Self:
        """For the role actionUnits: in the order of `columns.UNIT_NAMES`."""
        return cls(model, network, UNIT_NAMES, _LEAST_UNIT_PX)

    def read(self, aligned: Array, lengths: Array) -> Array:
        """(K, names) float32; NaN for what the network does not know and for faces too small.

        Args:
            aligned: (K, side, side, 3) uint8, see `faces.alignment`.
            lengths: (K,) longer sides of the boxes in pixels.

        Raises:
            ModelError: the network's answer has not one number for each label.
        """
        told = np.full((len(aligned), self._count), np.nan, np.float32)
        rows = np.flatnonzero(lengths >= self._least_px)
        if len(rows):
            answer = self._network.run(aligned[rows])[0]
            if answer.shape != (len(rows), len(self._columns)):
                raise ModelError(
                    f"{self._title}: expected {len(self._columns)} numbers for each face, as the manifest has labels; "
                    f"found an answer of shape {answer.shape} for {len(rows)} faces. Correct the labels or the outputs."
                )
            told[np.ix_(rows, self._columns)] = np.clip(answer, 0, 1)
        return told

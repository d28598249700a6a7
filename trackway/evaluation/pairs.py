"""Numbers by pairs of identities, where only the pairs that ever met are kept: most people of a long video never meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["PairTable"]

Array = npt.NDArray[Any]


class PairTable:
    """A sparse (true identity, identity of the result) table.

    Attributes:
        truth: (P,) true identity of each kept pair, ascending.
        result: (P,) its identity of the result.
        value: (P,) its number.
    """

    def __init__(self, truth: Array, result: Array, value: Array, results: int) -> None:
        """Sums values by pair, in the order given.

        Args:
            truth, result: (N,) identities, counted from 0.
            value: (N,) what to add.
            results: how many identities the result has.
        """
        self._results = max(results, 1)
        self._key, place = np.unique(truth * self._results + result, return_inverse=True)
        self.truth, self.result = np.divmod(self._key, self._results)
        self.value = np.bincount(place.reshape(-1), value, len(self._key))

    def places(self, truth: Array, result: Array) -> Array:
        """Where each pair is kept; arrays that broadcast against each other, every pair known."""
        return np.searchsorted(self._key, truth * self._results + result)

    def block(self, truth: Array, result: Array) -> Array:
        """(n,), (m,) identities -> (n, m) numbers, 0 for pairs that are not kept."""
        if not len(self._key):
            return np.zeros((len(truth), len(result)))
        wanted = truth[:, None] * self._results + result[None]
        place = np.minimum(np.searchsorted(self._key, wanted), len(self._key) - 1)
        return np.where(self._key[place] == wanted, self.value[place], 0.0)

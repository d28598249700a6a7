"""Descriptors of single sights, until it is known whose they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from trackway.tracking.indexing import places

__all__ = ["Samples", "mean_by_group", "steadiness"]

Array = npt.NDArray[Any]


class Samples:
    """Looks of one kind as they came, in half precision, which is far finer than descriptors are.

    Attributes:
        width: numbers in a descriptor; 0 until the first came.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self.width = 0
        self._keys: list[Array] = []
        self._looks: list[Array] = []

    def add(self, frame: int, time_ms: int, track: Array, look: Array | None) -> None:
        """Those of one frame; see `LooksBuilder.add_bodies`."""
        if look is None:
            return
        self.width = look.shape[1]
        known = np.flatnonzero((track >= 0) & np.isfinite(look).all(axis=1))
        if len(known):
            self._keys.append(np.stack([np.full(len(known), frame), track[known], np.full(len(known), time_ms)], axis=1))
            self._looks.append(look[known].astype(np.float16))

    def of_persons(self, frame: Array, track: Array, person: Array) -> tuple[Array, Array, Array]:
        """Person, time and look (float32) of every sample whose frame and track is among the rows given; by person, then time."""
        if not self._keys or not len(frame):
            none = np.zeros(0, np.int64)
            return none, none, np.zeros((0, self.width), np.float32)
        keys, looks = np.concatenate(self._keys), np.concatenate(self._looks)
        height = max(int(track.max()), int(keys[:, 1].max())) + 1
        rows, samples = frame.astype(np.int64) * height + track, keys[:, 0] * height + keys[:, 1]
        rows = np.where(track < 0, -1, rows)
        order = np.argsort(rows, kind="stable")
        place = places(rows[order], samples)
        found = place >= 0
        of_person, time_ms, looks = person[order[place[found]]].astype(np.int64), keys[found, 2], looks[found].astype(np.float32)
        by_person = np.lexsort((time_ms, of_person))
        return of_person[by_person], time_ms[by_person], looks[by_person]


def mean_by_group(values: Array, weight: Array, place: Array, groups: int) -> tuple[Array, Array]:
    """(G,) int64 weights and (G, D) float32 weighted means of the values in each group; NaN where nothing weighs."""
    weighs = np.flatnonzero(weight > 0)
    weights = np.bincount(place[weighs], weight[weighs], groups).astype(np.int64)
    shares = csr_array((weight[weighs].astype(np.float64), (place[weighs], np.arange(len(weighs)))), (groups, len(weighs)))
    total = shares @ values[weighs].astype(np.float64)
    mean = np.full(total.shape, np.nan, np.float32)
    np.divide(total, weights[:, None], out=mean, where=weights[:, None] > 0, casting="same_kind")
    return weights, mean


def steadiness(look: Array, place: Array, count: Array) -> Array:
    """(G,) float32 `Looks.body_steady` of looks that are sorted by group and time."""
    rank = np.arange(len(place)) - (np.cumsum(count) - count)[place]
    late = 2 * rank >= count[place]
    ones = np.ones(len(place), np.int64)
    halves = [mean_by_group(look[half], ones[half], place[half], len(count))[1] for half in (~late, late)]
    lengths = [np.linalg.norm(half, axis=1) for half in halves]
    products = np.einsum("ij,ij->i", *halves)
    steady: Array = (products / np.maximum(lengths[0] * lengths[1], 1e-6)).astype(np.float32)
    return steady

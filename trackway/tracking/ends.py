"""How fragments begin and end: place, speed and size there, and how far these can be trusted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import numpy.typing as npt

__all__ = ["WINDOW_SECONDS", "Ends", "ends_of"]

Array = npt.NDArray[Any]

WINDOW_SECONDS = 1.0
"""How much of a fragment tells how it ends."""
_MEASURED = 0.05
"""Least error of a box, in heights."""
_SPEED = 0.6
"""What is known of anybody's speed before looking: heights per second, standard deviation."""
_ALIKE = 0.1
"""Seconds within which boxes err alike: more frames in that time say no more."""
_LEVEL = 0.1
"""Error of the logarithm of a height."""
_HUBER = 1.5
"""Errors above this many standard deviations count in proportion, not in square."""


@dataclasses.dataclass(frozen=True, eq=False)
class Ends:
    """One end of each of N fragments.

    Attributes:
        time: (N,) seconds.
        place: (N, 2) of the centre, in pixels.
        speed: (N, 2) pixels per second.
        place_variance, covariance, speed_variance: (N,) of either coordinate.
        height: (N,) logarithm of pixels.
        height_variance: (N,).
    """

    time: Array
    place: Array
    speed: Array
    place_variance: Array
    covariance: Array
    speed_variance: Array
    height: Array
    height_variance: Array

    @classmethod
    def concatenate(cls, parts: Iterable[Self]) -> Self:
        """All rows of at least one part."""
        tables = list(parts)
        return cls(**{field.name: np.concatenate([getattr(table, field.name) for table in tables]) for field in dataclasses.fields(cls)})

    def __getitem__(self, rows: Array) -> Self:
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in dataclasses.fields(self)})


def ends_of(time: Array, box: Array, fragment: Array, at: Array, trust: Array) -> Ends:
    """Straight lines through what was seen near one end of each fragment; robust against single boxes.

    Bayesian linear regression: before looking, a speed is around nothing, so that a fragment of one row stands still, uncertainly.

    Args:
        time: (R,) seconds of the rows.
        box: (R, 4) centre x, centre y, width, height in pixels.
        fragment: (R,) fragment of each row, 0 to N - 1.
        at: (N,) time of the end asked for; rows further away than `WINDOW_SECONDS` are not used.
        trust: (R,) weight of each row, greater than 0; 1 for one that is plainly seen.

    Returns:
        The ends at those times.
    """
    count = len(at)
    near = np.abs(time - at[fragment]) <= WINDOW_SECONDS
    time, box, fragment, trust = time[near], box[near], fragment[near], trust[near]
    since = time - at[fragment]
    first, last = np.zeros((2, count))
    np.minimum.at(first, fragment, since)
    np.maximum.at(last, fragment, since)
    rows = np.bincount(fragment, minlength=count)
    trust = trust * np.minimum(1, (1 + (last - first) / _ALIKE) / np.maximum(rows, 1))[fragment]
    logarithm = np.log(box[:, 3])
    height, height_variance = _level(logarithm, fragment, count, trust)
    scale = np.exp(height)
    noise = np.full(count, _MEASURED)
    weight = trust
    for _ in range(3):
        total = np.bincount(fragment, weight, count)
        moments = np.stack([total, np.bincount(fragment, weight * since, count), np.bincount(fragment, weight * since**2, count)])
        information = moments / (noise * scale) ** 2
        information[2] += 1 / (_SPEED * scale) ** 2
        determinant = information[0] * information[2] - information[1] ** 2
        place_variance, covariance, speed_variance = (
            information[2] / determinant,
            -information[1] / determinant,
            information[0] / determinant,
        )
        place, speed = np.empty((2, count, 2))
        for axis in range(2):
            first = np.bincount(fragment, weight * box[:, axis], count) / (noise * scale) ** 2
            second = np.bincount(fragment, weight * box[:, axis] * since, count) / (noise * scale) ** 2
            place[:, axis] = place_variance * first + covariance * second
            speed[:, axis] = covariance * first + speed_variance * second
        error = box[:, :2] - place[fragment] - since[:, None] * speed[fragment]
        error = np.sqrt((error**2).mean(axis=1)) / scale[fragment]
        spread = np.sqrt(np.bincount(fragment, weight * error**2, count) / np.maximum(total - 1, 1))
        noise = np.sqrt((_MEASURED**2 * 4 + spread**2 * total) / (total + 4))
        weight = trust * np.minimum(1, _HUBER * noise[fragment] / np.maximum(error, 1e-9))
    return Ends(at, place, speed, place_variance, covariance, speed_variance, height, height_variance)


def _level(value: Array, fragment: Array, count: int, trust: Array) -> tuple[Array, Array]:
    """Mean and its variance, robust."""
    weight = trust
    for _ in range(3):
        total = np.bincount(fragment, weight, count)
        mean = np.bincount(fragment, weight * value, count) / total
        weight = trust * np.minimum(1, _LEVEL / np.maximum(np.abs(value - mean[fragment]), 1e-9))
    return mean, _LEVEL**2 / total

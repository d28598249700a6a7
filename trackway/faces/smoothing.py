"""What was read in a face again and again, made steady over the time in which it was followed (SPEC D39).

    age            mean of the readings, each weighing by its range; readings far from the others are left out. Its range narrows with their
                   number, as far as chance goes: by how much the network is wrong about a person, it is wrong each time
    male           mean of the signed confidences 2 p - 1; so are `real` and `live`
    all that moves weighted mean of the moments before and after, whose weights halve with time alike in both directions: the exponential
                   filter run forwards and backwards, so that nothing comes later than it was. Angles are averaged as directions

Age and gender hold wherever the person's face is; what moves is told only of the moments in which it was read, and points stay where they
were seen, since they are drawn onto the picture.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import FaceTraits
from trackway.faces.ages import EITHER_SIDE

__all__ = ["smooth"]

Array = npt.NDArray[Any]

_AGE_BIAS = 6.0
"""Years by which the network is wrong about a person on average, which no number of readings mends (see docs/fields.md)."""
_AGE_CHANCE = float(np.sqrt(EITHER_SIDE**2 - _AGE_BIAS**2))
"""Years that one reading may be off besides."""
_AGE_GATE, _LEAST_SPREAD = 2.5, 3.0
"""Standard deviations from the median beyond which a reading is left out, and the least of these deviations, in years."""

_MS = MappingProxyType({"emotions": 200.0, "smile": 120.0, "eyes_open": 40.0, "mouth_open": 50.0})
"""Time in which a moment's weight falls to 1/e. A blink lasts 100 to 300 ms and an opening of the lips in speech as long: their constants
leave a blink of 80 ms closed."""
_ANGLES_MS = MappingProxyType({"pose": 60.0, "gaze": 40.0})
_REACH = 5.0
"""Such times after which a moment weighs nothing."""


def smooth(traits: FaceTraits, person: Array, time_ms: Array, scene: Array | None = None) -> FaceTraits:
    """The same rows, steadier.

    Args:
        traits: (N,) what was read; NaN where it was not.
        person: (N,) whose face it is.
        time_ms: (N,) when.
        scene: (N,) in which scene: what moves goes on in none from the one before. None where there is only one.

    Returns:
        (N,) in the same order, whatever that is. Nothing is made up: what was never read of a person stays NaN.
    """
    order = np.lexsort((time_ms, person))
    rows, when = traits[order], time_ms[order].astype(np.float64)
    who = np.unique(person[order], return_inverse=True)[1].reshape(-1)
    shot = who if scene is None else np.unique(np.stack([who, scene[order]]), axis=1, return_inverse=True)[1].reshape(-1)
    steady = {name: _moving(getattr(rows, name), shot, when, reach) for name, reach in _MS.items()}
    steady |= {name: _turning(getattr(rows, name), shot, when, reach) for name, reach in _ANGLES_MS.items()}
    steady |= {name: _mean(getattr(rows, name), who) for name in ("male", "real", "live")}
    steady["age"] = _ages(rows.age, who)
    back = np.argsort(order, kind="stable")
    return traits.replace(**{name: column[back] for name, column in steady.items()})


def _moving(values: Array, who: Array, when: Array, reach_ms: float) -> Array:
    """(N, ...) each cell that is known, averaged with the same person's around it; rows are sorted by person and time."""
    told = np.full(values.shape, np.nan)
    cells = values.reshape(len(values), int(np.prod(values.shape[1:]))).astype(np.float64)
    rows = np.flatnonzero(np.isfinite(cells).any(axis=1))
    cells, who, when = cells[rows], who[rows], when[rows]
    known = np.isfinite(cells).astype(np.float64)
    cells = np.where(known > 0, cells, 0)
    total, weight = cells.copy(), known.copy()
    for lag in range(1, len(rows)):
        apart = when[lag:] - when[:-lag]
        near = (who[lag:] == who[:-lag]) & (apart <= _REACH * reach_ms)
        if not near.any():
            break
        share = np.where(near, np.exp(-apart / reach_ms), 0)[:, None]
        total[lag:] += share * cells[:-lag]
        total[:-lag] += share * cells[lag:]
        weight[lag:] += share * known[:-lag]
        weight[:-lag] += share * known[lag:]
    mean = np.divide(total, weight, out=np.full(cells.shape, np.nan), where=known > 0)
    told[rows] = mean.reshape(-1, *values.shape[1:])
    return told


def _turning(degrees: Array, who: Array, when: Array, reach_ms: float) -> Array:
    """(N, K) the same of angles: 179 and -179 degrees are neighbours."""
    angles = np.radians(degrees.astype(np.float64))
    across, up = (_moving(part, who, when, reach_ms) for part in (np.cos(angles), np.sin(angles)))
    turned: Array = np.degrees(np.arctan2(up, across))
    return turned


def _mean(probability: Array, who: Array) -> Array:
    """(N,) of each person's readings, everywhere in the person's rows."""
    known = np.isfinite(probability)
    count, total = (np.bincount(who[known], weights, who.max(initial=-1) + 1) for weights in (None, probability[known]))
    mean = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    everywhere: Array = mean[who]
    return everywhere


def _ages(ages: Array, who: Array) -> Array:
    """(N, 2) one range for each person, everywhere in the person's rows."""
    ranges = np.full((who.max(initial=-1) + 1, 2), np.nan)
    known = np.flatnonzero(np.isfinite(ages).all(axis=1))
    parts = np.split(known, np.flatnonzero(np.diff(who[known])) + 1)
    for rows in parts if len(known) else []:
        ranges[who[rows[0]]] = _age(ages[rows].astype(np.float64))
    everywhere: Array = ranges[who]
    return everywhere


def _age(ranges: Array) -> Array:
    """(2,) from (K, 2) readings of one person."""
    # The lower end of a small child's range is cut off at 0.
    half = np.where(ranges[:, 0] > 0, (ranges[:, 1] - ranges[:, 0]) / 2, EITHER_SIDE)
    middle = ranges[:, 1] - half
    off = np.abs(middle - np.median(middle))
    spread = max(1.4826 * float(np.median(off)), _LEAST_SPREAD)
    kept = off <= _AGE_GATE * spread
    middle, weight = middle[kept], half[kept] ** -2
    weight = weight / weight.sum()
    mean = (weight * middle).sum()
    chance = max(_AGE_CHANCE**2, float((weight * (middle - mean) ** 2).sum())) * (weight**2).sum()
    either_side = np.sqrt(_AGE_BIAS**2 + chance)
    return np.maximum([mean - either_side, mean + either_side], 0)

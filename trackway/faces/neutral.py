"""What a face looks like at rest: what its expressions are measured against (SPEC F20).

A calibration picture says so. Without one it is told from the track itself: of the frames in which the head faces the camera, those that
look most like faces at rest look. Nobody need ever rest in a video, and a short one says little: so the answer lies between what was seen
and the average face, nearer to what was seen the more there is of it and the more it looks at rest.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from trackway.columns import MEASURE_NAMES
from trackway.tracking.angles import turned_by

__all__ = ["AVERAGE", "SPREAD", "Neutral", "neutral_from", "neutral_of"]

Array = npt.NDArray[Any]

_AT_REST = {
    "lid": (0.34, 0.04), "lidGap": (0.80, 0.11), "upperLid": (0.53, 0.11), "lowerLid": (-0.26, 0.07),
    "browInner": (1.91, 0.25), "browMiddle": (2.09, 0.25), "browOuter": (1.55, 0.18), "eyeBag": (-1.70, 0.08), "cheek": (-3.26, 0.11),
    "noseWing": (-3.86, 0.07), "fold": (-4.07, 0.10), "cornerHeight": (-6.66, 0.25), "cornerOut": (2.65, 0.21),
    "cornerDepth": (-1.61, 0.18), "cornerThickness": (0.44, 0.03),
    "upperLipSide": (-6.18, 0.14), "lowerLipSide": (-7.23, 0.22), "lipGapSide": (0.16, 0.06), "cheekDepth": (-2.19, 0.09),
    "browDistance": (2.67, 0.14), "noseRoot": (1.68, 0.24), "noseWidth": (4.18, 0.20), "mouthWidth": (5.34, 0.37),
    "mouthAside": (0.0, 0.04), "upperLip": (-6.04, 0.12), "lowerLip": (-7.64, 0.25), "lipGap": (0.15, 0.07),
    "upperThickness": (0.61, 0.06), "lowerThickness": (0.91, 0.08), "upperDepth": (0.27, 0.07), "lowerDepth": (0.14, 0.09),
    "jawDrop": (6.13, 0.30), "jawAside": (0.0, 0.10), "jawDepth": (4.14, 0.29), "chin": (-1.90, 0.23),
}  # fmt: skip
"""Measure -> its median over 36 people who were photographed from the front, at rest and with closed lips, and how they differ (1.48 times
the median deviation)."""

_UPPER = ("lid", "upperLid", "lowerLid", "brow", "eyeBag", "noseRoot")
"""Beginnings of the names of what belongs to the upper face; brows may rest while somebody talks, so each half has frames of its own."""
_MOST_TURNED = 25.0
"""Degrees of yaw or pitch up to which a frame may show a face at rest."""
_QUIET = 0.2
"""Share of the frames from which the face at rest is told; more would let in the moments before and after an expression."""
_LEAST_FRAMES, _HALF_SURE_FRAMES = 5, 10
"""Of such frames: as many at least, where there are so many; and the number at which half of the answer is theirs."""
_LIKE_REST, _UNLIKE_REST = 1.5, 4.0
"""Mean square distance from the average in spreads: what people at rest differ by, and how much more takes away most of the trust."""
_FARTHEST = 4.0
"""Spreads at which a measure's distance ends to count: an eye that is closed or a mouth that is open is one sign, not all of them."""


def _of_average(which: int) -> Array:
    return np.array([(_AT_REST.get(name) or _AT_REST[_unsided(name)])[which] for name in MEASURE_NAMES])


def _unsided(name: str) -> str:
    base = name.removesuffix("Left").removesuffix("Right")
    return f"{base}Side" if f"{base}Side" in _AT_REST else base


AVERAGE, SPREAD = _of_average(0), _of_average(1)
"""(M,) the face at rest of nobody in particular, and how people differ from it."""

_IS_UPPER = np.array([name.startswith(_UPPER) for name in MEASURE_NAMES])


@dataclasses.dataclass(frozen=True)
class Neutral:
    """A face at rest.

    Attributes:
        measures: (M,) in the order of `columns.MEASURE_NAMES`; NaN where it is not known.
        certain: 0..1, how much of it is the person's own and not the average's.
        source: where it comes from: a picture that was said to show it, a track, or only the average.
        pose: (3,) roll, yaw, pitch in degrees of the head at rest; zeros where nothing says otherwise.
    """

    measures: Array
    certain: float
    source: Literal["calibration", "track", "average"]
    pose: Array = dataclasses.field(default_factory=lambda: np.zeros(3))


def neutral_from(measures: Array, pose: Array | None = None) -> Neutral:
    """The face at rest as a calibration picture shows it.

    Args:
        measures: (M,) of that picture. Where it has none the average stands in.
        pose: (3,) roll, yaw, pitch in degrees there.
    """
    known = np.isfinite(measures)
    if not known.any():
        return Neutral(AVERAGE, 0.0, "average")
    straight = np.zeros(3) if pose is None or not np.isfinite(pose).all() else np.asarray(pose, np.float64)
    return Neutral(np.where(known, measures, AVERAGE), 1.0, "calibration", straight)


def neutral_of(measures: Array, pose: Array) -> Neutral:
    """The face at rest as one person's frames let suppose.

    Args:
        measures: (N, M), rows of NaN where nothing was seen.
        pose: (N, 3) roll, yaw, pitch in degrees.
    """
    seen = np.isfinite(measures[:, ~np.char.startswith(MEASURE_NAMES, "lid")]).all(axis=1)
    frontal = seen & (np.abs(pose[:, 1:]) <= _MOST_TURNED).all(axis=1)
    rows = measures[frontal].astype(np.float64)
    if not len(rows):
        return Neutral(AVERAGE, 0.0, "average")
    neutral, trust = AVERAGE.copy(), []
    away = np.minimum(np.abs(rows - AVERAGE) / SPREAD, _FARTHEST) ** 2
    for part in (_IS_UPPER, ~_IS_UPPER):
        unrest = np.nanmean(away[:, part], axis=1)
        quiet = np.argsort(unrest, kind="stable")[: max(_LEAST_FRAMES, round(_QUIET * len(rows)))]
        excess = max(float(np.median(unrest[quiet])) - _LIKE_REST, 0.0)
        trust.append(float(len(rows) / (len(rows) + _HALF_SURE_FRAMES) * np.exp(-excess / _UNLIKE_REST)))
        centre = _median(rows[np.ix_(quiet, np.flatnonzero(part))])
        neutral[part] += trust[-1] * np.where(np.isfinite(centre), centre - AVERAGE[part], 0.0)
    head = pose[frontal].astype(np.float64)
    middle = head[0] + np.median(turned_by(head - head[0]), axis=0)  # of a head upside down, 179 and -179 degrees are neighbours
    return Neutral(neutral, sum(trust) / len(trust), "track", turned_by(middle))


def _median(rows: Array) -> Array:
    """(M,) of each column's finite values; NaN for a column without any."""
    known = np.isfinite(rows).any(axis=0)
    middle = np.full(rows.shape[1], np.nan)
    middle[known] = np.nanmedian(rows[:, known], axis=0)
    return middle

"""How lively a face is: what it does of itself along a track, counted (SPEC D37, D38). A picture that somebody holds up does nothing.

A head that turns to a side or looks up, a mouth that opens, a smile, eyes that open again after a blink: each is a value 0..1 that must
rise over one threshold after it was below a lower one, so that what trembles at a threshold is not counted, and what follows too soon is
not either. Each turn seen makes what was left of the doubt less by the same share. It is advice: a video on a screen is lively, somebody
who sits still is not, and a picture that is turned before the camera counts as a head that turns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import FaceTraits

__all__ = ["LEAST_SIGHTS", "head_features", "liveness"]

Array = npt.NDArray[Any]

LEAST_SIGHTS = 10
"""Readings below which nothing is said."""
_TRAIL = 100
"""Readings, one after the other, of which the most that was counted is the answer: who is long in the picture is not the livelier."""
_SENSITIVITY = 0.3
"""Share of the doubt that each takes."""
_LOW, _HIGH = 0.35, 0.6
_HOLD_OFF_MS = 300
_FULL_TURN, _FULL_TILT, _FULL_RAISE = 45.0, 45.0, 30.0
"""Degrees of yaw, roll and pitch that are 1."""


def head_features(pose: Array) -> Array:
    """How far heads are turned, each 0..1 (SPEC D37); left is where the nose goes to the image's right, as there.

    Args:
        pose: (N, 3) roll, yaw, pitch in degrees, see `faces.pose`.

    Returns:
        (N, 5) turned left, turned right, tilted left, tilted right, tilted up; NaN where the pose is.
    """
    roll, yaw, pitch = pose.astype(np.float64).T
    parts = (yaw / _FULL_TURN, -yaw / _FULL_TURN, -roll / _FULL_TILT, roll / _FULL_TILT, pitch / _FULL_RAISE)
    return np.stack(parts, axis=1).clip(0, 1)


def liveness(traits: FaceTraits, time_ms: Array) -> float:
    """How lively one person's face was, 0..1; NaN where it was read too seldom.

    Args:
        traits: (N,) of that person, in the order of time.
        time_ms: (N,) when.
    """
    turned_left, turned_right, _, _, raised = head_features(traits.pose).T
    values = (turned_left, turned_right, raised, traits.mouth_open, traits.smile, traits.eyes_open)
    read = np.isfinite(np.stack(values)).any(axis=0).nonzero()[0]
    if len(read) < LEAST_SIGHTS:
        return float("nan")
    rises = np.sort(np.concatenate([_rises(value[read], time_ms[read]) for value in values]))
    within = np.arange(1, len(rises) + 1) - np.searchsorted(rises, rises - _TRAIL, side="right")
    return float(1 - (1 - _SENSITIVITY) ** within.max(initial=0))


def _rises(values: Array, time_ms: Array) -> Array:
    """Where a value comes over the upper threshold for the first time since it was below the lower, and not just after another time."""
    with np.errstate(invalid="ignore"):
        clear = ((values > _HIGH) | (values < _LOW)).nonzero()[0]
    above = values[clear] > _HIGH
    rises = clear[1:][above[1:] & ~above[:-1]]
    kept: list[int] = []
    for rise in rises.tolist():
        if not kept or time_ms[rise] - time_ms[kept[-1]] >= _HOLD_OFF_MS:
            kept.append(rise)
    return np.array(kept, np.int64)

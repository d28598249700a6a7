"""Where boxes will be: one Kalman filter per track, all tracks computed at once.

Centre and size each follow a constant speed that random accelerations disturb (continuous white-noise acceleration; Bar-Shalom, Li,
Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, section 6.2), changes of size dying away. The four
components disturb each other in nothing, so that the usual 8 x 8 filter falls apart into four of two numbers each: position and
speed. Time is in seconds, so that frames may come at any distance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.tracking.config import MotionConfig

__all__ = ["MotionFilter"]

Array = npt.NDArray[Any]

_FOREVER = 1e9
"""Seconds; the speed of a centre does not die away."""

_POSITION, _SPEED, _POSITION_VARIANCE, _COVARIANCE, _SPEED_VARIANCE = range(5)


class MotionFilter:
    """State of T tracks; rows are tracks, in the order in which they were added.

    Boxes are (T, 4) centre x, centre y, width, height in any one unit; errors scale with the height.
    """

    def __init__(self, config: MotionConfig) -> None:
        self._measured = np.repeat(config.measured, 2)
        self._acceleration = np.repeat(config.acceleration, 2)
        self._first_speed = np.repeat(config.first_speed, 2)
        self._memory = np.repeat([_FOREVER, config.size_memory], 2)
        self._state = np.zeros((0, 5, 4))

    def __len__(self) -> int:
        return len(self._state)

    @property
    def box(self) -> Array:
        """(T, 4) the boxes now expected."""
        return self._state[:, _POSITION]

    def add(self, box: Array) -> None:
        """New tracks, seen once."""
        state = np.zeros((len(box), 5, 4))
        height = box[:, 3:]
        state[:, _POSITION] = box
        state[:, _POSITION_VARIANCE] = (self._measured * height) ** 2
        state[:, _SPEED_VARIANCE] = (self._first_speed * height) ** 2
        self._state = np.concatenate([self._state, state])

    def keep(self, tracks: Array) -> None:
        """Forget all tracks but those of a (T,) mask."""
        self._state = self._state[tracks]

    def predict(self, seconds: float) -> None:
        """Let time pass."""
        if seconds == 0 or not len(self._state):
            return
        position, speed, position_variance, covariance, speed_variance = self._state.swapaxes(0, 1)
        # A speed that dies away with time constant m has covered m (1 - exp(-t / m)) of its own after t.
        decay = np.exp(-seconds / self._memory)
        way = -self._memory * np.expm1(-seconds / self._memory)
        disturbance = (self._acceleration * position[:, 3:]) ** 2
        position += way * speed
        position_variance += 2 * way * covariance + way**2 * speed_variance + disturbance * (seconds**3 / 3)
        covariance[:] = decay * (covariance + way * speed_variance) + disturbance * (seconds**2 / 2)
        speed *= decay
        speed_variance[:] = decay**2 * speed_variance + disturbance * seconds
        np.maximum(position[:, 2:], 1e-6, out=position[:, 2:])

    def correct(self, tracks: Array, box: Array, error: Array) -> None:
        """Take in what was seen.

        Args:
            tracks: (N,) rows of the tracks seen, each at most once.
            box: (N, 4) their detected boxes.
            error: (N,) how many times larger than usual the error of each box is.
        """
        seen = self._state[tracks]
        position, speed, position_variance, covariance, speed_variance = seen.swapaxes(0, 1)
        total = position_variance + (self._measured * box[:, 3:] * error[:, None]) ** 2
        position_gain = position_variance / total
        speed_gain = covariance / total
        surprise = box - position
        position += position_gain * surprise
        speed += speed_gain * surprise
        speed_variance -= speed_gain * covariance
        position_variance *= 1 - position_gain
        covariance *= 1 - position_gain
        self._state[tracks] = seen

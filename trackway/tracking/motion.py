"""Where boxes will be: one Kalman filter per track, all tracks computed at once.

Centre and size each follow a constant speed that random accelerations disturb (continuous white-noise acceleration; Bar-Shalom, Li,
Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, section 6.2), changes of size dying away. The four
components disturb each other in nothing, so that the usual 8 x 8 filter falls apart into four of two numbers each: position and
speed. Time is in seconds, so that frames may come at any distance.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.tracking.config import MotionConfig

__all__ = ["MotionFilter"]

Array = npt.NDArray[Any]

_FOREVER = 1e9
"""Seconds; the speed of a centre does not die away."""
_SMALLEST = 1e-6

_X, _Y, _WIDTH, _HEIGHT = range(4)
_POSITION, _SPEED, _POSITION_VARIANCE, _COVARIANCE, _SPEED_VARIANCE = range(5)


class MotionFilter:
    """State of T tracks, in the order in which they were added.

    Boxes are (4, T) centre x, centre y, width, height in any one unit, a column per track; errors scale with the height.
    """

    def __init__(self, config: MotionConfig) -> None:
        self._config = config
        self._measured = np.repeat(config.measured, 2)[:, None]
        self._acceleration = np.repeat(config.acceleration, 2)
        self._first_speed = np.repeat(config.first_speed, 2)[:, None]
        self._memory = np.repeat([_FOREVER, config.size_memory], 2)
        self._state = np.zeros((4, 5, 0))
        self._step = (0.0, np.zeros((4, 5, 5)), np.zeros((4, 5, 1)))

    def __len__(self) -> int:
        return self._state.shape[2]

    @property
    def box(self) -> Array:
        """(4, T) the boxes now expected."""
        return self._state[:, _POSITION]

    @property
    def spread(self) -> Array:
        """(T,) standard deviation of the centre expected, in heights."""
        spread: Array = np.sqrt(self._state[_X, _POSITION_VARIANCE]) / self._state[_HEIGHT, _POSITION]
        return spread

    def add(self, box: Array) -> None:
        """New tracks, (4, N), seen once."""
        state = np.zeros((4, 5, box.shape[1]))
        state[:, _POSITION] = box
        state[:, _POSITION_VARIANCE] = (self._measured * box[_HEIGHT]) ** 2
        state[:, _SPEED_VARIANCE] = (self._first_speed * box[_HEIGHT]) ** 2
        self._state = np.concatenate([self._state, state], axis=2)

    def keep(self, tracks: Array) -> None:
        """Forget all tracks but those of a (T,) mask or of ascending numbers."""
        self._state = self._state[:, :, tracks]

    def predict(self, seconds: float) -> None:
        """Let time pass."""
        if seconds == 0 or not len(self):
            return
        if seconds != self._step[0]:
            self._step = (seconds, *self._transition(seconds))
        _, transition, disturbance = self._step
        moved = transition @ self._state
        moved += disturbance * self.box[_HEIGHT] ** 2
        sizes = moved[_WIDTH:, _POSITION]
        np.maximum(sizes, _SMALLEST, out=sizes)
        self._state = moved

    def move(self, motion: Array) -> None:
        """The camera moved: everything expected moves along.

        Args:
            motion: (4,) as in `camera.Camera`.
        """
        a, b, x, y = motion.tolist()
        if (a, b, x, y) == (1, 0, 0, 0) or not len(self):
            return
        zoom = math.hypot(a, b)
        # Turns between two frames are small: the uncertainty of x and y is not mixed.
        self._state *= np.array([zoom, zoom, zoom**2, zoom**2, zoom**2])[:, None]
        centre = self._state[:_WIDTH, :_POSITION_VARIANCE]
        turned = np.array([[a, -b], [b, a]]) / zoom @ centre.reshape(2, -1)
        centre[:] = turned.reshape(centre.shape)
        centre[:, _POSITION] += np.array([[x], [y]])

    def correct(self, tracks: Array, box: Array, covered: Array) -> None:
        """Take in what was seen.

        Of somebody who stands behind another, a detector often boxes only what is left to see. Such a box says little of size and
        height in the picture, and if it is shorter than expected, little of the place to left and right either.

        Args:
            tracks: (N,) the tracks seen, each at most once.
            box: (4, N) their detected boxes.
            covered: (N,) 0..1, how much of each box somebody nearer covers.
        """
        seen = self._state[:, :, tracks]
        position, speed, position_variance, covariance, speed_variance = seen.swapaxes(0, 1)
        error = self._measured * box[_HEIGHT]
        if covered.any():
            doubt = self._config.hidden_error * covered**3
            short = np.maximum(1 - box[_HEIGHT] / position[_HEIGHT], 0) / self._config.hidden_short
            error[_X] *= 1 + doubt * np.minimum(short, 1)
            error[_Y:] *= 1 + doubt
        total = position_variance + error**2
        position_gain = position_variance / total
        speed_gain = covariance / total
        surprise = box - position
        position += position_gain * surprise
        speed += speed_gain * surprise
        speed_variance -= speed_gain * covariance
        rest = 1 - position_gain
        position_variance *= rest
        covariance *= rest
        self._state[:, :, tracks] = seen

    def _transition(self, seconds: float) -> tuple[Array, Array]:
        """(4, 5, 5) what a state becomes, and (4, 5, 1) what random acceleration adds for a height of 1."""
        memory = self._memory
        # A speed that dies away with time constant m has covered m (1 - exp(-t / m)) of its own after t.
        decay, way = np.exp(-seconds / memory), -memory * np.expm1(-seconds / memory)
        transition, disturbance = np.zeros((4, 5, 5)), np.zeros((4, 5, 1))
        transition[:, _POSITION, _POSITION] = transition[:, _POSITION_VARIANCE, _POSITION_VARIANCE] = 1
        transition[:, _POSITION, _SPEED] = way
        transition[:, _SPEED, _SPEED] = transition[:, _COVARIANCE, _COVARIANCE] = decay
        transition[:, _POSITION_VARIANCE, _COVARIANCE] = 2 * way
        transition[:, _POSITION_VARIANCE, _SPEED_VARIANCE] = way**2
        transition[:, _COVARIANCE, _SPEED_VARIANCE] = decay * way
        transition[:, _SPEED_VARIANCE, _SPEED_VARIANCE] = decay**2
        of_acceleration = np.array([0, 0, seconds**3 / 3, seconds**2 / 2, seconds])[:, None]
        disturbance[:] = self._acceleration[:, None, None] ** 2 * of_acceleration
        return transition, disturbance

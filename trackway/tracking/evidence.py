"""What places, speeds and sizes say about whether one fragment goes on as another: logarithms of likelihood ratios, in nats.

Somebody out of sight goes on at a speed that random accelerations disturb (continuous white-noise acceleration; Bar-Shalom, Li,
Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, section 6.2), or stays about where they were. Somebody
else may begin anywhere, at any speed.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.tracking.ends import Ends

__all__ = ["Dynamics", "likeliest_dynamics", "motion_evidence", "motion_likelihood", "size_likelihood"]

Array = npt.NDArray[Any]

_STAYS = 0.25
"""Share of people out of sight who do not go on as they went."""
_ERRS = 0.03
"""Share of fragments whose ends are badly known: they may be a height or so off,"""
_ERROR = 1.0
_ANY_SPEED = 0.7
"""Heights per second, standard deviation over all people."""
_ANY_HEIGHT = 0.5
"""Logarithm, standard deviation of the ratio of two people's heights."""
_ACCELERATIONS = np.geomspace(0.05, 2, 12).tolist()
_WANDERS = np.geomspace(0.05, 1, 6).tolist()
_GROWTHS = np.geomspace(0.03, 0.6, 6).tolist()


@dataclasses.dataclass(frozen=True)
class Dynamics:
    """How unpredictably people move in one video; every value for one second.

    Attributes:
        acceleration: change of speed, heights per second.
        wander: way of those who stay, heights.
        growth: change of the logarithm of the height.
    """

    acceleration: float = 0.3
    wander: float = 0.2
    growth: float = 0.15


def motion_likelihood(ends: Ends, starts: Ends, dynamics: Dynamics) -> Array:
    """(J,) logarithm of the density of how each start is, given that it continues the end before it.

    Args:
        ends, starts: (J,) of each pair.
        dynamics: of the video.
    """
    seconds = starts.time - ends.time
    height = np.exp((ends.height + starts.height) / 2)
    q = dynamics.acceleration**2
    place = ends.place_variance + 2 * seconds * ends.covariance + seconds**2 * ends.speed_variance + starts.place_variance
    place = place / height**2 + q * seconds**3 / 3
    mixed = (ends.covariance + seconds * ends.speed_variance + starts.covariance) / height**2 + q * seconds**2 / 2
    speed = (ends.speed_variance + starts.speed_variance) / height**2 + q * seconds
    change = (starts.speed - ends.speed) / height[:, None]
    moved = (starts.place - ends.place) / height[:, None]
    goes = _normal2(moved - seconds[:, None] * ends.speed / height[:, None], change, place, mixed, speed)
    settled = (ends.place_variance + starts.place_variance) / height**2 + dynamics.wander**2 * seconds
    any_speed = _unrelated_speed(starts)
    stays = _normal(moved, settled[:, None]).sum(axis=1) + any_speed
    errs = _normal(moved, (settled + _ERROR**2 * (1 + seconds))[:, None]).sum(axis=1) + any_speed
    likeliest = np.logaddexp(np.log(1 - _STAYS - _ERRS) + goes, np.log(_STAYS) + stays)
    density: Array = np.logaddexp(likeliest, np.log(_ERRS) + errs)
    return density


def size_likelihood(ends: Ends, starts: Ends, dynamics: Dynamics) -> Array:
    """(J,) the same of the heights."""
    seconds = starts.time - ends.time
    variance = ends.height_variance + starts.height_variance + 0.05**2 + dynamics.growth**2 * seconds
    density: Array = np.logaddexp(
        np.log(1 - _ERRS) + _normal(starts.height - ends.height, variance),
        np.log(_ERRS) + _normal(starts.height - ends.height, variance + 0.3**2),
    )
    return density


def motion_evidence(ends: Ends, starts: Ends, dynamics: Dynamics, area: float) -> Array:
    """(J,) nats for each pair being one person, as far as motion tells.

    Args:
        ends, starts: (J,) of each pair.
        dynamics: of the video.
        area: square pixels in which people appear.
    """
    height = np.exp((ends.height + starts.height) / 2)
    unrelated = -np.log(area / height**2) + _unrelated_speed(starts)
    size = size_likelihood(ends, starts, dynamics) - _normal(starts.height - ends.height, np.full(len(height), _ANY_HEIGHT**2))
    evidence: Array = motion_likelihood(ends, starts, dynamics) - unrelated + size
    return evidence


def likeliest_dynamics(ends: Ends, starts: Ends) -> Dynamics:
    """The dynamics under which those who are known to go on do so; see `hiding`."""
    if not len(ends.time):
        return Dynamics()
    tried = [Dynamics(acceleration, wander) for acceleration in _ACCELERATIONS for wander in _WANDERS]
    best = tried[int(np.argmax([motion_likelihood(ends, starts, dynamics).mean() for dynamics in tried]))]
    grown = [dataclasses.replace(best, growth=growth) for growth in _GROWTHS]
    return grown[int(np.argmax([size_likelihood(ends, starts, dynamics).mean() for dynamics in grown]))]


def _unrelated_speed(starts: Ends) -> Array:
    height = np.exp(starts.height)[:, None]
    variance = _ANY_SPEED**2 + starts.speed_variance[:, None] / height**2
    total: Array = _normal(starts.speed / height, variance).sum(axis=1)
    return total


def _normal(error: Array, variance: Array) -> Array:
    density: Array = -0.5 * (error**2 / variance + np.log(2 * np.pi * variance))
    return density


def _normal2(first: Array, second: Array, variance: Array, covariance: Array, other_variance: Array) -> Array:
    """Density of (J, 2) pairs of errors, both axes alike and independent: the second, then the first given the second."""
    gain = (covariance / other_variance)[:, None]
    left = variance - covariance**2 / other_variance
    density: Array = (_normal(second, other_variance[:, None]) + _normal(first - gain * second, left[:, None])).sum(axis=1)
    return density

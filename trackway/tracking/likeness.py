"""From cosines of descriptors to evidence: how many times likelier they are of one person than of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.models.pack import Calibration, closeness

__all__ = ["calibrate", "directions"]

Array = npt.NDArray[Any]

_PRIOR_WEIGHT = 20.0
"""Pairs of a video that weigh as much as what was known before."""
_DRIFT = 0.35
"""By how much people come apart from themselves, in closeness, over a gap rather than within one track: the light and the pose change."""
_NEIGHBOURS = 8
"""Rows are compared with so many that begin after them; enough, and in proportion to their number."""


def calibrate(prior: Calibration, unit: Array, known: Array, steady: Array, span: Array) -> Calibration:
    """What closeness means in one video, learned from its own people without knowing who is who.

    The two halves of a track show one person, two tracks that are seen at the same time show two. How close either kind of pair is differs
    more between videos (light, camera, distance) than within one; evidence on this scale costs a quarter less (in bits of C_llr, over five
    videos) than on one scale for all.

    Args:
        prior: of the descriptor; few pairs leave it nearly as it is.
        unit: (P, D) from `directions`.
        known: (P,) bool likewise.
        steady: (P,) cosine between the halves of each track; NaN where unknown.
        span: (P, 2) time of the first and of the last look.
    """
    halves = closeness(steady[known & np.isfinite(steady)]) - _DRIFT
    apart = closeness(_simultaneous(unit[known], span[known]))
    same = (_PRIOR_WEIGHT * prior.same + halves.sum()) / (_PRIOR_WEIGHT + len(halves))
    different = (_PRIOR_WEIGHT * prior.different + apart.sum()) / (_PRIOR_WEIGHT + len(apart))
    scatter = sum(float(((values - values.mean()) ** 2).sum()) for values in (halves, apart) if len(values))
    variance = (_PRIOR_WEIGHT * prior.spread**2 + scatter / 2) / (_PRIOR_WEIGHT + (len(halves) + len(apart)) / 2)
    if same <= different:  # nobody here can be told apart
        return Calibration(same=prior.same, different=prior.different, spread=prior.spread, cap=0.0)
    return Calibration(same=float(same), different=float(different), spread=float(np.sqrt(variance)), cap=prior.cap)


def directions(look: Array, count: Array) -> tuple[Array, Array]:
    """(P, D) float32 unit vectors, zero where there is none; (P,) bool where there is one."""
    filled = np.where((count > 0)[:, None], look, 0)
    length = np.linalg.norm(filled, axis=1)
    known = length > 0
    return (filled / np.where(known, length, 1)[:, None]).astype(np.float32), known


def _simultaneous(unit: Array, span: Array) -> Array:
    """(N,) cosines of rows that are seen at the same time, each with a few of those that begin after it."""
    order = np.lexsort((span[:, 1], span[:, 0]))
    unit, first, last = unit[order], span[order, 0], span[order, 1]
    cosines = [np.zeros(0)]
    for step in range(1, min(_NEIGHBOURS, len(unit) - 1) + 1):
        together = first[step:] < np.minimum(last[:-step], last[step:])
        cosines.append(np.einsum("ij,ij->i", unit[:-step][together], unit[step:][together]))
    return np.concatenate(cosines)

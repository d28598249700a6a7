"""Whether those who are lost come back: a detector that sees people behind others loses hardly anybody but those who leave.

Then whoever appears where a track ended is a stranger, and waiting only gives the track to somebody else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import AnalysedFrames, Tracks
from trackway.tracking.config import AssociationConfig
from trackway.tracking.cover import covered
from trackway.tracking.indexing import ranges

__all__ = ["chance_of_return", "shortest_wait"]

Array = npt.NDArray[Any]

_HIDDEN = 0.6
"""Share of a box behind somebody nearer from which on detectors usually lose it."""
_BELIEF_SECONDS = 1.0
"""Hidden people seen, and as long missed, that are believed before looking: a few sights prove nothing."""
_USUAL = 0.5
"""Hidden boxes missed for each one seen, from which on people are lost as usual; published detections have 3 to 11, truth 0.1."""
_BY_CHANCE, _CERTAIN = 0.4, 0.7
"""Tracks that seem to be found again for each one that ends: strangers who appear where others left make it the first at most; from the
second on, people must have come back."""
_MISSED_BY_CHANCE = 4
"""Frames in a row: one time in a thousand, where every sixth box is missed."""


def chance_of_return(tracks: Tracks, frames: AnalysedFrames, frame_rate: float, config: AssociationConfig) -> float:
    """0..1, of what is usual: 1 where detections say that people get lost and come back, or too little is known.

    People get lost behind others; and in the open, if more tracks are found again than strangers account for.

    Args:
        tracks: (N,) rows as they were seen, in pixels, of tracks that waited as long as is usual.
        frames: (F,) every analysed frame.
        frame_rate: frames per second.
        config: with which these tracks were made.
    """
    order = np.lexsort((tracks.frame, tracks.tracklet))
    seen = tracks[order]
    box, place = seen.box.astype(np.float64), np.searchsorted(frames.frame, seen.frame)
    going_on = np.diff(seen.tracklet) == 0
    between, before = ranges(place[:-1] + 1, np.where(going_on, place[1:], 0))
    share = (between - place[before]) / (place[before + 1] - place[before])
    missed = box[before] + share[:, None] * (box[before + 1] - box[before])
    hidden = covered(np.concatenate([place, between]), np.concatenate([box, missed])) >= _HIDDEN
    belief = _BELIEF_SECONDS * frame_rate
    missed_for_seen = (hidden[len(box) :].sum() + belief) / (hidden[: len(box)].sum() + belief)
    # Squared, since whoever sees most of the hidden loses next to nobody for long.
    behind = min(missed_for_seen / _USUAL, 1.0) ** 2
    found_again = int((going_on & (np.diff(seen.time_ms) > 1000 * shortest_wait(frame_rate, config))).sum())
    ended = _ended(seen, int(frames.time_ms.max(initial=0)) - round(1000 * config.lost_seconds), config.trial_hits)
    in_the_open = ((found_again + 1) / (ended + 1) - _BY_CHANCE) / (_CERTAIN - _BY_CHANCE)
    return float(max(behind, min(in_the_open, 1.0)))


def shortest_wait(frame_rate: float, config: AssociationConfig) -> float:
    """Seconds for which any detector may miss anybody, by chance alone."""
    return min(max(config.recent_seconds, _MISSED_BY_CHANCE / frame_rate), config.lost_seconds)


def _ended(seen: Tracks, before_ms: int, least_hits: int) -> int:
    """How many tracks, of rows sorted by track and time, ended for good; glimpses are not counted, most of which are false."""
    last = np.flatnonzero(np.diff(seen.tracklet, append=-1))
    hits = np.diff(last, prepend=-1)
    return int(((hits >= least_hits) & (seen.time_ms[last] < before_ms)).sum())

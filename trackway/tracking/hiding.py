"""Pieces of tracks that are hidden to see how well they would have been guessed: what one video says about its own gaps."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.tracking.ends import WINDOW_SECONDS, Ends, ends_of
from trackway.tracking.indexing import dense, ranges

__all__ = ["Hidden", "hide"]

Array = npt.NDArray[Any]

_EVERY = 0.5
"""Seconds of a track between pieces."""
_LOOSE = 1.3
"""Where rows are missing anyway, a piece may be longer than asked for by this factor."""
_MOST = 2000
"""Pieces say no more when they are more."""


@dataclasses.dataclass(frozen=True, eq=False)
class Hidden:
    """H pieces of tracks that are imagined away; what is hidden lies between two rows that are not.

    Attributes:
        time: (N,) seconds of all rows, sorted by track, then time.
        key: (N,) rises with every row, by more than any window from track to track.
        order: (N,) where these rows are in the tables they come from.
        before, after: (H,) sorted rows next to each piece.
    """

    time: Array
    key: Array
    order: Array
    before: Array
    after: Array

    @property
    def seconds(self) -> Array:
        """(H,) from the row before to the row after."""
        length: Array = self.time[self.after] - self.time[self.before]
        return length

    def inside(self) -> tuple[Array, Array]:
        """What is hidden: (R,) row of the tables, and (R,) the piece it is of."""
        rows, piece = ranges(self.before + 1, self.after)
        return self.order[rows], piece

    def ends(self, box: Array, trust: Array) -> tuple[Ends, Ends]:
        """How tracks end before the pieces and begin after them, as if nothing else were known of them.

        Args:
            box: (N, 4) centre x, centre y, width, height in pixels, rows as in the tables.
            trust: (N,) weight of each row, likewise.
        """
        earliest = np.searchsorted(self.key, self.key[self.before] - WINDOW_SECONDS)
        latest = np.searchsorted(self.key, self.key[self.after] + WINDOW_SECONDS, "right")
        sides = []
        for at, first, last in ((self.before, earliest, self.before + 1), (self.after, self.after, latest)):
            rows, piece = ranges(first, last)
            sides.append(ends_of(self.time[rows], box[self.order[rows]], piece, self.time[at], trust[self.order[rows]]))
        return sides[0], sides[1]


def hide(time: Array, track: Array, seconds: float) -> Hidden:
    """Pieces of about that length, evenly over all tracks.

    Args:
        time: (N,) seconds of every row.
        track: (N,) track of it.
        seconds: greater than 0.
    """
    order = np.lexsort((time, track))
    clock = time[order]
    place = dense(track[order])
    apart = (clock.max(initial=0) - clock.min(initial=0)) + _LOOSE * seconds + 2 * WINDOW_SECONDS
    key = clock + place * apart
    turn = np.floor(clock / _EVERY)
    before = np.flatnonzero(np.concatenate([[True], (turn[1:] != turn[:-1]) | (place[1:] != place[:-1])])[: len(clock)])
    after = np.searchsorted(key, key[before] + seconds - 1e-6)
    inside = after < len(key)
    before, after = before[inside], after[inside]
    found = (key[after] - key[before] <= _LOOSE * seconds) & (after - before >= 2)
    before, after = before[found], after[found]
    if len(before) > _MOST:
        chosen = np.linspace(0, len(before) - 1, _MOST).astype(np.int64)
        before, after = before[chosen], after[chosen]
    return Hidden(clock, key, order, before, after)

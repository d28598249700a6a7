"""Frame numbers, and which frames to take, from presentation times alone: every run and every segment agrees on both."""

from __future__ import annotations

import bisect
import math

__all__ = ["REORDER_DEPTH", "Timeline", "enters_sample"]

REORDER_DEPTH = 17
"""One more than the pictures that a codec may store before one that is shown earlier."""

_REMEMBERED = 8 * REORDER_DEPTH


def enters_sample(time_ms: int, before_ms: int | None, sample_fps: float) -> bool:
    """Whether a frame begins another 1 / `sample_fps` of a second than the frame before it; 0 takes every frame."""
    if sample_fps == 0 or before_ms is None:
        return True
    return math.floor(time_ms * sample_fps / 1000) != math.floor(before_ms * sample_fps / 1000)


class Timeline:
    """The presentation times that a file has listed lately, sorted."""

    def __init__(self, start_pts: int, first_number: int) -> None:
        """Begin with the frame at `start_pts`, whose number is `first_number`; earlier ones are ignored."""
        self._start_pts = start_pts
        self._forgotten = first_number
        self._pts: list[int] = []

    def add(self, pts: int) -> None:
        """The file lists a picture at `pts`; two at one time count once."""
        place = bisect.bisect_left(self._pts, pts)
        if pts < self._start_pts or (place < len(self._pts) and self._pts[place] == pts):
            return
        self._pts.insert(place, pts)
        if len(self._pts) > _REMEMBERED:
            del self._pts[: _REMEMBERED // 2]
            self._forgotten += _REMEMBERED // 2

    def number(self, pts: int) -> int:
        """How many listed pictures are shown before `pts`."""
        return self._forgotten + bisect.bisect_left(self._pts, pts)

    def before(self, pts: int) -> int | None:
        """Time of the listed picture shown before `pts`, None for the first."""
        place = bisect.bisect_left(self._pts, pts)
        return self._pts[place - 1] if place else None

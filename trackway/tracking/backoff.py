"""When somebody who is followed is looked at closely again: ever more rarely, as long as nothing changes (SPEC D18)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BackOff"]

Array = npt.NDArray[Any]

_FORGOTTEN_MS = 10_000
"""After which a track that nobody asks about has ended; far longer than any waits for its person to come back."""


class BackOff:
    """Whose turn it is: a new track's at once and again at the next look, then after twice as many looks each time.

    Looks are counted, not frames: those in which somebody could have been read. A track that is not read when it is its turn stays due.

    Args:
        longest_ms: after this time it is a track's turn in any case.
        first: looks from the first reading to the second.
    """

    def __init__(self, longest_ms: float, first: int = 1) -> None:
        self._longest_ms = longest_ms
        self._first = first
        self._look = 0
        self._now_ms = 0
        self._forgot_ms = 0
        self._turns: dict[int, tuple[int, int, int]] = {}  # track -> look and time at which it was read, looks until the next time
        self._asked_ms: dict[int, int] = {}

    def due(self, time_ms: int, track: Array) -> Array:
        """(N,) bool: who of those seen in the next look is to be read; nobody without a track, which is negative.

        Args:
            time_ms: of the look, never less than that of the look before.
            track: (N,) of everybody who can be read in it.
        """
        self._look += 1
        self._now_ms = time_ms
        self._forget()
        tracks = track.tolist()
        self._asked_ms.update((each, time_ms) for each in tracks if each in self._turns)
        return np.array([each >= 0 and self._is_due(each) for each in tracks], bool)

    def took(self, track: Array, changed: Array | None = None) -> None:
        """Notes who was read in that look.

        Args:
            track: (K,) theirs.
            changed: (K,) bool, it turned out to be somebody else than last time, so that it is like new; None for nobody.
        """
        anew = np.zeros(len(track), bool) if changed is None else changed
        for each, new in zip(track.tolist(), anew.tolist(), strict=True):
            before = self._turns.get(each)
            self._turns[each] = self._look, self._now_ms, self._first if before is None or new else 2 * before[2]
            self._asked_ms[each] = self._now_ms

    def knows(self, track: Array) -> Array:
        """(N,) bool: was read before, and lately enough to be remembered."""
        return np.array([each in self._turns for each in track.tolist()], bool)

    def _is_due(self, track: int) -> bool:
        if track not in self._turns:
            return True
        look, time_ms, interval = self._turns[track]
        return self._look - look >= interval or self._now_ms - time_ms >= self._longest_ms

    def _forget(self) -> None:
        if self._now_ms - self._forgot_ms < _FORGOTTEN_MS:
            return
        self._forgot_ms = self._now_ms
        for track in [each for each, asked in self._asked_ms.items() if self._now_ms - asked >= _FORGOTTEN_MS]:
            del self._turns[track], self._asked_ms[track]

"""How a long stage says how far it is: one protocol, so that a terminal bar, a job record and a test can all listen."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """Listener of a run. Calls come from one thread at a time and must return quickly."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A new stage begins; `total` units (frames, bytes) are expected, None where nobody knows."""

    def update(self, done: int) -> None:
        """`done` units of the current stage are finished; never decreases within a stage."""


class Silent:
    """A listener that ignores everything."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Ignored."""

    def update(self, done: int) -> None:
        """Ignored."""

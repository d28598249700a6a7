"""Progress of one segment, written into the table now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

from trackway.jobs.record import JobRecord
from trackway.store.jobs import JobStore

__all__ = ["SegmentProgress"]


class SegmentProgress:
    """A `trackway.progress.Progress` that keeps a segment's item in the table up to date.

    Args:
        jobs: where it is written.
        record: the job.
        segment: number of the segment.
        every_seconds: least time between two writes; shorter shows more and costs more writes.
        clock: seconds, from any start.
    """

    def __init__(
        self, jobs: JobStore, record: JobRecord, segment: int, *, every_seconds: float = 2.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._jobs = jobs
        self._record = record
        self._segment = segment
        self._every_seconds = every_seconds
        self._clock = clock
        self._total = 0
        self._done = 0
        self._written_at: float | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin to count frames; a stage without a known total is not shown."""
        self._total = total or 0
        self.update(0)

    def update(self, done: int) -> None:
        """Write, unless the last write was a moment ago."""
        self._done = done
        now = self._clock()
        if self._total and (self._written_at is None or now - self._written_at >= self._every_seconds):
            self._jobs.progress(self._record, self._segment, min(done, self._total), self._total)
            self._written_at = now

    def finish(self) -> None:
        """Write how many frames there really were; the total before was an estimate."""
        self._jobs.progress(self._record, self._segment, self._done, self._done)

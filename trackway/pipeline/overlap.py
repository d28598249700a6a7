"""Doing several things at once while everything comes out in order: one thread reads, several work, the caller takes.

source ──(reader)──▶ tasks ──(workers)──▶ futures, in the source's order ──▶ caller
             ╰─ waits while `in_flight` items are read and not yet taken: memory stays flat
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from trackway.errors import Stalled

__all__ = ["STALL_SECONDS", "ordered_map"]

Item = TypeVar("Item")
Result = TypeVar("Result")

STALL_SECONDS = 120.0
"""Without one finished frame for this long, a run is given up (SPEC B.2, STALLED)."""
_FAREWELL_SECONDS = 10.0
"""How long the threads may take to finish what they are in the middle of."""


def ordered_map(
    source: Iterator[Item],
    make_worker: Callable[[], Callable[[Item], Result]],
    *,
    workers: int,
    in_flight: int,
    stall_seconds: float,
) -> Generator[Result, None, None]:
    """Results of working on each item, in the order of the items, whatever the number of workers.

    Close the generator, or exhaust it: then every thread has ended, and `source` is closed. An error in the source comes after the results
    before it; an error in a worker comes in place of its result.

    Args:
        source: read in a thread of its own.
        make_worker: called once in each worker's thread; what it returns turns an item into a result. Items are begun in their order, and
            what is begun is finished, so that work on an item may wait for work on an earlier one.
        workers: how many work at once.
        in_flight: items that are read but not taken, at most; bounds memory.
        stall_seconds: how long the caller waits for one result.

    Raises:
        Stalled: no result came for that long.
    """
    running = _Run(source, make_worker, in_flight)
    threads = [threading.Thread(target=running.read, name="trackway-reader", daemon=True)]
    threads += [threading.Thread(target=running.work, name=f"trackway-worker-{number}", daemon=True) for number in range(workers)]
    for thread in threads:
        thread.start()
    grace = _FAREWELL_SECONDS
    try:
        while (future := running.next(stall_seconds)) is not None:
            result = future.result()
            running.slots.release()
            yield result
    except Stalled:
        grace = 0.0  # what hangs cannot be ended; the threads are daemons, so that it does not keep the process
        raise
    finally:
        running.stop(workers)
        for thread in threads:
            thread.join(grace)


class _Run(Generic[Item, Result]):
    """What the threads share."""

    def __init__(self, source: Iterator[Item], make_worker: Callable[[], Callable[[Item], Result]], in_flight: int) -> None:
        self.order: queue.SimpleQueue[Future[Result] | None] = queue.SimpleQueue()
        self.slots = threading.Semaphore(in_flight)
        self._source = source
        self._make_worker = make_worker
        self._tasks: queue.SimpleQueue[tuple[Item, Future[Result]] | None] = queue.SimpleQueue()
        self._stopped = threading.Event()

    def next(self, stall_seconds: float) -> Future[Result] | None:
        """The next result in order, there already; None after the last.

        Raises:
            Stalled: it did not come.
        """
        with contextlib.suppress(queue.Empty):
            deadline = time.monotonic() + stall_seconds
            future = self.order.get(timeout=stall_seconds)
            if future is None or wait([future], timeout=deadline - time.monotonic()).done:
                return future
        raise Stalled(f"No frame was finished for {stall_seconds:g} s; the video or a model hangs; try again, or re-encode it.")

    def stop(self, workers: int) -> None:
        """Ends every thread after the item it is at."""
        self._stopped.set()
        self.slots.release()
        for _ in range(workers):
            self._tasks.put(None)

    def read(self) -> None:
        """The reader's thread."""
        try:
            for item in self._source:
                self.slots.acquire()
                if self._stopped.is_set():
                    break
                future: Future[Result] = Future()
                self.order.put(future)
                self._tasks.put((item, future))
        except Exception as error:  # whatever it is, it belongs to the caller, who is in another thread
            failed: Future[Result] = Future()
            failed.set_exception(error)
            self.order.put(failed)
        finally:
            if isinstance(self._source, Generator):
                self._source.close()
            self.order.put(None)

    def work(self) -> None:
        """A worker's thread."""
        worker: Callable[[Item], Result] | None = None
        # What was taken is worked on, even when all is to end: the worker on a later item may wait for it.
        while not self._stopped.is_set() and (task := self._tasks.get()) is not None:
            item, future = task
            try:
                worker = worker or self._make_worker()
                future.set_result(worker(item))
            except Exception as error:  # as above
                future.set_exception(error)

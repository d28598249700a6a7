"""Order, bounds, errors and endings of the threads (SPEC B.2, STALLED)."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackway.errors import CorruptMedia, Stalled
from trackway.pipeline.overlap import ordered_map


def ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("trackway-")]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert ours() == []


def squares(delay: Callable[[int], float] = lambda _: 0.0) -> Callable[[], Callable[[int], int]]:
    def work(item: int) -> int:
        time.sleep(delay(item))
        return item * item

    return lambda: work


def run(source: Iterator[int], make_worker: Callable[[], Callable[[int], int]], *, workers: int = 3, in_flight: int = 5) -> list[int]:
    return list(ordered_map(source, make_worker, workers=workers, in_flight=in_flight, stall_seconds=5))


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 40), workers=st.integers(1, 6), in_flight=st.integers(1, 8), seed=st.integers(0, 99))
def test_results_come_in_order_whatever_the_number_of_workers(count: int, workers: int, in_flight: int, seed: int) -> None:
    slow = squares(lambda item: ((item * 7919 + seed) % 5) / 5000)
    assert run(iter(range(count)), slow, workers=workers, in_flight=in_flight) == [item * item for item in range(count)]


def test_workers_work_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=5)
    assert run(iter(range(9)), lambda: lambda item: (meeting.wait(), item)[1]) == list(range(9))


def test_each_thread_has_a_worker_of_its_own() -> None:
    seen: dict[int, set[int]] = {}

    def make_worker() -> Callable[[int], int]:
        mine = object()

        def work(item: int) -> int:
            seen.setdefault(id(mine), set()).add(threading.get_ident())
            time.sleep(0.002)
            return item

        work.__dict__["kept"] = mine
        return work

    run(iter(range(30)), make_worker)
    assert all(len(threads) == 1 for threads in seen.values())


def test_no_more_than_in_flight_items_are_ahead_of_the_caller() -> None:
    read, taken = itertools.count(), 0
    furthest = 0

    def source() -> Iterator[int]:
        nonlocal furthest
        for item in range(60):
            furthest = max(furthest, next(read) + 1 - taken)
            yield item

    with closing(ordered_map(source(), squares(), workers=4, in_flight=6, stall_seconds=5)) as results:
        for _ in results:
            taken += 1
            time.sleep(0.001)
    assert furthest <= 6 + 2  # one in the reader's hand, one in the caller's


def test_an_error_of_the_source_comes_after_what_was_read() -> None:
    def source() -> Iterator[int]:
        yield from (1, 2, 3)
        raise CorruptMedia("broken")

    results = ordered_map(source(), squares(), workers=2, in_flight=4, stall_seconds=5)
    assert list(itertools.islice(results, 3)) == [1, 4, 9]
    with pytest.raises(CorruptMedia, match="broken"):
        next(results)


def test_an_error_of_a_worker_comes_in_its_place_and_ends_everything() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from itertools.count()
        finally:
            closed.set()

    def work(item: int) -> int:
        if item == 7:
            raise ZeroDivisionError("seven")
        return item

    got: list[int] = []
    with pytest.raises(ZeroDivisionError, match="seven"):
        got.extend(iter(ordered_map(source(), lambda: work, workers=3, in_flight=5, stall_seconds=5)))
    assert closed.is_set()


def test_a_timeout_that_a_worker_raises_is_no_stall() -> None:
    def work(item: int) -> int:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        run(iter(range(3)), lambda: work)


def test_an_error_in_making_a_worker_is_raised() -> None:
    def make_worker() -> Callable[[int], int]:
        raise RuntimeError("no tables")

    with pytest.raises(RuntimeError, match="no tables"):
        run(iter(range(5)), make_worker)


def test_closing_early_ends_the_threads_and_the_source() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from itertools.count()
        finally:
            closed.set()

    with closing(ordered_map(source(), squares(), workers=3, in_flight=5, stall_seconds=5)) as results:
        assert next(results) == 0
    assert closed.is_set()


def test_an_interrupt_of_the_caller_ends_everything() -> None:
    results = ordered_map(itertools.count(), squares(lambda _: 0.001), workers=2, in_flight=4, stall_seconds=5)
    assert list(itertools.islice(results, 4)) == [0, 1, 4, 9]
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt)


def test_control_c_ends_a_waiting_process_at_once() -> None:
    script = """
import signal, time
from trackway.pipeline.overlap import ordered_map
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts the tests in the background makes their processes deaf to it
print("ready", flush=True)
list(ordered_map(iter(range(9)), lambda: lambda item: time.sleep(1), workers=1, in_flight=2, stall_seconds=60))
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=8)
    assert "KeyboardInterrupt" in said


@pytest.mark.parametrize("where", ["source", "worker"])
def test_a_hang_is_noticed(where: str) -> None:
    release = threading.Event()

    def source() -> Iterator[int]:
        yield 1
        if where == "source":
            release.wait(10)
        yield 2

    def work(item: int) -> int:
        if where == "worker" and item == 2:
            release.wait(10)
        return item

    results = ordered_map(source(), lambda: work, workers=2, in_flight=4, stall_seconds=0.2)
    assert next(results) == 1
    with pytest.raises(Stalled, match=r"0\.2 s"):
        next(results)
    release.set()  # a real hang would stay; its daemon thread does not keep the process
    deadline = time.monotonic() + 5
    while ours() and time.monotonic() < deadline:
        time.sleep(0.01)

"""Whose turn it is to be looked at closely (SPEC D18)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trackway.tracking.backoff import BackOff


def looks_read(
    backoff: BackOff, looks: int, *, step_ms: int = 100, track: int = 0, start: int = 0, changed: tuple[int, ...] = ()
) -> list[int]:
    """Which looks one track is read in, if it is seen in all of them; `changed` ones show somebody else."""
    read = []
    for look in range(start, start + looks):
        tracks = np.array([track])
        if backoff.due(step_ms * look, tracks)[0]:
            backoff.took(tracks, np.array([look in changed]))
            read.append(look)
    return read


def test_d18_at_once_then_at_the_next_look_then_after_twice_as_many_each_time() -> None:
    assert looks_read(BackOff(1e9), 70) == [0, 1, 3, 7, 15, 31, 63]


def test_d18_but_never_more_rarely_than_that() -> None:
    assert looks_read(BackOff(1000), 50) == [0, 1, 3, 7, 15, 25, 35, 45]
    assert looks_read(BackOff(1000, first=1 << 20), 35) == [0, 10, 20, 30]


def test_d18_another_identity_is_like_a_new_track() -> None:
    assert looks_read(BackOff(1e9), 70, changed=(15,)) == [0, 1, 3, 7, 15, 16, 18, 22, 30, 46]


def test_d18_who_could_not_be_read_stays_due() -> None:
    backoff, one = BackOff(1e9), np.array([5])
    assert [bool(backoff.due(100 * look, one)[0]) for look in range(4)] == [True] * 4
    assert not backoff.knows(one)[0]
    backoff.took(one)
    assert [bool(backoff.due(400 + 100 * look, one)[0]) for look in range(3)] == [True] * 3


def test_nobody_without_a_track_is_read() -> None:
    assert BackOff(1000).due(0, np.array([-1, 3, -1])).tolist() == [False, True, False]
    assert BackOff(1000).due(0, np.zeros(0, np.int64)).shape == (0,)


@given(seen=st.lists(st.lists(st.integers(0, 4), unique=True), max_size=60))
def test_tracks_do_not_care_about_each_other(seen: list[list[int]]) -> None:
    """Looks that a track is not seen in count, since they are what passes."""

    def reads(only: int | None) -> list[tuple[int, int]]:
        backoff, read = BackOff(2000), []
        for look, tracks in enumerate(seen):
            here = np.array([each for each in tracks if only in (None, each)], np.int64)
            due = here[backoff.due(100 * look, here)]
            backoff.took(due)
            read += [(each, look) for each in due.tolist()]
        return sorted(read)

    assert reads(None) == sorted(read for only in range(5) for read in reads(only))


def test_memory_follows_those_who_are_seen() -> None:
    backoff = BackOff(1500)
    for look in range(5000):
        track = np.array([look // 3])
        if backoff.due(100 * look, track)[0]:
            backoff.took(track)
    assert not backoff.knows(np.arange(1500)).any()
    assert backoff.knows(np.array([1666]))[0]
    assert len(backoff._turns) < 100

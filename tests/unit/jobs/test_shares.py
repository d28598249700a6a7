"""Segments are shared out so that none is lost, none is done twice, and no container has much more than its time."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.errors import SystemFault
from trackway.jobs.shares import Share, cut_shares


class Part(NamedTuple):
    """A segment, as far as it matters here."""

    start_ms: int
    end_ms: int


def parts(*seconds: float) -> list[Part]:
    ends = [round(1000 * sum(seconds[: count + 1])) for count in range(len(seconds))]
    return [Part(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


@given(seconds=st.lists(st.floats(5, 400), min_size=1, max_size=100), minutes=st.floats(1, 60))
def test_every_segment_is_in_one_share(seconds: list[float], minutes: float) -> None:
    segments = parts(*seconds)
    shares = cut_shares(segments, minutes)
    taken = [segment for share in shares for segment in share.of(segments)]
    assert sorted(taken) == segments
    assert all(share.of(segments) for share in shares)
    assert len(shares) <= math.ceil(sum(seconds) / (60 * minutes)) + 1


@pytest.mark.parametrize(
    ("seconds", "minutes", "expected"),
    [
        ([30.0], 20, [[0]]),
        ([300.0] * 4, 20, [[0, 1, 2, 3]]),
        ([300.0] * 5, 20, [[0, 2, 4], [1, 3]]),
        ([300.0] * 72, 20, [list(range(share, 72, 18)) for share in range(18)]),  # six hours
        ([3600.0] * 6, 20, [[0], [1], [2], [3], [4], [5]]),  # longer than a container should work, and not to be cut further
    ],
)
def test_a_container_gets_about_its_minutes(seconds: list[float], minutes: float, expected: list[list[int]]) -> None:
    segments = parts(*seconds)
    assert [[segments.index(segment) for segment in share.of(segments)] for share in cut_shares(segments, minutes)] == expected


@given(number=st.integers(0, 999), more=st.integers(1, 99))
def test_a_share_survives_a_command_line(number: int, more: int) -> None:
    share = Share(number, number + more)
    assert Share.parse(str(share)) == share


@pytest.mark.parametrize("text", ["", "1", "3-of-3", "-1-of-3", "0-of-0", "0/3", "a-of-b", "0-of-3\n", "٠-of-٣"])
def test_other_text_is_no_share(text: str) -> None:
    with pytest.raises(SystemFault, match="such as 0-of-3"):
        Share.parse(text)

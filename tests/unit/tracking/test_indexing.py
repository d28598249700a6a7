"""Ranges, places and groups: equal to loops over them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from trackway.tracking.indexing import dense, extent, places, ranges

Array = npt.NDArray[Any]
NUMBERS = st.lists(st.integers(-20, 20), max_size=12)


def table(values: list[int]) -> Array:
    return np.array(values, np.int64)


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=8))
def test_ranges_follow_each_other(bounds: list[tuple[int, int]]) -> None:
    numbers, owner = ranges(table([first for first, _ in bounds]), table([last for _, last in bounds]))
    expected = [(number, position) for position, (first, last) in enumerate(bounds) for number in range(first, last)]
    assert list(zip(numbers.tolist(), owner.tolist(), strict=True)) == expected


@given(NUMBERS, NUMBERS)
def test_a_number_is_found_where_it_is_first(numbers: list[int], wanted: list[int]) -> None:
    rising = sorted(numbers)
    expected = [rising.index(number) if number in rising else -1 for number in wanted]
    assert places(table(rising), table(wanted)).tolist() == expected


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 5)), max_size=12))
def test_the_extent_of_a_group_is_its_least_and_its_greatest(pairs: list[tuple[int, int]]) -> None:
    first, last = extent(table([value for value, _ in pairs]), table([group for _, group in pairs]), 6)
    members = [[value for value, group in pairs if group == number] for number in range(6)]
    assert list(zip(first.tolist(), last.tolist(), strict=True)) == [(min(group, default=0), max(group, default=-1)) for group in members]


@given(NUMBERS)
def test_dense_numbers_keep_their_order(numbers: list[int]) -> None:
    known = sorted(set(numbers))
    assert dense(table(numbers)).tolist() == [known.index(number) for number in numbers]

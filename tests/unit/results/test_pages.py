"""Pages: every row is found by one range, in order, once, whatever the page sizes and the reader's steps."""

from __future__ import annotations

import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.results.pages import BLOCK_ROWS, Page, Series, block_start, pack, unpack


def rows_of(count: int) -> list[bytes]:
    return [b'{"row":%d}' % number for number in range(count)]


def found(pages: list[Page], offset: int, limit: int) -> list[Page]:
    """What the store's range query finds: first rows between the block's start and the last row wanted."""
    return [page for page in pages if block_start(offset) <= page.first_row <= offset + limit - 1]


@given(
    count=st.integers(1, 3500),
    page_bytes=st.sampled_from([1, 300, 700, 300_000]),
    limit=st.integers(1, 1000),
    data=st.data(),
)
def test_any_run_of_rows_is_read_from_one_range(count: int, page_bytes: int, limit: int, data: st.DataObject) -> None:
    rows = rows_of(count)
    limit = min(limit, count)
    offset = data.draw(st.integers(0, count - limit))
    pages = list(pack(rows, page_bytes=page_bytes))
    assert unpack(found(pages, offset, limit), offset, limit, 10**9) == rows[offset : offset + limit]


@given(count=st.integers(0, 3500), page_bytes=st.sampled_from([1, 300, 700, 300_000]))
def test_pages_are_contiguous_and_stay_in_their_block(count: int, page_bytes: int) -> None:
    following = 0
    for page in pack(rows_of(count), page_bytes=page_bytes):
        assert page.first_row == following
        assert block_start(page.first_row) == block_start(page.first_row + page.rows - 1)
        assert len(page.data) <= page_bytes or page.rows == 1
        following += page.rows
    assert following == count


def test_a_block_that_does_not_compress_is_cut() -> None:
    rows = [os.urandom(600).hex().encode() for _ in range(1500)]
    pages = list(pack(rows))
    assert len(pages) > 2
    assert max(len(page.data) for page in pages) <= 300_000
    assert unpack(pages, 0, 1500, 10**9) == rows


def test_the_same_rows_give_the_same_bytes() -> None:
    assert list(pack(rows_of(2200))) == list(pack(iter(rows_of(2200))))


@given(budget=st.integers(1, 30_000), offset=st.integers(0, 1200))
def test_6c_the_byte_budget_cuts_but_always_moves_on(budget: int, offset: int) -> None:
    rows = rows_of(2300)
    got = unpack(found(list(pack(rows)), offset, BLOCK_ROWS), offset, BLOCK_ROWS, budget)
    assert got == rows[offset : offset + len(got)]
    assert got
    assert len(got) == 1 or len(b",".join(got)) <= budget
    longer = rows[offset : offset + len(got) + 1]
    assert len(longer) == len(got) or len(got) == BLOCK_ROWS or len(b",".join(longer)) + 1 > budget


def test_reading_draws_no_more_pages_than_it_needs() -> None:
    drawn = []

    def pages() -> object:
        for page in pack(rows_of(5000)):
            drawn.append(page.first_row)
            yield page

    unpack(pages(), 0, 1000, 10**9)  # type: ignore[arg-type]
    assert drawn == [0]


def test_a_missing_page_is_noticed() -> None:
    pages = list(pack(rows_of(3000)))
    with pytest.raises(LookupError, match="row 1000, found one that begins at row 2000"):
        unpack([pages[0], pages[2]], 500, 1000, 10**9)
    with pytest.raises(LookupError, match="row 2000, found none"):
        unpack(pages[:2], 1500, 1000, 10**9)


def test_a_page_is_its_rows_line_by_line() -> None:
    (page,) = pack(rows_of(3))
    assert zlib.decompress(page.data) == b'{"row":0}\n{"row":1}\n{"row":2}'


def test_series_have_distinct_names_and_numbers() -> None:
    assert {series.key: series.value for series in Series} == {"persons-by-time": 1, "persons-by-index": 2, "faces-by-time": 3}

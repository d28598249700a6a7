"""Pages: every row is found by exact keys, in order, once, whatever the page sizes and the reader's steps."""

from __future__ import annotations

import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.results.pages import BLOCK_ROWS, Page, Series, block_starts, pack, piece_starts, unpack

SIZES = st.sampled_from([1, 40, 150, 300, 700, 300_000])


def rows_of(count: int) -> list[bytes]:
    return [b'{"row":%d}' % number for number in range(count)]


def found(pages: list[Page], offset: int, end: int) -> list[Page]:
    """The pages that a store reads: those that begin blocks, then the other pieces of those blocks."""
    stored = {page.first_row: page for page in pages}
    firsts = [stored[start] for start in block_starts(offset, end)]
    return sorted(firsts + [stored[start] for first in firsts for start in piece_starts(first, offset, end)])


@given(count=st.integers(1, 1600), page_bytes=SIZES, data=st.data())
def test_any_run_of_rows_is_read_by_exact_keys(count: int, page_bytes: int, data: st.DataObject) -> None:
    rows = rows_of(count)
    offset = data.draw(st.integers(0, count - 1))
    end = data.draw(st.integers(offset + 1, count))
    assert unpack(found(list(pack(rows, page_bytes=page_bytes)), offset, end), offset, end, 10**9) == rows[offset:end]


@given(count=st.integers(1, 1600), page_bytes=SIZES, data=st.data())
def test_reading_takes_no_page_without_a_wanted_row_but_the_firsts_of_blocks(count: int, page_bytes: int, data: st.DataObject) -> None:
    pages = list(pack(rows_of(count), page_bytes=page_bytes))
    offset = data.draw(st.integers(0, count - 1))
    end = data.draw(st.integers(offset + 1, count))
    for page in found(pages, offset, end):
        assert page.first_row < end
        assert page.first_row + page.rows > offset or page.first_row % BLOCK_ROWS == 0


@given(count=st.integers(0, 1600), page_bytes=SIZES)
def test_pages_are_contiguous_and_stay_in_their_block(count: int, page_bytes: int) -> None:
    following = 0
    for page in pack(rows_of(count), page_bytes=page_bytes):
        assert page.first_row == following
        assert page.first_row // BLOCK_ROWS == (page.first_row + page.rows - 1) // BLOCK_ROWS
        assert len(page.data) <= page_bytes or page.rows == 1
        following += page.rows
    assert following == count


def test_a_block_that_does_not_compress_is_cut() -> None:
    rows = [os.urandom(2000).hex().encode() for _ in range(400)]
    pages = list(pack(rows))
    assert [page.rows for page in pages] == [125, 125, 75, 75]
    assert max(len(page.data) for page in pages) <= 300_000
    assert unpack(pages, 0, 400, 10**9) == rows


def test_the_same_rows_give_the_same_bytes() -> None:
    assert list(pack(rows_of(1100))) == list(pack(iter(rows_of(1100))))


@given(budget=st.integers(1, 30_000), offset=st.integers(0, 1200))
def test_6c_the_byte_budget_cuts_but_always_moves_on(budget: int, offset: int) -> None:
    rows = rows_of(2300)
    end = offset + 1000
    got = unpack(found(list(pack(rows)), offset, end), offset, end, budget)
    assert got
    assert got == rows[offset : offset + len(got)]
    assert len(got) == 1 or len(b",".join(got)) <= budget
    assert len(got) == 1000 or len(b",".join(rows[offset : offset + len(got) + 1])) + 1 > budget


def test_a_missing_page_is_noticed() -> None:
    pages = list(pack(rows_of(750)))
    with pytest.raises(LookupError, match="row 250, found one that begins at row 500"):
        unpack([pages[0], pages[2]], 100, 700, 10**9)
    with pytest.raises(LookupError, match="row 500, found none"):
        unpack(pages[:2], 300, 700, 10**9)


def test_a_page_is_its_rows_line_by_line() -> None:
    (page,) = pack(rows_of(3))
    assert zlib.decompress(page.data) == b'{"row":0}\n{"row":1}\n{"row":2}'


def test_series_have_distinct_names_and_numbers() -> None:
    assert {series.key: series.value for series in Series} == {
        "persons-by-time": 1,
        "persons-by-index": 2,
        "faces-by-time": 3,
        "face-search-by-time": 4,
        "face-search-by-index": 5,
    }

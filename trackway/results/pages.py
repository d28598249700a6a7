"""Rows packed into pages: the unit in which results are stored and read (DESIGN section 5).

A page is a run of rows, one JSON row per line, zlib-compressed. Blocks of 250 rows begin at every multiple of 250, each with a page of
its own; a block that would be larger than one DynamoDB item allows is cut into pages of equal length. A row's number therefore is
all it takes to name its page: reads go to exact keys and cost the same in a job of any length, on AWS and on emulators that scan.
"""

from __future__ import annotations

import enum
import itertools
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["BLOCK_ROWS", "MOST_ROWS", "Page", "Series", "block_starts", "pack", "piece_starts", "unpack"]

BLOCK_ROWS = 250
"""Rows between two block starts."""

MOST_ROWS = 1000
"""The most rows that one Get* call returns (SPEC R27)."""

_PAGE_BYTES = 300_000  # compressed; a DynamoDB item holds 400 KB with its keys
_LEVEL = 3  # twice as fast as zlib's default for 7 % more bytes


class Series(enum.Enum):
    """An ordered list of rows in a job's result; the value is its number in paging tokens, never to be reused."""

    PERSONS_BY_TIME = 1
    PERSONS_BY_INDEX = 2
    FACES_BY_TIME = 3
    FACE_SEARCH_BY_TIME = 4
    FACE_SEARCH_BY_INDEX = 5

    @property
    def key(self) -> str:
        """Its name in sort keys, such as "persons-by-time"."""
        return self.name.lower().replace("_", "-")


class Page(NamedTuple):
    """A run of rows as it is stored.

    Attributes:
        first_row: number of its first row in the series, from 0.
        rows: how many rows it holds.
        data: the rows, one per line, compressed.
    """

    first_row: int
    rows: int
    data: bytes


def pack(rows: Iterable[bytes], *, page_bytes: int = _PAGE_BYTES) -> Iterator[Page]:
    """Pages of a series, in order; the same rows always give the same bytes.

    Args:
        rows: every row of the series as JSON without line breaks, from row 0.
        page_bytes: compressed size above which a block is cut into shorter pages; a single row is never cut.
    """
    remaining = iter(rows)
    for start in itertools.count(0, BLOCK_ROWS):
        block = list(itertools.islice(remaining, BLOCK_ROWS))
        if not block:
            return
        yield from _pages(start, block, page_bytes)


def _pages(start: int, block: list[bytes], page_bytes: int) -> list[Page]:
    length = len(block)
    while True:
        pages = [_page(start + first, block[first : first + length]) for first in range(0, len(block), length)]
        if length == 1 or all(len(page.data) <= page_bytes for page in pages):
            return pages
        length = -(-length // 2)


def _page(first_row: int, rows: list[bytes]) -> Page:
    return Page(first_row, len(rows), zlib.compress(b"\n".join(rows), _LEVEL))


def block_starts(offset: int, end: int) -> range:
    """First rows of the pages with which to begin reading rows `offset` to `end`."""
    return range(offset - offset % BLOCK_ROWS, end, BLOCK_ROWS)


def piece_starts(first: Page, offset: int, end: int) -> list[int]:
    """First rows of the other pages in the block that `first` begins, as far as rows `offset` to `end` need them."""
    block_end = min(first.first_row + BLOCK_ROWS, end)
    return [start for start in range(first.first_row + first.rows, block_end, first.rows) if start + first.rows > offset]


def unpack(pages: Iterable[Page], offset: int, end: int, byte_budget: int) -> list[bytes]:
    """Rows `offset` to `end`, or fewer where the budget is spent; nothing is parsed.

    Args:
        pages: in order; those without a wanted row are passed over.
        offset: row to begin with.
        end: row before which to stop; the series must have those before it.
        byte_budget: most bytes that the rows may have together with the commas between them. One row is returned even beyond it.

    Raises:
        LookupError: a page is missing.
    """
    chosen: list[bytes] = []
    spent = 0
    for page in pages:
        wanted = offset + len(chosen)
        if page.first_row + page.rows <= wanted:
            continue
        if page.first_row > wanted:
            raise LookupError(f"expected a page with row {wanted}, found one that begins at row {page.first_row}")
        for row in zlib.decompress(page.data).split(b"\n")[wanted - page.first_row : end - page.first_row]:
            spent += len(row) + 1
            if spent > byte_budget and chosen:
                return chosen
            chosen.append(row)
    if offset + len(chosen) < end:
        raise LookupError(f"expected a page with row {offset + len(chosen)}, found none")
    return chosen

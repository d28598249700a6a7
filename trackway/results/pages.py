"""Rows packed into pages: the unit in which results are stored and read (DESIGN section 5).

A page is a run of rows, one JSON row per line, zlib-compressed. Blocks of 1,000 rows begin at every multiple of 1,000; a page
never crosses into the next block, and a block that would be larger than one DynamoDB item allows is cut into several pages. The
page that holds a row therefore begins somewhere between the row's block start and the row itself: one range query finds it.
"""

from __future__ import annotations

import enum
import itertools
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["BLOCK_ROWS", "Page", "Series", "block_start", "pack", "unpack"]

BLOCK_ROWS = 1000
"""Rows between two block starts, and the most that one Get* call returns (SPEC R27)."""

_PAGE_BYTES = 300_000  # compressed; a DynamoDB item holds 400 KB with its keys
_LEVEL = 3  # twice as fast as zlib's default for 7 % more bytes


class Series(enum.Enum):
    """An ordered list of rows in a job's result; the value is its number in paging tokens, never to be reused."""

    PERSONS_BY_TIME = 1
    PERSONS_BY_INDEX = 2
    FACES_BY_TIME = 3

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


def block_start(row: int) -> int:
    """First row of the block that holds `row`."""
    return row - row % BLOCK_ROWS


def pack(rows: Iterable[bytes], *, page_bytes: int = _PAGE_BYTES) -> Iterator[Page]:
    """Pages of a series, in order; the same rows always give the same bytes.

    Args:
        rows: every row of the series as JSON without line breaks, from row 0.
        page_bytes: compressed size above which a run of rows is halved; a single row is never cut.
    """
    remaining = iter(rows)
    for start in itertools.count(0, BLOCK_ROWS):
        block = list(itertools.islice(remaining, BLOCK_ROWS))
        if not block:
            return
        yield from _pages(start, block, page_bytes)


def _pages(first_row: int, rows: list[bytes], page_bytes: int) -> Iterator[Page]:
    data = zlib.compress(b"\n".join(rows), _LEVEL)
    if len(data) <= page_bytes or len(rows) == 1:
        yield Page(first_row, len(rows), data)
        return
    half = len(rows) // 2
    yield from _pages(first_row, rows[:half], page_bytes)
    yield from _pages(first_row + half, rows[half:], page_bytes)


def unpack(pages: Iterable[Page], offset: int, limit: int, byte_budget: int) -> list[bytes]:
    """Rows `offset` to `offset + limit`, or fewer where the budget is spent; nothing is parsed.

    Args:
        pages: in order, the first not beyond `offset`; drawn only as far as needed.
        offset: row to begin with.
        limit: rows to return; the series must have them.
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
        for row in zlib.decompress(page.data).split(b"\n")[wanted - page.first_row :][: limit - len(chosen)]:
            spent += len(row) + 1
            if spent > byte_budget and chosen:
                return chosen
            chosen.append(row)
        if len(chosen) == limit:
            return chosen
    raise LookupError(f"expected a page with row {offset + len(chosen)}, found none")

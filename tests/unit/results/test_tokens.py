"""Paging tokens: only the very token, for the very list, within its day."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.errors import InvalidToken
from trackway.results.pages import Series
from trackway.results.tokens import LIFETIME_SECONDS, issue, redeem

KEY, JOB, NOW = b"k" * 32, "ab" * 32, 1_800_000_000.7
TOKEN = issue(KEY, JOB, Series.PERSONS_BY_TIME, 1, 123_456_789_012, now=NOW)


@given(row=st.integers(0, 2**48 - 1), version=st.integers(0, 2**32 - 1), series=st.sampled_from(Series), job=st.text())
def test_r52_a_token_leads_back_to_its_row(row: int, version: int, series: Series, job: str) -> None:
    token = issue(KEY, job, series, version, row, now=NOW)
    assert redeem(token, KEY, job, series, version, now=NOW) == row
    assert len(token) == 54
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


def test_r51_a_token_lives_a_day() -> None:
    assert redeem(TOKEN, KEY, JOB, Series.PERSONS_BY_TIME, 1, now=NOW + LIFETIME_SECONDS - 1) == 123_456_789_012
    with pytest.raises(InvalidToken):
        redeem(TOKEN, KEY, JOB, Series.PERSONS_BY_TIME, 1, now=NOW + LIFETIME_SECONDS)


@pytest.mark.parametrize(
    ("key", "job", "series", "version"),
    [
        (b"K" * 32, JOB, Series.PERSONS_BY_TIME, 1),
        (KEY, "ba" * 32, Series.PERSONS_BY_TIME, 1),
        (KEY, JOB, Series.PERSONS_BY_INDEX, 1),
        (KEY, JOB, Series.FACES_BY_TIME, 1),
        (KEY, JOB, Series.PERSONS_BY_TIME, 2),
    ],
)
def test_r52_a_token_is_bound(key: bytes, job: str, series: Series, version: int) -> None:
    with pytest.raises(InvalidToken, match="Invalid Pagination Token"):
        redeem(TOKEN, key, job, series, version, now=NOW)


@pytest.mark.parametrize("place", range(54))
def test_2g_7_one_changed_character_is_noticed(place: int) -> None:
    """Every other character at every place; in the last one four of six bits decode to nothing and still count."""
    for character in string.ascii_letters + string.digits + "-_":
        changed = TOKEN[:place] + character + TOKEN[place + 1 :]
        if changed != TOKEN:
            with pytest.raises(InvalidToken):
                redeem(changed, KEY, JOB, Series.PERSONS_BY_TIME, 1, now=NOW)


@given(st.one_of(st.text(max_size=300), st.text(alphabet=string.ascii_letters + string.digits + "-_=", max_size=255)))
def test_r51_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        redeem(text, KEY, JOB, Series.PERSONS_BY_TIME, 1, now=NOW)


@pytest.mark.parametrize("changed", [TOKEN + "=", TOKEN + "==", " " + TOKEN, TOKEN + "\n", TOKEN[:20] + "\n" + TOKEN[20:], TOKEN + "AAAA"])
def test_r51_other_spellings_of_the_same_bytes_are_refused(changed: str) -> None:
    with pytest.raises(InvalidToken):
        redeem(changed, KEY, JOB, Series.PERSONS_BY_TIME, 1, now=NOW)

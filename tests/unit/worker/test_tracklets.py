"""A segment's tracks on their way through S3: exact, repeatable, and never executed."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import Tracks
from trackway.worker.tracklets import decode, encode


def some_tracks(rows: int, seed: int) -> Tracks:
    random = np.random.default_rng(seed)
    return Tracks.make(
        rows,
        frame=np.arange(rows),
        time_ms=np.arange(rows) * 40,
        person=random.integers(0, 5, rows),
        box=random.random((rows, 4), dtype=np.float32),
        score=random.random(rows, dtype=np.float32),
    )


@given(rows=st.integers(0, 50), seed=st.integers(0, 2**32 - 1))
def test_x20_tracks_come_back_bit_for_bit(rows: int, seed: int) -> None:
    tracks = some_tracks(rows, seed)
    again = decode(encode(tracks))
    for name, column in tracks.columns().items():
        np.testing.assert_array_equal(getattr(again, name), column)
        assert getattr(again, name).dtype == column.dtype


def test_the_same_tracks_give_the_same_bytes() -> None:
    assert encode(some_tracks(20, 1)) == encode(some_tracks(20, 1))


@pytest.mark.parametrize("content", [b"", b"PK", b"not an archive", pickle.dumps({"a": 1})], ids=["empty", "stub", "text", "pickle"])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"expected the tracks of a segment|pickle"):
        decode(content)


def test_an_archive_without_the_columns_is_refused() -> None:
    tracks = some_tracks(3, 1)
    whole = encode(tracks)
    with pytest.raises(ValueError, match="expected the tracks of a segment"):
        decode(whole[: len(whole) // 2])

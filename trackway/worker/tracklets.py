"""One segment's tracks as bytes: what a Batch job leaves in S3 for the job that assembles."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from trackway.columns import Tracks

__all__ = ["decode", "encode"]


def encode(tracks: Tracks) -> bytes:
    """A compressed NPZ file; the same tracks give the same bytes (NumPy dates its members 1980)."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **tracks.columns())
    return buffer.getvalue()


def decode(data: bytes) -> Tracks:
    """The tracks of `encode`.

    Raises:
        ValueError: the bytes are not such a file; nothing in them is executed.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return Tracks(**dict(file))
    except (zipfile.BadZipFile, EOFError, TypeError) as error:
        raise ValueError(f"expected the tracks of a segment, found {len(data)} bytes that are none: {error}") from error

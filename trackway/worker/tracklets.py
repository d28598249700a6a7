"""What is known of one segment as bytes: what a Batch job leaves in S3 for the job that assembles."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from trackway.columns import AnalysedFrames, Tracks
from trackway.tracking.looks import Looks
from trackway.tracking.segment import TrackedSegment

__all__ = ["decode", "encode"]


def encode(segment: TrackedSegment) -> bytes:
    """A compressed NPZ file; the same segment gives the same bytes (NumPy dates its members 1980)."""
    tables = {"tracks": segment.tracks.columns(), "frames": segment.frames.columns(), "looks": segment.looks.columns()}
    columns = {f"{table}.{name}": column for table, columns in tables.items() for name, column in columns.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, frame_size=np.array(segment.frame_size, np.int64), **columns)
    return buffer.getvalue()


def decode(data: bytes) -> TrackedSegment:
    """The segment of `encode`.

    Raises:
        ValueError: the bytes are not such a file; nothing in them is executed.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            tables: dict[str, dict[str, np.ndarray]] = {"tracks": {}, "frames": {}, "looks": {}}
            for name in file.files:
                table, _, column = name.partition(".")
                if column:
                    tables[table][column] = file[name]
            width, height = file["frame_size"].tolist()
            return TrackedSegment(
                (width, height), Tracks(**tables["tracks"]), AnalysedFrames(**tables["frames"]), Looks.from_columns(tables["looks"])
            )
    except (zipfile.BadZipFile, EOFError, KeyError, TypeError) as error:
        raise ValueError(f"expected the tracks of a segment, found {len(data)} bytes that are none: {error}") from error

"""What is known of one segment as bytes: what a Batch job leaves in S3 for the job that assembles."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict

import numpy as np

from trackway.columns import AnalysedFrames, Detections, Tracks
from trackway.readings import FaceReadings
from trackway.tracking.looks import Looks
from trackway.tracking.seen_faces import SeenFaces
from trackway.tracking.segment import TrackedSegment

__all__ = ["decode", "encode"]


def encode(segment: TrackedSegment) -> bytes:
    """A compressed NPZ file; the same segment gives the same bytes (NumPy dates its members 1980)."""
    tables = {
        "tracks": segment.tracks.columns(),
        "frames": segment.frames.columns(),
        "looks": segment.looks.columns(),
        "faces": segment.faces.found.columns(),
        **{name: table.columns() for name, table in segment.faces.readings.tables().items()},
    }
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
            tables: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
            for name in file.files:
                table, _, column = name.partition(".")
                if column:
                    tables[table][column] = file[name]
            width, height = file["frame_size"].tolist()
            return TrackedSegment(
                (width, height),
                Tracks(**tables["tracks"]),
                AnalysedFrames(**tables["frames"]),
                Looks.from_columns(tables["looks"]),
                SeenFaces(Detections(**tables["faces"]), FaceReadings.from_columns(tables)),
            )
    except (zipfile.BadZipFile, EOFError, KeyError, TypeError) as error:
        raise ValueError(f"expected the tracks of a segment, found {len(data)} bytes that are none: {error}") from error

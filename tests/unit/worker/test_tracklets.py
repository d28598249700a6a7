"""A segment's tracks on their way through S3: exact, repeatable, and never executed."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import AnalysedFrames, Detections, FaceMeshes, FaceShapes, FaceTraits, Tracks
from trackway.readings import FaceReadings
from trackway.tracking.looks import LooksBuilder
from trackway.tracking.seen_faces import SeenFaces
from trackway.tracking.segment import TrackedSegment
from trackway.worker.tracklets import decode, encode


def some_segment(rows: int, seed: int) -> TrackedSegment:
    random = np.random.default_rng(seed)
    person = random.integers(0, 5, rows)
    frame = np.arange(rows)
    tracks = Tracks.make(
        rows,
        frame=frame,
        time_ms=frame * 40,
        person=person,
        box=random.random((rows, 4), dtype=np.float32),
        score=random.random(rows, dtype=np.float32),
    )
    frames = AnalysedFrames.make(rows, frame=frame, time_ms=frame * 40, camera=random.random((rows, 4)), cut=random.random(rows) < 0.1)
    looks = LooksBuilder()
    for row in range(rows):
        looks.add_bodies(row, 40 * row, person[row : row + 1], random.random((1, 8)))
    faces = Detections.make(rows, frame=frame, time_ms=frame * 40, box=random.random((rows, 4)), score=random.random(rows))
    traits = FaceTraits.make(rows, landmarks=random.random((rows, 30, 2)), male=random.random(rows)) if seed % 2 else None
    shapes = FaceShapes.make(rows, points=random.random((rows, 68, 2))) if seed % 3 else None
    meshes = FaceMeshes(random.random((rows, 468, 3), dtype=np.float32)) if seed % 5 else None
    built = looks.build((frame, person, person), (frame[:0], person[:0], person[:0]))
    return TrackedSegment((640, 360), tracks, frames, built, SeenFaces(faces, FaceReadings(traits, shapes, meshes)))


@given(rows=st.integers(0, 50), seed=st.integers(0, 2**32 - 1))
def test_x20_segments_come_back_bit_for_bit(rows: int, seed: int) -> None:
    segment = some_segment(rows, seed)
    again = decode(encode(segment))
    assert again.frame_size == segment.frame_size
    for table in ("tracks", "frames", "looks"):
        for name, column in getattr(segment, table).columns().items():
            np.testing.assert_array_equal(getattr(getattr(again, table), name), column)
            assert getattr(getattr(again, table), name).dtype == column.dtype
    before, after = ({"found": each.faces.found, **each.faces.readings.tables()} for each in (segment, again))
    assert set(before) == set(after)
    for name, table in before.items():
        for column, values in table.columns().items():
            np.testing.assert_array_equal(after[name].columns()[column], values)


def test_the_same_segment_gives_the_same_bytes() -> None:
    assert encode(some_segment(20, 1)) == encode(some_segment(20, 1))


@pytest.mark.parametrize("content", [b"", b"PK", b"not an archive", pickle.dumps({"a": 1})], ids=["empty", "stub", "text", "pickle"])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"expected the tracks of a segment|pickle"):
        decode(content)


def test_an_archive_without_the_columns_is_refused() -> None:
    whole = encode(some_segment(3, 1))
    with pytest.raises(ValueError, match="expected the tracks of a segment"):
        decode(whole[: len(whole) // 2])

"""Faces and what was read in them, found again after linking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import Detections, FaceMeshes, FaceShapes, FaceTraits
from trackway.media.segments import Segment
from trackway.readings import FaceReadings
from trackway.tracking.linking import Linked, link_persons
from trackway.tracking.rows import face_rows
from trackway.tracking.seen_faces import ReadingsBuilder, SeenFaces
from trackway.tracking.segment import SegmentTracker

STEP_MS = 100


def some_faces(rows: int, seed: int = 0, *, traits: bool = True) -> SeenFaces:
    """A few in each frame; the age tells the row."""
    random = np.random.default_rng(seed)
    frame = np.sort(random.integers(0, 1 + rows // 3, rows))
    # Boxes that only their last bits, or signs of zeros, tell apart.
    box = np.nextafter(np.float32(0.25), np.float32(1)) * random.integers(-1, 2, (rows, 4)).astype(np.float32)
    box[:, 3] = random.permutation(rows)
    found = Detections.make(rows, frame=frame, time_ms=STEP_MS * frame, box=box, score=np.full(rows, 0.9))
    return SeenFaces(found, FaceReadings(FaceTraits.make(rows, age=np.stack([np.arange(rows)] * 2, axis=1)) if traits else None))


@given(rows=st.integers(0, 40), seed=st.integers(0, 1000))
def test_a_face_is_found_by_its_frame_and_box(rows: int, seed: int) -> None:
    seen, random = some_faces(rows, seed), np.random.default_rng(seed)
    order = random.permutation(rows)
    tracks = face_rows(seen.found, np.arange(rows))[order]
    np.testing.assert_array_equal(seen.rows_in(tracks), order)
    traits = seen.readings.at(seen.rows_in(tracks)).traits
    assert traits is not None
    np.testing.assert_array_equal(traits.age[:, 0], order)


def test_a_box_of_another_frame_or_another_place_is_no_sight() -> None:
    seen = some_faces(9)
    tracks = face_rows(seen.found, np.arange(9))
    elsewhere = tracks.replace(face_box=np.nextafter(tracks.face_box, np.float32(9)))
    for carried in (tracks.replace(frame=tracks.frame + 100), elsewhere):
        rows = seen.rows_in(carried)
        assert (rows == -1).all()
        traits = seen.readings.at(rows).traits
        assert traits is not None
        assert len(traits) == 9
        assert np.isnan(traits.age).all()


def test_tables_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="expected traits of 3 faces, got 2"):
        SeenFaces(Detections.make(3), FaceReadings(FaceTraits.make(2)))


def test_joined_in_order() -> None:
    seen = some_faces(12)
    joined = SeenFaces.concatenate([seen[:5], seen[5:]])
    assert joined.readings.traits is not None
    assert joined.readings.traits.age[:, 0].tolist() == list(range(12))
    np.testing.assert_array_equal(joined.found.box, seen.found.box)
    assert SeenFaces.concatenate([some_faces(3, traits=False)] * 2).readings.traits is None
    assert SeenFaces.concatenate([seen, some_faces(3, traits=False)]).readings.traits is None
    # A segment in which nobody could look has no faces, and keeps nobody else from telling theirs.
    assert SeenFaces.concatenate([seen[:5], SeenFaces(), seen[5:]]).readings.traits is not None


def test_readings_of_different_faces_are_refused() -> None:
    with pytest.raises(ValueError, match="as many rows of each reading"):
        FaceReadings(FaceTraits.make(3), FaceShapes.make(2))


def test_readings_are_collected_over_any_number_of_frames() -> None:
    assert not ReadingsBuilder().build().tables()
    builder = ReadingsBuilder()
    for frame in range(1000):
        count = frame % 3
        builder.add(FaceReadings(FaceTraits.make(count, male=np.full(count, frame)), meshes=FaceMeshes.make(count)))
    built = builder.build()
    assert built.traits is not None
    assert built.traits.male.tolist() == [frame for frame in range(1000) for _ in range(frame % 3)]
    assert set(built.tables()) == {"traits", "meshes"}
    assert built.meshes is not None
    assert len(built.meshes) == len(built.traits)


def tracked(faces: dict[int, list[tuple[float, float]]], *, traits: bool = True, end: int = 40) -> Linked:
    """Follows the faces of each frame: place of the left border, and score. The age tells frame and place."""
    tracker = SegmentTracker((640, 360))
    for frame in range(end):
        shown = np.array(faces.get(frame, [])).reshape(-1, 2)
        count = len(shown)
        box = np.column_stack([shown[:, 0], np.full((count, 1), 0.2), np.full((count, 2), 0.1)])
        place = {"frame": np.full(count, frame), "time_ms": np.full(count, STEP_MS * frame)}
        found = Detections.make(count, **place, box=box, score=shown[:, 1])
        read = FaceTraits.make(count, age=np.column_stack([np.full(count, frame), found.box[:, 0]])) if traits else None
        track = tracker.update(frame, STEP_MS * frame, Detections.make(0), found)
        tracker.describe(frame, STEP_MS * frame, track, None, FaceReadings(read))
    return link_persons([(Segment(0, 0, STEP_MS * end), tracker.finish())])


def test_a_glimpse_is_a_face_though_nobody_has_it() -> None:
    stays = {frame: [(0.1 + 0.001 * frame, 0.9)] for frame in range(30)}
    linked = tracked(stays | {12: [(0.7, 0.8), *stays[12]], 20: [*stays[20], (0.5, 0.4)]})
    assert set(linked.tracks.person.tolist()) == {0}
    assert len(linked.tracks) == 30
    faces = linked.faces
    assert len(faces) == 31  # what is too weak to begin a track is no face either
    (glimpse,) = np.flatnonzero(faces.person == 1)
    assert (faces.frame[glimpse], faces.time_ms[glimpse]) == (12, 1200)
    assert faces.face_box[glimpse, 0] == np.float32(0.7)
    assert np.lexsort((faces.person, faces.time_ms)).tolist() == list(range(31))


def test_every_row_has_the_traits_of_its_own_face() -> None:
    paths = {frame: [(0.6 - 0.004 * frame, 0.9), (0.1 + 0.004 * frame, 0.8)] for frame in range(40)}
    linked = tracked(paths)
    assert linked.traits is not None
    assert len(linked.faces) == len(linked.traits) == 80
    np.testing.assert_array_equal(linked.traits.age[:, 0], linked.faces.frame)
    np.testing.assert_array_equal(linked.traits.age[:, 1], linked.faces.face_box[:, 0])


def test_faces_between_two_looks_have_rows_and_no_traits() -> None:
    tracker = SegmentTracker((640, 360))
    for frame in range(20):
        if frame % 2:
            tracker.skip(frame, STEP_MS * frame)
            continue
        face = Detections.make(1, frame=[frame], time_ms=[STEP_MS * frame], box=[[0.1, 0.1, 0.1, 0.1]], score=[0.9])
        track = tracker.update(frame, STEP_MS * frame, Detections.make(0), face)
        tracker.describe(frame, STEP_MS * frame, track, None, FaceReadings(FaceTraits.make(1, age=[[frame, frame]])))
    linked = link_persons([(Segment(0, 0, 2000), tracker.finish())])
    assert linked.traits is not None
    assert linked.faces.frame.tolist() == list(range(19))
    np.testing.assert_array_equal(linked.traits.age[:, 0], [np.nan if frame % 2 else frame for frame in range(19)])


def test_without_traits_the_faces_are_the_same() -> None:
    paths = {frame: [(0.6 - 0.004 * frame, 0.9)] for frame in range(10)}
    told, untold = tracked(paths), tracked(paths, traits=False)
    assert untold.traits is None
    for name, column in untold.faces.columns().items():
        np.testing.assert_array_equal(column, getattr(told.faces, name))


def test_nobody() -> None:
    assert len(tracked({}).faces) == len(tracked({}, traits=False).faces) == len(link_persons([]).faces) == 0

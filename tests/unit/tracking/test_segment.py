from __future__ import annotations

import numpy as np
import pytest

from tests.performance.metrics import score
from tests.unit.tracking.worlds import DEFAULT, NOBODY, PIXELS, SIZE, bodies, follow, frames_of, identified, walkers
from trackway.columns import Detections, Tracks
from trackway.tracking.camera import Camera
from trackway.tracking.linking import link_video
from trackway.tracking.segment import SegmentTracker, TrackedSegment

BODY = [500.0, 200, 100, 300]
FACE = [535.0, 210, 30, 40]


def same(one: Tracks, other: Tracks) -> bool:
    columns = one.columns(), other.columns()
    return all(np.array_equal(columns[0][name], columns[1][name], equal_nan=columns[0][name].dtype.kind == "f") for name in columns[0])


def final(tracked: TrackedSegment, duration_ms: int = 10_000) -> Tracks:
    return link_video(tracked, duration_ms, DEFAULT)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rate", [25, 10])
def test_people_who_cross_keep_their_identity(seed: int, rate: float) -> None:
    world = walkers(seed, rate=rate)
    scores = score(world.truth(), identified(final(follow(frames_of(world)))))
    assert scores.idf1 > 97
    assert scores.switches == 0


def test_irregular_frames_make_no_difference_to_identities() -> None:
    world = walkers(3)
    kept = np.flatnonzero(np.random.default_rng(0).random(len(world.time_ms)) < 0.6).tolist()
    result = identified(final(follow(frames_of(world, kept))))
    truth = world.truth()
    shown = np.isin(truth.frame, kept)
    there = type(truth)(truth.frame[shown], truth.identity[shown], truth.box[shown])
    assert score(there, result).switches == 0


def test_neither_the_clock_nor_the_order_of_detections_changes_a_row() -> None:
    world = walkers(1, seconds=4)
    expected = follow(frames_of(world)).tracks
    order = np.random.default_rng(0)
    shuffled = follow(
        (frame, time_ms, seen[order.permutation(len(seen))], faces) for frame, time_ms, seen, faces in frames_of(world)
    ).tracks
    assert same(shuffled, expected)
    later = follow(
        (frame, time_ms + 7200, seen.replace(time_ms=seen.time_ms + 7200), faces) for frame, time_ms, seen, faces in frames_of(world)
    ).tracks
    assert same(later.replace(time_ms=later.time_ms - 7200), expected)


def test_the_same_picture_twice_shows_the_same_people_twice() -> None:
    world = walkers(2, seconds=4)
    doubled = follow(
        (2 * frame + again, time_ms, seen.replace(frame=np.full(len(seen), 2 * frame + again)), faces)
        for frame, time_ms, seen, faces in frames_of(world)
        for again in (0, 1)
    ).tracks
    first, second = doubled[doubled.frame % 2 == 0], doubled[doubled.frame % 2 == 1]
    assert same(first.replace(frame=first.frame + 1), second)
    once = follow(frames_of(world)).tracks
    assert score(identified(once), identified(first.replace(frame=first.frame // 2))).idf1 > 99


def test_one_row_per_person_and_frame_sorted_and_in_range() -> None:
    tracks = follow(frames_of(walkers(0, people=8))).tracks
    keys = list(zip(tracks.time_ms.tolist(), tracks.person.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert tracks.has_body.all()
    assert (tracks.tracklet >= 0).all()


def test_gaps_of_the_detector_are_filled_and_flagged() -> None:
    def seen(frame: int) -> Detections:
        return NOBODY if frame in (10, 11, 12) else bodies(frame, 40 * frame, [[500 + 4 * frame, 200, 100, 300]])

    tracks = final(follow((frame, 40 * frame, seen(frame), NOBODY) for frame in range(30)))
    assert tracks.frame.tolist() == list(range(30))
    assert tracks.frame[tracks.interpolated].tolist() == [10, 11, 12]
    np.testing.assert_allclose(tracks.box[10:13, 0] * SIZE[0], [540, 544, 548], atol=0.01)


@pytest.mark.parametrize(("weak", "first"), [(0.2, 290), (0.05, 300)])
def test_a_track_begins_with_the_weak_sights_before_its_first_strong_one(weak: float, first: int) -> None:
    """Also when rows were folded in between; what is too weak for any use is not used here either."""
    tracker = SegmentTracker(SIZE, DEFAULT)
    for frame in range(290, 330):
        tracker.update(frame, 40 * frame, bodies(frame, 40 * frame, [BODY], weak if frame < 300 else 0.6), NOBODY)
    for frame in range(330, 700):
        tracker.update(frame, 40 * frame, NOBODY, NOBODY)
    tracks = tracker.finish().tracks
    assert tracks.frame.tolist() == list(range(first, 330))
    assert len(np.unique(tracks.person)) == len(np.unique(tracks.tracklet)) == 1


def face(frame: int, time_ms: int, box_px: list[float] = FACE, value: float = 0.9) -> Detections:
    marks = np.full((1, 5, 2), 0.5)
    return bodies(frame, time_ms, [box_px], value).replace(landmarks=marks, pose=[[1, 2, 3]], quality=[[4, 5]])


def test_a_person_with_body_and_face_then_face_alone_then_body_alone() -> None:
    """SPEC R35: both shapes of row, under one number."""

    def frame(number: int) -> tuple[int, int, Detections, Detections]:
        time_ms = 100 * number
        body = bodies(number, time_ms, [BODY]) if not 20 <= number < 100 else NOBODY
        return number, time_ms, body, face(number, time_ms) if number < 110 else NOBODY

    tracks = final(follow(map(frame, range(130))), 13_000)
    assert set(tracks.person.tolist()) == {0}
    assert tracks.has_face.tolist() == [True] * 110 + [False] * 20
    assert tracks.has_body.tolist() == [True] * 20 + [False] * 80 + [True] * 30
    assert len(set(tracks.tracklet[tracks.has_body].tolist())) == 2
    assert tracks.landmarks[0].tolist() == np.full((5, 2), 0.5).tolist()
    assert tracks.pose[25].tolist() == [1, 2, 3]
    assert np.isnan(tracks.quality[120]).all()
    assert np.isnan(tracks.box[25]).all()


def test_a_head_that_fills_the_picture_is_one_person() -> None:
    def frame(number: int) -> tuple[int, int, Detections, Detections]:
        box = [40.0, 20, 1200, 700] if number % 20 < 12 else [500.0, 10, 700, 700]  # the detector wavers
        return number, 40 * number, bodies(number, 40 * number, [box], 0.5), face(number, 40 * number, [600, 60, 450, 560])

    tracks = final(follow(map(frame, range(60))))
    assert set(tracks.person.tolist()) == {0}
    assert tracks.has_face.all()


def test_two_bodies_in_one_frame_are_two_persons_whatever_the_faces_do() -> None:
    left, right = [300.0, 200, 100, 300], [700.0, 200, 100, 300]

    def frame(number: int) -> tuple[int, int, Detections, Detections]:
        at = 335.0 if number < 20 else 735.0  # one face jumps from one body to the other within a frame
        return number, 40 * number, bodies(number, 40 * number, [left, right]), face(number, 40 * number, [at, 210, 30, 40])

    tracks = final(follow(map(frame, range(40))))
    assert set(tracks.person.tolist()) == {0, 1}
    assert len(tracks) == 80


def test_a_face_never_appears_on_a_body_it_does_not_sit_on() -> None:
    def frame(number: int) -> tuple[int, int, Detections, Detections]:
        box = [535.0, 400, 30, 40] if number == 10 else FACE
        return number, 40 * number, bodies(number, 40 * number, [BODY]), face(number, 40 * number, box)

    tracks = final(follow(map(frame, range(30))))
    assert set(tracks.person.tolist()) == {0}
    assert tracks.has_face.tolist() == [number != 10 for number in range(30)]


def test_nothing_at_all_and_one_frame() -> None:
    assert len(SegmentTracker(SIZE).finish().tracks) == 0
    assert len(follow((frame, 40 * frame, NOBODY, NOBODY) for frame in range(5)).tracks) == 0
    alone = follow([(4, 160, bodies(4, 160, [BODY]), face(4, 160))]).tracks
    assert (len(alone), alone.has_face.tolist()) == (1, [True])
    np.testing.assert_allclose(alone.box * PIXELS, [BODY], rtol=1e-5)


def test_long_runs_are_folded_without_a_trace() -> None:
    other = [50.0, 50, 40, 100]
    tracks = follow((frame, 40 * frame, bodies(frame, 40 * frame, [BODY, other], [0.6, 0.2]), NOBODY) for frame in range(600)).tracks
    assert tracks.frame.tolist() == list(range(600))


@pytest.mark.parametrize(("frame", "time_ms"), [(5, 300), (6, 100), (4, 400)])
def test_frames_come_in_order(frame: int, time_ms: int) -> None:
    tracker = SegmentTracker(SIZE)
    tracker.update(5, 200, NOBODY, NOBODY)
    with pytest.raises(ValueError, match="comes after frame 5 at 200 ms"):
        tracker.update(frame, time_ms, NOBODY, NOBODY)


def test_detections_belong_to_the_frame() -> None:
    with pytest.raises(ValueError, match="another frame were given with frame 5"):
        SegmentTracker(SIZE).update(5, 200, bodies(4, 200, [BODY]), NOBODY)


def test_frames_that_nobody_looked_at_are_carried() -> None:
    tracker = SegmentTracker(SIZE)
    for frame in range(31):
        if frame % 3:
            tracker.skip(frame, 40 * frame)
        else:
            shown = bodies(frame, 40 * frame, [[300.0 + 4 * frame, 200, 100, 300]])
            tracker.update(frame, 40 * frame, shown, face(frame, 40 * frame, [335.0 + 4 * frame, 210, 30, 40]))
    tracked = tracker.finish()
    assert tracked.tracks.frame.tolist() == tracked.frames.frame[tracked.frames.detected].tolist() == list(range(0, 31, 3))
    tracks = final(tracked)
    assert tracks.frame.tolist() == list(range(31))
    assert tracks.has_face.all()
    assert tracks.interpolated.tolist() == [frame % 3 != 0 for frame in range(31)]
    np.testing.assert_allclose(tracks.box[:, 0] * SIZE[0], 300 + 4 * np.arange(31), atol=0.01)
    np.testing.assert_allclose(tracks.face_box[:, 0] * SIZE[0], 335 + 4 * np.arange(31), atol=0.01)


def test_faces_are_followed_from_one_look_for_faces_to_the_next_however_the_camera_moved() -> None:
    """The camera pans by 60 px a frame; faces, 30 px wide, are looked for in every other frame."""
    tracker = SegmentTracker(SIZE)
    for frame in range(10):
        left = 1000.0 - 60 * frame
        seen = face(frame, 40 * frame, [left + 35, 210, 30, 40]) if frame % 2 == 0 else None
        pan = Camera(np.array([1.0, 0, -60.0 if frame else 0.0, 0]))
        tracker.update(frame, 40 * frame, NOBODY, seen, camera=pan)
    tracked = tracker.finish()
    assert tracked.frames.faces.tolist() == [True, False] * 5
    assert set(tracked.tracks.person.tolist()) == {0}

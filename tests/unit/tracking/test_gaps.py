"""Filling of missed frames (SPEC X12), and of those that nobody looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from trackway.columns import AnalysedFrames, Tracks
from trackway.tracking.gaps import Reach, fill_gaps, reach_of


def rows(frame: list[int], left: list[float], person: int = 7, time_ms: list[int] | None = None) -> Tracks:
    box = np.array([[value, 0, 0.1, 0.2] for value in left]).reshape(-1, 4)
    count = len(frame)
    return Tracks.make(
        count,
        frame=frame,
        time_ms=time_ms or [40 * number for number in frame],
        person=[person] * count,
        tracklet=[person] * count,
        box=box,
        score=np.full(count, 0.5),
    )


def sampled(frame: npt.ArrayLike = range(10), time_ms: npt.ArrayLike | None = None, skipped: tuple[int, ...] = ()) -> AnalysedFrames:
    numbers = np.array(frame)
    clock = 40 * numbers if time_ms is None else time_ms
    looked = ~np.isin(numbers, skipped)
    return AnalysedFrames.make(len(numbers), frame=numbers, time_ms=clock, detected=looked, faces=looked)


SIZE = (1000, 500)


def fill(tracks: Tracks, frames: AnalysedFrames, longest_ms: float = 1000) -> Tracks:
    return fill_gaps(tracks, frames, SIZE, Reach(longest_ms, longest_ms))


def filled(tracks: Tracks, frames: AnalysedFrames, longest_ms: float = 1000) -> Tracks:
    result = fill(tracks, frames, longest_ms)
    assert len(result) == len(tracks) + result.interpolated.sum()
    return result[result.interpolated]


def test_a_straight_line_in_time_between_two_sights() -> None:
    clock = np.array([0, 40, 60, 120, 200, 240, 280, 320, 360, 400])
    new = filled(rows([1, 4, 5], [0.1, 0.4, 0.5], time_ms=[40, 200, 240]), sampled(time_ms=clock))
    assert new.frame.tolist() == [2, 3]
    assert new.time_ms.tolist() == [60, 120]
    np.testing.assert_allclose(new.box[:, 0], [0.1 + 0.3 * 20 / 160, 0.1 + 0.3 * 80 / 160], rtol=1e-6)
    assert new.person.tolist() == new.tracklet.tolist() == [7, 7]


def test_long_gaps_and_ends_stay_empty() -> None:
    assert len(filled(rows([2, 6], [0.1, 0.5]), sampled(), 100)) == 0


def test_nobody_is_drawn_into_a_cutaway() -> None:
    there_again = rows([0, 1, 2, 7, 8, 9], [0.1] * 6)
    frames = sampled()
    assert filled(there_again, frames).frame.tolist() == [3, 4, 5, 6]
    cut = np.isin(frames.frame, (3, 6))
    assert len(filled(there_again, frames.replace(cut=cut))) == 0
    unseen = sampled(skipped=(3, 4, 5, 6))  # nobody looked; the detectors would have, had what was seen at the ends not agreed
    assert filled(there_again, unseen.replace(cut=np.isin(unseen.frame, 7))).frame.tolist() == [3, 4, 5, 6]


def test_people_are_not_mixed_and_rows_may_come_in_any_order() -> None:
    new = filled(Tracks.concatenate([rows([4, 2], [0.4, 0.2], 0), rows([2, 5], [0.7, 0.7], 1)]), sampled())
    assert list(zip(new.person.tolist(), new.frame.tolist(), strict=True)) == [(0, 3), (1, 3), (1, 4)]
    np.testing.assert_allclose(new.box[new.person == 1, 0], 0.7)


def test_only_sampled_frames_are_filled() -> None:
    assert filled(rows([0, 6], [0.0, 0.6]), sampled([0, 3, 6])).frame.tolist() == [3]


def test_frames_at_the_same_time() -> None:
    new = filled(rows([0, 2], [0.1, 0.3], time_ms=[0, 0]), sampled(range(3), np.zeros(3)))
    np.testing.assert_allclose(new.box[:, 0], [0.1])


def test_frames_that_nobody_looked_at_are_filled_however_long() -> None:
    seen = rows([0, 4, 8], [0.0, 0.4, 0.8])
    assert filled(seen, sampled(skipped=(1, 2, 3, 5, 7)), 0).frame.tolist() == [1, 2, 3]
    assert filled(seen, sampled(skipped=(1, 2, 3, 5, 6, 7)), 0).frame.tolist() == [1, 2, 3, 5, 6, 7]


def faces(frame: list[int], left: list[float], roll: list[float], person: int = 7) -> Tracks:
    count = len(frame)
    return Tracks.make(
        count,
        frame=frame,
        time_ms=[40 * number for number in frame],
        person=[person] * count,
        face_box=[[value, 0.01, 0.02, 0.04] for value in left],
        face_score=[0.9] * count,
        landmarks=np.full((count, 5, 2), 0.5),
        pose=[[value, 0, 0] for value in roll],
        quality=[[50, 60]] * count,
    )


def test_faces_are_carried_where_nobody_looked_and_only_there() -> None:
    seen = faces([0, 2, 4], [0.1, 0.3, 0.5], [170, -170, -150])
    result = fill(seen, sampled(range(5), skipped=(1,)))
    assert result.frame.tolist() == [0, 1, 2, 4]
    np.testing.assert_allclose(result.face_box[1], [0.2, 0.01, 0.02, 0.04], rtol=1e-6)
    assert abs(result.pose[1, 0]) == pytest.approx(180)  # the short way round
    assert not result.has_body.any()
    assert not result.interpolated.any()


def test_a_filled_body_joins_the_face_that_was_seen() -> None:
    body, face = rows([0, 4], [0.1, 0.1]), faces([2], [0.14], [0])
    result = fill(Tracks.concatenate([body, face]), sampled(range(5)))
    assert result.frame.tolist() == [0, 1, 2, 3, 4]
    assert result.has_body.all()
    assert result.has_face.tolist() == [False, False, True, False, False]


def test_a_filled_body_gives_way_to_a_face_that_is_elsewhere() -> None:
    body, face = rows([0, 4], [0.1, 0.1]), faces([2], [0.6], [0])
    result = fill(Tracks.concatenate([body, face]), sampled(range(5)))
    assert result.has_body.tolist() == [True, True, False, True, True]
    assert result.has_face.tolist() == [False, False, True, False, False]


def test_nothing() -> None:
    assert len(fill(Tracks.make(0), sampled())) == 0
    assert len(fill(Tracks.make(0), AnalysedFrames.make(0))) == 0


def test_lines_lie_on_the_ground_that_the_camera_moves_over() -> None:
    """Somebody stands, the camera jumps 100 px to the right and back: the picture of them jumps to the left."""
    camera = np.tile([1.0, 0, 0, 0], (5, 1))
    camera[2, 2], camera[3, 2] = -100, 100
    new = filled(rows([0, 4], [0.5, 0.5]), sampled(range(5)).replace(camera=camera))
    np.testing.assert_allclose(new.box[:, 0], [0.5, 0.4, 0.5], atol=1e-6)


def walk(way: npt.NDArray[Any], person: int) -> Tracks:
    frame = np.arange(len(way))
    return rows(frame.tolist(), way.tolist(), person)


def test_the_video_itself_tells_how_far_lines_hold() -> None:
    frames = sampled(range(500))
    steady = Tracks.concatenate([walk(0.1 + 0.001 * np.arange(500) + 0.1 * person, person) for person in range(4)])
    second = 2 * np.pi * 0.02 * np.arange(500)
    there_and_back = Tracks.concatenate([walk(0.5 + 0.1 * np.sin(second + person), person) for person in range(4)])
    assert reach_of(steady, frames, SIZE).other_ms == 6400
    assert 300 < reach_of(there_and_back, frames, SIZE).other_ms < 1000


def test_who_stands_is_filled_in_for_longer_than_who_walks() -> None:
    frames = sampled(range(500))
    second = 2 * np.pi * 0.02 * np.arange(500)
    restless = [walk(0.5 + 0.1 * np.sin(second + person), person) for person in range(4)]
    standing = [walk(np.full(500, 0.1 * person), 10 + person) for person in range(4)]
    reach = reach_of(Tracks.concatenate([*restless, *standing]), frames, SIZE)
    assert reach.other_ms < 1000
    assert reach.calm_ms > 2 * reach.other_ms


def test_a_video_that_shows_too_little_is_taken_for_a_usual_one() -> None:
    usual = reach_of(Tracks.make(0), sampled(), SIZE)
    assert 1600 < usual.other_ms == usual.calm_ms < 3200
    assert reach_of(rows([0, 9], [0.1, 0.1]), sampled(), SIZE) == usual


@pytest.mark.parametrize(
    ("narrow", "side", "gap", "stays_empty"),
    [
        (0.03, "right", 20, True),
        (0.03, "left", 20, True),
        (0.03, "right", 10, False),  # a glance of 400 ms: missed, not gone
        (0.08, "right", 20, False),  # hardly cut off
        (0.03, "middle", 20, False),  # hidden by something else
    ],
)
def test_who_left_the_picture_was_not_in_it(narrow: float, side: str, gap: int, stays_empty: bool) -> None:
    """Walks to the side, is cut off by it to a sliver, and comes back there."""
    left = {"right": 1 - narrow, "left": 0.0, "middle": 0.5}[side]
    frame = [0, 1, 2, 3, 3 + gap, 4 + gap, 5 + gap, 6 + gap]
    tracks = rows(frame, [0.5] * 8)
    box = tracks.box.copy()
    box[3:5, 0], box[3:5, 2] = left, narrow
    new = filled(tracks.replace(box=box), sampled(range(7 + gap)), 10_000)
    assert (len(new) == 0) == stays_empty
    assert len(new) in (0, gap - 1)

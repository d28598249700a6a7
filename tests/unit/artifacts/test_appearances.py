"""People are drawn smoothly between samples, and nowhere that they were not seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.tracks import random_tracks
from trackway.artifacts.appearances import Appearance, Appearances
from trackway.columns import Tracks

BOX = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
FACE = np.array([0.2, 0.2, 0.1, 0.1], np.float32)
POINTS = np.linspace(0.2, 0.3, 10, dtype=np.float32).reshape(5, 2)


def one_person(times: list[int], *, faces: list[int] | None = None, step: float = 0.01, bottom: float = 0.6) -> Tracks:
    """A body that moves by `step` with each row, with a face in some of them."""
    rows = np.arange(len(times))
    boxes = np.tile(BOX, (len(times), 1)) + np.outer(rows * step, [1, 0, 0, 0]).astype(np.float32)
    boxes[:, 3] = bottom - boxes[:, 1]
    has_face = np.isin(times, faces or [])
    return Tracks.make(
        len(times),
        frame=rows,
        time_ms=times,
        person=np.full(len(times), 3),
        box=boxes,
        score=np.ones(len(times)),
        face_box=np.where(has_face[:, None], FACE, np.nan),
        face_score=np.where(has_face, 0.9, np.nan),
        landmarks=np.where(has_face[:, None, None], POINTS, np.nan),
    )


def at(tracks: Tracks, *times: int) -> list[Appearance | None]:
    appearances = Appearances(tracks)
    return [next(iter(appearances.at(time)), None) for time in times]


def body(one: Appearance | None) -> npt.NDArray[np.float32]:
    assert one is not None
    assert one.box is not None
    return one.box


def test_frames_between_two_samples_are_filled_in() -> None:
    before, between, after = (body(one) for one in at(one_person([0, 100, 200]), 100, 140, 200))
    assert np.allclose(between, 0.6 * before + 0.4 * after)


def test_every_row_is_drawn_as_it_is() -> None:
    tracks = random_tracks(400)
    appearances = Appearances(tracks)
    for time_ms in np.unique(tracks.time_ms):
        found = {one.person: one for one in appearances.at(int(time_ms))}
        for row in np.flatnonzero(tracks.time_ms == time_ms):
            one = found[int(tracks.person[row])]
            if tracks.has_body[row]:
                assert np.array_equal(body(one), tracks.box[row])
            if tracks.has_face[row]:
                assert one.face_box is not None
                assert one.landmarks is not None
                assert np.array_equal(one.face_box, tracks.face_box[row])
                assert np.array_equal(one.landmarks, tracks.landmarks[row])


@pytest.mark.parametrize(("gap", "seen"), [(200, True), (250, True), (300, False), (5000, False)])
def test_a_long_gap_stays_empty(gap: int, seen: bool) -> None:
    times = [*range(0, 1001, 100), *range(1000 + gap, 1500 + gap, 100)]
    (within,) = at(one_person(times), 1000 + gap // 2)
    assert (within is not None) == seen


def test_nobody_is_drawn_before_the_first_or_after_the_last_row() -> None:
    before, first, last, after = at(one_person([100, 200, 300]), 60, 100, 300, 301)
    assert before is None
    assert first is not None
    assert last is not None
    assert after is None


def test_a_face_missed_once_does_not_flicker() -> None:
    found = at(one_person([0, 100, 200, 300], faces=[0, 200, 300]), 0, 60, 100, 140, 200, 300)
    assert all(one is not None and one.face_box is not None and one.landmarks is not None for one in found)


def test_a_face_without_a_body_appears() -> None:
    tracks = one_person([0, 100], faces=[0, 100]).replace(box=np.full((2, 4), np.nan), score=[np.nan, np.nan])
    (one,) = at(tracks, 50)
    assert one is not None
    assert one.box is None
    assert one.face_box is not None
    assert len(one.trail) == 0


def test_a_trail_is_short_and_breaks_where_the_person_was_gone() -> None:
    steady = at(one_person(list(range(0, 5000, 100))), 4000)[0]
    returned = at(one_person([*range(0, 2000, 100), *range(4000, 4500, 100)]), 4300)[0]
    assert steady is not None
    assert returned is not None
    assert len(steady.trail) == 16
    assert len(returned.trail) == 4
    assert np.all(np.diff(steady.trail[:, 0]) > 0)


@pytest.mark.parametrize(("bottom", "height"), [(0.6, 0.6), (1.0, 0.6)])
def test_a_trail_is_left_by_the_feet_or_where_they_are_cut_off_by_the_middle(bottom: float, height: float) -> None:
    one = at(one_person([0, 100, 200], bottom=bottom), 200)[0]
    assert one is not None
    assert one.trail[-1, 1] == pytest.approx(height)


def test_no_rows_no_one() -> None:
    assert at(Tracks.make(0), 0, 100) == [None, None]


def test_nobody_is_on_the_way_across_a_cut() -> None:
    tracks = one_person([0, 100, 200, 300, 400], step=0.1)
    joined, apart = Appearances(tracks), Appearances(tracks, None, np.array([300]))
    assert next(iter(joined.at(250)), None) is not None
    assert next(iter(apart.at(250)), None) is None
    (before,), (after,) = joined.at(300), apart.at(300)
    assert len(before.trail) > len(after.trail) == 1
    assert np.array_equal(body(before), body(after))

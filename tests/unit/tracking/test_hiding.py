"""Hidden pieces of tracks, and the straight lines at their ends."""

from __future__ import annotations

import numpy as np
import pytest

from trackway.tracking.ends import ends_of
from trackway.tracking.evidence import Dynamics, likeliest_dynamics
from trackway.tracking.hiding import hide


def way(seconds: float, rate: float = 25) -> np.ndarray:
    return np.arange(int(seconds * rate)) / rate


def test_pieces_are_of_one_track_and_about_as_long_as_asked() -> None:
    time = np.concatenate([way(4), way(3), 10 + way(4)])
    track = np.repeat([5, 2, 2], [100, 75, 100])
    hidden = hide(time, track, 0.8)
    assert len(hidden.before) > 10
    assert (hidden.seconds >= 0.8 - 1e-6).all()
    assert (hidden.seconds <= 1.3 * 0.8).all()
    assert (track[hidden.order[hidden.before]] == track[hidden.order[hidden.after]]).all()
    rows, piece = hidden.inside()
    clock = time[rows]
    assert (clock > hidden.time[hidden.before][piece]).all()
    assert (clock < hidden.time[hidden.after][piece]).all()


def test_short_tracks_and_no_tracks_have_no_pieces() -> None:
    assert len(hide(way(0.5), np.zeros(12, np.int64), 0.8).before) == 0
    assert len(hide(np.zeros(0), np.zeros(0, np.int64), 0.8).before) == 0


def test_ends_of_a_straight_walk() -> None:
    time = way(3)
    box = np.stack([100 + 50 * time, 300 - 20 * time, np.full(75, 40), np.full(75, 100)], axis=1)
    ends = ends_of(time, box, np.zeros(75, np.int64), time[-1:], np.ones(75))
    np.testing.assert_allclose(ends.place, [[100 + 50 * time[-1], 300 - 20 * time[-1]]], atol=1)
    np.testing.assert_allclose(ends.speed, [[50, -20]], atol=2)
    assert ends.height[0] == pytest.approx(np.log(100))


def test_one_wild_box_and_hidden_boxes_hardly_matter() -> None:
    time = way(1)
    box = np.stack([50 * time, np.zeros(25), np.full(25, 40), np.full(25, 100)], axis=1)
    wild, shrunk = box.copy(), box.copy()
    wild[20, :2] += 60
    shrunk[20:, 0] += 30
    trust = np.where(np.arange(25) >= 20, 0.01, 1.0)
    for seen, weight in ((wild, np.ones(25)), (shrunk, trust)):
        ends = ends_of(time, seen, np.zeros(25, np.int64), time[-1:], weight)
        assert abs(ends.place[0, 0] - 48) < 5


def test_a_single_sight_stands_still_uncertainly() -> None:
    ends = ends_of(np.array([2.0]), np.array([[10.0, 20, 40, 100]]), np.array([0]), np.array([2.0]), np.ones(1))
    assert ends.speed.tolist() == [[0, 0]]
    assert np.sqrt(ends.speed_variance[0]) == pytest.approx(60, rel=0.05)


def test_the_likeliest_dynamics_follow_how_people_walk() -> None:
    found = []
    for restless in (0.05, 0.2, 0.8):  # changes of speed in one second, heights
        random = np.random.default_rng(0)
        speed = np.cumsum(random.normal(0, restless * 100 / 5, (20, 500, 2)), axis=1)
        box = np.concatenate([np.cumsum(speed, axis=1) / 25, np.full((20, 500, 2), 100.0)], axis=2).reshape(-1, 4)
        hidden = hide(np.tile(way(20), 20), np.repeat(np.arange(20), 500), 1.2)
        found.append(likeliest_dynamics(*hidden.ends(box, np.ones(len(box)))).acceleration)
        assert restless / 3 <= found[-1] <= 3 * restless
    assert found == sorted(set(found))


def test_too_little_to_see_gives_usual_dynamics() -> None:
    hidden = hide(np.zeros(0), np.zeros(0, np.int64), 1.2)
    assert likeliest_dynamics(*hidden.ends(np.zeros((0, 4)), np.zeros(0))) == Dynamics()

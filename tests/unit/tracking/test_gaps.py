"""Filling of missed frames (SPEC X12)."""

from __future__ import annotations

import numpy as np

from trackway.columns import Detections
from trackway.tracking.gaps import fill_gaps


def rows(frame: list[int], left: list[float], time_ms: list[int] | None = None) -> Detections:
    box = np.array([[value, 0, 0.1, 0.2] for value in left]).reshape(-1, 4)
    return Detections.make(
        len(frame), frame=frame, time_ms=time_ms or [40 * number for number in frame], box=box, score=np.full(len(frame), 0.5)
    )


FRAMES = np.arange(10)


def test_a_straight_line_in_time_between_two_sights() -> None:
    seen = rows([1, 4, 5], [0.1, 0.4, 0.5], [40, 200, 240])
    clock = np.array([0, 40, 60, 120, 200, 240, 280, 320, 360, 400])
    filled, track = fill_gaps(seen, np.array([7, 7, 7]), FRAMES, clock, 1000)
    assert filled.frame.tolist() == [2, 3]
    assert filled.time_ms.tolist() == [60, 120]
    np.testing.assert_allclose(filled.box[:, 0], [0.1 + 0.3 * 20 / 160, 0.1 + 0.3 * 80 / 160], rtol=1e-6)
    assert track.tolist() == [7, 7]


def test_long_gaps_and_ends_stay_empty() -> None:
    filled, _ = fill_gaps(rows([2, 6], [0.1, 0.5]), np.array([0, 0]), FRAMES, 40 * FRAMES, 100)
    assert len(filled) == 0


def test_tracks_are_not_mixed_and_rows_may_come_in_any_order() -> None:
    seen = rows([4, 2, 2, 5], [0.4, 0.2, 0.7, 0.7])
    filled, track = fill_gaps(seen, np.array([0, 0, 1, 1]), FRAMES, 40 * FRAMES, 1000)
    assert sorted(zip(track.tolist(), filled.frame.tolist(), strict=True)) == [(0, 3), (1, 3), (1, 4)]
    np.testing.assert_allclose(filled.box[track == 1, 0], 0.7)


def test_only_analysed_frames_are_filled() -> None:
    filled, _ = fill_gaps(rows([0, 6], [0.0, 0.6]), np.array([0, 0]), np.array([0, 3, 6]), np.array([0, 120, 240]), 1000)
    assert filled.frame.tolist() == [3]


def test_frames_at_the_same_time() -> None:
    filled, _ = fill_gaps(rows([0, 2], [0.1, 0.3], [0, 0]), np.array([0, 0]), np.arange(3), np.zeros(3, np.int64), 1000)
    np.testing.assert_allclose(filled.box[:, 0], [0.1])


def test_nothing() -> None:
    filled, track = fill_gaps(Detections.make(0), np.zeros(0, np.int64), FRAMES, 40 * FRAMES, 1000)
    assert (len(filled), len(track)) == (0, 0)

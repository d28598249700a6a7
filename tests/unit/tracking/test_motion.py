"""The filter in four halves against the textbook filter in one piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from trackway.tracking.config import MotionConfig
from trackway.tracking.motion import MotionFilter

Array = npt.NDArray[Any]
STEADY = MotionConfig(size_memory=1e9)


class TextbookFilter:
    """One track, eight numbers, full matrices; speeds are constant but for white-noise acceleration."""

    def __init__(self, config: MotionConfig, box: Array) -> None:
        self.config = config
        self.mean = np.concatenate([box, np.zeros(4)])
        first = np.concatenate([np.repeat(config.measured, 2), np.repeat(config.first_speed, 2)]) * box[3]
        self.covariance = np.diag(first**2)

    def predict(self, seconds: float) -> None:
        step = np.eye(8)
        step[:4, 4:] = seconds * np.eye(4)
        density = np.diag((np.repeat(self.config.acceleration, 2) * self.mean[3]) ** 2)
        noise = np.block([[density * seconds**3 / 3, density * seconds**2 / 2], [density * seconds**2 / 2, density * seconds]])
        self.mean = step @ self.mean
        self.covariance = step @ self.covariance @ step.T + noise

    def move(self, motion: Array) -> None:
        a, b, x, y = motion
        zoom = np.hypot(a, b)
        turn = np.kron(np.eye(2), np.block([[np.array([[a, -b], [b, a]]), np.zeros((2, 2))], [np.zeros((2, 2)), zoom * np.eye(2)]]))
        self.mean = turn @ self.mean + [x, y, 0, 0, 0, 0, 0, 0]
        self.covariance = zoom**2 * self.covariance

    def correct(self, box: Array, times: Array) -> None:
        see = np.eye(4, 8)
        error = np.diag((np.repeat(self.config.measured, 2) * box[3] * times) ** 2)
        gain = self.covariance @ see.T @ np.linalg.inv(see @ self.covariance @ see.T + error)
        self.mean = self.mean + gain @ (box - see @ self.mean)
        self.covariance = (np.eye(8) - gain @ see) @ self.covariance


def doubt(config: MotionConfig, box: Array, expected: Array, covered: float) -> Array:
    """How many times larger than usual the errors of a covered box are: of x, y, width, height."""
    times = 1 + config.hidden_error * covered**3
    short = min(1.0, max(0.0, 1 - box[3] / expected[3]) / config.hidden_short)
    return np.array([1 + (times - 1) * short, times, times, times])


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_textbook_filter(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = 7
    boxes = np.stack([*random.uniform(0, 1000, (2, count)), *random.uniform(20, 200, (2, count))], axis=1)
    ours = MotionFilter(STEADY)
    ours.add(boxes.T)
    theirs = [TextbookFilter(STEADY, box) for box in boxes]
    for _ in range(20):
        motion = np.array([1, 0, 0, 0]) + random.normal(0, [0.01, 0.01, 9, 9])
        seconds = float(random.choice([0.0, 0.04, 0.1, 1.3]))
        ours.move(motion)
        ours.predict(seconds)
        for one in theirs:
            one.move(motion)
            one.predict(seconds)
        seen = np.flatnonzero(random.random(count) < 0.7)
        measured = ours.box.T[seen] + random.normal(0, 3, (len(seen), 4))
        measured[:, 2:] = np.maximum(measured[:, 2:], 5)
        covered = random.choice([0.0, 0.4, 1.0], len(seen))
        ours.correct(seen, measured.T, covered)
        for row, box, share in zip(seen, measured, covered, strict=True):
            theirs[row].correct(box, doubt(STEADY, box, theirs[row].mean, share))
        np.testing.assert_allclose(ours.box.T, [one.mean[:4] for one in theirs], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(ours.spread, [np.sqrt(one.covariance[0, 0]) / one.mean[3] for one in theirs], rtol=1e-6)


def test_a_remainder_moves_nobody_and_a_whole_box_behind_somebody_does() -> None:
    whole = np.array([[100.0], [50.0], [20.0], [60.0]])
    for height, least, most in ((60.0, 2.0, 8.0), (30.0, 0.0, 0.5)):
        motion = MotionFilter(MotionConfig())
        motion.add(whole)
        motion.predict(0.1)
        motion.correct(np.array([0]), np.array([[108.0], [50 - (60 - height) / 2], [20.0], [height]]), np.ones(1))
        assert least <= motion.box[0, 0] - 100 <= most
        assert motion.box[3, 0] == pytest.approx(60, abs=2)


def test_any_division_of_time_predicts_the_same() -> None:
    box = np.array([[100.0], [50.0], [20.0], [60.0]])
    once, often = MotionFilter(STEADY), MotionFilter(STEADY)
    for motion in (once, often):
        motion.add(box)
        motion.predict(0.1)
        motion.correct(np.array([0]), box + np.array([[5.0], [1.0], [0.0], [0.0]]), np.zeros(1))
    once.predict(0.6)
    for _ in range(6):
        often.predict(0.1)
    np.testing.assert_allclose(once.box, often.box)
    assert once.box[0, 0] > 110


def test_a_change_of_size_dies_away() -> None:
    motion = MotionFilter(MotionConfig(size_memory=0.5))
    box = np.array([[100.0], [50.0], [20.0], [60.0]])
    motion.add(box)
    for step in range(1, 6):
        motion.predict(0.1)
        motion.correct(np.array([0]), box + np.array([[0.0], [0.0], [0.0], [-4.0 * step]]), np.zeros(1))
    motion.predict(2)
    near = motion.box[3, 0]
    motion.predict(20)
    assert 20 < motion.box[3, 0] <= near < 45


def test_rows_are_forgotten_by_mask() -> None:
    motion = MotionFilter(MotionConfig())
    motion.predict(1)
    motion.add(np.array([[1.0, 1, 2, 3], [4, 4, 5, 6]]).T)
    motion.keep(np.array([False, True]))
    assert len(motion) == 1
    assert motion.box.T.tolist() == [[4, 4, 5, 6]]

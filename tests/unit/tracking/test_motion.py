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

    def correct(self, box: Array, times: float) -> None:
        see = np.eye(4, 8)
        error = np.diag((np.repeat(self.config.measured, 2) * box[3] * times) ** 2)
        gain = self.covariance @ see.T @ np.linalg.inv(see @ self.covariance @ see.T + error)
        self.mean = self.mean + gain @ (box - see @ self.mean)
        self.covariance = (np.eye(8) - gain @ see) @ self.covariance


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_textbook_filter(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = 7
    boxes = np.stack([*random.uniform(0, 1000, (2, count)), *random.uniform(20, 200, (2, count))], axis=1)
    ours = MotionFilter(STEADY)
    ours.add(boxes)
    theirs = [TextbookFilter(STEADY, box) for box in boxes]
    for _ in range(20):
        seconds = float(random.choice([0.0, 0.04, 0.1, 1.3]))
        ours.predict(seconds)
        for one in theirs:
            one.predict(seconds)
        seen = np.flatnonzero(random.random(count) < 0.7)
        measured = ours.box[seen] + random.normal(0, 3, (len(seen), 4))
        measured[:, 2:] = np.maximum(measured[:, 2:], 5)
        error = random.choice([1.0, 1.4, 20.0], len(seen))
        ours.correct(seen, measured, error)
        for row, box, times in zip(seen, measured, error, strict=True):
            theirs[row].correct(box, float(times))
        np.testing.assert_allclose(ours.box, [one.mean[:4] for one in theirs], rtol=1e-6, atol=1e-6)


def test_any_division_of_time_predicts_the_same() -> None:
    box = np.array([[100.0, 50.0, 20.0, 60.0]])
    once, often = MotionFilter(STEADY), MotionFilter(STEADY)
    for motion in (once, often):
        motion.add(box)
        motion.predict(0.1)
        motion.correct(np.array([0]), box + np.array([5.0, 1.0, 0.0, 0.0]), np.ones(1))
    once.predict(0.6)
    for _ in range(6):
        often.predict(0.1)
    np.testing.assert_allclose(once.box, often.box)
    assert once.box[0, 0] > 110


def test_a_change_of_size_dies_away() -> None:
    motion = MotionFilter(MotionConfig(size_memory=0.5))
    box = np.array([[100.0, 50.0, 20.0, 60.0]])
    motion.add(box)
    for step in range(1, 6):
        motion.predict(0.1)
        motion.correct(np.array([0]), box + np.array([0.0, 0.0, 0.0, -4.0 * step]), np.ones(1))
    motion.predict(2)
    near = motion.box[0, 3]
    motion.predict(20)
    assert 20 < motion.box[0, 3] <= near < 45


def test_rows_are_forgotten_by_mask() -> None:
    motion = MotionFilter(MotionConfig())
    motion.predict(1)
    motion.add(np.array([[1.0, 1, 2, 3], [4, 4, 5, 6]]))
    motion.keep(np.array([False, True]))
    assert len(motion) == 1
    assert motion.box.tolist() == [[4, 4, 5, 6]]

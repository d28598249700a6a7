"""What hides whom, in tables: equal to one frame at a time."""

from __future__ import annotations

import numpy as np
import pytest

from trackway.tracking import cover
from trackway.tracking.cover import covered


def obvious(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """One pair after the other."""
    share = np.zeros(len(box))
    for one in range(len(box)):
        for other in range(len(box)):
            low = np.maximum(box[one, :2], box[other, :2])
            high = np.minimum(box[one, :2] + box[one, 2:], box[other, :2] + box[other, 2:])
            nearer = box[other, 1] + box[other, 3] > box[one, 1] + box[one, 3]
            if frame[one] == frame[other] and nearer and (high > low).all():
                share[one] = max(share[one], (high - low).prod() / box[one, 2:].prod())
    return share


@pytest.mark.parametrize("portion", [1, 7, 1 << 20])
def test_equals_the_obvious_way(monkeypatch: pytest.MonkeyPatch, portion: int) -> None:
    monkeypatch.setattr(cover, "_PAIRS_AT_ONCE", portion)
    random = np.random.default_rng(0)
    frame = random.integers(0, 12, 80)
    box = np.concatenate([random.uniform(0, 50, (80, 2)), random.uniform(5, 30, (80, 2))], axis=1)
    np.testing.assert_allclose(covered(frame, box), obvious(frame, box))


def test_nobody_and_somebody_alone() -> None:
    assert covered(np.zeros(0, np.int64), np.zeros((0, 4))).tolist() == []
    assert covered(np.array([3]), np.array([[0.0, 0, 1, 1]])).tolist() == [0]

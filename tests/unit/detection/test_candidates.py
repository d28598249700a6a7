"""Overlap and the choice among boxes, against OpenCV and plain arithmetic."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trackway.detection.candidates import MAXIMUM, Candidates, overlaps

boxes = hnp.arrays(np.float32, st.tuples(st.integers(0, 30), st.just(4)), elements=st.floats(0, 100, width=32)).map(
    lambda box: box + np.array([0, 0, 1, 1], np.float32)
)


def candidates(box: npt.NDArray[np.float32], score: npt.ArrayLike) -> Candidates:
    return Candidates(box, np.asarray(score, np.float32), np.empty((len(box), 0, 2), np.float32))


@given(boxes, boxes)
def test_overlap_is_shared_area_over_joint_area(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> None:
    found = overlaps(first, second)
    assert found.shape == (len(first), len(second))
    for row, one in enumerate(first.astype(float)):
        for column, other in enumerate(second.astype(float)):
            wide = max(0, min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0]))
            high = max(0, min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1]))
            joint = one[2] * one[3] + other[2] * other[3] - wide * high
            np.testing.assert_allclose(found[row, column], wide * high / joint, rtol=1e-3, atol=1e-4)


def test_empty_boxes_overlap_nothing() -> None:
    assert overlaps(np.zeros((2, 4), np.float32), np.zeros((1, 4), np.float32)).tolist() == [[0], [0]]


@given(boxes, st.randoms(use_true_random=False), st.floats(0.1, 0.9))
def test_the_choice_equals_opencvs(box: npt.NDArray[np.float32], random: object, overlap: float) -> None:
    score = np.linspace(1, 0.1, len(box), dtype=np.float32)
    random.shuffle(score)  # type: ignore[attr-defined]
    pairs = overlaps(box, box)
    if np.any(np.abs(pairs - overlap) < 1e-4):
        return  # a tie that either side may round its own way
    expected = np.asarray(cv2.dnn.NMSBoxes(box.astype(float).tolist(), score.tolist(), 0.0, overlap)).reshape(-1)
    chosen = candidates(box, score).strongest(overlap)
    np.testing.assert_array_equal(chosen.box, box[expected.astype(int)])
    np.testing.assert_array_equal(chosen.score, score[expected.astype(int)])


def test_equal_scores_keep_their_order() -> None:
    box = np.array([[index * 10, 0, 5, 5] for index in range(20)], np.float32)
    np.testing.assert_array_equal(candidates(box, np.full(20, 0.5)).strongest(0.5).box, box)


def test_noise_is_bounded() -> None:
    random = np.random.default_rng(0)
    box = np.concatenate([random.uniform(0, 1e6, (5000, 2)), np.ones((5000, 2))], axis=1).astype(np.float32)
    score = random.random(5000).astype(np.float32)
    chosen = candidates(box, score).strongest(0.5)
    assert len(chosen.score) == MAXIMUM
    assert chosen.score[-1] >= np.sort(score)[-2 * MAXIMUM]

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from trackway.tracking.boxes import covered_share, overlap_with_margin, paired_overlap, to_centre

Array = npt.NDArray[Any]
BOXES = arrays.arrays(np.float64, (4, 4), elements=st.floats(1, 100))


def overlap(ours: Array, theirs: Array, margin: Array | None = None) -> Array:
    return overlap_with_margin(to_centre(ours), to_centre(theirs), margin)


def area_by_counting(one: list[float], other: list[float]) -> float:
    """Intersection over union of boxes on whole pixels."""
    sides = [
        {(x, y) for x in range(int(left), int(left + width)) for y in range(int(top), int(top + height))}
        for left, top, width, height in (one, other)
    ]
    return len(sides[0] & sides[1]) / len(sides[0] | sides[1])


@given(BOXES)
def test_a_centre_is_half_way_to_the_other_edge(box: Array) -> None:
    x, y, width, height = to_centre(box)
    np.testing.assert_allclose(np.stack([x - width / 2, y - height / 2, width, height], axis=1), box, atol=1e-9)


@given(arrays.arrays(np.int64, (2, 4), elements=st.integers(1, 12)))
def test_overlap_is_the_share_of_common_pixels(box: Array) -> None:
    one, other = box.astype(float)
    expected = area_by_counting(one.tolist(), other.tolist())
    np.testing.assert_allclose(overlap(one[None], other[None]), [[expected]])
    np.testing.assert_allclose(paired_overlap(one[None], other[None]), [expected])


@given(BOXES, BOXES)
def test_overlap_is_symmetric_within_bounds_and_one_only_with_itself(ours: Array, theirs: Array) -> None:
    share = overlap(ours, theirs)
    assert ((share >= 0) & (share <= 1 + 1e-12)).all()
    np.testing.assert_allclose(share, overlap(theirs, ours).T, atol=1e-12)
    np.testing.assert_allclose(np.diag(overlap(ours, ours)), 1)


def test_a_margin_is_growth_on_every_side() -> None:
    ours, theirs = np.array([[10.0, 10, 4, 8]]), np.array([[16.0, 10, 4, 8], [40, 10, 4, 8]])
    margin = np.array([0.5])
    growth = np.array([-2.0, -4, 4, 8])
    expected = overlap(ours + growth, theirs + growth)
    np.testing.assert_allclose(overlap(ours, theirs, margin), expected)
    assert overlap(ours, theirs)[0, 0] == 0 < overlap(ours, theirs, margin)[0, 0]


def test_nothing_overlaps_a_box_without_numbers_or_area() -> None:
    box = np.array([[0.0, 0, 1, 1], [0, 0, 1, 1]])
    assert paired_overlap(box, np.array([[np.nan] * 4, [0, 0, 0, 0]])).tolist() == [0, 0]


def test_the_nearer_hides_the_farther() -> None:
    near, far, aside = [100.0, 100, 40, 100], [120, 80, 40, 100], [300, 80, 40, 100]
    assert covered_share(to_centre(np.array([near, far, aside]))).tolist() == [0, 0.4, 0]
    assert covered_share(np.zeros((4, 0))).tolist() == []

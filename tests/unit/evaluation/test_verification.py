"""Verification figures against plain counting, and the fitted curve against pairs whose distribution is known (SPEC 6b)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.evaluation.verification import Pairs, all_pairs, equal_error, errors_at, fit_similarity, true_accepts

SCORES = st.lists(st.integers(-20, 20), min_size=1, max_size=30)


def pairs_of(same: list[Any], different: list[Any]) -> Pairs:
    score = np.array([*same, *different], float)
    return Pairs(np.zeros(len(score), int), np.ones(len(score), int), score, np.arange(len(score)) < len(same))


def counted(same: list[int], different: list[int], threshold: float) -> tuple[float, float]:
    return sum(each >= threshold for each in different) / len(different), sum(each < threshold for each in same) / len(same)


@given(SCORES, SCORES, st.integers(-21, 21))
def test_errors_are_what_one_counts(same: list[int], different: list[int], threshold: int) -> None:
    assert errors_at(pairs_of(same, different), threshold) == pytest.approx(counted(same, different, threshold))


@given(SCORES, SCORES)
def test_no_threshold_has_more_equal_errors(same: list[int], different: list[int]) -> None:
    rate, _ = equal_error(pairs_of(same, different))
    thresholds = sorted({*same, *different})
    gaps = {threshold: counted(same, different, threshold) for threshold in thresholds}
    best = min(max(pair) for pair in gaps.values())
    assert any(sum(pair) / 2 == pytest.approx(rate) and max(pair) == pytest.approx(best) for pair in gaps.values())


@given(SCORES, SCORES, st.floats(0, 0.99))
def test_true_accepts_are_the_most_that_the_limit_allows(same: list[int], different: list[int], most: float) -> None:
    allowed = [
        1 - counted(same, different, each + 0.5)[1] for each in range(-21, 21) if counted(same, different, each + 0.5)[0] <= most + 1e-9
    ]
    assert true_accepts(pairs_of(same, different), most) == pytest.approx(max(allowed))


def test_all_pairs_are_each_pair_once() -> None:
    vectors = np.eye(4)[[0, 0, 1, 2]]
    pairs = all_pairs(vectors, np.array(["a", "a", "b", "c"]))
    assert len(pairs.score) == 6
    assert pairs.same.sum() == 1
    assert pairs.score[pairs.same] == pytest.approx(1)
    assert pairs.where(~pairs.same).score == pytest.approx(0)


def test_the_curve_of_two_bell_shapes_is_the_known_one() -> None:
    random = np.random.default_rng(0)
    same, different = random.normal(0.7, 0.05, 20_000), random.normal(0.4, 0.05, 20_000)
    curve = fit_similarity(pairs_of(same.tolist(), different.tolist()))
    assert curve.centre == pytest.approx(0.55, abs=0.005)
    assert curve.slope == pytest.approx((0.7 - 0.4) / 0.05**2, rel=0.15)  # of the likelihood ratio of two normal distributions
    far, frr = errors_at(pairs_of(curve.percent(same).tolist(), curve.percent(different).tolist()), 80)
    assert far == pytest.approx(frr, abs=1e-3)
    assert far == pytest.approx(0.5 * math.erfc(3 / math.sqrt(2)), abs=1e-3)

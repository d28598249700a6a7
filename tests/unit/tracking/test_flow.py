"""The best joints are the best: compared with trying everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.tracking.flow import best_joints


def weight_of_the_best(before: np.ndarray, after: np.ndarray, weight: np.ndarray) -> float:
    """Every set of joints that uses no end and no beginning twice."""
    best = 0.0
    for size in range(1, len(weight) + 1):
        for chosen in itertools.combinations(range(len(weight)), size):
            rows = list(chosen)
            if len(set(before[rows])) == len(set(after[rows])) == size:
                best = max(best, float(weight[rows].sum()))
    return best


def some_joints(seed: int, fragments: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    pairs = np.array([pair for pair in itertools.combinations(range(fragments), 2) if random.random() < 0.7]).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], random.normal(0.3, 1, len(pairs))


@pytest.mark.parametrize("seed", range(30))
def test_no_set_of_joints_weighs_more(seed: int) -> None:
    before, after, weight = some_joints(seed)
    chosen = best_joints(before, after, weight, 5)
    assert len(set(before[chosen])) == len(set(after[chosen])) == len(chosen)
    assert (weight[chosen] > 0).all()
    assert weight[chosen].sum() == pytest.approx(weight_of_the_best(before, after, weight))


@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(8)))
def test_the_names_of_fragments_and_the_order_of_joints_do_not_matter(seed: int, order: list[int]) -> None:
    before, after, weight = some_joints(seed, 8)
    names = np.array(order)
    shuffled = np.random.default_rng(seed).permutation(len(weight))
    chosen = best_joints(before, after, weight, 8)
    renamed = best_joints(names[before][shuffled], names[after][shuffled], weight[shuffled], 8)
    assert set(shuffled[renamed].tolist()) == set(chosen.tolist())


def test_joints_that_gain_nothing_are_not_made() -> None:
    assert best_joints(np.array([0, 1]), np.array([1, 2]), np.array([0.0, -1.0]), 3).tolist() == []
    assert best_joints(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), 0).tolist() == []


def test_what_is_best_for_all_beats_what_is_best_for_one() -> None:
    before, after = np.array([0, 0, 1]), np.array([2, 3, 2])
    assert best_joints(before, after, np.array([3.0, 2.0, 2.0]), 4).tolist() == [1, 2]

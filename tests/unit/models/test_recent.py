"""A network that remembers gives the same answers as one that does not."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from trackway.models.recent import RecentNetwork

Array = npt.NDArray[Any]


class Summing:
    """Answers sums and firsts of pictures, and counts how many it was asked about."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def run(self, images: Array) -> list[Array]:
        self.asked.append(len(images))
        return [images.reshape(len(images), 48).sum(axis=1, keepdims=True), images[:, 0, 0]]


def pictures(numbers: list[int]) -> Array:
    return np.array([np.full((4, 4, 3), number) for number in numbers], np.uint8).reshape(-1, 4, 4, 3)


@given(calls=st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=6), most=st.integers(1, 8))
def test_what_is_remembered_is_what_was_answered(calls: list[list[int]], most: int) -> None:
    recent = RecentNetwork(Summing(), most)
    for numbers in calls:
        for found, expected in zip(recent.run(pictures(numbers)), Summing().run(pictures(numbers)), strict=True):
            np.testing.assert_array_equal(found, expected)
            assert found.shape == expected.shape


def test_a_picture_is_looked_at_once() -> None:
    network = Summing()
    recent = RecentNetwork(network)
    recent.run(pictures([1, 2, 1]))
    recent.run(pictures([2, 3]))
    recent.run(pictures([1, 2, 3]))
    assert network.asked == [2, 1]


def test_pictures_seen_long_ago_are_forgotten() -> None:
    network = Summing()
    recent = RecentNetwork(network, most=2)
    for number in (1, 2, 3, 1):
        recent.run(pictures([number]))
    assert network.asked == [1, 1, 1, 1]
    recent.run(pictures([3]))
    assert len(network.asked) == 4


def test_changed_answers_do_not_change_what_is_remembered() -> None:
    recent = RecentNetwork(Summing())
    recent.run(pictures([5]))[0][:] = 0
    assert recent.run(pictures([5]))[0][0, 0] == 5 * 48


def test_threads_share_the_memory() -> None:
    recent, wrong = RecentNetwork(Summing(), most=3), []

    def ask() -> None:
        random = np.random.default_rng(threading.get_ident() % 2**32)
        for _ in range(200):
            numbers = random.integers(0, 9, 3).tolist()
            if recent.run(pictures(numbers))[0][:, 0].tolist() != [48 * number for number in numbers]:
                wrong.append(numbers)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []

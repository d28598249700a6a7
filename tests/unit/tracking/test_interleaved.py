"""Whoever fills another one's hole and looks alike is the same person; compared with plain average linkage."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from trackway.models.pack import Calibration
from trackway.tracking.interleaved import join_interleaved
from trackway.tracking.looks import Looks, LooksBuilder

PRIOR = -3.0
Rows = tuple[np.ndarray, np.ndarray]
"""Frame and fragment of every row."""


def looks_of(rows: Rows, unit: np.ndarray) -> Looks:
    """Fragment k has the face `unit[k]`."""
    frame, fragment = rows
    builder = LooksBuilder(face=Calibration(same=0.8, different=0.1, spread=0.2, cap=8.0))
    for number in np.unique(frame).tolist():
        own = fragment[frame == number]
        builder.add_faces(number, 40 * number, own, unit[own])
    none = np.zeros(0, np.int64)
    return builder.build((none, none, none), (frame, fragment, fragment))


def pieces(*spans: tuple[int, int]) -> Rows:
    """Fragments from one frame to before another."""
    frame = [np.arange(first, last) for first, last in spans]
    return np.concatenate(frame), np.repeat(np.arange(len(spans)), [len(part) for part in frame])


def faces(*identity: int) -> np.ndarray:
    return np.eye(8)[list(identity)]


def grouped(person: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(person == number).tolist()) for number in np.unique(person).tolist()}


def test_a_fragment_enters_the_hole_of_who_looks_alike() -> None:
    rows = pieces((0, 10), (20, 30), (40, 50))
    person = np.array([0, 1, 0])
    assert grouped(join_interleaved(*rows, person, looks_of(rows, faces(0, 0, 0)), PRIOR)) == {frozenset({0, 1, 2})}
    assert grouped(join_interleaved(*rows, person, looks_of(rows, faces(0, 1, 0)), PRIOR)) == {frozenset({0, 2}), frozenset({1})}
    assert grouped(join_interleaved(*rows, person, Looks.none(), PRIOR)) == {frozenset({0, 2}), frozenset({1})}


def test_whoever_is_seen_in_the_same_frame_is_somebody_else() -> None:
    rows = pieces((0, 10), (9, 30), (40, 50))
    person = np.array([0, 1, 0])
    assert (join_interleaved(*rows, person, looks_of(rows, faces(0, 0, 0)), PRIOR) == person).all()


def test_of_two_at_the_same_time_the_likelier_enters() -> None:
    rows = pieces((0, 10), (20, 30), (20, 30), (40, 50))
    unit = faces(0, 0, 0, 0)
    unit[1] = np.array([0.9, np.sqrt(1 - 0.9**2), 0, 0, 0, 0, 0, 0])
    unit[2] = np.array([0.6, 0, 0.8, 0, 0, 0, 0, 0])
    joined = join_interleaved(*rows, np.array([0, 1, 2, 0]), looks_of(rows, unit), PRIOR)
    assert grouped(joined) == {frozenset({0, 1, 3}), frozenset({2})}


def plain_linkage(rows: Rows, person: np.ndarray, looks: Looks) -> set[frozenset[int]]:
    """One pair of persons at a time, the surest of all that may be joined."""
    frame, fragment = rows
    groups = list(grouped(person))
    while True:
        best: tuple[float, frozenset[int], frozenset[int]] | None = None
        for one, other in itertools.combinations(groups, 2):
            ours, theirs = frame[np.isin(fragment, list(one))], frame[np.isin(fragment, list(other))]
            nats = float(looks.evidence(sorted(one), sorted(other)).mean()) + PRIOR
            apart = not set(ours.tolist()) & set(theirs.tolist())
            within = ours.min() <= theirs.max() and theirs.min() <= ours.max()
            if apart and within and nats > 0 and (best is None or nats > best[0]):
                best = nats, one, other
        if best is None:
            return set(groups)
        groups = [group for group in groups if group not in best[1:]] + [best[1] | best[2]]


@pytest.mark.parametrize("seed", range(30))
def test_the_same_as_joining_one_pair_after_the_other(seed: int) -> None:
    """Three people in pieces, of whom some are already put together, with holes."""
    random = np.random.default_rng(seed)
    identity, spans, person = [], [], []
    for number in range(3):
        at = int(random.integers(0, 20))
        for piece in range(4):
            spans.append((at, at + int(random.integers(3, 10))))
            at = spans[-1][1] + int(random.integers(1, 8))
            identity.append(number)
            person.append(2 * number if piece in (0, 3) else 10 + len(spans))
    unit = faces(*identity) + random.normal(0, 0.1, (len(identity), 8))
    rows = pieces(*spans)
    looks = looks_of(rows, unit / np.linalg.norm(unit, axis=1, keepdims=True))
    dense = np.unique(person, return_inverse=True)[1].reshape(-1)
    joined = join_interleaved(*rows, dense, looks, PRIOR)
    assert grouped(joined) == plain_linkage(rows, dense, looks)
    assert sorted(set(joined.tolist())) == list(range(joined.max() + 1))
    names = random.permutation(len(identity))
    renamed = np.empty(len(names), np.int64)
    renamed[names] = dense
    again = join_interleaved(rows[0], names[rows[1]], renamed, looks.renumbered(names[looks.person]), PRIOR)
    assert grouped(again[names]) == grouped(joined)

"""Faces made people (SPEC M6, M7, M11, M21, D29, X16)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import cosine, squareform

from tests.performance.clustering import bcubed
from trackway.errors import NotEnoughFacesError, OptionError
from trackway.identity.clustering import UNKNOWN, averages, cluster, confidences, seen_together
from trackway.identity.exemplars import exemplars
from trackway.identity.linkage import average_link, ward
from trackway.models.similarity import Similarity

Array = npt.NDArray[Any]

CURVE = Similarity(centre=0.57, slope=46.5)
SIZE = 64


def faces(sights: list[int], seed: int = 0, spread: float = 0.35) -> tuple[Array, Array]:
    """(N, SIZE) unit vectors of some people, shuffled, and (N,) who they are; cosines of one person are about 1 / (1 + spread^2)."""
    random = np.random.default_rng(seed)
    who = random.permutation(np.repeat(np.arange(len(sights)), sights))
    people = np.linalg.qr(random.normal(size=(SIZE, SIZE)))[0][: len(sights)]
    return unit(people[who] + spread * random.normal(size=(len(who), SIZE)) / math.sqrt(SIZE)), who


def unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def same_groups(one: Array, other: Array) -> bool:
    return np.array_equal(one[:, None] == one, other[:, None] == other)


sizes = st.lists(st.integers(1, 6), min_size=1, max_size=6)
seeds = st.integers(0, 10_000)


@given(sizes, seeds, st.booleans())
@settings(max_examples=40, deadline=None)
def test_people_who_differ_are_told_apart_with_and_without_their_number(sights: list[int], seed: int, counted: bool) -> None:
    vectors, who = faces(sights, seed)
    found = cluster(vectors, CURVE, people=len(sights) if counted else None)
    assert same_groups(found.label, who)
    firsts = [int(np.argmax(found.label == label)) for label in range(len(sights))]
    assert firsts == sorted(firsts)
    assert found.average.shape == (len(sights), SIZE)


@given(seeds, st.booleans())
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_and_the_turn_of_the_space_do_not_matter(seed: int, counted: bool) -> None:
    random = np.random.default_rng(seed)
    vectors, _ = faces([5, 4, 3, 1], seed, spread=0.8)  # hard: cosines of one person about 0.6
    people = 4 if counted else None
    plain = cluster(vectors, CURVE, people=people)
    order = random.permutation(len(vectors))
    assert same_groups(cluster(vectors[order], CURVE, people=people).label, plain.label[order])
    turn = np.linalg.qr(random.normal(size=(SIZE, SIZE)))[0]
    turned = cluster(vectors @ turn, CURVE, people=people)
    assert np.array_equal(turned.label, plain.label)
    np.testing.assert_allclose(turned.confidence, plain.confidence, atol=1e-9)
    assert np.array_equal(cluster(vectors, CURVE, people=people).label, plain.label)


@given(seeds, st.one_of(st.none(), st.integers(1, 5)), st.integers(0, 40), st.sampled_from([6, 1000]))
@settings(max_examples=60, deadline=None)
def test_rows_that_must_stay_apart_do_whatever_else_is_asked(seed: int, people: int | None, pairs: int, most: int) -> None:
    random = np.random.default_rng(seed)
    vectors, _ = faces([5, 5, 5], seed)
    apart = np.stack([random.permutation(15)[:2] for _ in range(pairs)]) if pairs else np.zeros((0, 2), int)
    label = cluster(vectors, CURVE, people=people, apart=apart, most_rows=most).label
    first, second = label[apart].T
    assert not ((first == second) & (first != UNKNOWN)).any()
    if people is None:
        assert (label != UNKNOWN).all()
    else:
        assert set(label.tolist()) - {UNKNOWN} == set(range(people))


def test_one_person_twice_in_sight_is_two_people() -> None:
    vectors, _ = faces([6])
    assert set(cluster(vectors, CURVE).label.tolist()) == {0}
    assert len(set(cluster(vectors, CURVE, apart=[[0, 1]]).label.tolist())) == 2


def test_more_in_sight_than_people_leaves_the_one_that_is_seen_least_without_label() -> None:
    vectors, who = faces([3, 3, 1])
    extra = int(np.flatnonzero(who == 2)[0])
    rows = [int(np.flatnonzero(who == person)[0]) for person in range(3)]
    found = cluster(vectors, CURVE, people=2, apart=list(itertools.combinations(rows, 2)))
    assert found.label[extra] == UNKNOWN
    assert math.isnan(found.confidence[extra])
    assert same_groups(np.delete(found.label, extra), np.delete(who, extra))


@given(sizes, seeds, st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_copies_get_the_label_of_their_original(sights: list[int], seed: int, copies: int) -> None:
    vectors, who = faces(sights, seed)
    label = cluster(np.repeat(vectors, copies, axis=0), CURVE, people=len(sights)).label.reshape(-1, copies)
    assert (label == label[:, :1]).all()
    assert same_groups(label[:, 0], who)


def test_more_people_than_different_faces_still_gives_so_many_labels() -> None:
    vectors = np.repeat(faces([1, 1])[0], 3, axis=0)
    assert set(cluster(vectors, CURVE, people=4).label.tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize("vectors", [np.zeros((0, SIZE)), np.full((3, SIZE), np.nan), np.zeros((3, SIZE))], ids=["none", "nan", "zero"])
def test_nobody(vectors: Array) -> None:
    found = cluster(vectors, CURVE)
    assert found.label.tolist() == [UNKNOWN] * len(vectors)
    assert np.isnan(found.confidence).all()
    assert found.average.shape == (0, SIZE)
    with pytest.raises(NotEnoughFacesError):
        cluster(vectors, CURVE, people=1)


def test_one_face_is_one_person_without_confidence() -> None:
    found = cluster(faces([1])[0], CURVE)
    assert found.label.tolist() == [0]
    assert np.isnan(found.confidence).all()


def test_rows_with_nan_are_nobody_and_change_nothing() -> None:
    vectors, who = faces([3, 4], seed=1)
    holed = np.insert(vectors, [0, 4], np.nan, axis=0)
    holed[5, 1:] = 0.1  # one NaN is enough
    found = cluster(holed, CURVE, apart=[[0, 1]])
    assert found.label[[0, 5]].tolist() == [UNKNOWN, UNKNOWN]
    assert same_groups(np.delete(found.label, [0, 5]), who)


def test_too_few_faces_are_refused_in_mexcas_words_or_made_a_person_each() -> None:
    vectors = np.vstack([faces([1, 1])[0], np.full((4, SIZE), np.nan)])
    with pytest.raises(NotEnoughFacesError) as refused:
        cluster(vectors, CURVE, people=3)
    assert str(refused.value) == (
        "Not enough faces detected to perform clustering; consider reducing 'num_faces', 'min_face_size', or 'thresholds'"
    )
    assert refused.value.code == "NOT_ENOUGH_FACES"
    assert cluster(vectors, CURVE, people=3, strict=False).label.tolist() == [0, 1, -1, -1, -1, -1]


@pytest.mark.parametrize("people", [0, -1])
def test_a_number_of_people_below_one_is_refused(people: int) -> None:
    with pytest.raises(OptionError, match=f"1 or more, got {people}"):
        cluster(faces([2])[0], CURVE, people=people)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cluster(np.zeros(3), CURVE), "expected shape"),
        (lambda: cluster(faces([2])[0], CURVE, weight=[1]), "2 numbers above 0"),
        (lambda: cluster(faces([2])[0], CURVE, weight=[1, 0]), "2 numbers above 0"),
        (lambda: cluster(faces([2])[0], CURVE, apart=[[0, 2]]), "below 2"),
        (lambda: cluster(faces([2])[0], CURVE, apart=[[1, 1]]), "different rows"),
    ],
)
def test_what_does_not_fit_is_said(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


@given(seeds, st.integers(4, 20))
@settings(max_examples=20, deadline=None)
def test_long_videos_are_reduced_first(seed: int, most: int) -> None:
    vectors, who = faces([40, 30, 2, 9], seed)
    assert same_groups(cluster(vectors, CURVE, people=4, most_rows=most).label, who)
    assert same_groups(cluster(vectors, CURVE, people=4, most_rows=1).label, who)  # raised to the number of people


def test_two_who_look_alike_are_two() -> None:
    """Both are far closer to themselves than to each other, though their similarity is high; a person seen in two lights is not split."""
    random = np.random.default_rng(0)
    base, other = np.linalg.qr(random.normal(size=(SIZE, 2)))[0].T
    for between, people in ((0.65, 2), (0.85, 1)):
        second = between * base + math.sqrt(1 - between**2) * other
        vectors = unit(np.repeat([base, second], 4, axis=0) + 0.15 * random.normal(size=(8, SIZE)) / math.sqrt(SIZE))
        assert len(cluster(vectors, CURVE).average) == people


def test_means_of_tracks_weigh_by_their_sights() -> None:
    vectors, who = faces([2, 2])
    sights = np.array([1.0, 5.0, 2.0, 7.0])
    found = cluster(vectors, CURVE, weight=sights)
    for label in range(2):
        rows = found.label == label
        np.testing.assert_allclose(found.average[label], np.average(vectors[rows], axis=0, weights=sights[rows]))
    assert same_groups(found.label, who)


# Confidence


def reference(vectors: Array, label: list[int]) -> list[float]:
    """M11, one row after the other."""
    names = sorted(set(label) - {UNKNOWN})
    centre = {name: vectors[np.array(label) == name].mean(axis=0) for name in names}
    answer = []
    for row, own in zip(vectors, label, strict=True):
        if own == UNKNOWN or len(names) == 1:
            answer.append(math.nan)
            continue
        d1, d2 = cosine(row, centre[own]), min(cosine(row, centre[name]) for name in names if name != own)
        answer.append(max((d2 - d1) / d2, 0))
    return answer


def test_m11_by_hand() -> None:
    """Centres (1, 0.5) and (0, 1): the first row is 1 - 2 / sqrt(5) from its own and 1 from the other."""
    vectors = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [math.nan, 0.0]])
    found = confidences(vectors, [0, 0, 1, UNKNOWN])
    own = 1 - 1.5 / math.sqrt(1.25) / math.sqrt(2)
    expected = [2 / math.sqrt(5), (1 - math.sqrt(0.5) - own) / (1 - math.sqrt(0.5)), 1.0, math.nan]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@given(seeds, st.integers(1, 5), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_m11_is_the_formula(seed: int, people: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    vectors, label = random.normal(size=(rows, 7)), random.integers(UNKNOWN, people, rows)
    np.testing.assert_allclose(confidences(vectors, label), reference(vectors, label.tolist()), atol=1e-9)


def test_m11_where_it_says_nothing() -> None:
    vectors = faces([2, 2])[0]
    assert np.isnan(confidences(vectors, [0, 0, 0, UNKNOWN])).all()
    assert np.isnan(confidences(vectors, [math.nan, 1, 2, 1])).tolist() == [True, False, False, False]
    assert confidences(np.ones((4, 3)), [0, 0, 1, 1]) == pytest.approx(0)


def test_averages_of_labels() -> None:
    assert averages([[1, 0], [3, 2], [9, 9], [0, 1]], [0, 0, UNKNOWN, 1], [1, 3, 1, 1]).tolist() == [[2.5, 1.5], [0, 1]]


# Seen together


def test_tracks_that_share_a_frame() -> None:
    assert seen_together([0, 1, 2, 0, 1, 2, 3], [5, 5, 6, 7, 7, 8, 9]).tolist() == [[0, 1]]
    assert seen_together([2, 0, 1], [4, 4, 4]).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert seen_together([], []).shape == (0, 2)


# Linkage


@given(seeds, st.integers(2, 25))
@settings(max_examples=40, deadline=None)
def test_trees_are_those_of_scipy(seed: int, rows: int) -> None:
    points = np.random.default_rng(seed).normal(size=(rows, 3))
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    nobody = np.zeros((rows, rows), bool)
    pairwise = squareform(distance, checks=False)
    for ours, theirs in (
        (average_link(distance, np.ones(rows)), linkage(pairwise, "average")),
        (ward(points, np.ones(rows), nobody), linkage(pairwise, "ward")),
    ):
        members: list[list[int]] = [[row] for row in range(rows)]
        for left, right in theirs[:, :2].astype(int).tolist():
            members.append(members[left] + members[right])
        for least in range(1, rows + 1):
            alive = set(range(rows))
            for step in range(rows - least):
                alive = alive - {int(theirs[step, 0]), int(theirs[step, 1])} | {rows + step}
            expected = np.zeros(rows, int)
            for name in alive:
                expected[members[name]] = name
            assert same_groups(ours.groups(least), expected)


@given(seeds, st.integers(2, 8))
@settings(max_examples=30, deadline=None)
def test_a_weight_is_so_many_rows(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    points, weight = random.normal(size=(rows, 3)), random.integers(1, 4, rows)
    copies = np.repeat(np.arange(rows), weight)
    first = np.searchsorted(copies, np.arange(rows))

    def distance(some: Array) -> Array:
        return np.asarray(np.linalg.norm(some[:, None] - some, axis=2))

    for least in range(1, rows + 1):
        one = average_link(distance(points), weight).groups(least)
        many = average_link(distance(points[copies]), np.ones(len(copies))).groups(least)
        assert same_groups(one, many[first])
        one = ward(points, weight, np.zeros((rows, rows), bool)).groups(least)
        many = ward(points[copies], np.ones(len(copies)), np.zeros((len(copies),) * 2, bool)).groups(least)
        assert same_groups(one, many[first])


# Exemplars


@pytest.mark.parametrize(("sights", "expected"), [(0, 0), (1, 1), (2, 2), (3, 3), (40, 3), (100, 4), (260, 10)])
def test_exemplars_are_real_sights(sights: int, expected: int) -> None:
    vectors = np.random.default_rng(sights).normal(size=(sights, 8))
    rows = exemplars(np.vstack([np.full((1, 8), np.nan), vectors]))
    assert len(rows) <= expected
    assert len(rows) >= min(expected, 3)
    assert (rows > 0).all()
    assert rows.tolist() == sorted(set(rows.tolist()))


def test_exemplars_show_every_look() -> None:
    vectors, who = faces([30, 2, 1])
    assert set(who[exemplars(vectors)].tolist()) == {0, 1, 2}
    assert exemplars(np.ones((9, 4))).tolist() == [0]


# The measure


def test_bcubed_by_hand() -> None:
    """Bagga and Baldwin's example: 5 and 2 and 5 items; the last two made one."""
    truth = [1] * 5 + [2] * 2 + [3] * 5
    assert bcubed(truth, [1] * 5 + [2] * 2 + [2] * 5).precision == pytest.approx((5 + 2 * 2 / 7 + 5 * 5 / 7) / 12)
    assert bcubed(truth, [1] * 5 + [2] * 7).recall == pytest.approx(1)
    assert bcubed(truth, truth).f == 1
    assert bcubed(["a", "a", "b"], [-1, -1, -1]) == pytest.approx((1, 2 / 3))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_bcubed_is_the_mean_over_items(items: list[tuple[int, int]]) -> None:
    def mean(own: int) -> float:
        shares = []
        for item in items:
            mine = [other for other in items if other[own] == item[own]]
            shares.append(sum(other == item for other in mine) / len(mine))
        return sum(shares) / len(items)

    truth, label = zip(*items, strict=True)
    assert bcubed(truth, label) == pytest.approx((mean(1), mean(0)))

"""Looks: means that do not depend on how they were collected, and evidence that keeps its bounds."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.models.pack import Calibration
from trackway.tracking.looks import Looks, LooksBuilder

Array = npt.NDArray[Any]
BODY = Calibration(same=3.7, different=2.6, spread=0.6, cap=3.0)
FACE = Calibration(same=1.24, different=0.45, spread=0.27, cap=8.0)
NOBODY = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def sights(people: int, frames: int, *, width: int = 16, noise: float = 0.02, likeness: float = 0.9, seed: int = 0) -> Array:
    """(frames, people, width) unit vectors: people are alike by `likeness`, sights of one of them differ by noise."""
    random = np.random.default_rng(seed)
    common, own = random.normal(size=width), random.normal(size=(people, width))
    look = np.sqrt(likeness) * unit(common) + np.sqrt(1 - likeness) * unit(own)
    return unit(look + noise * random.normal(size=(frames, people, width)))


def unit(values: Array) -> Array:
    result: Array = values / np.linalg.norm(values, axis=-1, keepdims=True)
    return result


def collected(look: Array, *, face: Array | None = None, start: int = 0) -> LooksBuilder:
    """Tracks 0, 1, ... seen in every frame from `start`, 200 ms apart."""
    builder = LooksBuilder(BODY, FACE)
    tracks = np.arange(look.shape[1])
    for frame in range(len(look)):
        builder.add_bodies(start + frame, 200 * (start + frame), tracks, look[frame])
        if face is not None:
            builder.add_faces(start + frame, 200 * (start + frame), tracks, face[frame])
    return builder


def table(frames: int, people: int, start: int = 0) -> tuple[Array, Array, Array]:
    """Frame, track and person of every row, each track being one person."""
    track = np.tile(np.arange(people), frames)
    return np.repeat(np.arange(start, start + frames), people), track, track


def assert_equal(one: Looks, other: Looks) -> None:
    for name, column in one.columns().items():
        np.testing.assert_allclose(column, other.columns()[name], rtol=1e-5, atol=1e-5, err_msg=name)


def test_a_mean_of_every_person() -> None:
    look = sights(3, 10)
    looks = collected(look).build(table(10, 3), NOBODY)
    np.testing.assert_allclose(looks.body, look.mean(axis=0), atol=1e-3)
    assert looks.body_count.tolist() == [10, 10, 10]
    assert looks.span.tolist() == [[0, 1800]] * 3
    assert (looks.body_steady > 0.98).all()
    assert looks.face.shape == (3, 0)


def test_only_rows_that_came_out_in_the_end_count() -> None:
    look = sights(2, 10)
    look[3] = np.nan  # nobody could be described
    frame, track, _ = table(10, 2)
    person = np.where((track == 0) & (frame >= 6), 7, track)  # the first track turned out to be two people
    kept = ~((track == 1) & (frame < 5))  # the second was a false alarm at first
    looks = collected(look).build((frame[kept], track[kept], person[kept]), NOBODY)
    assert looks.person.tolist() == [0, 1, 7]
    assert looks.body_count.tolist() == [5, 5, 4]
    np.testing.assert_allclose(looks.body[2], look[6:, 0].mean(axis=0), atol=1e-3)
    assert looks.span[0].tolist() == [0, 1000]


def test_persons_without_looks_have_a_row_and_no_evidence() -> None:
    builder = collected(sights(2, 4))
    frame, track, person = table(4, 3)
    looks = builder.build((frame, track, person), (np.array([0]), np.array([0]), np.array([9])))
    assert looks.person.tolist() == [0, 1, 2, 9]
    assert looks.body_count.tolist() == [4, 4, 0, 0]
    assert np.isnan(looks.body[2:]).all()
    assert (looks.evidence([2, 3, -1], np.arange(4)) == 0).all()
    assert looks.rows_of([9, 4, 0, -3]).tolist() == [3, -1, 0, -1]


def test_of_nobody() -> None:
    for nobody in (Looks.none(), LooksBuilder().build(NOBODY, NOBODY), Looks.concatenate([])):
        assert len(nobody) == 0
        assert (nobody.evidence([-1, -1], [-1]) == 0).all()
        assert (nobody.paired_evidence([-1, -1], [-1, -1]) == 0).all()
        assert nobody.rows_of([3]).tolist() == [-1]
        assert_equal(nobody.renumbered([]), nobody)


def test_parts_make_the_whole() -> None:
    look, face = sights(4, 12), sights(4, 12, width=8, seed=1)
    whole = collected(look, face=face).build(table(12, 4), table(12, 4))
    parts = [
        collected(look[rows], face=face[rows], start=rows.start).build(
            table(rows.stop - rows.start, 4, rows.start), table(rows.stop - rows.start, 4, rows.start)
        )
        for rows in (slice(0, 3), slice(3, 12))
    ]
    joined = Looks.concatenate([*parts, Looks.none()])
    for name in ("person", "span", "body", "body_count", "face", "face_count", "calibration"):
        np.testing.assert_allclose(joined.columns()[name], whole.columns()[name], atol=1e-3)


def test_a_part_without_faces_joins_one_with() -> None:
    with_faces = collected(sights(2, 4), face=sights(2, 4, width=8)).build(table(4, 2), table(4, 2))
    without = collected(sights(2, 4), start=4).build(table(4, 2, 4), NOBODY)
    assert Looks.concatenate([without, with_faces]).face_count.tolist() == [4, 4]
    stranger = LooksBuilder(BODY, FACE)
    stranger.add_bodies(0, 0, np.zeros(1, np.int64), unit(np.ones((1, 5))))
    other = stranger.build((np.zeros(1, np.int64),) * 3, NOBODY)
    with pytest.raises(ValueError, match=r"\[5, 16\]"):
        Looks.concatenate([with_faces, other])


def test_renumbering_weighs_by_count_and_drops() -> None:
    look = sights(3, 9)
    looks = Looks.concatenate(
        [
            collected(look[:3, :2]).build(table(3, 2), NOBODY),
            collected(look[3:, 2:]).build((np.arange(6), np.zeros(6, int), np.full(6, 5)), NOBODY),
        ]
    )
    merged = looks.renumbered([4, -1, 4])
    assert merged.person.tolist() == [4]
    assert merged.body_count.tolist() == [9]
    np.testing.assert_allclose(merged.body[0], (look[:3, 0].sum(axis=0) + look[3:, 2].sum(axis=0)) / 9, atol=1e-3)


@given(order=st.permutations(range(6)), seed=st.integers(0, 1000))
def test_the_order_of_rows_means_nothing(order: list[int], seed: int) -> None:
    looks = collected(sights(6, 5, seed=seed)).build(table(5, 6), NOBODY)
    turned = looks.renumbered(order)
    evidence = turned.evidence(np.arange(6), np.arange(6))
    np.testing.assert_allclose(evidence[np.ix_(order, order)], looks.evidence(np.arange(6), np.arange(6)), atol=1e-4)


def test_they_survive_a_file() -> None:
    looks = collected(sights(3, 5), face=sights(3, 5, width=8)).build(table(5, 3), table(5, 3))
    file = io.BytesIO()
    np.savez(file, **looks.columns())  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as columns:
        assert_equal(Looks.from_columns(columns), looks)


def fragments(people: int, **options: Any) -> Looks:
    """Each person twice: first all as 0, 1, ..., and then, after two seconds, as people, people + 1, ..."""
    look = sights(people, 20, **options)
    first = collected(look[:10]).build(table(10, people), NOBODY)
    second = collected(look[10:], start=20).build(table(10, people, 20), NOBODY)
    return Looks.concatenate([first, second.renumbered(second.person + people)])


@pytest.mark.parametrize(("likeness", "noise"), [(0.98, 0.003), (0.9, 0.01), (0.9, 0.03), (0.5, 0.05), (0.3, 0.1)])
def test_every_video_has_its_own_scale(likeness: float, noise: float) -> None:
    """People who all look much alike, or hardly like themselves, are told apart nevertheless."""
    looks = fragments(30, width=64, likeness=likeness, noise=noise)
    evidence = looks.evidence(np.arange(30), np.arange(30, 60))
    same = np.eye(30, dtype=bool)
    assert np.median(evidence[same]) > 0.5
    assert np.median(evidence[~same]) < -0.5
    assert (evidence[same] > 0).mean() > 0.9
    assert (evidence[~same] < 0).mean() > 0.9
    assert np.abs(evidence).max() <= BODY.cap


def test_uniforms_give_no_evidence() -> None:
    """Where different people differ no more than one person from moment to moment, looks say nothing."""
    looks = fragments(40, width=64, likeness=1.0, noise=0.02)
    assert np.abs(looks.evidence(np.arange(40), np.arange(40, 80))).max() < 0.7


def test_pairs_are_the_diagonal() -> None:
    looks = collected(sights(5, 6), face=sights(5, 6, width=8, likeness=0.2, seed=2)).build(table(6, 5), table(6, 5))
    ours, theirs = np.array([0, 1, -1, 3, 4, 2]), np.array([1, 1, 2, -1, 0, 4])
    np.testing.assert_allclose(looks.paired_evidence(ours, theirs), looks.evidence(ours, theirs).diagonal(), atol=1e-5)


def test_a_face_outweighs_clothes() -> None:
    face = sights(2, 10, width=64, likeness=0.2, noise=0.02)
    body = sights(2, 10)
    first = collected(body, face=face).build(table(10, 2), table(10, 2))
    second = collected(body[:, ::-1], face=face, start=30).build(table(10, 2, 30), table(10, 2, 30))  # in each other's clothes
    looks = Looks.concatenate([first, second.renumbered([2, 3])])
    evidence = looks.evidence([0, 1], [2, 3])
    assert evidence.diagonal().min() > 3
    assert max(evidence[0, 1], evidence[1, 0]) < -3
    assert np.abs(evidence).max() <= BODY.cap + FACE.cap

"""Fragments become persons: who was hidden comes back under the same number, and nobody becomes somebody else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trackway.columns import AnalysedFrames, Tracks
from trackway.models.pack import Calibration
from trackway.tracking.looks import Looks, LooksBuilder
from trackway.tracking.reunion import reunite
from trackway.tracking.rows import join_rows
from trackway.tracking.segment import TrackedSegment

SIZE = (1280, 720)
PIXELS = np.array([*SIZE, *SIZE], np.float64)
RATE = 25
FRAMES = 600

Piece = tuple[int, int, int]
"""Fragment, first frame, frame after the last."""


def walk(piece: Piece, start: tuple[float, float], speed: tuple[float, float], height: float = 200, noise: float = 0.01) -> Tracks:
    """A fragment of somebody who was at `start` (pixels, centre) in frame 0 and walks at `speed` (pixels a second)."""
    fragment, first, last = piece
    frame = np.arange(first, last)
    random = np.random.default_rng((fragment, first))
    centre = np.array(start) + np.array(speed) * (frame / RATE)[:, None] + random.normal(0, noise * height, (len(frame), 2))
    size = np.tile([0.4 * height, height], (len(frame), 1)) * np.exp(random.normal(0, noise, (len(frame), 1)))
    box = np.concatenate([centre - size / 2, size], axis=1) / PIXELS
    same = np.full(len(frame), fragment)
    return Tracks.make(len(frame), frame=frame, time_ms=40 * frame, person=same, tracklet=same, box=box, score=np.full(len(frame), 0.6))


def video(*parts: Tracks, cuts: tuple[int, ...] = (), looks: Looks | None = None) -> TrackedSegment:
    number = np.arange(FRAMES)
    frames = AnalysedFrames.make(FRAMES, frame=number, time_ms=40 * number, cut=np.isin(number, cuts))
    return TrackedSegment(SIZE, Tracks.concatenate(parts), frames, Looks.none() if looks is None else looks)


def groups(segment: TrackedSegment) -> set[frozenset[int]]:
    """Which fragments are one person now; a fragment is told by its tracklet."""
    tracks = reunite(segment).tracks
    return {frozenset(tracks.tracklet[tracks.person == person].tolist()) for person in np.unique(tracks.person).tolist()}


def passers_by() -> list[Tracks]:
    """Three people at the edges, there all the time: a video is more than one person."""
    return [walk((90 + row, 0, FRAMES), (1200, 100 + 250 * row), (-2, 0)) for row in range(3)]


@pytest.mark.parametrize("hidden_seconds", [0.5, 1.0, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("speed", [(0.0, 0.0), (40.0, 0.0), (-35.0, 8.0)])
def test_who_was_hidden_comes_back_under_the_same_number(hidden_seconds: float, speed: tuple[float, float]) -> None:
    lost = 100
    found = lost + int(hidden_seconds * RATE)
    one = [walk((0, 0, lost), (400, 300), speed), walk((1, found, 320), (400, 300), speed)]
    assert frozenset({0, 1}) in groups(video(*one, *passers_by()))


def test_two_who_cross_while_hidden_keep_their_numbers() -> None:
    right, left = ((300.0, 300.0), (60.0, 0.0)), ((780.0, 300.0), (-60.0, 0.0))
    parts = [walk((0, 0, 90), *right), walk((1, 0, 90), *left), walk((2, 110, 200), *right), walk((3, 110, 200), *left)]
    assert {frozenset({0, 2}), frozenset({1, 3})} <= groups(video(*parts, *passers_by()))


def test_two_who_are_seen_at_the_same_time_are_two() -> None:
    parts = [walk((0, 0, 100), (400, 300), (0, 0)), walk((1, 99, 200), (400, 300), (0, 0))]
    assert frozenset({0, 1}) not in groups(video(*parts, *passers_by()))


def with_face(body: Tracks, first: int, last: int, left: float) -> Tracks:
    """The same with a face from frame `first` to before `last`, also where the body is not seen any more."""
    frame = np.arange(first, last)
    own = np.full(len(frame), body.person[0])
    box, score = np.tile([left, 0.3, 0.02, 0.05], (len(frame), 1)), np.full(len(frame), 0.9)
    face = Tracks.make(len(frame), frame=frame, time_ms=40 * frame, person=own, face_box=box, face_score=score)
    return join_rows(Tracks.concatenate([body, face]))


def test_whose_face_is_still_seen_is_not_the_next_who_comes() -> None:
    stays = with_face(walk((0, 0, 100), (400, 300), (0, 0)), 0, 200, 0.28)
    comes = with_face(walk((1, 110, 200), (410, 300), (0, 0)), 110, 200, 0.36)
    alone = walk((0, 0, 100), (400, 300), (0, 0))
    assert frozenset({0, 1}) in groups(video(alone, comes, *passers_by()))
    whole = reunite(video(stays, comes, *passers_by()))
    frames, persons = whole.tracks.frame, whole.tracks.person
    assert len(np.unique(np.stack([frames, persons]), axis=1).T) == len(frames)


def test_somebody_of_another_size_or_elsewhere_is_somebody_else() -> None:
    first = walk((0, 0, 100), (400, 300), (0, 0))
    for other in (walk((1, 115, 200), (480, 370), (0, 0), height=80), walk((1, 115, 200), (900, 300), (0, 0))):
        assert frozenset({0}) in groups(video(first, other, *passers_by()))


def test_who_left_at_the_border_does_not_come_back_as_the_next_who_enters() -> None:
    leaves = walk((0, 0, 118), (300, 300), (-55, 0))
    enters = walk((1, 150, 250), (-250, 300), (50, 0))
    assert frozenset({0}) in groups(video(leaves, enters, *passers_by()))


def looks_of(colour: dict[int, int], parts: list[Tracks]) -> Looks:
    """Fragments in the same colour look alike."""
    builder = LooksBuilder(body=None, face=Calibration(same=0.8, different=0.1, spread=0.1, cap=8.0))
    rows = Tracks.concatenate(parts)
    random = np.random.default_rng(0)
    unit = np.linalg.qr(random.normal(0, 1, (16, 16)))[0]
    for frame in np.unique(rows.frame)[::25].tolist():
        own = rows[rows.frame == frame]
        builder.add_faces(frame, 40 * frame, own.person, np.stack([unit[colour[number]] for number in own.person.tolist()]))
    none = np.zeros(0, np.int64)
    return builder.build((none, none, none), (rows.frame, rows.person, rows.person))


@pytest.mark.parametrize("cuts", [(), (150,)])
def test_a_face_is_known_again_after_long_and_across_a_cut(cuts: tuple[int, ...]) -> None:
    parts = [walk((0, 0, 100), (300, 300), (0, 0)), walk((1, 400, 500), (900, 350), (0, 0)), *passers_by()]
    alike = looks_of({0: 0, 1: 0, 90: 1, 91: 2, 92: 3}, parts)
    strangers = looks_of({0: 0, 1: 4, 90: 1, 91: 2, 92: 3}, parts)
    assert frozenset({0, 1}) in groups(video(*parts, cuts=cuts, looks=alike))
    assert frozenset({0}) in groups(video(*parts, cuts=cuts, looks=strangers))
    assert frozenset({0}) in groups(video(*parts, cuts=cuts))


def test_across_a_cut_a_place_says_nothing() -> None:
    parts = [walk((0, 0, 100), (400, 300), (0, 0)), walk((1, 110, 200), (400, 300), (0, 0)), *passers_by()]
    assert frozenset({0, 1}) in groups(video(*parts))
    assert frozenset({0}) in groups(video(*parts, cuts=(105,)))


def crowd(seed: int) -> list[Tracks]:
    """People on straight ways, each broken twice."""
    random = np.random.default_rng(seed)
    parts = []
    for person in range(6):
        way = (tuple(random.uniform([350, 200], [900, 500])), tuple(random.normal(0, 10, 2)))
        at = 0
        for piece in range(3):
            last = at + int(random.integers(60, 130))
            parts.append(walk((10 * person + piece, at, last), *way, height=float(random.uniform(120, 240))))
            at = last + int(random.integers(8, 20))
    return parts


@pytest.mark.parametrize("seed", range(5))
def test_names_and_order_of_fragments_do_not_matter(seed: int) -> None:
    whole = video(*crowd(seed))
    random = np.random.default_rng(seed)
    names = random.permutation(100)
    shuffled = whole.tracks[random.permutation(len(whole.tracks))]
    renamed = shuffled.replace(person=names[shuffled.person])
    assert groups(dataclasses.replace(whole, tracks=renamed)) == groups(whole)


@pytest.mark.parametrize("seed", range(5))
def test_neither_place_nor_size_nor_hour_matters(seed: int) -> None:
    whole = video(*crowd(seed))
    expected = groups(whole)
    moved = whole.tracks.box + np.array([0.02, 0.05, 0, 0], np.float32)
    assert groups(dataclasses.replace(whole, tracks=whole.tracks.replace(box=moved))) == expected
    assert groups(dataclasses.replace(whole, frame_size=(2 * SIZE[0], 2 * SIZE[1]))) == expected
    later = dataclasses.replace(
        whole,
        tracks=whole.tracks.replace(time_ms=whole.tracks.time_ms + 3_600_000),
        frames=whole.frames.replace(time_ms=whole.frames.time_ms + 3_600_000),
    )
    assert groups(later) == expected


@pytest.mark.parametrize("seed", range(5))
def test_backwards_in_time_the_same_are_one(seed: int) -> None:
    whole = video(*crowd(seed))
    mirrored = FRAMES - 1 - whole.tracks.frame
    backwards = whole.tracks.replace(frame=mirrored, time_ms=40 * mirrored)
    assert groups(dataclasses.replace(whole, tracks=backwards)) == groups(whole)


@pytest.mark.parametrize("seed", range(3))
def test_every_frame_twice_changes_nothing(seed: int) -> None:
    whole = video(*crowd(seed))
    again = whole.tracks.replace(frame=2 * whole.tracks.frame + 1)
    tracks = Tracks.concatenate([whole.tracks.replace(frame=2 * whole.tracks.frame), again])
    frames = AnalysedFrames.make(2 * FRAMES, frame=np.arange(2 * FRAMES), time_ms=np.repeat(whole.frames.time_ms, 2))
    assert groups(dataclasses.replace(whole, tracks=tracks, frames=frames)) == groups(whole)


def test_the_motion_of_the_camera_is_taken_out() -> None:
    """The camera pans by 300 px while somebody who stands is hidden."""
    parts = [walk((0, 0, 100), (400, 300), (0, 0)), walk((1, 120, 220), (700, 300), (0, 0)), walk((2, 120, 300), (400, 300), (0, 0))]
    whole = video(*parts, *passers_by())
    camera = np.tile([1.0, 0, 0, 0], (FRAMES, 1))
    camera[105:115, 2] = 30
    panned = dataclasses.replace(whole, frames=whole.frames.replace(camera=camera))
    assert frozenset({0, 2}) in groups(whole)
    assert frozenset({0, 1}) in groups(panned)


def test_nobody() -> None:
    assert len(reunite(video()).tracks) == 0

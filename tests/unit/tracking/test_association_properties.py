"""What must hold for the associator on any scene, and that it does what the slow one does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tracking.reference import ReferenceAssociator
from trackway.detection.candidates import overlaps
from trackway.tracking.association import Associator
from trackway.tracking.camera import Camera
from trackway.tracking.config import FACES, PERSONS

Array = npt.NDArray[Any]
SEEDS = st.integers(0, 2**32 - 1)


@dataclasses.dataclass(frozen=True)
class Scene:
    """Detections of F frames.

    Attributes:
        time_ms: of each frame.
        box: of each frame, (N, 4) left, top, width, height.
        score: of each frame, (N,).
    """

    time_ms: list[int]
    box: list[Array]
    score: list[Array]

    def changed(self, change: Callable[[Array], Array]) -> Scene:
        return dataclasses.replace(self, box=[change(box) for box in self.box])

    def tracks(self, camera: list[Camera] | None = None) -> list[list[int]]:
        associator = Associator(PERSONS)
        cameras: list[Camera | None] = [None] * len(self.time_ms) if camera is None else [*camera]
        frames = zip(self.time_ms, self.box, self.score, cameras, strict=True)
        return [associator.update(*frame).tolist() for frame in frames]


def crowd(seed: int, people: int = 8, frames: int = 40, rate: float = 12) -> Scene:
    """People who walk across each other in a small place, seen with errors, gaps and false boxes."""
    random = np.random.default_rng(seed)
    place, pace = random.uniform(0, 500, (people, 2)), random.normal(0, 80, (people, 2)) / rate
    height = random.uniform(60, 180, (people, 1))
    boxes, scores = [], []
    for step in range(frames):
        true = np.concatenate([place + step * pace, 0.4 * height, height], axis=1)
        seen = true[random.random(people) < 0.85]
        seen = seen + random.normal(0, 0.03, seen.shape) * seen[:, 3:]
        false = random.uniform([0, 0, 25, 70], [500, 500, 35, 90], (random.poisson(0.5), 4))
        boxes.append(np.concatenate([seen, false]))
        scores.append(random.uniform(0.05, 0.7, len(boxes[-1])))
    return Scene([round(1000 * step / rate) for step in range(frames)], boxes, scores)


def parade(people: int = 4, frames: int = 30) -> Scene:
    """Files of people far from each other: nobody could be mistaken for another."""
    lanes = 250.0 * np.arange(people)
    boxes = [
        np.array([[60.0 + 6 * step * (-1) ** lane + 400 * (lane % 2), lanes[lane], 60, 150] for lane in range(people)])
        for step in range(frames)
    ]
    return Scene([40 * step for step in range(frames)], boxes, [np.full(people, 0.6)] * frames)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from([PERSONS, FACES]), st.sampled_from([3.0, 12.0, 60.0]), st.booleans())
def test_does_what_the_slow_one_does(seed: int, config: Any, rate: float, moving: bool) -> None:
    scene = crowd(seed, rate=rate)
    fast, slow = Associator(config), ReferenceAssociator(config)
    random = np.random.default_rng(seed)
    for time_ms, box, score in zip(scene.time_ms, scene.box, scene.score, strict=True):
        motion = np.array([1, 0, 0, 0]) + random.normal(0, [0.01, 0.01, 5, 5])
        found = fast.update(time_ms, box, score, Camera(motion) if moving else None)
        assert found.tolist() == slow.update(time_ms, box, score, motion if moving else None)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_the_order_of_detections_does_not_matter(seed: int) -> None:
    scene, random = crowd(seed), np.random.default_rng(seed)
    orders = [random.permutation(len(box)) for box in scene.box]
    shuffled = dataclasses.replace(
        scene,
        box=[box[order] for box, order in zip(scene.box, orders, strict=True)],
        score=[score[order] for score, order in zip(scene.score, orders, strict=True)],
    )
    expected = [[tracks[place] for place in order] for tracks, order in zip(scene.tracks(), orders, strict=True)]
    assert shuffled.tracks() == expected


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(-2000, 2000), st.integers(-2000, 2000))
def test_neither_where_nor_how_large_nor_when(seed: int, x: int, y: int) -> None:
    scene = crowd(seed)
    expected = scene.tracks()
    assert scene.changed(lambda box: box + np.array([x, y, 0, 0])).tracks() == expected
    assert scene.changed(lambda box: box * 4).tracks() == expected
    assert scene.changed(lambda box: box / 1024).tracks() == expected
    assert dataclasses.replace(scene, time_ms=[86_400_000 + time_ms for time_ms in scene.time_ms]).tracks() == expected


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from([0, 1]))
def test_a_frame_seen_twice_is_one_frame(seed: int, later_ms: int) -> None:
    """At the same time or a moment later: whoever stands apart keeps the number; where boxes overlap, which is whose may be judged anew."""
    scene = crowd(seed)
    associator = Associator(PERSONS)
    for time_ms, box, score in zip(scene.time_ms, scene.box, scene.score, strict=True):
        clear = score >= PERSONS.new_score
        box, score = box[clear], score[clear]
        first = associator.update(time_ms, box, score)
        again = associator.update(time_ms + later_ms, box, score)
        apart = (overlaps(box, box) > 0).sum(axis=1) == 1
        assert again[apart].tolist() == first[apart].tolist()


def test_time_may_run_backwards_where_nobody_could_be_mistaken() -> None:
    scene = parade()
    backwards = Scene(scene.time_ms, scene.box[::-1], scene.score)
    forward = {place: {tracks[place] for tracks in scene.tracks()} for place in range(4)}
    assert {place: {tracks[place] for tracks in backwards.tracks()} for place in range(4)} == forward
    assert [len(tracks) for tracks in forward.values()] == [1] * 4


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_shift_of_the_camera_that_is_known_changes_nothing(seed: int) -> None:
    scene, random = crowd(seed), np.random.default_rng(seed)
    shift = random.normal(0, 40, (len(scene.box), 2))
    at = np.cumsum(shift, axis=0)
    shaken = dataclasses.replace(scene, box=[box + np.array([*offset, 0, 0]) for box, offset in zip(scene.box, at, strict=True)])
    assert shaken.tracks([Camera(np.array([1, 0, *step])) for step in shift]) == scene.tracks()


def test_a_zoom_and_a_turn_that_are_known_change_nobody() -> None:
    scene = parade()
    angle, zoom = 0.02, 1.03
    a, b = zoom * np.cos(angle), zoom * np.sin(angle)
    motion, whole, boxes = np.array([a, b, 5.0, -3.0]), np.eye(3), []
    step = np.array([[a, -b, 5.0], [b, a, -3.0], [0, 0, 1]])
    for frame, box in enumerate(scene.box):
        whole = step @ whole if frame else whole
        centre = np.concatenate([box[:, :2] + box[:, 2:] / 2, np.ones((len(box), 1))], axis=1) @ whole.T
        size = box[:, 2:] * zoom**frame
        boxes.append(np.concatenate([centre[:, :2] - size / 2, size], axis=1))
    tracks = dataclasses.replace(scene, box=boxes).tracks([Camera(motion)] * len(boxes))
    assert tracks == scene.tracks()


def test_a_cut_ends_all_tracks() -> None:
    scene = parade(frames=3)
    still = np.array([1.0, 0, 0, 0])
    tracks = scene.tracks([Camera(still), Camera(still, cut=True), Camera(still)])
    assert tracks == [[0, 1, 2, 3], [4, 5, 6, 7], [4, 5, 6, 7]]


@pytest.mark.parametrize("rate", [1, 5, 25, 240])
def test_a_pan_that_is_known_loses_nobody_at_any_rate(rate: int) -> None:
    associator = Associator(PERSONS)
    pan = 900.0 / rate
    for step in range(max(8, rate)):
        box = np.array([[100 + 15 * step / rate + pan * step, 50, 40, 100], [500 + pan * step, 50, 40, 100]])
        camera = Camera(np.array([1, 0, pan if step else 0, 0]))
        assert associator.update(round(1000 * step / rate), box, np.full(2, 0.6), camera).tolist() == [0, 1]

"""Detections of unknown detectors: any scale of scores, any holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.performance.metrics import IdentifiedBoxes, score
from tests.unit.tracking.worlds import PIXELS, walkers
from trackway.columns import Tracks
from trackway.tracking.foreign import associate_detections, config_for_scores

Array = npt.NDArray[Any]


def boxes(seed: int = 0, **options: Any) -> tuple[IdentifiedBoxes, Array, Array, Array]:
    world = walkers(seed, **options)
    found = [world.detections(frame) for frame in range(len(world.time_ms))]
    frame, box, confidence = (np.concatenate([getattr(part, name) for part in found]) for name in ("frame", "box", "score"))
    return world.truth(), frame, box * PIXELS, confidence.astype(np.float64)


def associate(frame: Array, box_px: Array, confidence: Array, rate: float = 25) -> Tracks:
    return associate_detections(frame, box_px, confidence, rate, config_for_scores(confidence))


@pytest.mark.parametrize(
    "scale",
    [
        lambda value: value,
        lambda value: 100 * value,
        lambda value: 3 * value - 2,
        np.ones_like,
        lambda value: np.full_like(value, 0.9),
        lambda value: value - 1000,
    ],
    ids=["probability", "percent", "margin", "ones", "constant", "negative"],
)
def test_any_scale_of_scores_will_do(scale: Any) -> None:
    truth, frame, box_px, confidence = boxes()
    tracks = associate(frame, box_px, scale(confidence))
    scores = score(truth, IdentifiedBoxes(tracks.frame, tracks.person, tracks.box))
    assert scores.idf1 > 95
    assert scores.switches == 0


def test_thresholds_are_scores_that_occur() -> None:
    persons = config_for_scores(np.arange(1, 101) / 10, weak_share=0.2).persons
    assert (persons.low_score, persons.high_score, persons.new_score) == pytest.approx((0.1, 2.0, 2.0), abs=0.11)
    assert config_for_scores(np.full(5, 0.9)).persons.high_score <= np.float32(0.9)


def test_boxes_stay_in_pixels_exactly_enough() -> None:
    _, frame, box_px, confidence = boxes()
    tracks = associate(frame, box_px, confidence)
    seen = tracks[~tracks.interpolated]
    for number in np.unique(frame):
        distance = np.abs(seen.box[seen.frame == number][:, None] - box_px[frame == number][None]).max(axis=2)
        assert (distance.min(axis=1) < 0.001).all()


def test_missing_frames_are_frames_without_people() -> None:
    frame = np.array([*range(20), *range(25, 45), *range(1045, 1065)])
    box_px = np.tile([100.0, 100, 40, 100], (len(frame), 1))
    tracks = associate(frame, box_px, np.ones(len(frame)))
    assert tracks.frame[tracks.interpolated].tolist() == [20, 21, 22, 23, 24]
    assert tracks.person.tolist() == [0] * 45 + [1] * 20


def test_a_hole_of_a_thousand_million_frames_costs_nothing() -> None:
    frame = np.array([0, 1, 2, 10**9, 10**9 + 1])
    tracks = associate(frame, np.tile([100.0, 100, 40, 100], (5, 1)), np.ones(5), rate=1)
    assert sorted(set(tracks.person.tolist())) == [0, 1]


def test_nothing_and_one_box() -> None:
    assert len(associate(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0))) == 0
    assert len(associate(np.array([0]), np.array([[1.0, 2, 3, 4]]), np.array([0.5]))) == 1


def cluttered(false: int, least: float, most: float) -> tuple[IdentifiedBoxes, Array, Array, Array]:
    """People, and so many boxes on nobody in every frame, with scores in between."""
    truth, frame, box_px, confidence = boxes()
    random = np.random.default_rng(0)
    frames = np.repeat(np.unique(frame), false)
    height = random.uniform(110, 260, len(frames))
    places = random.uniform(0, 1, (len(frames), 2)) * PIXELS[:2]
    nobody = np.column_stack([places, 0.4 * height, height])
    all_frames = np.concatenate([frame, frames])
    order = np.argsort(all_frames, kind="stable")
    all_scores = np.concatenate([confidence, random.uniform(least, most, len(frames))])
    return truth, all_frames[order], np.concatenate([box_px, nobody])[order], all_scores[order]


@pytest.mark.parametrize("scale", [lambda value: value, lambda value: 100 * value - 1000], ids=["probability", "margin"])
def test_a_detector_that_sees_more_nobodies_than_people_is_believed_less(scale: Any) -> None:
    truth, frame, box_px, confidence = cluttered(12, 0.05, 0.45)
    tracks = associate(frame, box_px, scale(confidence))
    scores = score(truth, IdentifiedBoxes(tracks.frame, tracks.person, tracks.box))
    assert scores.idf1 > 95
    assert scores.precision > 98


def test_where_scores_say_nothing_people_are_not_lost() -> None:
    """Boxes on nobody score like those on people."""
    truth, frame, box_px, confidence = cluttered(2, 0.1, 0.7)
    tracks = associate(frame, box_px, confidence)
    assert score(truth, IdentifiedBoxes(tracks.frame, tracks.person, tracks.box)).recall > 90

"""The camera's motion from what all people do at once."""

from __future__ import annotations

import numpy as np
import pytest

from tests.performance.metrics import IdentifiedBoxes, score
from tests.unit.tracking.worlds import PIXELS, walkers
from trackway.columns import AnalysedFrames
from trackway.tracking.consensus import common_motion
from trackway.tracking.foreign import associate_detections, config_for_scores


def shaken(seed: int, strength: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, IdentifiedBoxes]:
    """Frame, track, box and score of what is seen of walkers through a camera that shakes, and the truth in the same pictures."""
    world = walkers(seed)
    random = np.random.default_rng(seed)
    place = np.cumsum(random.normal(0, strength, (len(world.time_ms), 2)), axis=0)
    seen = [world.detections(frame) for frame in range(len(world.time_ms))]
    frame = np.concatenate([part.frame for part in seen])
    box = np.concatenate([part.box for part in seen]) * PIXELS
    box[:, :2] += place[frame]
    truth = world.truth()
    shifted = truth.box.copy()
    shifted[:, :2] += place[truth.frame]
    track = np.concatenate([np.flatnonzero(world.seen[:, number] >= 0.3) for number in range(len(world.time_ms))])
    return frame, track, box, np.concatenate([part.score for part in seen]), IdentifiedBoxes(truth.frame, truth.identity, shifted)


def sampled(frame: np.ndarray) -> AnalysedFrames:
    numbers = np.arange(frame.max() + 1)
    return AnalysedFrames.make(len(numbers), frame=numbers, time_ms=40 * numbers)


def test_a_shaking_camera_is_noticed_and_a_still_one_is_left_alone() -> None:
    frame, track, box, _, _ = shaken(0, 12)
    moving = common_motion(sampled(frame), frame, track, box)
    assert (moving.camera[:, :2] == [1, 0]).all()
    assert 8 < np.abs(moving.camera[:, 2:]).mean() / np.sqrt(2 / np.pi) < 16
    frame, track, box, _, _ = shaken(0, 0)
    still = sampled(frame)
    assert common_motion(still, frame, track, box) is still


def test_one_person_alone_is_no_consensus() -> None:
    frame = np.arange(50)
    box = np.tile([0.0, 0, 40, 100], (50, 1))
    box[:, 0] = 30 * (frame % 2)
    still = sampled(frame)
    assert common_motion(still, frame, np.zeros(50, np.int64), box) is still


def test_people_keep_their_identity_under_a_shaking_camera() -> None:
    frame, _, box, confidence, truth = shaken(1, 12)
    tracks = associate_detections(frame, box, confidence, 25, config_for_scores(confidence))
    scores = score(truth, IdentifiedBoxes(tracks.frame, tracks.person, tracks.box))
    assert scores.idf1 > 95
    assert scores.switches == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_who_comes_after_a_hole_is_seen_through_the_camera_of_that_time(seed: int) -> None:
    """People who stand, one half behind another, before a camera that shakes; nobody for four seconds; then others in their places."""
    shaking = np.cumsum(np.random.default_rng(seed).normal(0, 8, (500, 2)), axis=0)
    frames = np.concatenate([np.arange(150), np.arange(250, 500)])
    people = np.array([(100.0 + 90 * place, 100, 40, 100) for place in range(8)] + [(100, 400, 80, 200), (110, 400, 60, 160)])
    frame, identity = np.repeat(frames, len(people)), np.tile(np.arange(len(people)), len(frames))
    box = people[identity]
    box[:, :2] += shaking[frame]
    sure = np.ones(len(frame))
    tracks = associate_detections(frame, box, sure, 25, config_for_scores(sure))
    truth = IdentifiedBoxes(frame, identity + len(people) * (frame > 200), box)
    scores = score(truth, IdentifiedBoxes(tracks.frame, tracks.person, tracks.box))
    assert scores.idf1 > 99
    assert scores.switches == 0

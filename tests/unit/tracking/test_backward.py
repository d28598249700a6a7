"""What was seen weakly before a track began becomes its beginning, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from trackway.columns import AnalysedFrames, Detections
from trackway.tracking.backward import claim_backward

PIXELS = np.array([1280.0, 720, 1280, 720])
FRAMES = 100
STEP_MS = 40


def frames(cut: int | None = None, camera: np.ndarray | None = None) -> AnalysedFrames:
    number = np.arange(FRAMES)
    still = np.tile([1.0, 0, 0, 0], (FRAMES, 1))
    return AnalysedFrames.make(
        FRAMES, frame=number, time_ms=STEP_MS * number, cut=number == cut, camera=still if camera is None else camera
    )


def walk(frame: np.ndarray, x: float = 300, speed: float = 60) -> Detections:
    """Somebody 200 pixels tall who was at `x` in frame 0 and walks at `speed` pixels a second."""
    box = np.stack([x + speed * STEP_MS / 1000 * frame, *np.tile([[200.0], [80.0], [200.0]], len(frame))], axis=1)
    score = np.full(len(frame), 0.3)
    return Detections.make(len(frame), frame=frame, time_ms=STEP_MS * frame, box=box / PIXELS, score=score)


def people(*parts: tuple[Detections, int]) -> tuple[Detections, np.ndarray]:
    """Detections, and the track of each part."""
    return Detections.concatenate(seen for seen, _ in parts), np.concatenate([np.full(len(seen), track) for seen, track in parts])


def test_the_second_before_the_first_sight_is_added_and_no_more() -> None:
    seen, track = people((walk(np.arange(50)), -1), (walk(np.arange(50, 90)), 7))
    claimed = claim_backward(seen, track, frames(), PIXELS)
    assert sorted(seen.frame[claimed == 7].tolist()) == list(range(25, 90))
    assert (claimed[track >= 0] == track[track >= 0]).all()


@pytest.mark.parametrize(("missed", "reached"), [(6, 38), (7, 50)])
def test_short_gaps_are_crossed_and_longer_ones_end_it(missed: int, reached: int) -> None:
    """250 ms are six steps of 40 ms: five frames may be missed."""
    before = np.arange(38, 51 - missed)
    seen, track = people((walk(before), -1), (walk(np.arange(50, 90)), 0))
    claimed = claim_backward(seen, track, frames(), PIXELS)
    assert seen.frame[claimed == 0].min() == reached


def test_what_comes_later_is_left_alone() -> None:
    seen, track = people((walk(np.arange(50)), 0), (walk(np.arange(50, 60)), -1))
    assert (claim_backward(seen, track, frames(), PIXELS) == track).all()


def test_somebody_elsewhere_or_of_another_size_is_left_alone() -> None:
    tall = walk(np.arange(30, 50))
    tall = tall.replace(box=tall.box * np.array([1, 1, 1.7, 1.7], np.float32))
    seen, track = people((walk(np.arange(30, 50), x=400), -1), (tall, -1), (walk(np.arange(50, 90)), 0))
    assert (claim_backward(seen, track, frames(), PIXELS) == track).all()


def test_a_scene_cut_ends_it() -> None:
    seen, track = people((walk(np.arange(30, 50)), -1), (walk(np.arange(50, 90)), 0))
    claimed = claim_backward(seen, track, frames(cut=40), PIXELS)
    assert seen.frame[claimed == 0].min() == 40


def test_the_motion_of_the_camera_is_taken_out() -> None:
    """The picture jumps by 150 pixels between the weak sights and the strong ones."""
    camera = np.tile([1.0, 0, 0, 0], (FRAMES, 1))
    camera[50, 2] = 150
    seen, track = people((walk(np.arange(40, 50)), -1), (walk(np.arange(50, 90), x=450), 0))
    assert (claim_backward(seen, track, frames(camera=camera), PIXELS) == 0).all()
    assert (claim_backward(seen, track, frames(), PIXELS) == track).all()


@pytest.mark.parametrize("seed", range(10))
def test_in_any_crowd_one_detection_per_track_and_frame_and_no_order_matters(seed: int) -> None:
    random = np.random.default_rng(seed)
    parts = []
    for number in range(8):
        start = int(random.integers(20, 60))
        way = (float(random.uniform(200, 600)), float(random.normal(0, 80)))
        weak = np.flatnonzero(random.random(start) < 0.7)
        parts += [(walk(weak, *way), -1), (walk(np.arange(start, start + 30), *way), number)]
    seen, track = people(*parts)
    claimed = claim_backward(seen, track, frames(), PIXELS)
    assert (claimed >= 0).sum() > (track >= 0).sum()
    keys = list(zip(claimed[claimed >= 0].tolist(), seen.frame[claimed >= 0].tolist(), strict=True))
    assert len(set(keys)) == len(keys)
    order = random.permutation(len(seen))
    assert (claim_backward(seen[order], track[order], frames(), PIXELS) == claimed[order]).all()


def test_boxes_that_are_none_are_never_claimed() -> None:
    broken = walk(np.arange(45, 50))
    sizes = np.array([[1, 1, 0, 1], [1, 1, 1, -1], [np.nan, 1, 1, 1], [1, np.inf, 1, 1], [1, 1, 1e30, 1e30]], np.float32)
    seen, track = people((broken.replace(box=broken.box * sizes), -1), (walk(np.arange(50, 90)), 0))
    assert (claim_backward(seen, track, frames(), PIXELS) == track).all()


def test_nobody() -> None:
    assert len(claim_backward(Detections.make(0), np.zeros(0, np.int64), frames(), PIXELS)) == 0
    seen, track = people((walk(np.arange(5)), -1))
    assert (claim_backward(seen, track, frames(), PIXELS) == -1).all()

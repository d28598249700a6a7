"""Whether those who are lost come back, as detections themselves tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from trackway.columns import AnalysedFrames, Tracks
from trackway.tracking.config import PERSONS
from trackway.tracking.foreign import associate_detections, config_for_scores
from trackway.tracking.returns import chance_of_return, shortest_wait

Array = npt.NDArray[Any]

RATE, LENGTH = 25, 500
FRONT, BEHIND = (100.0, 100.0, 80.0, 200.0), (110.0, 100.0, 60.0, 160.0)


def table(people: dict[tuple[float, float, float, float], Array]) -> tuple[Tracks, AnalysedFrames]:
    """Tracks of people who stand somewhere, and in which frames each was seen."""
    frame = np.concatenate(list(people.values()))
    tracklet = np.repeat(np.arange(len(people)), [len(frames) for frames in people.values()])
    box = np.array(list(people))[tracklet]
    score = np.ones(len(frame))
    tracks = Tracks.make(len(frame), frame=frame, time_ms=40 * frame, person=tracklet, tracklet=tracklet, box=box, score=score)
    everything, always = np.arange(LENGTH), np.ones(LENGTH, bool)
    still = np.tile([1.0, 0, 0, 0], (LENGTH, 1))
    return tracks, AnalysedFrames(everything, 40 * everything, always, always, still, ~always)


def leaving(count: int) -> dict[tuple[float, float, float, float], Array]:
    """People far apart who are seen for two seconds each."""
    return {(1000.0 + 300 * place, 100.0, 50.0, 120.0): np.arange(20 * place, 20 * place + 50) for place in range(count)}


def chance(people: dict[tuple[float, float, float, float], Array]) -> float:
    return chance_of_return(*table(people), RATE, PERSONS)


ALWAYS = np.arange(LENGTH)
NOW_AND_THEN = np.flatnonzero(ALWAYS % 50 < 15)


def test_whoever_is_seen_behind_others_and_leaves_does_not_come_back() -> None:
    assert chance({FRONT: ALWAYS, BEHIND: ALWAYS} | leaving(10)) < 0.05


def test_where_the_hidden_are_missed_everybody_may_come_back() -> None:
    assert chance({FRONT: ALWAYS, BEHIND: NOW_AND_THEN} | leaving(10)) == 1


def test_where_many_are_found_again_in_the_open_everybody_may_come_back() -> None:
    assert chance({FRONT: ALWAYS, BEHIND: ALWAYS, (600.0, 100.0, 50.0, 120.0): NOW_AND_THEN} | leaving(10)) == 1


def test_nothing_known_changes_nothing() -> None:
    assert chance({FRONT: ALWAYS} | leaving(10)) == 1
    assert chance({FRONT: ALWAYS, BEHIND: ALWAYS[:12]} | leaving(10)) == 1
    empty, frames = table({FRONT: ALWAYS})
    assert chance_of_return(empty[:0], frames, RATE, PERSONS) == 1
    assert chance_of_return(empty[:0], frames[:0], RATE, PERSONS) == 1


def test_the_order_of_rows_says_nothing() -> None:
    tracks, frames = table({FRONT: ALWAYS, BEHIND: np.flatnonzero(ALWAYS % 10 != 5)} | leaving(10))
    shuffled = tracks[np.random.default_rng(0).permutation(len(tracks))]
    usual = chance_of_return(tracks, frames, RATE, PERSONS)
    assert 0 < usual < 1
    assert chance_of_return(shuffled, frames, RATE, PERSONS) == usual


@pytest.mark.parametrize(("rate", "seconds"), [(100, 0.2), (25, 0.2), (10, 0.4), (1, 2.0)])
def test_a_few_frames_are_always_waited_for(rate: float, seconds: float) -> None:
    assert shortest_wait(rate, PERSONS) == pytest.approx(seconds)


@pytest.mark.parametrize("sees_the_hidden", [True, False])
def test_a_stranger_takes_over_only_where_people_get_lost(sees_the_hidden: bool) -> None:
    """Somebody leaves, and a second later another one, taller, walks the other way from nearly there."""
    behind = ALWAYS if sees_the_hidden else NOW_AND_THEN
    people = {FRONT: ALWAYS, BEHIND: behind} | leaving(10)
    frame = np.concatenate([*people.values(), np.arange(100, 200), np.arange(225, 325)])
    standing = np.repeat(np.array(list(people)), [len(frames) for frames in people.values()], axis=0)
    step = np.arange(100)[:, None]
    left = np.array([600.0, 400, 50, 120]) + step * [0.2, 0, 0, 0]
    came = np.array([640.0, 395, 52, 128]) - step * [1.5, 0, 0, 0]
    box = np.concatenate([standing, left, came])
    order = np.argsort(frame, kind="stable")
    score = np.ones(len(frame))
    tracks = associate_detections(frame[order], box[order], score, RATE, config_for_scores(score))
    there = tracks[(tracks.box[:, 1] > 300) & ~tracks.interpolated]
    assert len(set(there.person.tolist())) == (2 if sees_the_hidden else 1)

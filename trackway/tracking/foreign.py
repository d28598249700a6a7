"""Detections of any other detector, without a video: boxes, scores on a scale of their own, a frame rate."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.columns import AnalysedFrames, Detections, Tracks
from trackway.tracking.camera import Camera
from trackway.tracking.config import TrackingConfig
from trackway.tracking.consensus import common_motion
from trackway.tracking.indexing import dense, extent
from trackway.tracking.linking import link_video
from trackway.tracking.returns import chance_of_return, shortest_wait
from trackway.tracking.segment import SegmentTracker, TrackedSegment

__all__ = ["WEAK_SHARE", "associate_detections", "config_for_scores"]

Array = npt.NDArray[Any]

_DEFAULT = TrackingConfig()

_LOOKS_BACK = 2
"""The camera's motion is estimated from tracks, which are better once it is known, and then tell it better."""

WEAK_SHARE = 0.2
"""Share of a detector's boxes, from the weakest, that are only good for continuing a track; more where most of them turn out false."""

_LEAST_ROWS = 5
"""Fewer rows, of glimpses or of people who stay, have no typical scores."""


def config_for_scores(score: Array, weak_share: float = WEAK_SHARE, config: TrackingConfig = _DEFAULT) -> TrackingConfig:
    """Thresholds for scores of an unknown scale: probabilities, margins below zero, percentages, the same number everywhere.

    One rule for all: nothing is thrown away, the weakest `weak_share` of all boxes only continue tracks, the others start them, until
    `associate_detections` has seen what they are worth.

    Args:
        score: (N,) every score of the file.
        weak_share: 0..1. Higher trusts the detector less: fewer false persons, faint ones found later or not at all.
        config: everything else.
    """
    # Thresholds are scores that occur, in the precision in which they will be compared.
    low, strong = np.quantile(score.astype(np.float32), [0, weak_share], method="lower") if len(score) else (0.0, 0.0)
    persons = msgspec.structs.replace(config.persons, low_score=float(low), high_score=float(strong), new_score=float(strong))
    return msgspec.structs.replace(config, persons=persons)


def associate_detections(frame: Array, box_px: Array, score: Array, frame_rate: float, config: TrackingConfig) -> Tracks:
    """Follow the persons behind boxes.

    More than once, if the first pass shows that many boxes are false, which the next believes less; or that the camera moved: then its
    motion is known to the next; or that people hidden behind others are seen, so that whoever is lost has left: then the last waits for
    nobody.

    Args:
        frame: (N,) frame number of each box, from 0, ascending. Frames without boxes count as analysed.
        box_px: (N, 4) left, top, width, height in pixels.
        score: (N,) confidence on the scale of `config`.
        frame_rate: frames per second, greater than 0.
        config: see `config_for_scores`.

    Returns:
        Linked tracks whose boxes are in pixels, since nobody knows the size of the picture.
    """
    tracked = _follow(frame, box_px, score, frame_rate, config, None)
    least = _least_credible(tracked.tracks, config)
    if least > config.persons.new_score:
        config = msgspec.structs.replace(config, persons=msgspec.structs.replace(config.persons, high_score=least, new_score=least))
        tracked = _follow(frame, box_px, score, frame_rate, config, None)
    unmoved = tracked.frames
    for _ in range(_LOOKS_BACK):
        seen = tracked.tracks
        frames = common_motion(unmoved, seen.frame, seen.tracklet, seen.box.astype(np.float64))
        if frames is unmoved:
            break
        tracked = _follow(frame, box_px, score, frame_rate, config, frames)
    returning = chance_of_return(tracked.tracks, tracked.frames, frame_rate, config.persons)
    if returning < 1:
        wait = max(returning * config.persons.lost_seconds, shortest_wait(frame_rate, config.persons))
        config = msgspec.structs.replace(config, returning=returning, persons=msgspec.structs.replace(config.persons, lost_seconds=wait))
        tracked = _follow(frame, box_px, score, frame_rate, config, tracked.frames)
    return link_video(tracked, int(unmoved.time_ms.max(initial=0)), config)


def _least_credible(seen: Tracks, config: TrackingConfig) -> float:
    """The score that parts glimpses, which are mostly false, from people who stay, with the fewest errors on either side.

    A detector that errs seldom leaves few glimpses, and the score is low; if every other box is false, it is high. Minus infinity where
    there is no telling.
    """
    place = dense(seen.person)
    first, last = extent(seen.time_ms, place, int(place.max(initial=-1)) + 1)
    seconds = ((last - first) / 1000)[place]
    glimpses = np.sort(seen.score[seconds < config.least_seconds])
    stays = np.sort(seen.score[seconds >= 2 * config.brief_seconds])
    if min(len(glimpses), len(stays)) < _LEAST_ROWS:
        return -math.inf
    tried = np.unique(np.concatenate([glimpses, stays]))
    errors = np.searchsorted(stays, tried) + len(glimpses) - np.searchsorted(glimpses, tried)
    return float(tried[errors.argmin()])


def _follow(
    frame: Array, box_px: Array, score: Array, frame_rate: float, config: TrackingConfig, known: AnalysedFrames | None
) -> TrackedSegment:
    """One pass over all frames; `known` tells how the camera moved in each."""
    # Of a picture one pixel wide and high, ratios are pixels.
    tracker = SegmentTracker((1, 1), config)
    nobody = Detections.make(0)
    numbers, starts = np.unique(frame, return_index=True)
    rows = dict(zip(numbers.tolist(), itertools.pairwise([*starts.tolist(), len(frame)]), strict=True))
    for number in _analysed(numbers, math.ceil(config.persons.lost_seconds * frame_rate)):
        time_ms = round(1000 * number / frame_rate)
        first, last = rows.get(number, (0, 0))
        found = Detections.make(
            last - first,
            frame=np.full(last - first, number),
            time_ms=np.full(last - first, time_ms),
            box=box_px[first:last],
            score=score[first:last],
        )
        # `known` may have frames that are left out here, if its tracks were waited for longer.
        camera = None if known is None else Camera(known.camera[np.searchsorted(known.frame, number)])
        tracker.update(number, time_ms, found, nobody, camera=camera)
    return tracker.finish()


def _analysed(numbers: Array, patience: int) -> Iterator[int]:
    """The frames with boxes, and after each those without until all tracks have ended: a file may leave out a million."""
    for number, following in itertools.zip_longest(numbers.tolist(), numbers[1:].tolist()):
        yield number
        if following is not None:
            yield from range(number + 1, min(following, number + patience + 2))

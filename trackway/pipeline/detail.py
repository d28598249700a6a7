"""Whether the tiles of `detail: high` are worth their work for a video: asked of a few of its pictures, before all of it is analysed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.detection.detector import Detector
from trackway.detection.tiles import LOOKS, TiledDetector
from trackway.jobs.options import JobOptions
from trackway.media.frame import Frame, Scaler
from trackway.media.glimpses import glimpses
from trackway.media.video import VideoInfo
from trackway.pipeline.vision import Vision

__all__ = ["DetailReport", "choose_detail"]

Array = npt.NDArray[Any]

_GLIMPSES = (3, 6)
_MS_PER_GLIMPSE = 2000
_TILED_GLIMPSES = 3

_WELL_SEEN_PX = 64
"""Height in the network's input from which on a larger picture helps little: it finds 13 % of the people of 16 to 24 pixels with a score of
0.25, 26 % of 24 to 32, 45 % of 32 to 48, and 75 % of 48 to 64 as of 64 to 96 (MOT17-13)."""

_LEAST = 1.0
"""People a picture: fewer small ones, or fewer more by tiles, are not worth it."""

_WORTH = 0.25
"""Share of all people by which the tiles must show more."""


class DetailReport(msgspec.Struct, frozen=True, rename="camel"):
    """How closely the person detector looks at a video, and why; kept with the job.

    Attributes:
        detail: what was chosen.
        reason: one sentence for people.
        looks: runs of the person network for one picture.
    """

    detail: Literal["standard", "high"]
    reason: str
    looks: int


def choose_detail(path: str | os.PathLike[str], info: VideoInfo, options: JobOptions, vision: Vision) -> DetailReport:
    """Obeys `options.detail`; for "auto", looks at pictures from all over the video, so that every segment decides alike.

    Three pictures of a short video, six of one of 12 seconds or more, are looked at whole, and the one with the most small people in tiles
    too. Where that shows small people at all, two more are. "high" is chosen when tiles show at least one small person a picture more, and
    a quarter more of all people. That is 8 to 21 runs of the person network; one picture at high detail takes 5.

    Args:
        path: the file that `info` was made from.
        info: from `media.probe`.
        options: `detail` matters here.
        vision: detectors.

    Raises:
        ModelError: a network cannot run on this picture size.
    """
    if options.detail != "auto":
        return _report(options.detail, "As asked.")
    frames = glimpses(path, info, int(np.clip(info.duration_ms // _MS_PER_GLIMPSE, *_GLIMPSES)))
    if not frames:
        return _report("standard", "No picture of the video could be looked at beforehand.")
    detector, tiles = vision.persons, TiledDetector(vision.persons)
    well_seen = _WELL_SEEN_PX / detector.input_size(info)[1]
    who = f"small people (lower than {round(well_seen * info.height)} pixels) a picture"
    plain = _look(detector, frames, info, vision.report.workers)
    small = _people(plain, frames, well_seen)
    middle_first = np.abs(np.arange(len(frames)) - len(frames) / 2)
    chosen = [frames[row] for row in np.lexsort((middle_first, -small))[:_TILED_GLIMPSES]]
    tiled = _look(tiles, chosen[:1], info, 1)
    if max(small.mean(), _people(tiled, chosen[:1], well_seen).mean()) < _LEAST:
        return _report("standard", f"{small.mean():.1f} {who}, in {len(frames)} pictures.")
    tiled = Detections.concatenate([tiled, _look(tiles, chosen[1:], info, vision.report.workers)])
    before, after = (_people(found, chosen, well_seen).mean() for found in (plain, tiled))
    pays = after - before >= max(_LEAST, _WORTH * _people(plain, chosen, np.inf).mean())
    found = f"{after:.1f} {who} in tiles and {before:.1f} without, in {len(chosen)} of {len(frames)} pictures"
    return _report("high" if pays else "standard", f"{found}: {'' if pays else 'not '}worth {LOOKS} times the work of the person detector.")


def _report(detail: Literal["standard", "high"], reason: str) -> DetailReport:
    return DetailReport(detail, reason, LOOKS if detail == "high" else 1)


def _look(detector: Detector | TiledDetector, frames: Sequence[Frame], info: VideoInfo, workers: int) -> Detections:
    width, height = detector.input_size(info)

    def look(frame: Frame) -> Detections:
        return detector.detect(Scaler(info).rgb(frame, width, height)[None], [frame.number], [frame.time_ms])

    with ThreadPoolExecutor(workers) as pool:
        return Detections.concatenate(pool.map(look, frames))


def _people(found: Detections, frames: Sequence[Frame], below: float) -> Array:
    """(F,) float64 how many people lower than `below`, a share of the picture's height, are to be expected in each of the frames.

    Of the boxes of a score, the same share are people whatever the scale: 5 % at 0.15, 27 % at 0.25, 65 % at 0.35, 90 % at 0.5 (default
    pack, MOT17-13). Sums of shares tell more than counts above a threshold.
    """
    share = np.where(found.box[:, 3] < below, 1 / (1 + np.exp(-14 * (found.score - 0.31))), 0)
    return np.array([share[found.frame == frame.number].sum() for frame in frames])

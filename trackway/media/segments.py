"""Cutting a long video into pieces that different machines can process at the same time."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.media.probe import Probe

__all__ = ["OVERLAP_MS", "Segment", "plan_segments"]

OVERLAP_MS = 2000
"""How long neighbours look at the same pictures, so that their tracks can be linked."""

_RUN_UP = 2
"""Key frames before the cut from which decoding starts, so that pictures come out as in one run: some refer across a key
frame, and with intra refresh a "key frame" only begins an interval after which all is repaired."""


class Segment(msgspec.Struct, frozen=True, rename="camel"):
    """One piece of a video: the frames with `start_ms` <= time < `end_ms` are its own.

    Attributes:
        index: position among the segments, from 0.
        start_ms, end_ms: own range in milliseconds from the first frame; the end is exclusive.
        overlap_ms: decoded beyond `end_ms` for linking; 0 for the last segment.
        first_frame: number of the first own frame.
        previous_ms: time of the frame before the first own one; None at the start of the video.
        start_pts: presentation time of the first own frame, in ticks.
        seek_pts: presentation time of the key frame to decode from.
    """

    index: int
    start_ms: int
    end_ms: int
    overlap_ms: int = 0
    first_frame: int = 0
    previous_ms: int | None = None
    start_pts: int = 0
    seek_pts: int = 0


def plan_segments(probe: Probe, seconds: float) -> tuple[Segment, ...]:
    """Cut a video at key frames into pieces of about `seconds`.

    Args:
        probe: the video's list of frames.
        seconds: least length of a piece; shorter pieces finish sooner on a large queue, and each costs two more key-frame
            intervals of decoding and the overlap. A rest shorter than half of it joins the piece before.

    Returns:
        At least one segment; exactly one for a video that is short, has no key frames or no usable times.
    """
    end_ms = max(probe.info.duration_ms, int(probe.frame_ms[-1]) + 1)
    keys = np.flatnonzero(probe.is_key) if probe.info.timed else np.zeros(0, np.int64)
    cuts = [0]
    for key in keys:
        if probe.frame_ms[key] - probe.frame_ms[cuts[-1]] >= 1000 * seconds:
            cuts.append(int(key))
    if len(cuts) > 1 and end_ms - probe.frame_ms[cuts[-1]] < 500 * seconds:
        cuts.pop()
    ends = [*cuts[1:], None]
    return tuple(_segment(probe, keys, index, start, end, end_ms) for index, (start, end) in enumerate(zip(cuts, ends, strict=True)))


def _segment(probe: Probe, keys: npt.NDArray[np.int64], index: int, start: int, end: int | None, end_ms: int) -> Segment:
    earlier = keys[keys < start]
    return Segment(
        index=index,
        start_ms=int(probe.frame_ms[start]),
        end_ms=end_ms if end is None else int(probe.frame_ms[end]),
        overlap_ms=0 if end is None else OVERLAP_MS,
        first_frame=start,
        previous_ms=int(probe.frame_ms[start - 1]) if start else None,
        start_pts=int(probe.frame_pts[start]),
        seek_pts=int(probe.frame_pts[earlier[-_RUN_UP] if len(earlier) >= _RUN_UP else 0]),
    )

"""Tracks begin before they began: an online tracker waits for a strong detection, but stored video can be read backward.

Whoever comes into view was often seen weakly before. From the first sight of each track, what nobody claimed is followed back in
time, on the ground that the camera moves over. Not forward too: there, weak detections have had their chance already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import AnalysedFrames, Detections
from trackway.tracking.association import match, sound
from trackway.tracking.boxes import likeness, to_centre
from trackway.tracking.ends import ends_of
from trackway.tracking.stabilised import Stage

__all__ = ["claim_backward"]

Array = npt.NDArray[Any]

_LONGEST_MS = 1000
"""So long before its first sight, a track is looked for;"""
_PATIENCE_MS = 250
"""and no longer once it was missed for this time."""
_LEAST_LIKENESS = 0.4
"""Stricter than forward: these are detections that nobody was expected at."""
_SIZE_POWER = 2.0


def claim_backward(seen: Detections, track: Array, frames: AnalysedFrames, pixels: Array) -> Array:
    """Give detections that belong to no track to tracks that begin within a second after them.

    Args:
        seen: (N,) detections, in any order.
        track: (N,) track of each; -1 for one that belongs to none. A track has one detection per frame.
        frames: (F,) every sampled frame, those of all detections among them.
        pixels: (4,) width, height, width, height of the picture.

    Returns:
        (N,) the tracks again, fewer of them -1. No track gets a second detection in a frame, or one on the other side of a scene cut.
    """
    box_px = seen.box * pixels
    usable = sound(box_px)
    box_px[~usable] = 0
    free = np.flatnonzero((track < 0) & usable)
    owned = np.flatnonzero(track >= 0)
    owned = owned[np.lexsort((seen.frame[owned], track[owned]))]
    number, first, place = np.unique(track[owned], return_index=True, return_inverse=True)
    stage = Stage(frames)
    box, scene = to_centre(stage.on_stage(box_px, seen.frame)).T, stage.scene(seen.frame)
    order = np.argsort(seen.time_ms[owned[first]], kind="stable")
    start = owned[first[order]]
    start_ms, start_scene = seen.time_ms[start], scene[start]
    seconds = seen.time_ms[owned] / 1000
    speed = ends_of(seconds, box[owned], place.reshape(-1), seconds[first], np.ones(len(owned))).speed[order]
    where, where_ms = box[start], start_ms.copy()
    claimed = track.copy()
    for rows in _frames_backward(free, seen.frame, box):
        now_ms = seen.time_ms[rows[0]]
        low, high = np.searchsorted(start_ms, [now_ms, now_ms + _LONGEST_MS], "right")
        near = (where_ms[low:high] - now_ms <= _PATIENCE_MS) & (start_scene[low:high] == scene[rows[0]])
        waiting = low + np.flatnonzero(near)
        if not len(waiting):
            continue
        expected = where[waiting].T.copy()
        expected[:2] -= speed[waiting].T * (where_ms[waiting] - now_ms) / 1000
        ours, theirs = match(likeness(expected, box[rows].T, _SIZE_POWER), _LEAST_LIKENESS)
        claimed[rows[theirs]] = number[order[waiting[ours]]]
        where[waiting[ours]], where_ms[waiting[ours]] = box[rows[theirs]], now_ms
    return claimed


def _frames_backward(rows: Array, frame: Array, box: Array) -> Iterator[Array]:
    """The rows of each frame, the last frame first; within one in an order of their own, however the detector sorts."""
    rows = rows[np.lexsort((*box[rows].T, -frame[rows]))]
    yield from np.split(rows, np.flatnonzero(np.diff(frame[rows])) + 1) if len(rows) else ()

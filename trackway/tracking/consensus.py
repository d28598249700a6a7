"""How the camera moved, where nobody saw the pictures: most people do not jump at the same moment in the same direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import AnalysedFrames
from trackway.tracking.boxes import to_centre
from trackway.tracking.hiding import hide
from trackway.tracking.stabilised import Stage

__all__ = ["common_motion"]

Array = npt.NDArray[Any]

_LEAST_TRACKS = 3
_HIDDEN = 0.2
"""Seconds over which speeds are compared."""
_LEAST_GAIN = 0.15
"""Share by which people must move more steadily without the common motion; by chance they do so by a few hundredths."""


def common_motion(frames: AnalysedFrames, frame: Array, track: Array, box_px: Array) -> AnalysedFrames:
    """The frames with the motion that all tracks have in common as the camera's, if people then move more steadily; else unchanged.

    Args:
        frames: (F,) without knowledge of the camera.
        frame, track: (N,) of every row, a track having one row per frame.
        box_px: (N, 4) left, top, width, height in pixels.
    """
    shift = _median_shift(frames, frame, track, box_px)
    camera = np.stack([np.ones(len(shift)), np.zeros(len(shift)), *shift.T], axis=1)
    moved = frames.replace(camera=camera)
    hidden = hide(frames.time_ms[np.searchsorted(frames.frame, frame)] / 1000, track, _HIDDEN)
    if not len(hidden.before):
        return frames
    unrest = []
    for tried in (frames, moved):
        ends, starts = hidden.ends(to_centre(Stage(tried).on_stage(box_px, frame)).T, np.ones(len(frame)))
        unrest.append(np.median(np.abs(starts.speed - ends.speed) / np.exp(ends.height)[:, None]))
    return moved if unrest[1] < (1 - _LEAST_GAIN) * unrest[0] else frames


def _median_shift(frames: AnalysedFrames, frame: Array, track: Array, box_px: Array) -> Array:
    """(F, 2) pixels by which the middle one of all tracks moved since the frame before."""
    place = np.searchsorted(frames.frame, frame)
    order = np.lexsort((place, track))
    place, centre = place[order], (box_px[:, :2] + box_px[:, 2:] / 2)[order]
    steps = np.flatnonzero((track[order][1:] == track[order][:-1]) & (np.diff(place) == 1))
    moved, at = centre[steps + 1] - centre[steps], place[steps + 1]
    count = np.bincount(at, minlength=len(frames))
    first = np.cumsum(count) - count
    known = np.flatnonzero(count >= _LEAST_TRACKS)
    shift = np.zeros((len(frames), 2))
    for axis in range(2):
        sorted_way = moved[np.lexsort((moved[:, axis], at)), axis]
        low, high = (first + (count - 1) // 2)[known], (first + count // 2)[known]
        shift[known, axis] = (sorted_way[low] + sorted_way[high]) / 2
    return shift

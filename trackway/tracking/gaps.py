"""Boxes for the frames in which the detector missed a person."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections

__all__ = ["fill_gaps"]

Array = npt.NDArray[Any]


def fill_gaps(rows: Detections, track: Array, frame: Array, time_ms: Array, longest_ms: float) -> tuple[Detections, Array]:
    """Boxes in a straight line across the analysed frames in which a track was not seen.

    Args:
        rows: (N,) detections of all tracks.
        track: (N,) track number of each.
        frame: (F,) every analysed frame, ascending.
        time_ms: (F,) its time.
        longest_ms: gaps between two sights further apart than this stay empty.

    Returns:
        The new rows alone, and the track of each.
    """
    order = np.lexsort((rows.frame, track))
    before, after = order[:-1], order[1:]
    place = np.searchsorted(frame, rows.frame)
    missing = place[after] - place[before] - 1
    missing[(track[before] != track[after]) | (rows.time_ms[after] - rows.time_ms[before] > longest_ms)] = 0
    first = np.repeat(before, missing)
    last = np.repeat(after, missing)
    step = np.arange(len(first)) - np.repeat(np.cumsum(missing) - missing, missing) + 1
    between = place[first] + step
    span = np.maximum(rows.time_ms[last] - rows.time_ms[first], 1)
    share = ((time_ms[between] - rows.time_ms[first]) / span).astype(np.float32)
    filled = Detections.make(
        len(between),
        frame=frame[between],
        time_ms=time_ms[between],
        box=rows.box[first] + share[:, None] * (rows.box[last] - rows.box[first]),
        score=rows.score[first] + share * (rows.score[last] - rows.score[first]),
    )
    return filled, track[first]

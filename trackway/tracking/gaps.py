"""Rows for the frames in which a person was not looked for, or was missed by the detector."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import AnalysedFrames, Tracks
from trackway.tracking.angles import turned_by
from trackway.tracking.boxes import paired_overlap, to_centre
from trackway.tracking.hiding import hide
from trackway.tracking.indexing import ranges
from trackway.tracking.rows import FACE_COLUMNS, join_rows
from trackway.tracking.stabilised import Stage

__all__ = ["Reach", "fill_gaps", "reach_of"]

Array = npt.NDArray[Any]

_CALM_WAY, _CALM_GROWTH = 0.25, 0.2
"""Heights that somebody has moved at most, and change of the logarithm of the height, who has probably stood still all the time."""
_EDGE, _CUT_OFF, _GLANCE_MS = 0.02, 0.5, 500
"""Share of the picture's width from its side; share of a person's usual width in heights below which the side cuts most of it off; and how
long somebody there may be missed by a detector all the same."""
_LEAST_OVERLAP = 0.6
"""A line that lies less than this on the truth, on average, is worse than none: gaps are harder than pieces that were seen."""
_SECONDS = np.array([0.2, 0.4, 0.8, 1.6, 3.2, 6.4])
_USUAL = np.array([0.85, 0.8, 0.75, 0.65, 0.45, 0.3])
"""Overlap after so many seconds in videos of all kinds: what is believed before looking,"""
_BELIEF = 3.0
"""as firmly as if so many pieces had shown it."""


@dataclasses.dataclass(frozen=True)
class Reach:
    """For how long straight lines hold in one video, in milliseconds.

    Attributes:
        calm_ms: for people who are afterwards where they were before.
        other_ms: for everybody else.
    """

    calm_ms: float
    other_ms: float


def fill_gaps(tracks: Tracks, frames: AnalysedFrames, frame_size: tuple[int, int], reach: Reach) -> Tracks:
    """Straight lines between two sights of a person, on the ground that the camera moves over.

    Frames at which the detectors did not look are filled in between any two sights, bodies and faces alike: nothing speaks against them.
    Frames at which they looked and missed a body are filled across shorter gaps, and never across a cut: what is shown in between may be
    another place. A face that is missed is turned away or hidden.

    Args:
        tracks: (N,) rows as they were seen, of final persons.
        frames: (F,) every sampled frame; those of all rows are among them.
        frame_size: width and height of the picture in pixels.
        reach: a body that was missed for longer stays missing.

    Returns:
        All rows, sorted by (time_ms, person); filled bodies are flagged `interpolated`.
    """
    stage, pixels = Stage(frames), np.array([*frame_size, *frame_size], np.float64)
    bodies = _between(tracks[tracks.has_body], frames, frames.detected, stage, pixels, reach)
    faces = _between(tracks[tracks.has_face], frames, frames.faces, stage, pixels, None)
    body_columns = ("tracklet", "box", "score", "interpolated")
    lines = [_only(bodies, body_columns).replace(interpolated=np.ones(len(bodies), bool)), _only(faces, FACE_COLUMNS)]
    return join_rows(Tracks.concatenate([tracks, *lines]))


def reach_of(tracks: Tracks, frames: AnalysedFrames, frame_size: tuple[int, int]) -> Reach:
    """What this video says: pieces of its persons are hidden, and the line compared with what was there.

    Args:
        tracks: (N,) rows as they were seen, of final persons.
        frames: (F,) every sampled frame.
        frame_size: width and height of the picture in pixels.
    """
    seen = tracks[tracks.has_body]
    box_px = seen.box * np.array([*frame_size, *frame_size], np.float64)
    stage = Stage(frames)
    box = stage.on_stage(box_px, seen.frame)
    time = seen.time_ms / 1000
    held = np.zeros((2, len(_SECONDS)))
    for position, seconds in enumerate(_SECONDS.tolist()):
        hidden = hide(time, seen.person, seconds)
        rows, piece = hidden.inside()
        first, last = hidden.order[hidden.before], hidden.order[hidden.after]
        share = (time[rows] - time[first][piece]) / np.maximum(hidden.seconds[piece], 1e-9)
        line = box[first][piece] + share[:, None] * (box[last] - box[first])[piece]
        overlap = np.bincount(piece, paired_overlap(line, box[rows]), len(first)) / np.maximum(np.bincount(piece, minlength=len(first)), 1)
        calm = _calm(box[first], box[last])
        for kind, pieces in enumerate((calm, ~calm)):
            held[kind, position] = (overlap[pieces].sum() + _BELIEF * _USUAL[position]) / (pieces.sum() + _BELIEF)
    calm_ms, other_ms = (1000 * _crossing(overlap) for overlap in held)
    return Reach(max(calm_ms, other_ms), other_ms)


def _crossing(overlap: Array) -> float:
    """The seconds at which the overlap falls below the least; the longest ones tried if it does not."""
    below = np.flatnonzero(overlap < _LEAST_OVERLAP)
    if not len(below):
        return float(_SECONDS[-1])
    last = int(below[0])
    first = last - 1
    if first < 0:
        return 0.0
    share = (overlap[first] - _LEAST_OVERLAP) / (overlap[first] - overlap[last])
    return float(_SECONDS[first] + share * (_SECONDS[last] - _SECONDS[first]))


def _calm(before: Array, after: Array) -> Array:
    """(N,) bool, of (N, 4) boxes on the stage."""
    way = np.hypot(*(to_centre(after) - to_centre(before))[:2]) / np.sqrt(before[:, 3] * after[:, 3])
    calm: Array = (way < _CALM_WAY) & (np.abs(np.log(after[:, 3] / before[:, 3])) < _CALM_GROWTH)
    return calm


def _left_the_picture(boxes: Array, person: Array) -> Array:
    """(N - 1,) bool: this row and the next touch the same side of the picture, which cuts most of the person off: who is nearly gone before
    a gap and nearly gone after it was gone in between.

    Args:
        boxes: (N, 4) in ratios.
        person: (N,) whose they are, sorted.
    """
    if not len(person):
        return np.zeros(0, bool)
    shape = boxes[:, 2] / np.maximum(boxes[:, 3], 1e-9)
    parts = np.split(shape, np.flatnonzero(np.diff(person)) + 1)
    usual = np.repeat([np.median(part) for part in parts], [len(part) for part in parts])
    sides = np.stack([boxes[:, 0] <= _EDGE, boxes[:, 0] + boxes[:, 2] >= 1 - _EDGE]) & (shape < _CUT_OFF * usual)
    return np.asarray((sides[:, :-1] & sides[:, 1:]).any(axis=0))


def _only(rows: Tracks, columns: tuple[str, ...]) -> Tracks:
    kept = ("frame", "time_ms", "person", *columns)
    return Tracks.make(len(rows), **{name: getattr(rows, name) for name in kept})


def _between(seen: Tracks, frames: AnalysedFrames, looked: Array, stage: Stage, pixels: Array, reach: Reach | None) -> Tracks:
    """The rows missing between neighbouring sights of a person: what is a number lies on a line, the rest is as before.

    Args:
        seen: rows with bodies, or rows with faces.
        looked: (F,) bool, somebody looked for them.
        reach: for bodies; None for faces, which are carried but never guessed.
    """
    seen = seen[np.lexsort((seen.frame, seen.person))]
    name = "face_box" if reach is None else "box"
    box = stage.on_stage(getattr(seen, name) * pixels, seen.frame)
    place = np.searchsorted(frames.frame, seen.frame)
    missing = np.diff(place) - 1
    missed = np.diff(np.cumsum(looked)[place]) > 1
    longest_ms = -1.0 if reach is None else np.where(_calm(box[:-1], box[1:]), reach.calm_ms, reach.other_ms)
    gone = missed & _left_the_picture(getattr(seen, name), seen.person) & (np.diff(seen.time_ms) > _GLANCE_MS)
    elsewhere = np.diff(stage.scene(seen.frame)) != 0
    missing[(np.diff(seen.person) != 0) | (missed & (elsewhere | (np.diff(seen.time_ms) > longest_ms))) | gone] = 0
    between, before = ranges(place[:-1] + 1, place[:-1] + 1 + missing)
    first, last = seen[before], seen[before + 1]
    span = np.maximum(last.time_ms - first.time_ms, 1)
    share = ((frames.time_ms[between] - first.time_ms) / span).astype(np.float32)

    def line(begin: Array, end: Array) -> Array:
        values: Array = begin + share.reshape(-1, *[1] * (begin.ndim - 1)) * (end - begin)
        return values

    columns = {column: line(getattr(first, column), getattr(last, column)) for column in ("score", *FACE_COLUMNS)}
    columns["pose"] = turned_by(line(first.pose, first.pose + turned_by(last.pose - first.pose)))  # angles turn the short way
    columns[name] = stage.in_picture(line(box[before], box[before + 1]), frames.frame[between]) / pixels
    return first.replace(frame=frames.frame[between], time_ms=frames.time_ms[between], **columns)

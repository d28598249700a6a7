"""Bodies and faces of a run of frames -> who is where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections, Tracks
from trackway.tracking.association import Associator, match
from trackway.tracking.config import AssociationConfig, TrackingConfig
from trackway.tracking.gaps import fill_gaps
from trackway.tracking.pairing import LEAST_FIT, fit, fits
from trackway.tracking.persons import assign_persons

__all__ = ["SegmentTracker"]

Array = npt.NDArray[Any]

_DEFAULT = TrackingConfig()
_FOLD_AFTER = 256
"""Frames after which collected rows are made one table; memory then follows the rows, not the frames."""


class SegmentTracker:
    """Follows the people of one segment; knows nothing of other segments.

    Args:
        frame_size: width and height of the processed picture in pixels; motion and overlap are judged in pixels.
        config: thresholds and durations.
    """

    def __init__(self, frame_size: tuple[int, int], config: TrackingConfig = _DEFAULT) -> None:
        self._pixels = np.array([*frame_size, *frame_size], np.float64)
        self._config = config
        self._bodies = _Follower(config.persons, self._pixels)
        self._faces = _Follower(config.faces, self._pixels)
        self._frames: list[tuple[int, int]] = []

    def update(self, frame: int, time_ms: int, persons: Detections, faces: Detections) -> None:
        """Take in one analysed frame, also one that shows nobody.

        Raises:
            ValueError: the frame is not later than the one before, or detections are of another frame.
        """
        if self._frames and (frame <= self._frames[-1][0] or time_ms < self._frames[-1][1]):
            raise ValueError(f"frame {frame} at {time_ms} ms comes after frame {self._frames[-1][0]} at {self._frames[-1][1]} ms")
        if (persons.frame != frame).any() or (faces.frame != frame).any():
            raise ValueError(f"detections of another frame were given with frame {frame}")
        self._frames.append((frame, time_ms))
        self._bodies.update(time_ms, persons)
        self._faces.update(time_ms, faces)

    def finish(self) -> Tracks:
        """All rows, sorted by (time_ms, person); persons numbered within this segment. No frames, no rows."""
        frame, time_ms = np.array(self._frames, np.int64).reshape(-1, 2).T
        bodies, body_track = self._bodies.rows()
        faces, face_track = self._faces.rows()
        seen = len(bodies)
        filled, filled_track = fill_gaps(bodies, body_track, frame, time_ms, 1000 * self._config.fill_seconds)
        bodies, body_track = Detections.concatenate([bodies, filled]), np.concatenate([body_track, filled_track])
        pairs = self._pair(bodies, faces)
        body_person, face_person = assign_persons(bodies.frame, body_track, faces.frame, face_track, pairs)
        body_row, face_row = _join(bodies.frame, body_person, faces.frame, face_person)
        both = np.flatnonzero((body_row >= 0) & (face_row >= 0))
        apart = both[~fits(bodies.box[body_row[both]] * self._pixels, faces.box[face_row[both]] * self._pixels)]
        face_row[apart] = -1  # the face is seen, but not on this body: one of the two is mistaken in this frame
        return _compose(bodies, body_track, body_person, body_row, faces, face_person, face_row, seen)

    def _pair(self, bodies: Detections, faces: Detections) -> Array:
        """(P, 2) body and face rows that belong together within a frame."""
        pairs = [np.zeros((0, 2), np.int64)]
        for body, face in _by_common_frame(bodies.frame, faces.frame):
            likeness = fit(bodies.box[body][:, None] * self._pixels, faces.box[face][None] * self._pixels)
            rows, columns = match(likeness, LEAST_FIT)
            pairs.append(np.stack([body[rows], face[columns]], axis=1))
        return np.concatenate(pairs)


class _Follower:
    """One kind of detection: gives track numbers and keeps what was given one."""

    def __init__(self, config: AssociationConfig, pixels: Array) -> None:
        self._associator = Associator(config)
        self._pixels = pixels
        self._folded = [(Detections.make(0), np.zeros(0, np.int64))]
        self._recent: list[tuple[Detections, Array]] = []

    def update(self, time_ms: int, found: Detections) -> None:
        track = self._associator.update(time_ms, found.box * self._pixels, found.score)
        if (track >= 0).any():
            self._recent.append((found, track))
        if len(self._recent) >= _FOLD_AFTER:
            self._fold()

    def rows(self) -> tuple[Detections, Array]:
        """Everything that belongs to a track, and the track of each row."""
        self._fold()
        return Detections.concatenate(rows for rows, _ in self._folded), np.concatenate([track for _, track in self._folded])

    def _fold(self) -> None:
        if self._recent:
            track = np.concatenate([track for _, track in self._recent])
            self._folded.append((Detections.concatenate(rows for rows, _ in self._recent)[track >= 0], track[track >= 0]))
            self._recent.clear()


def _by_common_frame(ours: Array, theirs: Array) -> Iterator[tuple[Array, Array]]:
    """Row numbers of either side, for every frame that both have."""
    our_order, their_order = np.argsort(ours, kind="stable"), np.argsort(theirs, kind="stable")
    common = np.intersect1d(ours, theirs)
    bounds = [
        (np.searchsorted(side[order], common, "left"), np.searchsorted(side[order], common, "right"))
        for side, order in ((ours, our_order), (theirs, their_order))
    ]
    for (our_first, our_last), (their_first, their_last) in zip(zip(*bounds[0], strict=True), zip(*bounds[1], strict=True), strict=True):
        yield our_order[our_first:our_last], their_order[their_first:their_last]


def _join(body_frame: Array, body_person: Array, face_frame: Array, face_person: Array) -> tuple[Array, Array]:
    """Rows of the result, one per frame and person: (R,) row of the body and row of the face, -1 where there is none."""
    keys = np.concatenate([np.stack([body_frame, body_person], axis=1), np.stack([face_frame, face_person], axis=1)])
    joined, place = np.unique(keys, axis=0, return_inverse=True)
    place = place.reshape(-1)
    body_row, face_row = np.full((2, len(joined)), -1, np.int64)
    body_row[place[: len(body_frame)]] = np.arange(len(body_frame))
    face_row[place[len(body_frame) :]] = np.arange(len(face_frame))
    return body_row, face_row


def _compose(
    bodies: Detections,
    body_track: Array,
    body_person: Array,
    body_row: Array,
    faces: Detections,
    face_person: Array,
    face_row: Array,
    seen: int,
) -> Tracks:
    """The rows of `_join` as tracks; the first `seen` bodies were detected, the others filled in."""
    has_body, has_face = body_row >= 0, face_row >= 0
    of_body, of_face = body_row[has_body], face_row[has_face]

    def merged(body: Array, face: Array) -> Array:
        column = np.empty(len(body_row), np.int64)
        column[has_face] = face[of_face]
        column[has_body] = body[of_body]
        return column

    def placed(values: Array, where: Array, fill: float) -> Array:
        column = np.full((len(body_row), *values.shape[1:]), fill, values.dtype)
        column[where] = values
        return column

    tracks = Tracks(
        frame=merged(bodies.frame, faces.frame),
        time_ms=merged(bodies.time_ms, faces.time_ms),
        person=merged(body_person, face_person),
        tracklet=placed(body_track[of_body], has_body, -1),
        box=placed(bodies.box[of_body], has_body, np.nan),
        score=placed(bodies.score[of_body], has_body, np.nan),
        interpolated=placed(of_body >= seen, has_body, False),
        face_box=placed(faces.box[of_face], has_face, np.nan),
        face_score=placed(faces.score[of_face], has_face, np.nan),
        landmarks=placed(faces.landmarks[of_face], has_face, np.nan),
        pose=placed(faces.pose[of_face], has_face, np.nan),
        quality=placed(faces.quality[of_face], has_face, np.nan),
    )
    return tracks[np.lexsort((tracks.person, tracks.time_ms))]

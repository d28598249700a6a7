"""Bodies and faces of a run of frames -> who is where."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import AnalysedFrames, Detections, Tracks
from trackway.readings import FaceReadings
from trackway.tracking.association import Associator, match
from trackway.tracking.backward import claim_backward
from trackway.tracking.camera import STILL, Camera
from trackway.tracking.config import AssociationConfig, TrackingConfig
from trackway.tracking.looks import Looks, LooksBuilder
from trackway.tracking.pairing import LEAST_FIT, fit
from trackway.tracking.persons import assign_persons
from trackway.tracking.rows import body_rows, face_rows, join_rows
from trackway.tracking.seen_faces import ReadingsBuilder, SeenFaces

__all__ = ["SegmentTracker", "TrackedSegment"]

Array = npt.NDArray[Any]

_DEFAULT = TrackingConfig()
_FOLD_AFTER = 256
"""Frames after which collected rows are made one table; memory then follows the rows, not the frames."""


@dataclasses.dataclass(frozen=True, eq=False)
class TrackedSegment:
    """What is known of the people of one segment before its neighbours are asked.

    Attributes:
        frame_size: width and height of the processed picture in pixels.
        tracks: rows as they were seen, nothing filled in; `person` numbers the fragments of this segment.
        frames: every sampled frame.
        looks: of those fragments.
        faces: every face that was followed, though it may be nobody's in the end.
    """

    frame_size: tuple[int, int]
    tracks: Tracks
    frames: AnalysedFrames
    looks: Looks
    faces: SeenFaces = dataclasses.field(default_factory=SeenFaces)


class SegmentTracker:
    """Follows the people of one segment; knows nothing of other segments.

    Args:
        frame_size: width and height of the processed picture in pixels; motion and overlap are judged in pixels.
        config: thresholds and durations.
        looks: collects the looks that come with frames; None where none will come.
    """

    def __init__(self, frame_size: tuple[int, int], config: TrackingConfig = _DEFAULT, looks: LooksBuilder | None = None) -> None:
        self._frame_size = frame_size
        self._pixels = np.array([*frame_size, *frame_size], np.float64)
        self._bodies = _Follower(config.persons, self._pixels, spare_score=config.persons.low_score)
        self._faces = _Follower(config.faces, self._pixels)
        self._looks = LooksBuilder() if looks is None else looks
        self._readings = ReadingsBuilder()
        self._frames: list[tuple[int, int, bool, bool]] = []
        self._camera: list[Array] = []
        self._cut: list[bool] = []
        self._since_faces: Camera | None = None

    def update(
        self,
        frame: int,
        time_ms: int,
        persons: Detections,
        faces: Detections | None,
        *,
        body_look: Array | None = None,
        camera: Camera | None = None,
    ) -> Array:
        """Take in one frame that was looked at, also one that shows nobody.

        Args:
            frame: its number.
            time_ms: its time.
            persons: (N,) bodies in it.
            faces: (M,) faces in it; None if nobody looked for faces.
            body_look: (N, D) appearance of the bodies, unit rows, NaN where unknown; None if nobody was described.
            camera: how the picture moved since the frame looked at before; None if nobody knows.

        Returns:
            (M,) the track of each face, for `describe`; -1 for one that belongs to none.

        Raises:
            ValueError: the frame is not later than the one before, or detections are of another frame.
        """
        if (persons.frame != frame).any() or (faces is not None and (faces.frame != frame).any()):
            raise ValueError(f"detections of another frame were given with frame {frame}")
        self._add_frame(frame, time_ms, detected=True, faces=faces is not None, camera=camera)
        self._looks.add_bodies(frame, time_ms, self._bodies.update(time_ms, persons, camera), body_look)
        if self._since_faces is not None:
            camera = self._since_faces if camera is None else self._since_faces.then(camera)
        if faces is None:
            self._since_faces = camera
            return np.zeros(0, np.int64)
        self._since_faces = None
        return self._faces.update(time_ms, faces, camera)

    def describe(self, frame: int, time_ms: int, track: Array, look: Array | None, readings: FaceReadings) -> None:
        """Take in what was read in the faces of the last frame. To be called for every frame in which faces were looked for, or for none.

        Args:
            frame, time_ms: of that frame.
            track: (M,) from `update`.
            look: (M, E) whose faces these are: unit rows, NaN where nobody asked; None if nobody did of any.
            readings: (M,) whatever else; the same tables every time.
        """
        self._looks.add_faces(frame, time_ms, track, look)
        self._readings.add(readings[track >= 0])

    def skip(self, frame: int, time_ms: int) -> None:
        """Take note of one frame that was not looked at.

        Raises:
            ValueError: the frame is not later than the one before.
        """
        self._add_frame(frame, time_ms, detected=False, faces=False, camera=None)

    def finish(self) -> TrackedSegment:
        """Everything seen, in rows sorted by (time_ms, person); persons numbered within this segment. No frames, no rows."""
        frames = self._analysed_frames()
        bodies, body_track = self._bodies.rows()
        body_track = claim_backward(bodies, body_track, frames, self._pixels)
        bodies, body_track = bodies[body_track >= 0], body_track[body_track >= 0]
        faces, face_track = self._faces.rows()
        pairs = self._pair(bodies, faces)
        body_person, face_person = assign_persons(bodies.frame, body_track, faces.frame, face_track, pairs)
        rows = Tracks.concatenate([body_rows(bodies, body_person, body_track), face_rows(faces, face_person)])
        looks = self._looks.build((bodies.frame, body_track, body_person), (faces.frame, face_track, face_person))
        return TrackedSegment(self._frame_size, join_rows(rows), frames, looks, SeenFaces(faces, self._readings.build()))

    def _add_frame(self, frame: int, time_ms: int, *, detected: bool, faces: bool, camera: Camera | None) -> None:
        if self._frames and (frame <= self._frames[-1][0] or time_ms < self._frames[-1][1]):
            raise ValueError(f"frame {frame} at {time_ms} ms comes after frame {self._frames[-1][0]} at {self._frames[-1][1]} ms")
        self._frames.append((frame, time_ms, detected, faces))
        self._camera.append(STILL if camera is None else camera.motion)
        self._cut.append(camera is not None and camera.cut)

    def _analysed_frames(self) -> AnalysedFrames:
        frame, time_ms, detected, faces = np.array(self._frames, np.int64).reshape(-1, 4).T
        return AnalysedFrames(frame, time_ms, detected, faces, np.array(self._camera).reshape(-1, 4), np.array(self._cut, bool))

    def _pair(self, bodies: Detections, faces: Detections) -> Array:
        """(P, 2) body and face rows that belong together within a frame."""
        pairs = [np.zeros((0, 2), np.int64)]
        for body, face in _by_common_frame(bodies.frame, faces.frame):
            likeness = fit(bodies.box[body][:, None] * self._pixels, faces.box[face][None] * self._pixels)
            rows, columns = match(likeness, LEAST_FIT)
            pairs.append(np.stack([body[rows], face[columns]], axis=1))
        return np.concatenate(pairs)


class _Follower:
    """One kind of detection: gives track numbers and keeps what was given one; what was not, from `spare_score` on."""

    def __init__(self, config: AssociationConfig, pixels: Array, spare_score: float = math.inf) -> None:
        self._associator = Associator(config)
        self._pixels = pixels
        self._spare_score = spare_score
        self._folded = [(Detections.make(0), np.zeros(0, np.int64))]
        self._recent: list[tuple[Detections, Array]] = []

    def update(self, time_ms: int, found: Detections, camera: Camera | None) -> Array:
        """(N,) track of each detection; -1 for one that belongs to none."""
        track = self._associator.update(time_ms, found.box * self._pixels, found.score, camera)
        if len(track):
            self._recent.append((found, track))
        if len(self._recent) >= _FOLD_AFTER:
            self._fold()
        return track

    def rows(self) -> tuple[Detections, Array]:
        """Everything kept, and the track of each row; -1 for one that belongs to none."""
        self._fold()
        return Detections.concatenate(rows for rows, _ in self._folded), np.concatenate([track for _, track in self._folded])

    def _fold(self) -> None:
        if self._recent:
            rows, track = Detections.concatenate(rows for rows, _ in self._recent), np.concatenate([track for _, track in self._recent])
            kept = (track >= 0) | (rows.score >= self._spare_score)
            self._folded.append((rows[kept], track[kept]))
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

"""Where every person is at any moment, between the analysed frames too: what a renderer draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from trackway.columns import Tracks

__all__ = ["Appearance", "Appearances"]

_BRIDGED = 2.5
"""Sample intervals that may lie between two rows of a person for the frames between them to be filled in."""

_TRAIL_MS = 1500
_SMOOTHED = 5  # rows
_LOW_EDGE = 0.98

Floats = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, eq=False)
class Appearance:
    """One person at one moment. All positions are ratios of the picture and may lie outside of it.

    Attributes:
        person: identity.
        box: (4,) left, top, width, height of the body; None where it is not seen.
        face_box: (4,) the same of the face; None where it is not seen.
        landmarks: (5, 2) x, y of the face's five points; None with it.
        trail: (K, 2) x, y of the way that led here, oldest first; may be empty.
    """

    person: int
    box: Floats | None
    face_box: Floats | None
    landmarks: Floats | None
    trail: Floats


class Appearances:
    """All people of a video, asked for frame by frame with rising time."""

    def __init__(self, tracks: Tracks) -> None:
        """Prepare from rows sorted by time."""
        moments = np.unique(tracks.time_ms)
        interval = float(np.median(np.diff(moments))) if len(moments) > 1 else 0.0
        order = np.lexsort((tracks.time_ms, tracks.person))
        changes = np.flatnonzero(np.diff(tracks.person[order])) + 1
        people = [_Person(tracks[rows], _BRIDGED * interval) for rows in np.split(order, changes) if len(rows)]
        self._waiting = sorted(people, key=lambda person: person.first_ms, reverse=True)
        self._present: list[_Person] = []

    def at(self, time_ms: int) -> Iterator[Appearance]:
        """Everyone who is to be seen at `time_ms`, which must not be less than in the call before."""
        while self._waiting and self._waiting[-1].first_ms <= time_ms:
            self._present.append(self._waiting.pop())
        self._present = [person for person in self._present if person.last_ms >= time_ms]
        for person in self._present:
            appearance = person.at(time_ms)
            if appearance is not None:
                yield appearance


class _Person:
    """The rows of one person as two series, the body and the face: one may be missing where the other is seen."""

    def __init__(self, rows: Tracks, bridged_ms: float) -> None:
        self.person = int(rows.person[0])
        self.first_ms, self.last_ms = int(rows.time_ms[0]), int(rows.time_ms[-1])
        bodies, faces = rows[rows.has_body], rows[rows.has_face]
        self._body = _Series(bodies.time_ms, bodies.box, bridged_ms)
        self._face = _Series(faces.time_ms, np.hstack([faces.face_box, faces.landmarks.reshape(-1, 10)]), bridged_ms)
        # Feet mark the way best; where the picture cuts them off, the middle of the body does.
        bottom = bodies.box[:, 1] + bodies.box[:, 3]
        self._anchor = np.array([0.5, 1.0 if len(bodies) and np.median(bottom) < _LOW_EDGE else 0.5], np.float32)

    def at(self, time_ms: int) -> Appearance | None:
        box, face = self._body.at(time_ms), self._face.at(time_ms)
        if box is None and face is None:
            return None
        return Appearance(
            person=self.person,
            box=box,
            face_box=None if face is None else face[:4],
            landmarks=None if face is None or np.isnan(face[4]) else face[4:].reshape(5, 2),
            trail=self._trail(time_ms, box),
        )

    def _trail(self, time_ms: int, box: Floats | None) -> Floats:
        if box is None:
            return np.zeros((0, 2), np.float32)
        boxes = np.vstack([self._body.run_before(time_ms, _TRAIL_MS), box])
        points = boxes[:, :2] + self._anchor * boxes[:, 2:]
        # Boxes tremble a little from sample to sample; the way that they mark is smooth.
        padded = np.pad(points, ((_SMOOTHED // 2, _SMOOTHED // 2), (0, 0)), mode="edge")
        smooth = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHED, axis=0).mean(axis=2)
        return np.asarray(np.vstack([smooth[:-1], points[-1:]]), np.float32)


class _Series:
    """Values at rising times, joined by straight lines where the gap is short."""

    def __init__(self, time_ms: npt.NDArray[np.int64], values: Floats, bridged_ms: float) -> None:
        self._time_ms, self._values, self._bridged_ms = time_ms, values, bridged_ms
        self._begins_run = np.diff(time_ms, prepend=-(2**62)) > bridged_ms

    def at(self, time_ms: int) -> Floats | None:
        """The values at a moment; None before the first, after the last, and within a long gap."""
        after = int(np.searchsorted(self._time_ms, time_ms))
        if after == len(self._time_ms):
            return None
        if self._time_ms[after] == time_ms:
            return np.asarray(self._values[after], np.float32)
        if after == 0 or self._begins_run[after]:
            return None
        earlier, later = self._time_ms[after - 1], self._time_ms[after]
        share = np.float32((time_ms - earlier) / (later - earlier))
        return np.asarray((1 - share) * self._values[after - 1] + share * self._values[after], np.float32)

    def run_before(self, time_ms: int, length_ms: int) -> Floats:
        """The values of the last `length_ms` before a moment, as far back as no long gap interrupts them."""
        first, end = np.searchsorted(self._time_ms, [time_ms - length_ms, time_ms])
        breaks = np.flatnonzero(self._begins_run[first + 1 : end + 1])
        return self._values[first + 1 + breaks[-1] if len(breaks) else first : end]

"""Where every person is at any moment, between the analysed frames too: what a renderer draws."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.columns import UNIT_NAMES, Tracks

__all__ = ["Appearance", "Appearances", "FaceLayer", "FaceLook"]

_BRIDGED = 2.5
"""Sample intervals that may lie between two rows of a person for the frames between them to be filled in."""

_TRAIL_MS = 1500
_SMOOTHED = 5  # rows
_LOW_EDGE = 0.98

_PLAIN_UNITS = [column for column, name in enumerate(UNIT_NAMES) if name[2:].isdigit()]
_MOST_UNITS = 6
_NOTABLE = 0.15
"""Intensity that a unit must reach somewhere to be worth a bar."""
_REACHED = 95  # percentile

Floats = npt.NDArray[np.float32]
Times = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False)
class FaceLayer:
    """What else to draw of faces: rows in any order, at most one for a person and a moment; NaN where something is not known.

    Attributes:
        time_ms: (N,) int64 milliseconds from the first frame.
        person: (N,) int64, as in the tracks.
        vertices: (N, 468, 2 or 3) x, y ratios of the picture: the mesh; what more there is of each is not looked at.
        points: (N, 68, 2) x, y ratios: drawn where there is no mesh.
        pose: (N, 3) roll, yaw, pitch in degrees.
        units: (N, U) 0..1 in the order of `UNIT_NAMES`.
        identity: person -> whose face it is; people who are one share a color. Empty: every person is somebody else.
        names: identity -> what to call them.
    """

    time_ms: npt.NDArray[np.int64]
    person: npt.NDArray[np.int64]
    vertices: Floats | None = None
    points: Floats | None = None
    pose: Floats | None = None
    units: Floats | None = None
    identity: Mapping[int, int] = dataclasses.field(default_factory=dict)
    names: Mapping[int, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, eq=False)
class FaceLook:
    """A face at one moment, see `FaceLayer`; None for what it does not show.

    Attributes:
        vertices: (468, 2) x, y.
        points: (68, 2) x, y.
        pose: (3,) roll, yaw, pitch.
        units: name and intensity of the action units that are strong in this face at some time: always the same, the strongest first.
    """

    vertices: Floats | None
    points: Floats | None
    pose: Floats | None
    units: tuple[tuple[str, float], ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Appearance:
    """One person at one moment. All positions are ratios of the picture and may lie outside of it.

    Attributes:
        person: identity.
        box: (4,) left, top, width, height of the body; None where it is not seen.
        face_box: (4,) the same of the face; None where it is not seen.
        landmarks: (5, 2) x, y of the face's five points; None with it.
        trail: (K, 2) x, y of the way that led here, oldest first; may be empty.
        look: more of the face; None where nothing more is known.
        identity: whose face it is; None where nobody said.
        name: what to call them; empty where nobody said.
        grouped: identities were given in this video, so that colors stand for them.
    """

    person: int
    box: Floats | None
    face_box: Floats | None
    landmarks: Floats | None
    trail: Floats
    look: FaceLook | None = None
    identity: int | None = None
    name: str = ""
    grouped: bool = False


class Appearances:
    """All people of a video, asked for frame by frame with rising time.

    Args:
        tracks: rows sorted by time.
        layer: more of the faces.
        cuts_ms: (C,) rising times at which scenes begin: across them nothing is joined.
    """

    def __init__(self, tracks: Tracks, layer: FaceLayer | None = None, cuts_ms: Times | None = None) -> None:
        moments = np.unique(tracks.time_ms)
        interval = float(np.median(np.diff(moments))) if len(moments) > 1 else 0.0
        order = np.lexsort((tracks.time_ms, tracks.person))
        changes = np.flatnonzero(np.diff(tracks.person[order])) + 1
        bridges = _Bridges(_BRIDGED * interval, np.zeros(0, np.int64) if cuts_ms is None else cuts_ms)
        people = [_Person(tracks[rows], bridges, layer) for rows in np.split(order, changes) if len(rows)]
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


class _Bridges(NamedTuple):
    """Between which rows of somebody the frames in between are filled in: near each other in time, and no scene begins."""

    longest_ms: float
    cuts_ms: Times


class _Person:
    """The rows of one person as two series, the body and the face: one may be missing where the other is seen."""

    def __init__(self, rows: Tracks, bridges: _Bridges, layer: FaceLayer | None) -> None:
        self.person = int(rows.person[0])
        self.first_ms, self.last_ms = int(rows.time_ms[0]), int(rows.time_ms[-1])
        bodies, faces = rows[rows.has_body], rows[rows.has_face]
        self._body = _Series(bodies.time_ms, bodies.box, bridges)
        self._face = _Series(faces.time_ms, np.hstack([faces.face_box, faces.landmarks.reshape(-1, 10)]), bridges)
        self._looks = None if layer is None else _Looks(layer, self.person, bridges)
        self._identity = None if layer is None else layer.identity.get(self.person)
        self._name = "" if layer is None or self._identity is None else layer.names.get(self._identity, "")
        self._grouped = layer is not None and len(layer.identity) > 0
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
            look=None if self._looks is None or face is None else self._looks.at(time_ms),
            identity=self._identity,
            name=self._name,
            grouped=self._grouped,
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


class _Looks:
    """The rows that a layer has of one person; each of its columns where it is known."""

    def __init__(self, layer: FaceLayer, person: int, bridges: _Bridges) -> None:
        rows = np.flatnonzero(layer.person == person)
        rows = rows[np.argsort(layer.time_ms[rows], kind="stable")]
        time_ms = layer.time_ms[rows]

        def series(values: Floats | None, *, turning: bool = False) -> _Series | None:
            if values is None:
                return None
            flat = values[rows].reshape(len(rows), math.prod(values.shape[1:]))
            known = np.isfinite(flat).any(axis=1)
            flat = flat[known]
            return _Series(time_ms[known], np.unwrap(flat, period=360, axis=0) if turning else flat, bridges)

        units = None if layer.units is None else layer.units[:, _PLAIN_UNITS]
        shown = [] if units is None else _strong(units[rows])
        self._names = [UNIT_NAMES[_PLAIN_UNITS[column]] for column in shown]
        self._vertices = series(None if layer.vertices is None else layer.vertices[..., :2])
        self._points = series(layer.points)
        self._pose = series(layer.pose, turning=True)
        self._units = series(None if units is None else units[:, shown])

    def at(self, time_ms: int) -> FaceLook | None:
        """What is known of a moment; None where nothing is."""
        vertices, points, pose, units = (
            None if series is None else series.at(time_ms) for series in (self._vertices, self._points, self._pose, self._units)
        )
        if vertices is None and points is None and pose is None and units is None:
            return None
        return FaceLook(
            vertices=None if vertices is None else vertices.reshape(-1, 2),
            points=None if points is None else points.reshape(-1, 2),
            pose=pose,
            units=() if units is None else tuple(zip(self._names, units.tolist(), strict=True)),
        )


def _strong(units: Floats) -> list[int]:
    """Columns that are high at times, the highest first."""
    known = units[np.isfinite(units).any(axis=1)]
    if not len(known):
        return []
    reached = np.percentile(np.nan_to_num(known, nan=0.0), _REACHED, axis=0)
    highest = np.argsort(-reached, kind="stable")[:_MOST_UNITS]
    return [column for column in highest.tolist() if reached[column] >= _NOTABLE]


class _Series:
    """Values at rising times, joined by straight lines where the gap is short and within a scene."""

    def __init__(self, time_ms: Times, values: Floats, bridges: _Bridges) -> None:
        self._time_ms, self._values = time_ms, values
        self._begins_run = np.diff(time_ms, prepend=-(2**62)) > bridges.longest_ms
        self._begins_run[1:] |= np.diff(np.searchsorted(bridges.cuts_ms, time_ms, "right")) > 0

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

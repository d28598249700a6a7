"""How often the detectors look: five times a second for certain, and in between where people do not simply move on.

Every sampled frame gets its rows, but between two looks people mostly walk in a straight line, which linking draws for nothing. So each
stretch between two certain looks is judged by what its ends show: whoever came, went, or moved far makes it doubtful, and the frame in its
middle is looked at; then both halves are judged alike, as in adaptive quadrature (Kuncir, "Simpson's rule integrator", 1962), until a line
will do or every frame was looked at. A half whose middle was found on the line must be far more doubtful to be looked into.

A stretch is judged by its own frames alone: not by the tracker, so that nothing waits for it, and not by what other workers do. Certain
looks lie on a grid of the video's time, so that segments agree on them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.media.frame import Frame
from trackway.media.timeline import enters_sample
from trackway.tracking.association import match
from trackway.tracking.config import PERSONS

__all__ = ["CERTAIN_PER_SECOND", "Gap", "Look", "Stretch", "stretches"]

Array = npt.NDArray[Any]

CERTAIN_PER_SECOND = 5.0
"""Looks that never depend on what is seen. Fewer cost people who only pass, and the faces, which are looked for at these."""

_FINEST_PER_SECOND = 40.0
"""Looks at most, and pictures that wait for a decision; bounds the memory of fast cameras."""

_FAR = 0.15
"""Heights of a body that it may move between two looks without a look between them,"""
_FAR_WHERE_STRAIGHT = 0.2
"""a little more where the last look between found people on the line,"""
_STRAIGHT = 0.04
"""which ends within so many heights of them,"""
_MOST = 0.8
"""for this share of the bodies."""
_CLEAR_FACE = 0.7
"""Score of a face that is missed when it is not there; fainter ones flicker."""
_FACE_REACH = 2.0
"""Times as many of its own heights as a body of its own that a face may move: it goes where its body goes."""
_LEAST_LIKENESS = 0.3
"""Two boxes less alike are not the same body; 1 - 0.3 heights is how far one may have run."""


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Look:
    """A look at one frame, perhaps still to be taken.

    Attributes:
        time_ms: of the frame.
        shown: bodies and faces; None in place of faces that nobody looked for.
    """

    time_ms: int
    shown: Future[tuple[Detections, Detections | None]] = dataclasses.field(default_factory=Future)


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Stretch:
    """The sampled frames after one certain look, up to and including the next.

    Attributes:
        between: frames that may be looked at, in order.
        passed: (number, time in ms) of frames that are too close to these to be looked at.
        certain: the last frame, which is looked at.
        begins_tick: it is the first of its fifth of a second.
        begins_second: it is the first of its second.
        start: the certain look before; None at the beginning.
        end: the certain look at the last frame. What it shows is to be set before that of `start` is asked for: then nobody waits for ever.
    """

    between: tuple[Frame, ...]
    passed: tuple[tuple[int, int], ...]
    certain: Frame
    begins_tick: bool
    begins_second: bool
    start: Look | None
    end: Look

    def __len__(self) -> int:
        return len(self.between) + len(self.passed) + 1


def stretches(frames: Iterable[Frame], *, every: bool) -> Generator[Stretch, None, None]:
    """Cut sampled frames, in order, at the certain looks: the first of each fifth of a second, and the last before a pause or the end.

    Args:
        frames: of one segment.
        every: each frame is a certain look.
    """
    between: list[Frame] = []
    passed: list[tuple[int, int]] = []
    start: Look | None = None
    before_ms: int | None = None
    for frame, following in _with_next(frames):
        ticks, seconds, fine = (enters_sample(frame.time_ms, before_ms, rate) for rate in (CERTAIN_PER_SECOND, 1.0, _FINEST_PER_SECOND))
        before_ms = frame.time_ms
        if every or ticks or following is None or following.time_ms - frame.time_ms > 1000 / CERTAIN_PER_SECOND:
            end = Look(frame.time_ms)
            yield Stretch(tuple(between), tuple(passed), frame, ticks, seconds, start, end)
            between, passed, start = [], [], end
        elif fine:
            between.append(frame)
        else:
            passed.append((frame.number, frame.time_ms))


def _with_next(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    """Each frame and the one after it."""
    source = iter(frames)
    frame = next(source, None)
    while frame is not None:
        following = next(source, None)
        yield frame, following
        frame = following


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Gap:
    """Frames between two looks that nobody has looked at.

    Attributes:
        frames: in order; at least one.
        begin_ms, end_ms: times of the looks.
        first, last: bodies that they saw.
        first_faces, last_faces: faces that they saw; None where nobody looked for any.
        straight: the look between a wider pair found people on the line.
    """

    frames: tuple[Frame, ...]
    begin_ms: int
    end_ms: int
    first: Detections
    last: Detections
    first_faces: Detections | None = None
    last_faces: Detections | None = None
    straight: bool = False

    @property
    def middle(self) -> Frame:
        """The frame to look at next."""
        return self.frames[self._half]

    @property
    def _half(self) -> int:
        return (len(self.frames) - 1) // 2

    def loses_faces(self, pixels: Array) -> bool:
        """Whether a clear face came or went between the looks; `pixels` (4,) turns ratios into pixels."""
        if self.first_faces is None or self.last_faces is None:
            return False
        rows, columns, _ = _pairs(self.first_faces, self.last_faces, pixels, _FACE_REACH)
        ours, theirs = (np.delete(faces.score, found) for faces, found in ((self.first_faces, rows), (self.last_faces, columns)))
        return bool((ours >= _CLEAR_FACE).any() or (theirs >= _CLEAR_FACE).any())

    def is_doubtful(self, pixels: Array) -> bool:
        """Whether a straight line between the looks may be wrong."""
        return self._loses_bodies(pixels) or self.loses_faces(pixels)

    def _loses_bodies(self, pixels: Array) -> bool:
        rows, columns, moved = _pairs(self.first, self.last, pixels)
        ours, theirs = self.first.score >= PERSONS.new_score, self.last.score >= PERSONS.new_score
        if np.delete(ours, rows).any() or np.delete(theirs, columns).any():
            return True
        far = _FAR_WHERE_STRAIGHT if self.straight else _FAR
        return bool((moved[ours[rows] | theirs[columns]] > far).any())

    def split(self, found: Detections, faces: Detections | None, pixels: Array) -> list[Self]:
        """The gaps that a look at the middle frame leaves, which showed the bodies `found`, and these faces, if it was for faces too."""
        half, at_ms = self._half, self.middle.time_ms
        straight = self._is_straight(found, pixels)
        cls = type(self)
        halves = (
            cls(self.frames[:half], self.begin_ms, at_ms, self.first, found, self.first_faces, faces, straight),
            cls(self.frames[half + 1 :], at_ms, self.end_ms, found, self.last, faces, self.last_faces, straight),
        )
        return [gap for gap in halves if gap.frames]

    def _is_straight(self, found: Detections, pixels: Array) -> bool:
        rows, columns, _ = _pairs(self.first, self.last, pixels)
        strong = (self.first.score[rows] >= PERSONS.new_score) | (self.last.score[columns] >= PERSONS.new_score)
        rows, columns = rows[strong], columns[strong]
        if not len(rows) or not len(found):
            return False
        share = (self.middle.time_ms - self.begin_ms) / max(1, self.end_ms - self.begin_ms)
        line = (self.first.box[rows] * (1 - share) + self.last.box[columns] * share) * pixels
        off = _distances(line, found.box * pixels).min(axis=1) / line[:, 3]
        return bool(np.quantile(off, _MOST) < _STRAIGHT)


def _pairs(first: Detections, last: Detections, pixels: Array, reach: float = 1.0) -> tuple[Array, Array, Array]:
    """Rows of the same bodies, or faces, in both, and how far each moved, in its own heights; `reach` of them are as far as one can."""
    ours, theirs = first.box * pixels, last.box * pixels
    low = np.minimum(ours[:, None, 3], theirs[None, :, 3])
    high = np.maximum(ours[:, None, 3], theirs[None, :, 3])
    moved = _distances(ours, theirs) / low
    rows, columns = match(np.clip(1 - moved / reach, 0, None) * (low / high) ** 2, _LEAST_LIKENESS)
    return rows, columns, moved[rows, columns]


def _distances(ours: Array, theirs: Array) -> Array:
    """(N, M) between the centres of boxes (N, 4) and (M, 4)."""
    apart = (ours[:, None, :2] + ours[:, None, 2:] / 2) - (theirs[None, :, :2] + theirs[None, :, 2:] / 2)
    distance: Array = np.hypot(apart[..., 0], apart[..., 1])
    return distance

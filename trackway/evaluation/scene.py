"""One sequence as the metrics see it: frame by frame, who is there, who was said to be there, and how far their boxes agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EPSILON", "Frame", "IdentifiedBoxes", "Scene", "overlap"]

Array = npt.NDArray[Any]

EPSILON = float(np.finfo(np.float64).eps)
"""Overlaps that fall short of a threshold by no more than this reach it."""


@dataclasses.dataclass(frozen=True, eq=False)
class IdentifiedBoxes:
    """Boxes with identities, truth or result. Nobody is twice in a frame.

    Attributes:
        frame: (N,) int64 frame number, in any order.
        identity: (N,) int64 any numbers.
        box: (N, 4) float64 left, top, width, height; any unit, the same on both sides. A box without area overlaps with none.
    """

    frame: Array
    identity: Array
    box: Array

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: Array) -> IdentifiedBoxes:
        """The rows of a boolean mask or an index array."""
        return IdentifiedBoxes(self.frame[rows], self.identity[rows], self.box[rows])


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a scene; rows are in the order in which they were given.

    Attributes:
        truth: (n,) int64 identities that are there, counted from 0.
        result: (m,) int64 identities that the tracker gave, counted from 0.
        similarity: (n, m) float64 intersection over union of their boxes, 0..1.
    """

    truth: Array
    result: Array
    similarity: Array


class Scene:
    """Truth and result of one sequence.

    Frames are compared anew each time they are asked for, so memory grows with the number of boxes only, not with their pairs.

    Attributes:
        truth_rows: (G,) int64 boxes of each true identity.
        result_rows: (T,) int64 boxes of each identity of the result.
    """

    def __init__(self, truth: IdentifiedBoxes, result: IdentifiedBoxes) -> None:
        self._truth, self.truth_rows = _ordered(truth)
        self._result, self.result_rows = _ordered(result)

    @property
    def frame_numbers(self) -> Array:
        """(F,) int64 every frame in which either has a box, ascending."""
        return np.union1d(self._truth.frame, self._result.frame)

    def frames(self) -> Iterator[Frame]:
        """The frames in which both have boxes, ascending; in all others everything is missed, or false."""
        common = np.intersect1d(self._truth.frame, self._result.frame)
        for ours, theirs in zip(_slices(self._truth.frame, common), _slices(self._result.frame, common), strict=True):
            similarity = overlap(self._truth.box[ours], self._result.box[theirs])
            yield Frame(self._truth.identity[ours], self._result.identity[theirs], similarity)


def overlap(ours: Array, theirs: Array) -> Array:
    """(N, 4), (M, 4) left, top, width, height -> (N, M) intersection over union; 0 where a box has no area."""
    our_end, their_end = ours[:, :2] + ours[:, 2:], theirs[:, :2] + theirs[:, 2:]
    shared = np.minimum(our_end[:, None], their_end[None]) - np.maximum(ours[:, None, :2], theirs[None, :, :2])
    intersection = np.maximum(shared[..., 0], 0) * np.maximum(shared[..., 1], 0)
    # Areas from the corners, as for the intersection: a box lies on itself by exactly 1.
    our_area, their_area = np.prod(our_end - ours[:, :2], axis=1)[:, None], np.prod(their_end - theirs[:, :2], axis=1)[None]
    union = our_area + their_area - intersection
    valid = (our_area > EPSILON) & (their_area > EPSILON) & (union > EPSILON)
    return np.where(valid, intersection / np.where(valid, union, 1), 0.0)


def _ordered(boxes: IdentifiedBoxes) -> tuple[IdentifiedBoxes, Array]:
    """Rows by frame, identities counted from 0; and the number of rows of each identity."""
    dense, rows = np.unique(boxes.identity, return_inverse=True, return_counts=True)[1:]
    order = np.argsort(boxes.frame, kind="stable")
    return IdentifiedBoxes(boxes.frame[order], dense.reshape(-1)[order], boxes.box[order].astype(np.float64)), rows


def _slices(frame: Array, wanted: Array) -> Iterator[slice]:
    """Rows of each wanted frame."""
    return map(slice, np.searchsorted(frame, wanted, "left").tolist(), np.searchsorted(frame, wanted, "right").tolist())

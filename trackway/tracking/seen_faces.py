"""Every face that was seen, whoever it belongs to, and what was read in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections, Tracks
from trackway.readings import FaceReadings

__all__ = ["ReadingsBuilder", "SeenFaces"]

Array = npt.NDArray[Any]

_FOLD_AFTER = 256
"""Frames after which collected rows are made one table; memory then follows the faces, not the frames."""


@dataclasses.dataclass(frozen=True, eq=False)
class SeenFaces:
    """Faces as they were seen, nothing carried on from one look to the next.

    Attributes:
        found: (N,) by frame.
        readings: of these N.
    """

    found: Detections = dataclasses.field(default_factory=lambda: Detections.make(0))
    readings: FaceReadings = dataclasses.field(default_factory=FaceReadings)

    def __post_init__(self) -> None:
        """Refuses tables that do not belong together.

        Raises:
            ValueError: they differ in length.
        """
        for name, table in self.readings.tables().items():
            if len(table) != len(self.found):
                raise ValueError(f"expected {name} of {len(self.found)} faces, got {len(table)}")

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, rows: slice | Array) -> Self:
        """The faces of a slice, a boolean mask or an index array, in that order."""
        return dataclasses.replace(self, found=self.found[rows], readings=self.readings[rows])

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """All of all parts, in order; what was read in the faces of every part that has some."""
        found = Detections.concatenate(part.found for part in parts)
        return cls(found, FaceReadings.concatenate([part.readings for part in parts if len(part)] or [part.readings for part in parts]))

    def rows_in(self, tracks: Tracks) -> Array:
        """(T,) which of these faces each row of `tracks` shows; -1 for one that was not seen, but carried on from another frame.

        A frame has no two faces with one box, and a box that was seen is never changed: number and box tell a face to the bit.
        """
        keys = np.concatenate([_keys(self.found.frame, self.found.box), _keys(tracks.frame, tracks.face_box)])
        labels = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
        row = np.full(len(keys), -1)
        row[labels[: len(self)]] = np.arange(len(self))
        shown: Array = row[labels[len(self) :]]
        return shown


class ReadingsBuilder:
    """Collects readings frame by frame."""

    def __init__(self) -> None:
        self._folded: list[FaceReadings] = []
        self._recent: list[FaceReadings] = []

    def add(self, readings: FaceReadings) -> None:
        """Those of the next faces."""
        self._recent.append(readings)
        if len(self._recent) >= _FOLD_AFTER:
            self._fold()

    def build(self) -> FaceReadings:
        """All; nothing if there were never any."""
        self._fold()
        return FaceReadings.concatenate(self._folded)

    def _fold(self) -> None:
        if self._recent:
            self._folded.append(FaceReadings.concatenate(self._recent))
            self._recent.clear()


def _keys(frame: Array, box: Array) -> Array:
    return np.column_stack([frame, np.ascontiguousarray(box).view(np.int32)])

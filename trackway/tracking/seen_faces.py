"""Every face that was seen, whoever it belongs to, and what was read in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections, FaceTraits, Tracks

__all__ = ["SeenFaces", "TraitsBuilder"]

Array = npt.NDArray[Any]

_FOLD_AFTER = 256
"""Frames after which collected rows are made one table; memory then follows the faces, not the frames."""


@dataclasses.dataclass(frozen=True, eq=False)
class SeenFaces:
    """Faces as they were seen, nothing carried on from one look to the next.

    Attributes:
        found: (N,) by frame.
        traits: (N,) what was read in them; None where nobody did.
    """

    found: Detections = dataclasses.field(default_factory=lambda: Detections.make(0))
    traits: FaceTraits | None = None

    def __post_init__(self) -> None:
        """Refuses tables that do not belong together.

        Raises:
            ValueError: they differ in length.
        """
        if self.traits is not None and len(self.traits) != len(self.found):
            raise ValueError(f"expected traits of {len(self.found)} faces, got {len(self.traits)}")

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, rows: slice | Array) -> Self:
        """The faces of a slice, a boolean mask or an index array, in that order."""
        return dataclasses.replace(self, found=self.found[rows], traits=None if self.traits is None else self.traits[rows])

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """All of all parts, in order; traits where every part that has faces has them."""
        found = Detections.concatenate(part.found for part in parts)
        traits = FaceTraits.concatenate(part.traits for part in parts if part.traits is not None)
        return cls(found, traits if len(traits) == len(found) else None)

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

    def traits_at(self, rows: Array) -> FaceTraits | None:
        """(T,) traits of these faces, in that order; nothing is known of -1."""
        return None if self.traits is None else FaceTraits.concatenate([self.traits, FaceTraits.make(1)])[rows]


class TraitsBuilder:
    """Collects traits frame by frame."""

    def __init__(self) -> None:
        self._folded: list[FaceTraits] = []
        self._recent: list[FaceTraits] = []

    def add(self, traits: FaceTraits) -> None:
        """Those of the next faces."""
        self._recent.append(traits)
        if len(self._recent) >= _FOLD_AFTER:
            self._fold()

    def build(self) -> FaceTraits | None:
        """All; None if there were never any."""
        self._fold()
        return FaceTraits.concatenate(self._folded) if self._folded else None

    def _fold(self) -> None:
        if self._recent:
            self._folded.append(FaceTraits.concatenate(self._recent))
            self._recent.clear()


def _keys(frame: Array, box: Array) -> Array:
    return np.column_stack([frame, np.ascontiguousarray(box).view(np.int32)])

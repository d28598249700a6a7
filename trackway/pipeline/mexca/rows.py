"""What is kept of the faces of a video while its frames pass by."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.faces.action_units import action_units, combined, occurrence
from trackway.faces.neutral import Neutral
from trackway.pipeline.mexca.networks import FaceForms

__all__ = ["FaceRows", "FaceRowsBuilder", "boxes_in_pixels", "corners", "points_in_pixels", "units_of"]

Array = npt.NDArray[Any]

_FOLD_AFTER = 256
"""Pictures with faces after which rows are made one table; memory then follows the faces, not the pictures."""


class FaceRows(NamedTuple):
    """N faces, by frame.

    Attributes:
        frame: (N,) number of the frame.
        box: (N, 4) left, top, width, height in pixels.
        prob: (N,).
        five: (N, 5, 2) points in pixels.
        forms: of N.
        look: (N, E) unit vectors.
        tracklet: (N,) number of the track that the face belongs to; -1 for none.
    """

    frame: Array
    box: Array
    prob: Array
    five: Array
    forms: FaceForms
    look: Array
    tracklet: Array


class FaceRowsBuilder:
    """Collects them, picture by picture.

    Args:
        size: E, numbers in a vector.
    """

    def __init__(self, size: int) -> None:
        frame, box, prob, five, look, tracklet = (np.zeros((0, *shape), np.float32) for shape in ((), (4,), (), (5, 2), (size,), ()))
        self._folded = [FaceRows(frame, box, prob, five, FaceForms.unknown(0), look, tracklet)]
        self._recent: list[FaceRows] = []

    def add(self, rows: FaceRows) -> None:
        """Those of the next picture."""
        if len(rows.frame):
            self._recent.append(rows)
        if len(self._recent) >= _FOLD_AFTER:
            self._fold()

    def build(self) -> FaceRows:
        """All of them."""
        self._fold()
        rows = _joined(self._folded)
        return rows._replace(frame=rows.frame.astype(np.int64), tracklet=rows.tracklet.astype(np.int64))

    def _fold(self) -> None:
        if self._recent:
            self._folded.append(_joined(self._recent))
            self._recent.clear()


def _joined(parts: list[FaceRows]) -> FaceRows:
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in FaceRows._fields if name != "forms"}
    return FaceRows(**columns, forms=FaceForms(*(np.concatenate(each) for each in zip(*(part.forms for part in parts), strict=True))))


def units_of(forms: FaceForms, neutral: Neutral, *, binary: bool) -> Array:
    """(N, U) action units in the order of `columns.UNIT_NAMES`, 0..1; NaN where they cannot be told.

    Args:
        forms: of N faces of one person.
        neutral: that person's face at rest.
        binary: as 0 and 1.
    """
    units = combined(forms.units, action_units(forms.measures, neutral))
    return occurrence(units) if binary else units


def boxes_in_pixels(faces: Detections, rgb: Array) -> Array:
    """(N, 4) left, top, width, height in pixels of a picture."""
    return np.asarray(faces.box * np.tile([rgb.shape[1], rgb.shape[0]], 2).astype(np.float32))


def points_in_pixels(faces: Detections, rgb: Array) -> Array:
    """(N, 5, 2) in pixels."""
    return np.asarray(faces.landmarks * np.array([rgb.shape[1], rgb.shape[0]], np.float32))


def corners(box: Array) -> Array:
    """(N, 4) x1, y1, x2, y2."""
    return np.hstack([box[:, :2], box[:, :2] + box[:, 2:]])

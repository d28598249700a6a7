"""Tables of faces as a `VideoAnnotation`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from trackway.pipeline.mexca.annotation import Version, VideoAnnotation

__all__ = ["annotation_from_rows"]

Array = npt.NDArray[Any]
Value = TypeVar("Value")

_PX_DIGITS, _UNIT_DIGITS, _VECTOR_DIGITS = 3, 4, 6


def annotation_from_rows(
    frames: Array,
    fps: float,
    frame: Array,
    *,
    version: Version,
    box: Array,
    prob: Array,
    landmarks: Array | None = None,
    units: Array | None = None,
    label: Array | None = None,
    confidence: Array | None = None,
    embeddings: Array | None = None,
    averages: Array | None = None,
    filename: str | None = None,
    seconds: Array | None = None,
) -> VideoAnnotation:
    """An annotation of the faces of some frames, NaN for whatever is not known.

    Args:
        frames: (F,) numbers of the frames that were looked at, ascending; one without a face gets a row of its own (SPEC M16).
        fps: frames per second on average.
        frame: (N,) that of each face; faces of a frame keep their order.
        version: how labels are written.
        box: (N, 4) left, top, width, height in pixels.
        prob: (N,).
        landmarks: (N, K, 2) in pixels.
        units: (N, U).
        label: (N,) from 0 on; negative for nobody.
        confidence: (N,).
        embeddings: (N, E).
        averages: (K, E) of each label.
        filename: of the video.
        seconds: (F,) from the first frame of the video to each frame.
    """
    rows = np.concatenate([np.arange(len(frame)), np.full(np.count_nonzero(~np.isin(frames, frame)), -1)])
    numbers = np.concatenate([frame, frames[~np.isin(frames, frame)]])
    order = np.argsort(numbers, kind="stable")
    rows, numbers = rows[order].tolist(), numbers[order]

    def spread(values: Sequence[Value] | None) -> list[Value | None]:
        return [None if row < 0 or values is None else values[row] for row in rows]

    return VideoAnnotation(
        filename=filename,
        frame=numbers.tolist(),
        time=(numbers / fps).tolist(),
        face_box=spread(_lists(np.hstack([box[:, :2], box[:, :2] + box[:, 2:]]), _PX_DIGITS)),
        face_prob=spread(_lists(prob.clip(0, 1), _UNIT_DIGITS)),
        face_landmarks=spread(None if landmarks is None else _lists(landmarks, _PX_DIGITS)),
        face_aus=spread(None if units is None else _lists(units.clip(0, 1), _UNIT_DIGITS)),
        face_label=spread(None if label is None else [_labelled(each, version) for each in label.tolist()]),
        face_confidence=spread(None if confidence is None else _lists(confidence.clip(0, 1))),
        face_embeddings=[] if embeddings is None else spread(_lists(embeddings, _VECTOR_DIGITS)),
        face_average_embeddings={} if averages is None else {str(who): mean for who, mean in enumerate(_lists(averages, _VECTOR_DIGITS))},
        pts_time=[] if seconds is None else seconds[np.searchsorted(frames, numbers)].tolist(),
    )


def _lists(values: Array, digits: int | None = None) -> list[Any]:
    """The rows as lists, rounded; None for NaN, and for a row of nothing else."""
    given = values.astype(np.float64)
    rounded = (given if digits is None else given.round(digits)).astype(object)
    rounded[np.isnan(given)] = None
    unknown = np.isnan(given.reshape(len(given), int(np.prod(given.shape[1:])))).all(axis=1)
    return [None if is_unknown else row for row, is_unknown in zip(rounded.tolist(), np.atleast_1d(unknown).tolist(), strict=True)]


def _labelled(label: int, version: Version) -> str | int | float | None:
    if label < 0:
        return None
    return str(label) if version == "v1" else label

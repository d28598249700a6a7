"""What callers of `FaceExtractor` hand in, as arrays of the shapes that are worked with: numpy's, torch's on a processor, or lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.errors import ArgumentError

__all__ = ["boxes_of", "label_codes", "numbers", "pictures", "stacked", "vectors"]

Array = npt.NDArray[Any]


def numbers(name: str, given: npt.ArrayLike) -> Array:
    """An array of numbers.

    Raises:
        ArgumentError: it is none.
    """
    try:
        values = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:  # what numpy and torch say of what lies on a GPU, or is ragged
        raise ArgumentError(f"{name} must be an array of numbers in the processor's memory: {error}.") from error
    if values.dtype.kind not in "uif":
        raise ArgumentError(f"{name} must be an array of numbers, got {values.dtype}.")
    return values


def pictures(given: npt.ArrayLike) -> Array:
    """(B, H, W, 3) uint8 of a batch of pictures, or of one.

    Raises:
        ArgumentError: another shape, or no numbers.
    """
    values = numbers("frame", given)
    batch = values[None] if values.ndim == 3 else values
    if batch.ndim != 4 or batch.shape[3] != 3 or not batch.size:
        raise ArgumentError(
            f"Frames must have the shape (B, H, W, 3), or (H, W, 3), in RGB, got {values.shape}; repeat the one channel of a grey picture."
        )
    return batch if batch.dtype == np.uint8 else np.nan_to_num(batch.astype(np.float64)).round().clip(0, 255).astype(np.uint8)


def vectors(given: npt.ArrayLike) -> Array:
    """(N, E) float64.

    Raises:
        ArgumentError: another shape, or no numbers.
    """
    values = numbers("embeddings", given)
    if values.ndim != 2:
        raise ArgumentError(f"embeddings must have the shape (N, E), got {values.shape}.")
    return values.astype(np.float64)


def label_codes(labels: Iterable[Any]) -> list[int]:
    """A number from 0 for each label, words or numbers, in the order in which they first appear; -1 for None and NaN."""
    codes: dict[Any, int] = {}
    return [-1 if label is None or label != label else codes.setdefault(label, len(codes)) for label in labels]


def boxes_of(given: Any, count: int) -> list[Array | None]:
    """The boxes of each of `count` pictures: (N, 4) float64 left, top, width, height; None where there are none.

    Args:
        given: x1, y1, x2, y2 as (B, N, 4), as a list of B arrays or None, or for one picture as (N, 4).
        count: B.

    Raises:
        ArgumentError: another shape.
    """
    if given is None:
        return [None] * count
    if not hasattr(given, "__iter__"):
        raise ArgumentError(f"Expected the boxes of {count} frames, got {given!r}.")
    per_picture = [given] if count == 1 and not isinstance(given, list) and np.ndim(given) == 2 else list(given)
    if len(per_picture) != count:
        raise ArgumentError(f"Expected the boxes of {count} frames, got those of {len(per_picture)}.")
    return [None if placed is None else _boxes(placed) for placed in per_picture]


def stacked(tables: list[Array | None]) -> Array | list[Array | None]:
    """One array where every picture has as many rows; else the list."""
    known = [table for table in tables if table is not None]
    alike = len(known) == len(tables) and len({len(table) for table in known}) == 1
    return np.stack(known) if alike else tables


def _boxes(placed: npt.ArrayLike) -> Array:
    values = numbers("boxes", placed).astype(np.float64)
    if values.size == 0:
        return np.zeros((0, 4))
    if values.ndim != 2 or values.shape[1] != 4 or not np.isfinite(values).all() or (values[:, 2:] <= values[:, :2]).any():
        raise ArgumentError(f"Boxes of a frame must be x1, y1, x2, y2 with x1 < x2 and y1 < y2, (N, 4) of them; got shape {values.shape}.")
    return np.hstack([values[:, :2], values[:, 2:] - values[:, :2]])

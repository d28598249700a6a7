"""Geometry of many boxes at once; a box is left, top, width, height in any one unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["from_centre", "hidden_share", "overlap_with_margin", "paired_overlap", "to_centre"]

Array = npt.NDArray[Any]


def to_centre(box: Array) -> Array:
    """(..., 4) left, top, width, height -> centre x, centre y, width, height."""
    return np.concatenate([box[..., :2] + box[..., 2:] / 2, box[..., 2:]], axis=-1)


def from_centre(box: Array) -> Array:
    """(..., 4) centre x, centre y, width, height -> left, top, width, height."""
    return np.concatenate([box[..., :2] - box[..., 2:] / 2, box[..., 2:]], axis=-1)


def overlap_with_margin(ours: Array, theirs: Array, margin: Array) -> Array:
    """Intersection over union after both boxes of a pair have grown by our margin on every side.

    Boxes that moved past each other between two frames share no pixel; grown boxes still do, and the nearest shares most
    (buffered IoU: Yang et al., "Hard to Track Objects with Irregular Motions and Similar Appearances", WACV 2023).

    Args:
        ours: (N, 4) boxes.
        theirs: (M, 4) boxes.
        margin: (N, 2) growth to left and right, above and below, in the boxes' unit.

    Returns:
        (N, M) overlap in 0..1; boxes without area overlap nothing.
    """
    grown = 2 * margin[:, None]
    common = np.minimum((ours[:, :2] + ours[:, 2:])[:, None], (theirs[:, :2] + theirs[:, 2:])[None])
    common -= np.maximum(ours[:, None, :2], theirs[None, :, :2])
    common += grown
    np.maximum(common, 0, out=common)
    shared = common[..., 0] * common[..., 1]
    own = ours[:, 2:] + grown[:, 0]
    other = theirs[None, :, 2:] + grown
    return _share(shared, (own[:, 0] * own[:, 1])[:, None] + other[..., 0] * other[..., 1])


def hidden_share(box: Array) -> Array:
    """(N, 4) -> (N,) the greatest share of each box, 0..1, that one other box covers whose lower edge is lower.

    Of two people, the one whose feet are lower in the picture is nearer, and hides the other.
    """
    end = box[:, :2] + box[:, 2:]
    common = np.minimum(end[:, None], end[None]) - np.maximum(box[:, None, :2], box[None, :, :2])
    np.maximum(common, 0, out=common)
    shared = np.where(end[None, :, 1] > end[:, None, 1], common[..., 0] * common[..., 1], 0.0)
    share: Array = shared.max(axis=1, initial=0.0) / (box[:, 2] * box[:, 3])
    return share


def paired_overlap(ours: Array, theirs: Array) -> Array:
    """(N, 4), (N, 4) -> (N,) intersection over union of each row's two boxes; 0 where either is NaN or has no area."""
    common = np.minimum(ours[:, :2] + ours[:, 2:], theirs[:, :2] + theirs[:, 2:]) - np.maximum(ours[:, :2], theirs[:, :2])
    return _share(np.prod(np.fmax(common, 0), axis=1), np.prod(ours[:, 2:], axis=1) + np.prod(theirs[:, 2:], axis=1))


def _share(shared: Array, total: Array) -> Array:
    """Intersection over union from the intersection and the sum of both areas."""
    union = total - shared
    overlap: Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap

"""Geometry of many boxes at once; a box is left, top, width, height in any one unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["covered_share", "likeness", "overlap_with_margin", "paired_overlap", "to_centre"]

Array = npt.NDArray[Any]


def to_centre(box: Array) -> Array:
    """(N, 4) left, top, width, height -> (4, N) centre x, centre y, width, height: long rows are quicker to reckon with."""
    turned = np.array(box.T, np.float64)
    turned[:2] += turned[2:] / 2
    return turned


def overlap_with_margin(ours: Array, theirs: Array, margin: Array | None = None) -> Array:
    """Intersection over union after both boxes of a pair have grown on every side.

    Boxes that moved past each other between two frames share no pixel; grown boxes still do, and the nearest shares most
    (buffered IoU: Yang et al., "Hard to Track Objects with Irregular Motions and Similar Appearances", WACV 2023).

    Args:
        ours: (4, N) boxes about their centres, with area.
        theirs: (4, M) the same.
        margin: (N,) growth on every side, in widths and heights of our box of the pair; None: nothing grows.

    Returns:
        (N, M) overlap in 0..1.
    """
    size, their_size = ours[2:, :, None], theirs[2:, None]
    common = _common(_edges(ours), _edges(theirs))
    if margin is not None:
        grown = 2 * margin[:, None] * size
        common += grown
        size, their_size = size + grown, their_size + grown
    np.maximum(common, 0, out=common)
    shared: Array = common[0] * common[1]
    shared /= size[0] * size[1] + their_size[0] * their_size[1] - shared
    return shared


def likeness(ours: Array, theirs: Array, size_power: float, margin: Array | None = None) -> Array:
    """How well boxes fit in place and height: their overlap, less where heights differ.

    Args:
        ours: (4, N) boxes about their centres, with area.
        theirs: (4, M) the same.
        size_power: how strongly a differing height counts; 0 ignores it.
        margin: as in `overlap_with_margin`.

    Returns:
        (N, M) 0..1.
    """
    alike = overlap_with_margin(ours, theirs, margin)
    ratio = ours[3, :, None] / theirs[3]
    alike *= np.minimum(ratio, 1 / ratio) ** size_power
    return alike


def covered_share(box: Array) -> Array:
    """(4, N) about their centres -> (N,) the greatest share of each box, 0..1, that one other box covers whose lower edge is lower.

    Of two people, the one whose feet are lower in the picture is nearer, and hides the other.
    """
    edges = _edges(box)
    foot = edges[1][1]
    common = np.maximum(_common(edges, edges), 0)
    shared = common[0] * common[1] * (foot > foot[:, None])
    share: Array = shared.max(axis=1, initial=0.0) / (box[2] * box[3])
    return share


def _edges(box: Array) -> tuple[Array, Array]:
    """(4, N) about their centres -> (2, N) left and upper, and right and lower edges."""
    half = box[2:] / 2
    return box[:2] - half, box[:2] + half


def _common(ours: tuple[Array, Array], theirs: tuple[Array, Array]) -> Array:
    """Edges of N and of M boxes -> (2, N, M) width and height of what each pair has in common; negative: the gap between."""
    (low, high), (their_low, their_high) = ours, theirs
    common: Array = np.minimum(high[:, :, None], their_high[:, None])
    common -= np.maximum(low[:, :, None], their_low[:, None])
    return common


def paired_overlap(ours: Array, theirs: Array) -> Array:
    """(N, 4), (N, 4) -> (N,) intersection over union of each row's two boxes; 0 where either is NaN or has no area."""
    common = np.minimum(ours[:, :2] + ours[:, 2:], theirs[:, :2] + theirs[:, 2:]) - np.maximum(ours[:, :2], theirs[:, :2])
    return _share(np.prod(np.fmax(common, 0), axis=1), np.prod(ours[:, 2:], axis=1) + np.prod(theirs[:, 2:], axis=1))


def _share(shared: Array, total: Array) -> Array:
    """Intersection over union from the intersection and the sum of both areas."""
    union = total - shared
    overlap: Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap

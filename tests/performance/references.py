"""What the truth itself would make of the same detections: how far association can get at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from tests.performance.metrics import IdentifiedBoxes
from tests.performance.sequences import Sequence
from trackway.evaluation.scene import overlap

__all__ = ["perfect_association", "perfect_linking"]

Array = npt.NDArray[Any]

_FILL_SECONDS = 1.0


def perfect_association(sequence: Sequence) -> IdentifiedBoxes:
    """Every detection under the identity of the person it lies on; those on nobody are left out."""
    found = IdentifiedBoxes(sequence.frame, np.zeros_like(sequence.frame), sequence.box_px)
    person, _ = _on_whom(sequence, found)
    return IdentifiedBoxes(found.frame, person, found.box)[person >= 0]


def perfect_linking(sequence: Sequence, tracklets: IdentifiedBoxes) -> IdentifiedBoxes:
    """Every tracklet under the identity of the person it covers most, whole as it is; gaps of up to a second filled in straight lines.

    Tracklets on nobody are left out. Where two of one person meet in a frame, the box that lies better on the person stays.
    """
    person, similarity = _on_whom(sequence, tracklets)
    names, tracklet = np.unique(tracklets.identity, return_inverse=True)
    people, who = np.unique(person, return_inverse=True)
    votes = np.zeros((len(names), len(people)), np.int64)
    np.add.at(votes, (tracklet.reshape(-1), who.reshape(-1)), 1)
    votes[:, people < 0] = 0
    owner = np.where(votes.any(axis=1), people[votes.argmax(axis=1)], -1)[tracklet.reshape(-1)]
    order = np.lexsort((-similarity, owner, tracklets.frame))
    once = np.unique(np.stack([tracklets.frame, owner], axis=1)[order], axis=0, return_index=True)[1]
    linked = IdentifiedBoxes(tracklets.frame, owner, tracklets.box)[order[once]]
    return _filled(linked[linked.identity >= 0], round(_FILL_SECONDS * sequence.frame_rate))


def _on_whom(sequence: Sequence, boxes: IdentifiedBoxes) -> tuple[Array, Array]:
    """(N,) person that each box is matched with, -1 for nobody, and (N,) how well it lies there."""
    person, similarity = np.full(len(boxes), -1, np.int64), np.zeros(len(boxes))
    truth = sequence.truth
    for frame in np.intersect1d(truth.frame, boxes.frame):
        there, found = np.flatnonzero(truth.frame == frame), np.flatnonzero(boxes.frame == frame)
        shared = overlap(truth.box[there], boxes.box[found])
        rows, columns = linear_sum_assignment(np.where(shared >= sequence.iou, shared, 0), maximize=True)
        good = shared[rows, columns] >= sequence.iou
        person[found[columns[good]]] = truth.identity[there[rows[good]]]
        similarity[found[columns[good]]] = shared[rows[good], columns[good]]
    return person, similarity


def _filled(boxes: IdentifiedBoxes, longest: int) -> IdentifiedBoxes:
    """With rows in straight lines over gaps of up to `longest` frames."""
    order = np.lexsort((boxes.frame, boxes.identity))
    before, after = order[:-1], order[1:]
    step = boxes.frame[after] - boxes.frame[before]
    gap = np.flatnonzero((boxes.identity[before] == boxes.identity[after]) & (step > 1) & (step <= longest))
    parts = [boxes]
    for first, last, length in zip(before[gap], after[gap], step[gap], strict=True):
        inner = np.arange(1, length)
        share = (inner / length)[:, None]
        box = boxes.box[first] + share * (boxes.box[last] - boxes.box[first])
        parts.append(IdentifiedBoxes(boxes.frame[first] + inner, np.full(length - 1, boxes.identity[first]), box))
    columns = ([part.frame for part in parts], [part.identity for part in parts], [part.box for part in parts])
    return IdentifiedBoxes(*map(np.concatenate, columns))

"""Tracking metrics by TrackEval, called on arrays: the oracle of every accuracy figure of the project."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from trackeval.metrics import CLEAR, HOTA, Identity

__all__ = ["IdentifiedBoxes", "Scores", "read_identified", "score"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class IdentifiedBoxes:
    """Boxes with identities, truth or result.

    Attributes:
        frame: (N,) int64 frame number.
        identity: (N,) int64 any numbers.
        box: (N, 4) float64 left, top, width, height; any unit, the same on both sides.
    """

    frame: Array
    identity: Array
    box: Array


@dataclasses.dataclass(frozen=True)
class Scores:
    """Percentages, except for the number of identity switches."""

    hota: float
    deta: float
    assa: float
    idf1: float
    mota: float
    switches: int


def read_identified(path: Path) -> IdentifiedBoxes:
    """Truth or result rows of a MOTChallenge file (frame, id, left, top, width, height, ...)."""
    rows = np.loadtxt(path, delimiter=",", usecols=range(6), ndmin=2)
    return IdentifiedBoxes(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2:6])


def score(truth: IdentifiedBoxes, result: IdentifiedBoxes, iou: float = 0.5) -> Scores:
    """Compare a result with the truth on every frame that either has.

    Args:
        truth: what is there.
        result: what a tracker says.
        iou: overlap that counts as found, for IDF1, MOTA and the switches; HOTA averages over its own.
    """
    frames = np.union1d(truth.frame, result.frame)
    truth_ids, result_ids = _dense(truth.identity), _dense(result.identity)
    truth_rows, result_rows = _rows_by_frame(truth.frame, frames), _rows_by_frame(result.frame, frames)
    data = {
        "num_timesteps": len(frames),
        "num_gt_dets": len(truth.frame),
        "num_tracker_dets": len(result.frame),
        "num_gt_ids": len(np.unique(truth_ids)),
        "num_tracker_ids": len(np.unique(result_ids)),
        "gt_ids": [truth_ids[rows] for rows in truth_rows],
        "tracker_ids": [result_ids[rows] for rows in result_rows],
        "similarity_scores": [_overlap(truth.box[ours], result.box[theirs]) for ours, theirs in zip(truth_rows, result_rows, strict=True)],
    }
    threshold = {"THRESHOLD": iou, "PRINT_CONFIG": False}
    hota, identity, clear = (metric.eval_sequence(data) for metric in (HOTA(), Identity(threshold), CLEAR(threshold)))
    return Scores(
        hota=100 * float(np.mean(hota["HOTA"])),
        deta=100 * float(np.mean(hota["DetA"])),
        assa=100 * float(np.mean(hota["AssA"])),
        idf1=100 * float(identity["IDF1"]),
        mota=100 * float(clear["MOTA"]),
        switches=int(clear["IDSW"]),
    )


def _dense(identity: Array) -> Array:
    return np.unique(identity, return_inverse=True)[1].reshape(-1)


def _rows_by_frame(frame: Array, frames: Array) -> list[Array]:
    order = np.argsort(frame, kind="stable")
    return np.split(order, np.searchsorted(frame[order], frames)[1:]) if len(frames) else []


def _overlap(ours: Array, theirs: Array) -> Array:
    """(N, 4), (M, 4) -> (N, M) intersection over union."""
    corner = np.minimum(ours[:, None, :2] + ours[:, None, 2:], theirs[None, :, :2] + theirs[None, :, 2:])
    shared = np.prod(np.clip(corner - np.maximum(ours[:, None, :2], theirs[None, :, :2]), 0, None), axis=-1)
    overlap: Array = shared / (np.prod(ours[:, 2:], axis=1)[:, None] + np.prod(theirs[:, 2:], axis=1)[None] - shared)
    return overlap

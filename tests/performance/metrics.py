"""Tracking metrics by TrackEval, called on arrays: the oracle of `trackway.evaluation`, and of every accuracy figure of the project."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from trackeval.datasets import MotChallenge2DBox
from trackeval.metrics import CLEAR, HOTA, Identity

from trackway.evaluation.scene import IdentifiedBoxes

__all__ = ["IdentifiedBoxes", "Scores", "read_identified", "score", "trackeval_data", "trackeval_fields"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Scores:
    """Percentages, except for the number of identity switches."""

    hota: float
    deta: float
    assa: float
    idf1: float
    mota: float
    switches: int
    precision: float
    recall: float


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
    fields = trackeval_fields(trackeval_data(truth, result), iou)
    return Scores(
        hota=100 * float(np.mean(fields["HOTA"])),
        deta=100 * float(np.mean(fields["DetA"])),
        assa=100 * float(np.mean(fields["AssA"])),
        idf1=100 * float(fields["IDF1"]),
        mota=100 * float(fields["MOTA"]),
        switches=int(fields["IDSW"]),
        precision=100 * float(fields["CLR_Pr"]),
        recall=100 * float(fields["CLR_Re"]),
    )


def trackeval_data(truth: IdentifiedBoxes, result: IdentifiedBoxes) -> dict[str, Any]:
    """A sequence in TrackEval's shape."""
    frames = np.union1d(truth.frame, result.frame)
    truth_ids, result_ids = _dense(truth.identity), _dense(result.identity)
    truth_rows, result_rows = _rows_by_frame(truth.frame, frames), _rows_by_frame(result.frame, frames)
    overlap = MotChallenge2DBox._calculate_box_ious
    return {
        "num_timesteps": len(frames),
        "num_gt_dets": len(truth.frame),
        "num_tracker_dets": len(result.frame),
        "num_gt_ids": len(np.unique(truth_ids)),
        "num_tracker_ids": len(np.unique(result_ids)),
        "gt_ids": [truth_ids[rows] for rows in truth_rows],
        "tracker_ids": [result_ids[rows] for rows in result_rows],
        "similarity_scores": [overlap(truth.box[ours], result.box[theirs]) for ours, theirs in zip(truth_rows, result_rows, strict=True)],
    }


def trackeval_fields(data: dict[str, Any], iou: float = 0.5) -> dict[str, Any]:
    """Every field of TrackEval's HOTA, Identity and CLEAR, by its own names."""
    options = {"THRESHOLD": iou, "PRINT_CONFIG": False}
    return {**HOTA().eval_sequence(data), **Identity(options).eval_sequence(data), **CLEAR(options).eval_sequence(data)}


def _dense(identity: Array) -> Array:
    return np.unique(identity, return_inverse=True)[1].reshape(-1)


def _rows_by_frame(frame: Array, frames: Array) -> list[Array]:
    order = np.argsort(frame, kind="stable")
    return np.split(order, np.searchsorted(frame[order], frames)[1:]) if len(frames) else []

"""Which detection continues which track: online, one frame after the other, bodies and faces alike.

Two stages as in ByteTrack (Zhang et al., ECCV 2022): strong detections are given to tracks first, weak ones may only continue tracks that
are left over. In between, boxes that nobody claimed grow and are compared once more (C-BIoU; Yang et al., WACV 2023).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from trackway.tracking.boxes import from_centre, hidden_share, overlap_with_margin, to_centre
from trackway.tracking.config import AssociationConfig
from trackway.tracking.motion import MotionFilter

__all__ = ["Associator", "match"]

Array = npt.NDArray[Any]

_USUAL_STEP_MS = 100
"""Frames further apart show people further on: the margin grows in proportion,"""
_WIDEST = 3.0
"""at most this many times."""


def match(similarity: Array, least: float) -> tuple[Array, Array]:
    """The one-to-one pairs of greatest total similarity, none below `least`.

    Args:
        similarity: (N, M) at least 0.
        least: greater than 0.

    Returns:
        Rows and columns of the pairs, (P,) each.
    """
    allowed = similarity >= least
    if not allowed.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    rows, columns = linear_sum_assignment(np.where(allowed, similarity, 0.0), maximize=True)
    chosen = allowed[rows, columns]
    return rows[chosen], columns[chosen]


class Associator:
    """Gives every detection of a frame the number of its track; numbers count from 0 and are never used again."""

    def __init__(self, config: AssociationConfig) -> None:
        self._config = config
        self._motion = MotionFilter(config.motion)
        self._track = np.zeros(0, np.int64)
        self._seen_ms = np.zeros(0, np.int64)
        self._strong_ms = np.zeros(0, np.int64)
        self._hits = np.zeros(0, np.int64)
        self._now_ms: int | None = None
        self._started = 0

    def update(self, time_ms: int, box: Array, score: Array) -> Array:
        """Continue the tracks with the detections of one frame. The order of detections does not matter.

        Args:
            time_ms: of the frame; never less than that of the frame before.
            box: (N, 4) left, top, width, height in pixels.
            score: (N,) confidence on the scale of the configuration.

        Returns:
            (N,) int64 track of each detection; -1 for one that belongs to none: too weak, without area, not finite.

        Raises:
            ValueError: time went backwards.
        """
        passed_ms = self._pass_time(time_ms)
        usable = np.flatnonzero(np.isfinite(box).all(axis=1) & (box[:, 2:] > 0).all(axis=1) & (score >= self._config.low_score))
        # A fixed order, so that equal similarities and new numbers fall out alike however the detector sorts.
        usable = usable[np.lexsort((*box[usable].T, -score[usable]))]
        track = np.full(len(box), -1, np.int64)
        track[usable] = self._continue(time_ms, passed_ms, box[usable].astype(np.float64), score[usable].astype(np.float64))
        return track

    def _pass_time(self, now_ms: int) -> int:
        passed_ms = 0 if self._now_ms is None else now_ms - self._now_ms
        if passed_ms < 0:
            raise ValueError(f"time went backwards: {now_ms} ms after {self._now_ms} ms")
        # However long nothing was to be seen, nobody coasts for longer than a track waits; so each is looked for once at least.
        self._motion.predict(min(passed_ms / 1000, self._config.lost_seconds))
        self._now_ms = now_ms
        return passed_ms

    def _continue(self, now_ms: int, passed_ms: int, box: Array, score: Array) -> Array:
        config = self._config
        track = np.full(len(box), -1, np.int64)
        free = np.ones(len(self._track), bool)
        strong = score >= config.high_score
        error = 1 + config.motion.hidden_error * hidden_share(box) ** 3
        fresh = self._strong_ms >= now_ms - max(passed_ms, 1000 * config.weak_seconds)
        everybody = np.ones_like(free)
        for tracks, wanted, margin in (
            (everybody, strong, 0.0),
            (everybody, strong, config.margin * np.clip(passed_ms / _USUAL_STEP_MS, 1, _WIDEST)),
            (fresh, ~strong, 0.0),
        ):
            rows, found = np.flatnonzero(free & tracks), np.flatnonzero((track < 0) & wanted)
            similarity = self._similarity(rows, box[found], margin)
            pairs = match(similarity, config.minimum_overlap)
            rows, found = rows[pairs[0]], found[pairs[1]]
            self._motion.correct(rows, to_centre(box[found]), error[found])
            track[found] = self._track[rows]
            self._seen_ms[rows] = now_ms
            self._strong_ms[rows[strong[found]]] = now_ms
            self._hits[rows] += 1
            free[rows] = False
        self._forget(free, now_ms)
        new = np.flatnonzero((track < 0) & strong & (score >= config.new_score))
        track[new] = self._start(box[new], now_ms)
        return track

    def _similarity(self, rows: Array, box: Array, margin: float) -> Array:
        expected = self._motion.box[rows]
        overlap = overlap_with_margin(from_centre(expected), box, margin * expected[:, 2:])
        ratio = expected[:, 3:] / box[None, :, 3]
        likeness: Array = overlap * np.minimum(ratio, 1 / ratio) ** self._config.size_power
        return likeness

    def _forget(self, free: Array, now_ms: int) -> None:
        patience = np.where(self._hits < self._config.trial_hits, self._config.trial_seconds, self._config.lost_seconds)
        kept = ~free | (now_ms - self._seen_ms <= 1000 * patience)
        if not kept.all():
            self._motion.keep(kept)
            self._track, self._hits = self._track[kept], self._hits[kept]
            self._seen_ms, self._strong_ms = self._seen_ms[kept], self._strong_ms[kept]

    def _start(self, box: Array, now_ms: int) -> Array:
        new = np.arange(self._started, self._started + len(box))
        self._started += len(box)
        self._motion.add(to_centre(box))
        self._track = np.concatenate([self._track, new])
        self._seen_ms = np.concatenate([self._seen_ms, np.full(len(box), now_ms)])
        self._strong_ms = np.concatenate([self._strong_ms, np.full(len(box), now_ms)])
        self._hits = np.concatenate([self._hits, np.ones(len(box), np.int64)])
        return new

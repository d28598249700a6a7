"""Which detection continues which track: online, one frame after the other, bodies and faces alike.

Two stages as in ByteTrack (Zhang et al., ECCV 2022): strong detections are given to tracks first, weak ones may only continue tracks that
are left over. Of the tracks, those seen lately choose first (DeepSORT's cascade; Wojke et al., ICIP 2017), and boxes that nobody claimed
grow and are compared once more (C-BIoU; Yang et al., WACV 2023). What the camera did is taken out of all expectations (BoT-SORT; Aharon
et al., 2022).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from trackway.tracking.boxes import covered_share, likeness, to_centre
from trackway.tracking.camera import Camera
from trackway.tracking.config import AssociationConfig
from trackway.tracking.motion import MotionFilter

__all__ = ["Associator", "match", "sound"]

Array = npt.NDArray[Any]

_SMALLEST, _LARGEST = 1e-6, 1e9
"""Of a box's sizes and of any of its numbers; beyond, they are no measurements, and their products no numbers."""

_LARGE = 250_000
"""Pairs from which on an assignment is cut into independent ones first; for fewer, cutting takes longer than it saves."""

_MOST_WAITING = 500
"""Tracks that wait for somebody to come back; beyond, those unseen for longest end, so that one frame's work is bounded."""


def sound(box: Array) -> Array:
    """(N, 4) left, top, width, height in pixels -> (N,) bool: finite, and with an area."""
    usable: Array = np.logical_and((np.abs(box) < _LARGEST).all(axis=1), (box[:, 2:] > _SMALLEST).all(axis=1))
    return usable


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
    value = np.where(allowed, similarity, 0.0)
    if value.size <= _LARGE:
        ours, theirs = linear_sum_assignment(value, maximize=True)
    else:
        found = []
        for rows, columns in _blocks(allowed):
            row, column = linear_sum_assignment(value[np.ix_(rows, columns)], maximize=True)
            found.append((rows[row], columns[column]))
        ours, theirs = (np.concatenate(side) for side in zip(*found, strict=True))
    chosen = allowed[ours, theirs]
    return ours[chosen], theirs[chosen]


def _blocks(allowed: Array) -> Iterator[tuple[Array, Array]]:
    """Rows and columns that have to do with each other, apart from all others: each block is solved on its own, in far less time."""
    rows, columns = allowed.nonzero()
    count, _ = allowed.shape
    size = sum(allowed.shape)
    _, label = connected_components(coo_array((np.ones(len(rows), bool), (rows, columns + count)), shape=(size, size)), directed=False)
    order = np.argsort(label, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if len(members) > 1:
            yield members[members < count], members[members >= count] - count


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

    def __len__(self) -> int:
        """Tracks that are followed or waited for."""
        return len(self._track)

    def update(self, time_ms: int, box: Array, score: Array, camera: Camera | None = None) -> Array:
        """Continue the tracks with the detections of one frame. The order of detections does not matter.

        Args:
            time_ms: of the frame; never less than that of the frame before.
            box: (N, 4) left, top, width, height in pixels.
            score: (N,) confidence on the scale of the configuration.
            camera: what the camera did since the frame before, in pixels too; None where that is not known.

        Returns:
            (N,) int64 track of each detection; -1 for one that belongs to none: too weak, without area, not finite.

        Raises:
            ValueError: time went backwards.
        """
        passed_ms = self._pass_time(time_ms, camera)
        track = np.full(len(box), -1, np.int64)
        if not len(box) and not len(self):
            return track
        usable = (sound(box) & (score >= self._config.low_score)).nonzero()[0]
        # A fixed order, so that equal similarities and new numbers fall out alike however the detector sorts.
        usable = usable[np.lexsort((*box[usable].T, -score[usable]))]
        track[usable] = self._continue(time_ms, passed_ms, to_centre(box[usable]), score[usable])
        return track

    def reset(self) -> None:
        """End all tracks; the clock and the numbers go on."""
        self._keep(np.zeros(len(self._track), bool))

    def _pass_time(self, now_ms: int, camera: Camera | None) -> int:
        passed_ms = 0 if self._now_ms is None else now_ms - self._now_ms
        if passed_ms < 0:
            raise ValueError(f"time went backwards: {now_ms} ms after {self._now_ms} ms")
        if camera is not None and camera.cut:
            self.reset()
        elif camera is not None:
            self._motion.move(camera.motion)
        # However long nothing was to be seen, nobody coasts for longer than a track waits; so each is looked for once at least.
        self._motion.predict(min(passed_ms / 1000, self._config.lost_seconds))
        self._now_ms = now_ms
        return passed_ms

    def _continue(self, now_ms: int, passed_ms: int, box: Array, score: Array) -> Array:
        config = self._config
        strong = score >= config.high_score
        recent = self._seen_ms >= now_ms - max(passed_ms, 1000 * config.recent_seconds)
        fresh = self._strong_ms >= now_ms - max(passed_ms, 1000 * config.weak_seconds)
        row = np.full(len(score), -1, np.int64)
        free = np.ones(len(self._track), bool)
        for tracks, wanted, grown in ((recent, strong, False), (~recent, strong, False), (True, strong, True), (fresh, ~strong, False)):
            found = ((row < 0) & wanted).nonzero()[0]
            if not len(found):
                continue
            rows = (free & tracks).nonzero()[0]
            if len(rows):
                margin = self._margin(rows, now_ms - passed_ms) if grown else None
                similarity = likeness(self._motion.box[:, rows], box[:, found], config.size_power, margin)
                ours, theirs = match(similarity, config.margin_overlap if grown else config.minimum_overlap)
                row[found[theirs]] = rows[ours]
                free[rows[ours]] = False
        track = self._take_in(now_ms, box, strong, row)
        self._forget(free, now_ms)
        new = ((row < 0) & strong & (score >= config.new_score)).nonzero()[0]
        if len(new):
            track[new] = self._start(box[:, new], now_ms)
        return track

    def _margin(self, rows: Array, last_ms: int) -> Array:
        """(N,) how far boxes grow, in their own size; the frame before was at `last_ms`."""
        config = self._config
        widest = np.where(self._seen_ms[rows] >= last_ms, *config.widest_margin)
        return np.minimum(np.maximum(config.margin_spread * self._motion.spread[rows], config.margin), widest)

    def _take_in(self, now_ms: int, box: Array, strong: Array, row: Array) -> Array:
        """The track of each detection, whose row is known, -1 where there is none."""
        track = np.full(len(row), -1, np.int64)
        found = (row >= 0).nonzero()[0]
        if not len(found):
            return track
        rows = row[found]
        self._motion.correct(rows, box[:, found], covered_share(box)[found])
        self._seen_ms[rows] = now_ms
        self._strong_ms[rows[strong[found]]] = now_ms
        self._hits[rows] += 1
        track[found] = self._track[rows]
        return track

    def _forget(self, free: Array, now_ms: int) -> None:
        unseen = free.nonzero()[0]
        if not len(unseen):
            return
        patience = np.where(self._hits[unseen] < self._config.trial_hits, self._config.trial_seconds, self._config.lost_seconds)
        is_over = now_ms - self._seen_ms[unseen] > 1000 * patience
        ended, waiting = unseen[is_over], unseen[~is_over]
        if len(waiting) > _MOST_WAITING:
            ended = np.append(ended, waiting[np.argsort(-self._seen_ms[waiting], kind="stable")[_MOST_WAITING:]])
        if len(ended):
            kept = np.ones(len(free), bool)
            kept[ended] = False
            self._keep(kept)

    def _keep(self, kept: Array) -> None:
        self._motion.keep(kept)
        self._track, self._hits = self._track[kept], self._hits[kept]
        self._seen_ms, self._strong_ms = self._seen_ms[kept], self._strong_ms[kept]

    def _start(self, box: Array, now_ms: int) -> Array:
        count = box.shape[1]
        new = np.arange(self._started, self._started + count)
        self._started += count
        self._motion.add(box)
        self._track = np.concatenate([self._track, new])
        self._seen_ms = np.concatenate([self._seen_ms, np.full(count, now_ms)])
        self._strong_ms = np.concatenate([self._strong_ms, np.full(count, now_ms)])
        self._hits = np.concatenate([self._hits, np.ones(count, np.int64)])
        return new

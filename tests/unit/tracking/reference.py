"""The online associator once more: slow, obvious, one track after the other, with the textbook's full matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from trackway.tracking.config import AssociationConfig, MotionConfig

__all__ = ["ReferenceAssociator", "ReferenceTrack"]

Array = npt.NDArray[Any]
Box = tuple[float, float, float, float]


class ReferenceTrack:
    """One person: the 8 numbers of a constant-velocity Kalman filter (centre x, centre y, width, height and their speeds)."""

    def __init__(self, config: MotionConfig, number: int, box: Box, time_ms: int) -> None:
        self.config = config
        self.number = number
        self.seen_ms = self.strong_ms = time_ms
        self.hits = 1
        self.mean = np.array([*box, 0, 0, 0, 0])
        of_place, of_size = config.measured
        of_speed, of_growth = config.first_speed
        deviation = np.array([of_place, of_place, of_size, of_size, of_speed, of_speed, of_growth, of_growth]) * box[3]
        self.covariance = np.diag(deviation**2)

    @property
    def box(self) -> Box:
        x, y, width, height = self.mean[:4].tolist()
        return x, y, width, height

    def move(self, motion: Array) -> None:
        a, b, x, y = motion.tolist()
        zoom = math.hypot(a, b)
        turn = np.eye(8) * zoom
        turn[0:2, 0:2] = turn[4:6, 4:6] = [[a, -b], [b, a]]
        self.mean = turn @ self.mean
        self.mean[:2] += [x, y]
        self.covariance = self.covariance * zoom**2

    def predict(self, seconds: float) -> None:
        memory = self.config.size_memory
        decay = math.exp(-seconds / memory)
        step = np.eye(8)
        for place in (0, 1):
            step[place, place + 4] = seconds
        for size in (2, 3):
            step[size, size + 4] = memory * (1 - decay)
            step[size + 4, size + 4] = decay
        noise = np.zeros((8, 8))
        for component, acceleration in enumerate(np.repeat(self.config.acceleration, 2)):
            density = (acceleration * self.mean[3]) ** 2
            noise[component, component] = density * seconds**3 / 3
            noise[component, component + 4] = noise[component + 4, component] = density * seconds**2 / 2
            noise[component + 4, component + 4] = density * seconds
        self.mean = step @ self.mean
        self.covariance = step @ self.covariance @ step.T + noise
        self.mean[2:4] = np.maximum(self.mean[2:4], 1e-6)

    def correct(self, box: Box, covered: float) -> None:
        of_place, of_size = self.config.measured
        doubt = self.config.hidden_error * covered**3
        short = min(1.0, max(0.0, 1 - box[3] / self.mean[3]) / self.config.hidden_short)
        deviation = np.array([of_place * (1 + doubt * short), *(error * (1 + doubt) for error in (of_place, of_size, of_size))]) * box[3]
        see = np.eye(4, 8)
        gain = self.covariance @ see.T @ np.linalg.inv(see @ self.covariance @ see.T + np.diag(deviation**2))
        self.mean = self.mean + gain @ (np.array(box) - see @ self.mean)
        self.covariance = (np.eye(8) - gain @ see) @ self.covariance

    def margin(self, config: AssociationConfig, last_ms: int) -> float:
        deviation = math.sqrt(self.covariance[0, 0]) / float(self.mean[3])
        widest = config.widest_margin[0] if self.seen_ms >= last_ms else config.widest_margin[1]
        return min(max(config.margin_spread * deviation, config.margin), widest)


class ReferenceAssociator:
    """As `trackway.tracking.association.Associator`."""

    def __init__(self, config: AssociationConfig) -> None:
        self.config = config
        self.tracks: list[ReferenceTrack] = []
        self.now_ms: int | None = None
        self.last_ms = 0
        self.started = 0

    def update(self, time_ms: int, boxes: Array, scores: Array, motion: Array | None = None) -> list[int]:
        config = self.config
        self.last_ms = time_ms if self.now_ms is None else self.now_ms
        passed_ms = time_ms - self.last_ms
        self.now_ms = time_ms
        for track in self.tracks:
            if motion is not None:
                track.move(motion)
            track.predict(min(passed_ms / 1000, config.lost_seconds))
        usable = [place for place, box in enumerate(boxes) if scores[place] >= config.low_score and sound(box)]
        usable.sort(key=lambda place: (-scores[place], *boxes[place][::-1]))
        centred = {place: about_centre(boxes[place]) for place in usable}
        strong = {place for place in usable if scores[place] >= config.high_score}
        recent = {track for track in self.tracks if track.seen_ms >= time_ms - max(passed_ms, 1000 * config.recent_seconds)}
        fresh = {track for track in self.tracks if track.strong_ms >= time_ms - max(passed_ms, 1000 * config.weak_seconds)}
        everybody = set(self.tracks)
        pairs: dict[int, ReferenceTrack] = {}
        for tracks, wanted, grown in (
            (recent, strong, False),
            (everybody - recent, strong, False),
            (everybody, strong, True),
            (fresh, set(usable) - strong, False),
        ):
            free = [track for track in self.tracks if track in tracks and track not in pairs.values()]
            left = [place for place in usable if place in wanted and place not in pairs]
            pairs |= self.assign(free, left, centred, grown=grown)
        for place, track in pairs.items():
            track.correct(centred[place], max([0.0, *(hidden_by(centred[place], centred[other]) for other in usable)]))
            track.hits += 1
            track.seen_ms = time_ms
            if place in strong:
                track.strong_ms = time_ms
        self.tracks = [track for track in self.tracks if time_ms - track.seen_ms <= 1000 * self.patience(track)]
        for place in usable:
            if place in strong and place not in pairs and scores[place] >= config.new_score:
                pairs[place] = ReferenceTrack(config.motion, self.started, centred[place], time_ms)
                self.tracks.append(pairs[place])
                self.started += 1
        return [pairs[place].number if place in pairs else -1 for place in range(len(boxes))]

    def assign(self, tracks: list[ReferenceTrack], places: list[int], boxes: dict[int, Box], *, grown: bool) -> dict[int, ReferenceTrack]:
        if not tracks or not places:
            return {}
        least = self.config.margin_overlap if grown else self.config.minimum_overlap
        similarity = np.zeros((len(tracks), len(places)))
        for row, track in enumerate(tracks):
            for column, place in enumerate(places):
                overlap = grown_overlap(track.box, boxes[place], track.margin(self.config, self.last_ms) if grown else 0.0)
                ratio = min(track.box[3] / boxes[place][3], boxes[place][3] / track.box[3])
                likeness = overlap * ratio**self.config.size_power
                similarity[row, column] = likeness if likeness >= least else 0.0
        chosen = zip(*linear_sum_assignment(similarity, maximize=True), strict=True)
        return {places[column]: tracks[row] for row, column in chosen if similarity[row, column] > 0}

    def patience(self, track: ReferenceTrack) -> float:
        return self.config.trial_seconds if track.hits < self.config.trial_hits else self.config.lost_seconds


def sound(box: Array) -> bool:
    return all(math.isfinite(number) for number in box) and box[2] > 0 and box[3] > 0


def about_centre(box: Array) -> Box:
    left, top, width, height = box.tolist()
    return left + width / 2, top + height / 2, width, height


def common(one: Box, other: Box, axis: int) -> float:
    """Length that two boxes share on an axis."""
    high = min(one[axis] + one[axis + 2] / 2, other[axis] + other[axis + 2] / 2)
    return max(0.0, high - max(one[axis] - one[axis + 2] / 2, other[axis] - other[axis + 2] / 2))


def grown_overlap(ours: Box, theirs: Box, margin: float) -> float:
    x, y = 2 * margin * ours[2], 2 * margin * ours[3]
    one, other = (*ours[:2], ours[2] + x, ours[3] + y), (*theirs[:2], theirs[2] + x, theirs[3] + y)
    shared = common(one, other, 0) * common(one, other, 1)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def hidden_by(box: Box, other: Box) -> float:
    """Share of a box that another covers, if its lower edge is lower."""
    if other[1] + other[3] / 2 <= box[1] + box[3] / 2:
        return 0.0
    return common(box, other, 0) * common(box, other, 1) / (box[2] * box[3])

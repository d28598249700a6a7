"""The last step: false persons go, the others get the numbers that everybody sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Tracks
from trackway.tracking.config import TrackingConfig
from trackway.tracking.indexing import dense, extent, places

__all__ = ["number_persons", "numbers_in", "persons_by_appearance", "remove_false_persons"]

Array = npt.NDArray[Any]

_LEAST_ROWS = 5
"""Fewer glimpses have no typical score."""


def remove_false_persons(tracks: Tracks, duration_ms: int, config: TrackingConfig) -> Tracks:
    """The rows of those who were seen for long enough and clearly enough.

    What is clear, the video tells: its glimpses are mostly false alarms, those who stay are people; whoever stays for little longer
    than a glimpse and scores like one goes too.

    Args:
        tracks: rows of the whole video as they were seen, with any person numbers.
        duration_ms: of the whole video; in a very short one nobody is removed.
        config: says who is false.
    """
    if duration_ms <= 1000 * config.short_video_seconds or not len(tracks):
        return tracks
    place = dense(tracks.person)
    hits = np.bincount(place)
    first, last = extent(tracks.time_ms, place, len(hits))
    seconds = (last - first) / 1000
    score = np.where(tracks.has_face, np.inf, tracks.score)
    kept = (hits >= config.least_hits) & (seconds >= config.least_seconds)
    kept &= np.bincount(place, score >= config.persons.new_score) >= config.least_sure * hits
    clear = _clear_score(tracks.score[tracks.has_body], seconds[place[tracks.has_body]], config)
    kept &= (seconds >= config.brief_seconds) | (np.bincount(place, score) >= clear * hits)
    return tracks[kept[place]]


def _clear_score(score: Array, seconds: Array, config: TrackingConfig) -> float:
    """The score that parts glimpses from people who stay; minus infinity where there is no telling.

    Args:
        score: (N,) of bodies.
        seconds: (N,) for how long the person of each is seen.
    """
    glimpses, stays = score[seconds < config.least_seconds], score[seconds >= 2 * config.brief_seconds]
    if min(len(glimpses), len(stays)) < _LEAST_ROWS or np.median(glimpses) >= np.median(stays):
        return -np.inf
    return float(np.median(glimpses) + np.median(stays)) / 2


def number_persons(tracks: Tracks) -> Tracks:
    """Number the persons in order of first appearance (SPEC R33).

    Args:
        tracks: rows of the whole video with any person numbers.

    Returns:
        The rows sorted by (time_ms, person).
    """
    person = numbers_in(persons_by_appearance(tracks), tracks.person)
    return tracks.replace(person=person)[np.lexsort((person, tracks.frame, tracks.time_ms))]


def persons_by_appearance(tracks: Tracks) -> Array:
    """(P,) the persons in the order in which they are first seen.

    Of persons who appear in the same frame, the one further left comes first, so that it does not depend on any inner order.
    """
    left = np.where(tracks.has_body, tracks.box[:, 0], tracks.face_box[:, 0])
    order = np.lexsort((tracks.person, left, tracks.frame))
    persons, first = np.unique(tracks.person[order], return_index=True)
    by_appearance: Array = persons[np.argsort(first)]
    return by_appearance


def numbers_in(by_appearance: Array, person: Array) -> Array:
    """(N,) place of each person in that order; -1 for one who is not in it."""
    order = np.argsort(by_appearance)
    numbers: Array = np.append(order, -1)[places(by_appearance[order], person)]
    return numbers

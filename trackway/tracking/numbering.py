"""The last step: false persons go, the others get the numbers that everybody sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Tracks
from trackway.tracking.config import TrackingConfig

__all__ = ["number_persons"]

Array = npt.NDArray[Any]


def number_persons(tracks: Tracks, duration_ms: int, config: TrackingConfig) -> Tracks:
    """Remove false persons, number the others in order of first appearance (SPEC R33).

    Of persons who appear in the same frame, the one further left comes first, so that numbers do not depend on any inner order.

    Args:
        tracks: rows of the whole video with any person numbers.
        duration_ms: of the whole video; in a very short one nobody is removed.
        config: says who is false.

    Returns:
        The rows left, sorted by (time_ms, person).
    """
    if duration_ms > 1000 * config.short_video_seconds:
        tracks = tracks[_lasting(tracks, config)]
    left = np.where(tracks.has_body, tracks.box[:, 0], tracks.face_box[:, 0])
    order = np.lexsort((tracks.person, left, tracks.frame))
    _, first, place = np.unique(tracks.person[order], return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    person = np.empty(len(tracks), np.int64)
    person[order] = number[place.reshape(-1)]
    return tracks.replace(person=person)[np.lexsort((person, tracks.frame, tracks.time_ms))]


def _lasting(tracks: Tracks, config: TrackingConfig) -> Array:
    """(N,) bool, rows of persons who were seen for long enough and clearly enough; what was filled in does not count."""
    _, place = np.unique(tracks.person, return_inverse=True)
    place = place.reshape(-1)
    seen = ~tracks.interpolated | tracks.has_face
    sure = tracks.has_face | (seen & (tracks.score >= config.persons.new_score))
    hits = np.bincount(place[seen], minlength=place.max(initial=-1) + 1)
    sure_hits = np.bincount(place[sure], minlength=len(hits))
    first, last = np.full(len(hits), np.iinfo(np.int64).max), np.full(len(hits), np.iinfo(np.int64).min)
    np.minimum.at(first, place[seen], tracks.time_ms[seen])
    np.maximum.at(last, place[seen], tracks.time_ms[seen])
    lasting = (hits >= config.least_hits) & (last - first >= 1000 * config.least_seconds)
    kept: Array = (lasting & (sure_hits >= config.least_sure * hits))[place]
    return kept

"""Random linked tracks with every kind of row, for tests of what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Tracks


def random_tracks(rows: int, *, persons: int = 5, faces: float = 0.6, seed: int = 0) -> Tracks:
    """`rows` rows of `persons` persons, sorted by (time, person): bodies, faces and both; some faces without pose or quality."""
    random = np.random.default_rng(seed)
    steps = -(-rows // persons)
    time_ms = np.repeat(np.arange(steps) * 100, persons)[:rows]
    has_face = random.random(rows) < faces
    has_body = ~has_face | (random.random(rows) < 0.8)

    def values(present: npt.NDArray[Any], *shape: int, low: float = 0, high: float = 1) -> npt.NDArray[Any]:
        column = random.uniform(low, high, (rows, *shape)).astype(np.float32)
        column[~present] = np.nan
        return column

    described = has_face & (random.random(rows) < 0.9)
    return Tracks(
        frame=time_ms * 3 // 100,
        time_ms=time_ms,
        person=np.tile(np.arange(persons), steps)[:rows],
        tracklet=np.where(has_body, np.arange(rows) % (2 * persons), -1),
        box=values(has_body, 4, low=-0.2, high=1.2),
        score=values(has_body),
        interpolated=np.zeros(rows, bool),
        face_box=values(has_face, 4, low=-0.2, high=1.2),
        face_score=values(has_face),
        landmarks=values(has_face, 5, 2),
        pose=values(described, 3, low=-180, high=180),
        quality=values(described, 2, high=100),
    )

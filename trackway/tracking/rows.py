"""Bodies and faces on their way to rows: one row per person and frame, with whatever of the two is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections, Tracks
from trackway.tracking.pairing import fits

__all__ = ["FACE_COLUMNS", "body_rows", "face_rows", "join_rows"]

Array = npt.NDArray[Any]

FACE_COLUMNS = ("face_box", "face_score", "landmarks", "pose", "quality")
"""What of a row belongs to its face."""


def body_rows(bodies: Detections, person: Array, tracklet: Array) -> Tracks:
    """Rows without a face, of (N,) persons and tracklets."""
    return Tracks.make(
        len(bodies), frame=bodies.frame, time_ms=bodies.time_ms, person=person, tracklet=tracklet, box=bodies.box, score=bodies.score
    )


def face_rows(faces: Detections, person: Array) -> Tracks:
    """Rows without a body, of (N,) persons."""
    return Tracks.make(
        len(faces),
        frame=faces.frame,
        time_ms=faces.time_ms,
        person=person,
        face_box=faces.box,
        face_score=faces.score,
        landmarks=faces.landmarks,
        pose=faces.pose,
        quality=faces.quality,
    )


def join_rows(rows: Tracks) -> Tracks:
    """One row per person and frame, sorted by (time_ms, person), from rows of which each has a body, a face or both.

    Where body and face of a person do not fit in a frame, one of the two is mistaken: a body that was filled in goes, else the face.

    Args:
        rows: at most one body and one face per person and frame, in any order.
    """
    if not len(rows):
        return rows
    order = np.lexsort((rows.person, rows.frame))
    frame, person = rows.frame[order], rows.person[order]
    new = np.concatenate([[True], (frame[1:] != frame[:-1]) | (person[1:] != person[:-1])])
    place = np.cumsum(new) - 1
    body, face = np.full((2, int(place[-1]) + 1), -1, np.int64)
    with_body, with_face = rows.has_body[order], rows.has_face[order]
    body[place[with_body]] = order[with_body]
    face[place[with_face]] = order[with_face]
    apart = np.flatnonzero((body >= 0) & (face >= 0) & (body != face))
    apart = apart[~fits(rows.box[body[apart]], rows.face_box[face[apart]])]
    imagined = rows.interpolated[body[apart]]
    body[apart[imagined]] = -1
    face[apart[~imagined]] = -1
    added = (body >= 0) & (face >= 0) & (body != face)
    joined = rows[np.where(body >= 0, body, face)]
    columns = {name: getattr(joined, name).copy() for name in FACE_COLUMNS}
    for name, column in columns.items():
        column[added] = getattr(rows, name)[face[added]]
    joined = joined.replace(**columns)
    return joined[np.lexsort((joined.person, joined.frame, joined.time_ms))]

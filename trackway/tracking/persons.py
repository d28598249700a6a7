"""Which bodies and faces are one person, decided over whole tracks.

A face's track belongs to the body's track on which it sat most often. A face that goes on while its body's track ends and another
begins joins the two. Two bodies, or two faces, that are seen in one frame are never one person.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["assign_persons"]

Array = npt.NDArray[Any]

_LEAST_SHARE = 0.5
"""A face belongs to a body only if it sits on it in at least this share of the frames that show both."""

_LEAST_VOTES_TO_JOIN = 3
"""Frames in which a face must sit on a further body to bring it into its person; a single one may be somebody passing."""


class _Person:
    """Tracks known to be one person, and the frames in which either kind is seen."""

    def __init__(self, body_frames: Array, face_frames: Array) -> None:
        self.body_frames = body_frames
        self.face_frames = face_frames

    def can_be(self, other: _Person) -> bool:
        shared_bodies = np.intersect1d(self.body_frames, other.body_frames, assume_unique=True)
        shared_faces = np.intersect1d(self.face_frames, other.face_frames, assume_unique=True)
        return not (len(shared_bodies) or len(shared_faces))

    def take(self, other: _Person) -> None:
        self.body_frames = np.union1d(self.body_frames, other.body_frames)
        self.face_frames = np.union1d(self.face_frames, other.face_frames)


def assign_persons(body_frame: Array, body_track: Array, face_frame: Array, face_track: Array, pairs: Array) -> tuple[Array, Array]:
    """Number the persons behind tracks.

    Args:
        body_frame, body_track: (N,) frame and track number of every body; a track has one row per frame.
        face_frame, face_track: (M,) the same of every face.
        pairs: (P, 2) row of a body, row of a face that sat on it, in the same frame.

    Returns:
        (N,) person of every body, (M,) person of every face, in any numbers.
    """
    none = np.zeros(0, np.int64)
    body_frames, face_frames = _frames_by_track(body_frame, body_track), _frames_by_track(face_frame, face_track)
    of_body = {track: _Person(frames, none) for track, frames in body_frames.items()}
    of_face = {track: _Person(none, frames) for track, frames in face_frames.items()}
    for votes, body, face in _votes(body_track[pairs[:, 0]], face_track[pairs[:, 1]]):
        one, other = of_body[body], of_face[face]
        if one is other or (len(other.body_frames) and votes < _LEAST_VOTES_TO_JOIN):
            continue
        together = len(np.intersect1d(body_frames[body], face_frames[face], assume_unique=True))
        if votes >= _LEAST_SHARE * together and one.can_be(other):
            one.take(other)
            of_body = {track: one if person is other else person for track, person in of_body.items()}
            of_face = {track: one if person is other else person for track, person in of_face.items()}
    number = {id(person): index for index, person in enumerate(dict.fromkeys([*of_body.values(), *of_face.values()]))}
    bodies = [number[id(of_body[track])] for track in body_track.tolist()]
    faces = [number[id(of_face[track])] for track in face_track.tolist()]
    return np.array(bodies, np.int64), np.array(faces, np.int64)


def _frames_by_track(frame: Array, track: Array) -> dict[int, Array]:
    order = np.lexsort((frame, track))
    tracks, starts = np.unique(track[order], return_index=True)
    return dict(zip(tracks.tolist(), np.split(frame[order], starts)[1:], strict=True))


def _votes(body: Array, face: Array) -> list[tuple[int, int, int]]:
    """(votes, body track, face track), most votes first."""
    if not len(body):
        return []
    tracks, votes = np.unique(np.stack([body, face], axis=1), axis=0, return_counts=True)
    return sorted(zip(votes.tolist(), *tracks.T.tolist(), strict=True), key=lambda vote: (-vote[0], *vote[1:]))

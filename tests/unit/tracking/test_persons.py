"""Faces and bodies over whole tracks (SPEC R35)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.tracking.persons import assign_persons

Array = npt.NDArray[Any]
Tracks = dict[int, range]


def assign(bodies: Tracks, faces: Tracks, sits: list[tuple[int, int, range]]) -> tuple[dict[int, int], dict[int, int]]:
    """Person of every body track and face track; `sits` are (body track, face track, frames)."""
    body_frame, body_track = rows(bodies)
    face_frame, face_track = rows(faces)
    pairs = [
        (np.flatnonzero((body_track == body) & (body_frame == frame))[0], np.flatnonzero((face_track == face) & (face_frame == frame))[0])
        for body, face, frames in sits
        for frame in frames
    ]
    body_person, face_person = assign_persons(body_frame, body_track, face_frame, face_track, np.array(pairs, np.int64).reshape(-1, 2))
    return dict(zip(body_track.tolist(), body_person.tolist(), strict=True)), dict(
        zip(face_track.tolist(), face_person.tolist(), strict=True)
    )


def rows(tracks: Tracks) -> tuple[Array, Array]:
    frame = np.concatenate([np.zeros(0, np.int64), *(np.array(frames, np.int64) for frames in tracks.values())])
    return frame, np.repeat(np.array(list(tracks), np.int64), [len(frames) for frames in tracks.values()])


def test_a_face_belongs_to_the_body_it_sits_on_most() -> None:
    body, face = assign({0: range(50), 1: range(50)}, {0: range(50)}, [(0, 0, range(10)), (1, 0, range(10, 50))])
    assert face[0] == body[1] != body[0]


def test_a_face_without_a_body_is_a_person() -> None:
    body, face = assign({0: range(10)}, {0: range(10), 1: range(10)}, [(0, 0, range(10))])
    assert face[0] == body[0]
    assert face[1] not in body.values()


def test_a_face_that_goes_on_joins_the_bodies_before_and_after() -> None:
    body, face = assign({0: range(20), 1: range(30, 50)}, {0: range(50)}, [(0, 0, range(20)), (1, 0, range(30, 50))])
    assert body[0] == body[1] == face[0]


def test_a_glimpse_joins_nobody() -> None:
    body, face = assign({0: range(20), 1: range(30, 50)}, {0: range(32)}, [(0, 0, range(20)), (1, 0, range(30, 32))])
    assert body[0] == face[0] != body[1]


def test_bodies_seen_together_are_never_one_person() -> None:
    body, _ = assign({0: range(30), 1: range(29, 50)}, {0: range(50)}, [(0, 0, range(29)), (1, 0, range(30, 50))])
    assert body[0] != body[1]


def test_faces_seen_together_are_never_one_person() -> None:
    body, face = assign({0: range(50)}, {0: range(30), 1: range(20, 50)}, [(0, 0, range(30)), (0, 1, range(30, 50))])
    assert body[0] == face[0] != face[1]


def test_two_faces_after_each_other_are_the_same_body() -> None:
    body, face = assign({0: range(50)}, {0: range(20), 1: range(30, 50)}, [(0, 0, range(20)), (0, 1, range(30, 50))])
    assert body[0] == face[0] == face[1]


def test_a_face_that_is_mostly_beside_the_body_is_not_its() -> None:
    body, face = assign({0: range(50)}, {0: range(50)}, [(0, 0, range(20))])
    assert body[0] != face[0]


def test_one_frame_is_enough_in_a_video_of_one_frame() -> None:
    body, face = assign({0: range(1)}, {0: range(1)}, [(0, 0, range(1))])
    assert body[0] == face[0]


def test_nobody() -> None:
    assert assign({}, {}, []) == ({}, {})

"""Person.Index (SPEC R33) and false persons."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.tracking.worlds import DEFAULT
from trackway.columns import Tracks
from trackway.tracking.numbering import number_persons, remove_false_persons


def rows(person: int, frames: range, score: float = 0.6, left: float = 0.1, *, face: bool = False) -> Tracks:
    count = len(frames)
    tracks = Tracks.make(
        count,
        frame=list(frames),
        time_ms=[100 * frame for frame in frames],
        person=[person] * count,
    )
    if face:
        return tracks.replace(face_box=[[left, 0, 0.02, 0.03]] * count, face_score=[score] * count)
    return tracks.replace(box=[[left, 0, 0.1, 0.3]] * count, score=[score] * count, tracklet=[person] * count)


def number(*parts: Tracks, duration_ms: int = 60_000) -> Tracks:
    return number_persons(remove_false_persons(Tracks.concatenate(parts), duration_ms, DEFAULT))


def test_r33_numbers_are_dense_by_first_appearance_then_from_left_to_right() -> None:
    numbered = number(
        rows(70, range(5, 20)), rows(3, range(0, 20), left=0.6), rows(9, range(0, 20), left=0.2), rows(1, range(2, 9), face=True)
    )
    first = {person: numbered.frame[numbered.person == person].min() for person in range(4)}
    assert first == {0: 0, 1: 0, 2: 2, 3: 5}
    assert numbered.box[0, 0] < numbered.box[1, 0]
    assert np.lexsort((numbered.person, numbered.time_ms)).tolist() == list(range(len(numbered)))


def test_old_numbers_and_the_order_of_rows_do_not_matter() -> None:
    table = Tracks.concatenate([rows(5, range(10)), rows(2, range(3, 12), left=0.5), rows(8, range(3, 12), left=0.3)])
    shuffled = table[np.random.default_rng(0).permutation(len(table))]
    renamed = shuffled.replace(person=100 - shuffled.person)
    expected = number(table)
    for other in (number(shuffled), number(renamed)):
        assert other.person.tolist() == expected.person.tolist()
        np.testing.assert_array_equal(other.box, expected.box)


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        (rows(0, range(4)), True),
        (rows(0, range(3)), False),  # 0.2 s
        (rows(0, range(0, 31, 30)), True),  # two frames, three seconds
        (rows(0, range(1)), False),
        (rows(0, range(50), 0.3), False),  # never clearly a person
        (rows(0, range(50), 0.3, face=True), True),
        (Tracks.concatenate([rows(0, range(45), 0.3), rows(0, range(45, 50), 0.5)]), True),
    ],
)
def test_false_persons_go(part: Tracks, kept: bool) -> None:
    assert len(number(part)) == (len(part) if kept else 0)


def test_a_very_short_video_keeps_everybody() -> None:
    assert len(number(rows(0, range(1)), duration_ms=40)) == 1


def test_nobody() -> None:
    assert len(number()) == 0

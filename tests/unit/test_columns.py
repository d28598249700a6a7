"""The columnar types: one place validates, tables are read-only, selection and concatenation keep rows whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import LANDMARK_NAMES, AnalysedFrames, Detections, Tracks


def table(rows: int) -> Tracks:
    return Tracks.make(rows, frame=np.arange(rows), time_ms=np.arange(rows) * 40, person=np.arange(rows) % 3)


def test_missing_columns_are_lacking_not_zero() -> None:
    tracks = Tracks.make(2, frame=[0, 1])
    assert np.isnan(tracks.box).all()
    assert not tracks.has_body.any()
    assert not tracks.has_face.any()
    assert tracks.tracklet.tolist() == [-1, -1]


def test_columns_are_read_only_copies() -> None:
    frame = np.array([1, 2])
    detections = Detections.make(2, frame=frame)
    frame[0] = 9
    assert detections.frame.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        detections.frame[0] = 5


def test_a_wrong_shape_says_expected_and_got() -> None:
    with pytest.raises(ValueError, match=r"Detections.box: expected shape \(2, 4\), got \(2, 3\)"):
        Detections.make(2, frame=[0, 1], box=np.zeros((2, 3)))


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(TypeError, match=r"no column \['boxes'\]"):
        Detections.make(1, boxes=[[0, 0, 1, 1]])


@given(rows=st.integers(0, 30), cut=st.integers(0, 30))
def test_cutting_and_joining_gives_the_table_back(rows: int, cut: int) -> None:
    whole = table(rows)
    joined = Tracks.concatenate([whole[:cut], whole[cut:]])
    for name, column in whole.columns().items():
        np.testing.assert_array_equal(getattr(joined, name), column)


@given(order=st.permutations(range(7)))
def test_rows_move_together(order: list[int]) -> None:
    moved = table(7)[np.array(order)]
    assert moved.frame.tolist() == order
    assert moved.time_ms.tolist() == [40 * row for row in order]


def test_no_parts_make_an_empty_table() -> None:
    assert len(Detections.concatenate([])) == 0
    assert Detections.concatenate([]).landmarks.shape == (0, 5, 2)


def test_r37_landmarks_come_in_the_listed_order() -> None:
    assert LANDMARK_NAMES == ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")


def test_of_frames_nobody_knows_more_than_their_time() -> None:
    frames = AnalysedFrames.make(2, frame=[0, 3], time_ms=[0, 120])
    assert frames.camera.tolist() == [[1, 0, 0, 0]] * 2
    assert frames.detected.all()
    assert frames.faces.all()
    assert not frames.cut.any()

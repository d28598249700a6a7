"""Rows in Rekognition's shape, against a plain reading of the columns and against botocore's own model."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import numpy as np
import pytest
from botocore.validate import ParamValidator

from tests.tracks import random_tracks
from trackway.columns import LANDMARK_NAMES, POINT_NAMES, FaceTraits, Tracks
from trackway.results.rows import Order, face_rows, person_rows, search_rows

TRACKS = random_tracks(2500, seed=4)


def expected_face(tracks: Tracks, row: int) -> dict[str, Any]:
    face: dict[str, Any] = {
        "BoundingBox": dict(zip(("Left", "Top", "Width", "Height"), tracks.face_box[row].tolist(), strict=True)),
        "Confidence": float(np.float32(100) * tracks.face_score[row]),
        "Landmarks": [
            {"Type": name, "X": float(x), "Y": float(y)} for name, (x, y) in zip(LANDMARK_NAMES, tracks.landmarks[row], strict=True)
        ],
    }
    if not np.isnan(tracks.pose[row, 0]):
        face["Pose"] = dict(zip(("Roll", "Yaw", "Pitch"), tracks.pose[row].tolist(), strict=True))
    if not np.isnan(tracks.quality[row, 0]):
        face["Quality"] = dict(zip(("Brightness", "Sharpness"), tracks.quality[row].tolist(), strict=True))
    return face


def expected_row(tracks: Tracks, row: int) -> dict[str, Any]:
    person: dict[str, Any] = {"Index": int(tracks.person[row])}
    if not np.isnan(tracks.score[row]):
        person["BoundingBox"] = dict(zip(("Left", "Top", "Width", "Height"), tracks.box[row].tolist(), strict=True))
    if not np.isnan(tracks.face_score[row]):
        person["Face"] = expected_face(tracks, row)
    return {"Timestamp": int(tracks.time_ms[row]), "Person": person}


def test_r32_r36_rows_hold_what_the_columns_hold_and_nothing_else() -> None:
    rows = [json.loads(row) for row in person_rows(TRACKS, "TIMESTAMP")]
    assert rows == [expected_row(TRACKS, row) for row in range(len(TRACKS))]


def test_r35_there_are_rows_of_all_three_kinds() -> None:
    kinds = {tuple(sorted(json.loads(row)["Person"])) for row in person_rows(TRACKS, "TIMESTAMP")}
    assert kinds == {("BoundingBox", "Index"), ("Face", "Index"), ("BoundingBox", "Face", "Index")}


def test_r8_numbers_are_the_stored_float32() -> None:
    for text, row in zip(person_rows(TRACKS, "TIMESTAMP"), range(len(TRACKS)), strict=True):
        box = json.loads(text)["Person"].get("BoundingBox")
        if box is not None:
            assert np.float32(box["Left"]).tobytes() == TRACKS.box[row, 0].tobytes()
            assert float(np.float32(box["Left"])) == box["Left"]


def test_r45_timestamp_order_is_time_then_index_whatever_the_order_of_the_tracks() -> None:
    shuffled = TRACKS[np.random.default_rng(1).permutation(len(TRACKS))]
    assert list(person_rows(shuffled, "TIMESTAMP")) == list(person_rows(TRACKS, "TIMESTAMP"))


def test_r46_index_order_is_index_then_falling_confidence_then_time() -> None:
    confidence = {
        (int(person), int(time)): -float(score if not np.isnan(score) else face)
        for person, time, score, face in zip(TRACKS.person, TRACKS.time_ms, TRACKS.score, TRACKS.face_score, strict=True)
    }
    rows = [json.loads(row) for row in person_rows(TRACKS, "INDEX")]
    places = [(row["Person"]["Index"], row["Timestamp"]) for row in rows]
    assert places == sorted(places, key=lambda place: (place[0], confidence[place], place[1]))
    assert sorted(person_rows(TRACKS, "INDEX")) == sorted(person_rows(TRACKS, "TIMESTAMP"))


def test_r46_equal_confidences_are_ordered_by_time() -> None:
    equal = TRACKS.replace(
        score=np.where(TRACKS.has_body, np.float32(0.5), np.nan), face_score=np.where(TRACKS.has_face, np.float32(0.5), np.nan)
    )
    places = [(row["Person"]["Index"], row["Timestamp"]) for row in map(json.loads, person_rows(equal, "INDEX"))]
    assert places == sorted(places)


def test_r28_face_rows_are_the_faces_by_time() -> None:
    rows = [json.loads(row) for row in face_rows(TRACKS)]
    assert rows == [
        {"Timestamp": int(TRACKS.time_ms[row]), "Face": expected_face(TRACKS, row)} for row in np.flatnonzero(TRACKS.has_face).tolist()
    ]


def test_r36_r39_all_attributes_stand_beside_their_own_face_and_only_where_they_are_known() -> None:
    random = np.random.default_rng(7)
    order = random.permutation(len(TRACKS))
    read = random.random(len(TRACKS)) < 0.7

    def known(*shape: int) -> np.ndarray[Any, Any]:
        return np.where(read.reshape(-1, *[1] * len(shape)), random.random((len(TRACKS), *shape)), np.nan)

    values = {"age": (2,), "male": (), "emotions": (8,), "smile": (), "eyes_open": (), "mouth_open": (), "landmarks": (30, 2), "gaze": (2,)}
    traits = FaceTraits.make(len(TRACKS), **{name: known(*shape) for name, shape in values.items()})
    rows = [json.loads(row) for row in face_rows(TRACKS[order], traits[order])]
    default = [json.loads(row) for row in face_rows(TRACKS)]
    model = botocore.session.Session().get_service_model("rekognition").shape_for("FaceDetection")
    told = {"AgeRange", "Gender", "Emotions", "Smile", "EyesOpen", "MouthOpen"}
    for row, plain, place in zip(rows, default, np.flatnonzero(TRACKS.has_face).tolist(), strict=True):
        assert not ParamValidator().validate(row, model).has_errors()
        if not read[place]:
            assert row == plain
            continue
        assert row["Face"].keys() == plain["Face"].keys() | told
        assert [point["Type"] for point in row["Face"]["Landmarks"]] == list(POINT_NAMES)
        assert row["Face"]["Landmarks"][0]["X"] == float(traits.landmarks[place, 0, 0])
        assert row["Face"]["Smile"]["Value"] == bool(traits.smile[place] >= 0.5)


@pytest.mark.parametrize("shape", ["PersonDetection", "FaceDetection"])
def test_rows_satisfy_botocores_model(shape: str) -> None:
    model = botocore.session.Session().get_service_model("rekognition").shape_for(shape)
    rows = person_rows(TRACKS, "INDEX") if shape == "PersonDetection" else face_rows(TRACKS)
    for row in rows:
        assert not ParamValidator().validate(json.loads(row), model).has_errors()


def test_rows_have_no_line_breaks_and_no_nulls() -> None:
    for row in person_rows(TRACKS, "TIMESTAMP"):
        assert b"\n" not in row
        assert b"null" not in row


def test_r41_confidence_never_exceeds_a_hundred() -> None:
    sure = TRACKS.replace(face_score=np.where(TRACKS.has_face, np.float32(1.0000001), np.nan))
    assert {json.loads(row)["Face"]["Confidence"] for row in face_rows(sure)} == {100.0}


def test_no_tracks_give_no_rows() -> None:
    assert (
        list(person_rows(Tracks.make(0), "INDEX"))
        == list(person_rows(Tracks.make(0), "TIMESTAMP"))
        == list(face_rows(Tracks.make(0)))
        == []
    )


@pytest.mark.parametrize("order", ["TIMESTAMP", "INDEX"])
def test_r44_search_rows_are_person_rows_with_matches_where_the_face_shows(order: Order) -> None:
    matches = {1: b'[{"Similarity":99.0,"Face":{"FaceId":"a"}}]', 4: b'[{"Similarity":80.5,"Face":{"FaceId":"b"}}]'}
    rows = [json.loads(row) for row in search_rows(TRACKS, order, matches)]
    for row, person in zip(rows, map(json.loads, person_rows(TRACKS, order)), strict=True):
        index = person["Person"]["Index"]
        expected = {"FaceMatches": json.loads(matches[index])} if index in matches and "Face" in person["Person"] else {}
        assert row == person | expected
    assert {row["Person"]["Index"] for row in rows if "FaceMatches" in row} == {1, 4}

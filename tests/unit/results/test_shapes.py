"""Faces in Rekognition's shapes, against botocore's model and a plain reading of the columns (SPEC R36 to R43, R71)."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import msgspec
import numpy as np
import pytest
from botocore.validate import ParamValidator

from trackway.columns import EMOTION_NAMES, POINT_NAMES, Detections, FaceTraits
from trackway.results.shapes import ALL_OF_STILLS, ALL_OF_VIDEOS, attributes, face_details

MODEL: Any = botocore.session.get_session().get_service_model("rekognition")


def faces(rows: int = 2) -> Detections:
    random = np.random.default_rng(1)
    return Detections.make(
        rows,
        box=random.random((rows, 4)),
        score=random.random(rows),
        landmarks=random.random((rows, 5, 2)),
        pose=random.uniform(-90, 90, (rows, 3)),
        quality=random.uniform(0, 100, (rows, 2)),
    )


TRAITS = FaceTraits.make(
    2,
    age=[[28.6, 41.4], [np.nan, np.nan]],
    male=[0.2, 0.9],
    emotions=[[0.1, 0.2, 0.05, np.nan, 0.05, 0.1, 0.45, 0.05], [np.nan] * 8],
    smile=[0.75, 0.25],
    eyes_open=[1.0, np.nan],
    mouth_open=[0.0, 0.5],
    landmarks=np.random.default_rng(0).random((2, 30, 2)),
    gaze=[[12.5, -3.0], [np.nan, np.nan]],
)


def told(*names: str, traits: FaceTraits | None = TRAITS) -> list[dict[str, Any]]:
    details: list[dict[str, Any]] = json.loads(msgspec.json.encode(face_details(faces(), traits, attributes(names))))
    return details


DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def test_names_are_rekognitions() -> None:
    assert list(POINT_NAMES) == MODEL.shape_for("LandmarkType").enum
    assert {*EMOTION_NAMES, "UNKNOWN"} == set(MODEL.shape_for("EmotionName").enum)
    assert ALL_OF_STILLS - {"LANDMARKS"} <= set(MODEL.shape_for("Attribute").enum)


@pytest.mark.parametrize("names", [(), ("DEFAULT",), ("FACE_OCCLUDED", "BEARD"), ("LANDMARKS",)])
def test_r71_default_attributes_are_always_given_and_only_they_unless_asked(names: tuple[str, ...]) -> None:
    for detail in told(*names):
        assert set(detail) == DEFAULT
        assert len(detail["Landmarks"]) == 5


def test_every_answer_fits_the_model() -> None:
    for names in ((), ("ALL",), ("ALL", "DEFAULT"), ("SMILE", "GENDER")):
        for detail in told(*names):
            assert not ParamValidator().validate(detail, MODEL.shape_for("FaceDetail")).has_errors()


def test_r38_r42_r43_all_is_all_that_is_known() -> None:
    first, second = told("ALL")
    assert set(first) == DEFAULT | {"AgeRange", "Gender", "Emotions", "Smile", "EyesOpen", "MouthOpen", "EyeDirection"}
    assert set(second) == DEFAULT | {"Gender", "Smile", "MouthOpen"}
    assert [point["Type"] for point in first["Landmarks"]] == list(POINT_NAMES)
    assert first["AgeRange"] == {"Low": 29, "High": 41}
    assert first["Gender"] == {"Value": "Female", "Confidence": pytest.approx(80)}
    assert second["Gender"] == {"Value": "Male", "Confidence": pytest.approx(90)}
    assert first["Smile"] == {"Value": True, "Confidence": 75.0}
    assert second["Smile"] == {"Value": False, "Confidence": 75.0}
    assert first["MouthOpen"] == {"Value": False, "Confidence": 100.0}
    assert first["EyeDirection"] == {"Yaw": 12.5, "Pitch": -3.0}
    confidences = [emotion["Confidence"] for emotion in first["Emotions"]]
    assert confidences == sorted(confidences, reverse=True)
    assert first["Emotions"][0] == {"Type": "CALM", "Confidence": pytest.approx(45)}
    assert {emotion["Type"] for emotion in first["Emotions"]} == set(EMOTION_NAMES) - {"CONFUSED"}


def test_single_attributes_bring_nothing_else() -> None:
    first, _ = told("AGE_RANGE", "EMOTIONS")
    assert set(first) == DEFAULT | {"AgeRange", "Emotions"}
    assert len(first["Landmarks"]) == 5


def test_r39_videos_tell_no_eye_direction() -> None:
    (first, _) = face_details(faces(), TRAITS, ALL_OF_VIDEOS)
    assert first.eye_direction is None
    assert first.smile is not None


def test_without_traits_all_is_default() -> None:
    assert told("ALL", traits=None) == told("DEFAULT")


def test_r9_what_is_lacking_is_left_out() -> None:
    bare = Detections.make(1, box=[[0, 0, 1, 1]], score=[2.0])
    assert json.loads(msgspec.json.encode(face_details(bare))) == [
        {"BoundingBox": {"Width": 1.0, "Height": 1.0, "Left": 0.0, "Top": 0.0}, "Confidence": 100.0}
    ]

"""Which faces pass which level, and who goes where there are too many (SPEC R66)."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import botocore.session
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.columns import Detections
from trackway.faces.filters import BARS, Level, Reason, face_quality, reasons

SIZE = (1000, 500)


def faces(*rows: dict[str, Any]) -> Detections:
    good = {"side": 100.0, "sharpness": 90.0, "brightness": 50.0, "score": 0.9, "yaw": 0.0, "pitch": 0.0, "roll": 0.0}
    full = [good | row for row in rows]
    return Detections.make(
        len(full),
        box=[[0.1, 0.1, row["side"] / SIZE[0], row["side"] * 1.2 / SIZE[1]] for row in full],
        score=[row["score"] for row in full],
        pose=[[row["roll"], row["yaw"], row["pitch"]] for row in full],
        quality=[[row["brightness"], row["sharpness"]] for row in full],
    )


def test_words_are_rekognitions() -> None:
    model: Any = botocore.session.get_session().get_service_model("rekognition")
    assert [reason.value for reason in Reason] == model.shape_for("Reason").enum
    assert set(get_args(Level)) == set(model.shape_for("QualityFilter").enum)
    assert set(BARS) == set(get_args(Level)) - {"NONE"}


@pytest.mark.parametrize("level", ["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"])
def test_a_good_face_passes_every_level_however_it_leans(level: Level) -> None:
    assert reasons(faces({}, {"roll": 170.0}), level, SIZE) == [[], []]


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"side": 8.0}, Reason.SMALL_BOUNDING_BOX),
        ({"sharpness": 2.0}, Reason.LOW_SHARPNESS),
        ({"brightness": 1.0}, Reason.LOW_BRIGHTNESS),
        ({"score": 0.51}, Reason.LOW_CONFIDENCE),
        ({"yaw": -75.0}, Reason.EXTREME_POSE),
        ({"pitch": 65.0}, Reason.EXTREME_POSE),
        ({"brightness": 97.0}, Reason.LOW_FACE_QUALITY),
    ],
)
def test_each_flaw_has_its_reason(flaw: dict[str, float], reason: Reason) -> None:
    for level in ("AUTO", "LOW", "MEDIUM", "HIGH"):
        assert reasons(faces(flaw), level, SIZE) == [[reason]]
    assert reasons(faces(flaw), "NONE", SIZE) == [[]]


def test_several_flaws_are_all_named_and_many_small_ones_together_are_one() -> None:
    both = reasons(faces({"side": 8.0, "yaw": 80.0}), "LOW", SIZE)
    assert both == [[Reason.EXTREME_POSE, Reason.SMALL_BOUNDING_BOX]]
    barely = faces({"side": 25.0, "sharpness": 21.0, "yaw": 44.0, "score": 0.61})
    assert reasons(barely, "AUTO", SIZE) == [[Reason.LOW_FACE_QUALITY]]


def test_what_is_not_known_does_not_pass() -> None:
    unknown = faces({}).replace(quality=[[np.nan, np.nan]], pose=[[np.nan] * 3])
    assert reasons(unknown, "LOW", SIZE) == [[Reason.EXTREME_POSE, Reason.LOW_BRIGHTNESS, Reason.LOW_SHARPNESS]]
    assert face_quality(unknown, SIZE).tolist() == [0.0]


ROWS = st.fixed_dictionaries(
    {
        "side": st.floats(5, 200),
        "sharpness": st.floats(0, 100),
        "brightness": st.floats(0, 100),
        "score": st.floats(0.5, 1),
        "yaw": st.floats(-90, 90),
        "pitch": st.floats(-90, 90),
    }
)


@given(st.lists(ROWS, max_size=6))
def test_a_stricter_level_never_passes_more(rows: list[dict[str, float]]) -> None:
    some = faces(*rows) if rows else Detections.make(0)
    passed = [{row for row, why in enumerate(reasons(some, level, SIZE)) if not why} for level in ("HIGH", "MEDIUM", "LOW", "NONE")]
    assert all(fewer <= more for fewer, more in itertools.pairwise(passed))
    assert reasons(some, "AUTO", SIZE) == reasons(some, "MEDIUM", SIZE)

"""`controls/1` says what was seen, when, and no more (SPEC F27, 1c)."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.curves import UNSUPPORTED, make_curves, unmeshed
from trackway.artifacts.controls_json import ControlsFile, read_controls, write_controls
from trackway.columns import ARKIT_NAMES, CONTROL_NAMES, FACEWARE_NAMES, MEASURE_NAMES, UNIT_NAMES, Controls
from trackway.errors import FileError
from trackway.faces.neutral import Neutral

SHOT = SimpleNamespace(frame_rate=30000 / 1001, frame_count=500, rotation=90, time_base_numerator=1, time_base_denominator=90_000)
LOST = (slice(0, 3), slice(40, 55), slice(70, 71))


def written(path: Path, controls: Controls, **options: Any) -> dict[str, Any]:
    write_controls(path, controls, SHOT, **options)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def test_f27_it_has_the_members_of_the_proposal(tmp_path: Path) -> None:
    """SPEC 1c."""
    measures = np.linspace(-1, 1, len(MEASURE_NAMES))
    measures[3] = np.nan
    document = written(
        tmp_path / "c.json", make_curves(), actor="Zoë", neutral=Neutral(measures, 0.75, "calibration", np.array([1, 2.5, -3]))
    )
    assert {"schema", "fps", "frameCount", "timeBase", "actor", "rotation", "controlSets", "frames", "neutral"} <= document.keys()
    assert (document["schema"], document["fps"], document["frameCount"]) == ("controls/1", 29.97, 500)
    assert (document["timeBase"], document["actor"], document["rotation"]) == ("1/90000", "Zoë", 90)
    assert document["neutral"]["source"] == "calibration"
    assert document["neutral"]["certain"] == 0.75
    assert document["neutral"]["pose"] == {"roll": 1.0, "yaw": 2.5, "pitch": -3.0}
    assert list(document["neutral"]["measures"]) == list(MEASURE_NAMES)
    assert document["neutral"]["measures"][MEASURE_NAMES[3]] is None
    first = document["frames"][0]
    assert {"f", "t", "conf", "v", "head"} == first.keys()
    assert {"yaw", "pitch", "roll", "tx", "ty", "size"} == first["head"].keys()


def test_names_are_those_that_have_a_value_somewhere(tmp_path: Path) -> None:
    document = written(tmp_path / "c.json", make_curves())
    sets = document["controlSets"]
    assert sets["facs"] == [name for name in UNIT_NAMES if name not in UNSUPPORTED]
    assert sets["arkit52"] == [name for name in ARKIT_NAMES if name not in UNSUPPORTED]
    assert sets["faceware"] == [name for name in FACEWARE_NAMES if name not in UNSUPPORTED]
    assert all(frame["v"].keys() == {name for names in sets.values() for name in names} for frame in document["frames"] if frame["v"])


def test_numbers_are_those_of_the_curves(tmp_path: Path) -> None:
    controls = make_curves(lost=LOST)
    document = written(tmp_path / "c.json", controls)
    seen = [frame for frame in document["frames"] if not frame.get("gap")]
    rows = np.flatnonzero(np.isfinite(controls.confidence))
    for name, values in (
        ("AU12", controls.units[rows, UNIT_NAMES.index("AU12")]),
        ("jawOpen", controls.values[rows, CONTROL_NAMES.index("jawOpen")]),
    ):
        assert [frame["v"][name] for frame in seen] == pytest.approx(values.tolist(), abs=5.1e-5), name
    assert [frame["t"] for frame in seen] == (controls.time_ms[rows] / 1000).tolist()
    assert [frame["f"] for frame in seen] == controls.frame[rows].tolist()
    assert [frame["head"]["yaw"] for frame in seen] == pytest.approx(controls.head[rows, 1].tolist(), abs=0.0051)
    assert [frame["head"]["size"] for frame in seen] == pytest.approx(controls.place[rows, 2].tolist(), abs=5.1e-5)
    assert max(len(repr(value).partition(".")[2]) for frame in seen for value in frame["v"].values() if value is not None) == 4


def test_a_lost_face_is_null_and_flagged_never_held(tmp_path: Path) -> None:
    document = written(tmp_path / "c.json", make_curves(lost=LOST))
    lost = [frame for frame in document["frames"] if frame["conf"] is None]
    assert [frame["f"] for frame in lost] == [0, 1, 2, *range(40, 55), 70]
    assert all(frame == {"f": frame["f"], "t": frame["t"], "conf": None, "v": None, "head": None, "gap": True} for frame in lost)
    assert document["gaps"] == [{"from": 0, "to": 2}, {"from": 40, "to": 54}, {"from": 70, "to": 70}]


def test_of_a_face_without_a_mesh_the_pose_is_told(tmp_path: Path) -> None:
    document = written(tmp_path / "c.json", unmeshed(make_curves(20, lost=()), slice(5, 9)))
    assert document["gaps"] == [{"from": 5, "to": 8}]
    assert all((frame["v"], frame["conf"], frame["gap"]) == (None, 0, True) for frame in document["frames"][5:9])
    assert all(frame["head"]["yaw"] is not None for frame in document["frames"])


def test_what_could_not_be_told_for_a_moment_is_null(tmp_path: Path) -> None:
    frames = written(tmp_path / "c.json", make_curves())["frames"]
    assert [frames[row]["v"]["eyeLookUpLeft"] is None for row in range(6)] == [False, True] * 3


def test_it_reads_back_and_writes_the_same_bytes(tmp_path: Path) -> None:
    controls = make_curves(1203, lost=LOST)
    write_controls(tmp_path / "one.json", controls, SHOT)
    write_controls(tmp_path / "two.json", controls, SHOT)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    read = read_controls(tmp_path / "one.json")
    for name, column in controls.columns().items():
        tolerance = 0.0051 if name == "head" else 5.1e-5
        assert np.allclose(read.columns()[name], column, rtol=0, atol=tolerance, equal_nan=True), name
    write_controls(tmp_path / "three.json", read, SHOT)
    assert (tmp_path / "three.json").read_bytes() == (tmp_path / "one.json").read_bytes()


@pytest.mark.parametrize("rows", [0, 1, 20])
def test_nothing_seen_is_a_file_too(tmp_path: Path, rows: int) -> None:
    document = written(tmp_path / "c.json", make_curves(rows, lost=(slice(0, rows),)))
    assert document["controlSets"] == {"facs": [], "arkit52": [], "faceware": []}
    assert len(document["frames"]) == rows
    assert document["neutral"] is None
    assert len(read_controls(tmp_path / "c.json")) == rows


def test_the_schema_beside_it_is_that_of_the_file() -> None:
    shipped = json.loads((resources.files("trackway.artifacts") / "controls.schema.json").read_text(encoding="utf-8"))
    assert shipped.pop("$schema") == "https://json-schema.org/draft/2020-12/schema"
    assert shipped.pop("title") == "controls/1"
    assert shipped == msgspec.json.schema(ControlsFile)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"controls/1"', '"controls/2"'),
        ('"conf":0.', '"conf":7.'),
        ('"jaw_open":0.', '"jaw_open":-3.'),
        ('"f":0', '"f":"zero"'),
        ('"frames":[', '"frame":['),
        ("}]}", "}"),
        ("}", ""),
    ],
)
def test_another_file_is_refused_in_words(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "c.json"
    write_controls(path, make_curves(4, lost=()), SHOT, neutral=None)
    text = path.read_text()
    assert old in text or old == "}]}"
    path.write_text(text.replace(old, new) if old != "}]}" else text[: len(text) // 2])
    with pytest.raises(FileError, match=r"c\.json: a file of controls/1.*was expected"):
        read_controls(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"gone\.json cannot be read: No such file"):
        read_controls(tmp_path / "gone.json")


def test_names_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    write_controls(path, make_curves(4, lost=()), SHOT)
    before = read_controls(path)
    path.write_text(path.read_text().replace('"v":{', '"v":{"earWiggle":0.5,'))
    assert np.array_equal(read_controls(path).values, before.values, equal_nan=True)

"""The CSV is laid out as recordings of Live Link Face are (SPEC F27)."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.curves import UNSUPPORTED, make_curves, unmeshed
from trackway.artifacts.live_link import COLUMNS, _timecode, write_live_link
from trackway.columns import ARKIT_NAMES, CONTROL_NAMES, Controls

HEADER = (
    "Timecode,BlendshapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,EyeLookUpLeft,EyeSquintLeft,EyeWideLeft,"
    "EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,EyeLookUpRight,EyeSquintRight,EyeWideRight,JawForward,JawRight,"
    "JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,MouthSmileRight,MouthFrownLeft,"
    "MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,"
    "MouthShrugLower,MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,MouthUpperUpLeft,"
    "MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,BrowOuterUpRight,CheekPuff,CheekSquintLeft,"
    "CheekSquintRight,NoseSneerLeft,NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,"
    "RightEyeYaw,RightEyePitch,RightEyeRoll"
)
"""The first line of a recording of the app."""


def rows_of(path: Path, controls: Controls) -> list[dict[str, str]]:
    write_live_link(path, controls)
    with path.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def test_the_header_is_that_of_a_recording(tmp_path: Path) -> None:
    write_live_link(tmp_path / "c.csv", make_curves(3, lost=()))
    text = (tmp_path / "c.csv").read_bytes().decode("ascii")
    assert text.split("\n")[0] == HEADER
    assert len(COLUMNS) == 61
    assert "\r" not in text
    assert text.endswith("\n")


def test_each_column_has_the_curve_of_its_name(tmp_path: Path) -> None:
    controls = make_curves(12, lost=())
    rows = rows_of(tmp_path / "c.csv", controls)
    assert len(rows) == 12
    for name in ARKIT_NAMES:
        expected = controls.values[:, CONTROL_NAMES.index(name)]
        expected = np.nan_to_num(expected, nan=0.0)
        column = [float(row[name[0].upper() + name[1:]]) for row in rows]
        assert column == pytest.approx(expected.tolist(), abs=1e-6), name
        assert (max(column) == 0) == (name in UNSUPPORTED), name
    assert {row["BlendshapeCount"] for row in rows} == {"61"}


def test_angles_are_radians_about_arkits_axes(tmp_path: Path) -> None:
    """A face that leans clockwise, to the right of the picture, and looks up and to the right."""
    controls = make_curves(1, lost=()).replace(head=[[10.0, 20.0, 30.0]])
    (row,) = rows_of(tmp_path / "c.csv", controls)
    told = [float(row[f"Head{angle}"]) for angle in ("Yaw", "Pitch", "Roll")]
    assert told == pytest.approx([0.349066, -0.523599, -0.174533], abs=1e-6)
    assert all(float(row[f"{eye}Eye{angle}"]) == 0 for eye in ("Left", "Right") for angle in ("Yaw", "Pitch", "Roll"))


def test_a_lost_face_has_no_values(tmp_path: Path) -> None:
    rows = rows_of(tmp_path / "c.csv", make_curves(60))
    assert [number for number, row in enumerate(rows) if row["BlendshapeCount"] == "0"] == list(range(40, 55))
    for row in rows[40:55]:
        assert {row[name] for name in COLUMNS} == {""}
        assert re.fullmatch(r"\d\d:\d\d:\d\d:\d\d\.\d{3}", row["Timecode"])
    assert all(row[name] != "" for row in (*rows[:40], *rows[55:]) for name in COLUMNS)
    assert {len(line.split(",")) for line in (tmp_path / "c.csv").read_text().splitlines()} == {63}


def test_a_face_without_a_mesh_has_no_values_either(tmp_path: Path) -> None:
    rows = rows_of(tmp_path / "c.csv", unmeshed(make_curves(20, lost=()), slice(5, 9)))
    assert [number for number, row in enumerate(rows) if row["BlendshapeCount"] == "0"] == [5, 6, 7, 8]


def test_no_text_says_nan_or_minus_nothing(tmp_path: Path) -> None:
    write_live_link(tmp_path / "c.csv", make_curves(60).replace(head=np.zeros((60, 3))))
    text = (tmp_path / "c.csv").read_text()
    assert "nan" not in text
    assert "-0.000000" not in text


@pytest.mark.parametrize(
    ("time_ms", "timecode"),
    [
        (0, "00:00:00:00.000"), (40, "00:00:00:02.400"), (1000, "00:00:01:00.000"), (999, "00:00:00:59.940"),
        (59_999, "00:00:59:59.940"), (60_000, "00:01:00:00.000"), (3_723_033, "01:02:03:01.980"),
    ],
)  # fmt: skip
def test_sixtieths_of_a_second(time_ms: int, timecode: str) -> None:
    assert _timecode(time_ms) == timecode


@given(st.integers(0, 99 * 3_600_000))
def test_any_moment_can_be_told(time_ms: int) -> None:
    hours, minutes, seconds, frames = _timecode(time_ms).split(":")
    assert float(frames) < 60
    assert round(1000 * (int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(frames) / 60)) == time_ms


def test_no_rows_and_the_same_bytes(tmp_path: Path) -> None:
    assert rows_of(tmp_path / "none.csv", make_curves(0, lost=())) == []
    for name in ("one.csv", "two.csv"):
        write_live_link(tmp_path / name, make_curves())
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()

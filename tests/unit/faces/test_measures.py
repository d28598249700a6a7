"""Measures tell expressions and nothing else: not where a head is, how it is turned, nor how near."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.portraits import collins, hopper
from tests.unit.faces.heads import LIDS, in_picture, mirrored, moved
from trackway.columns import MEASURE_NAMES
from trackway.faces.cutouts import of_picture
from trackway.faces.measures import measures
from trackway.faces.pose import head_pose
from trackway.models.cache import ModelCache
from trackway.pipeline.still import StillReader

Array = npt.NDArray[Any]

ONCE = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


_FIVE = (133, 362, 1, 61, 291)
"""Vertices near the five points: eyes, the tip of the nose, the mouth's corners."""


def of(head: Array, lids: tuple[float, float] = LIDS) -> Array:
    measured: Array = measures(in_picture(head)[None], np.array([lids]))[0]
    return measured


@ONCE
@given(roll=st.floats(-180, 180), yaw=st.floats(-60, 60), pitch=st.floats(-60, 60), size=st.floats(0.5, 60))
def test_a_turned_and_moved_head_measures_the_same(head: Array, roll: float, yaw: float, pitch: float, size: float) -> None:
    smiling = moved(moved(head, "AU12", 0.7, (1, 0.5)), "AU1", 0.5)
    found = measures(in_picture(smiling, roll, yaw, pitch, size)[None], np.array([LIDS]))[0]
    away = "Right" if yaw > 40 else "Left" if yaw < -40 else "nowhere"
    expected = np.where([name.endswith(away) for name in MEASURE_NAMES], np.nan, of(smiling))
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize(("yaw", "side"), [(45, "Right"), (-45, "Left")])
def test_of_the_half_that_is_turned_away_nothing_is_measured(head: Array, yaw: float, side: str) -> None:
    turned = in_picture(head, yaw=yaw)
    assert head_pose(turned[None, _FIVE, :2])[0, 1] == pytest.approx(yaw, abs=12)
    found = measures(turned[None], np.array([LIDS]))[0]
    assert [name for name, value in zip(MEASURE_NAMES, found, strict=True) if np.isnan(value)] == [
        name for name in MEASURE_NAMES if name.endswith(side)
    ]


def test_the_mirror_swaps_the_sides(head: Array) -> None:
    crooked = moved(moved(moved(head, "AU12", 1, (1, 0.2)), "AU2", 1, (0, 1)), "AU9", 1, (0.3, 1))
    crooked[[152, 175, 199, 0, 13, 14, 17]] += [0.3, 0, 0]
    found, seen = of(crooked, (0.2, 0.4)), of(mirrored(crooked), (0.4, 0.2))
    named, swapped = (dict(zip(MEASURE_NAMES, values.tolist(), strict=True)) for values in (found, seen))
    assert named["cornerHeightLeft"] > named["cornerHeightRight"] + 0.3
    for name, value in named.items():
        other = name.replace("Left", "Right") if name.endswith("Left") else name.replace("Right", "Left")
        sign = -1 if name.endswith("Aside") else 1
        assert swapped[other] == pytest.approx(sign * value, abs=1e-4), name
    assert named["jawAside"] == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(
    ("unit", "measure", "change"),
    [
        ("AU1", "browInnerLeft", 0.6),
        ("AU2", "browOuterRight", 0.6),
        ("AU4", "browDistance", -0.16),
        ("AU6", "eyeBagLeft", 0.32),
        ("AU7", "lowerLidRight", 0.18),
        ("AU9", "noseWingLeft", 0.3),
        ("AU11", "foldRight", 0.28),
        ("AU12", "mouthWidth", 1.8),
        ("AU12", "cornerHeightRight", 0.9),
        ("AU14", "cornerThicknessLeft", -0.16),
        ("AU15", "cornerHeightLeft", -0.6),
        ("AU26", "jawDrop", 1.5),
        ("AU26", "lipGap", 1.5),
    ],
)
def test_a_movement_is_measured_in_centimetres(head: Array, unit: str, measure: str, change: float) -> None:
    column = MEASURE_NAMES.index(measure)
    found = of(moved(head, unit, 1))[column] - of(head)[column]
    assert found == pytest.approx(change, rel=0.2)  # the nose and the head of the average are other than hers


def test_without_a_mesh_there_are_no_measures_and_lids_pass_through(head: Array) -> None:
    meshes = np.stack([np.full((468, 3), np.nan), in_picture(head), in_picture(head)])
    found = measures(meshes, np.array([[0.3, 0.3], [0.1, np.nan], [np.nan, np.nan]]))
    assert found.dtype == np.float32
    assert np.isnan(found[0]).all()
    assert np.isnan(found[1]).sum() == 1
    assert found[1, MEASURE_NAMES.index("lidLeft")] == pytest.approx(0.1)
    assert np.isnan(found[2]).sum() == 2
    assert measures(meshes[:0], np.zeros((0, 2))).shape == (0, len(MEASURE_NAMES))


def test_what_is_no_face_is_not_measured(head: Array) -> None:
    upside_down = head.copy()
    upside_down[head[:, 1] > 0] *= [1, -1, 1]  # its nose points upwards
    for mesh in (np.zeros((468, 3)), in_picture(upside_down)):
        found = dict(zip(MEASURE_NAMES, measures(mesh[None], np.array([LIDS]))[0].tolist(), strict=True))
        assert np.isnan([found[name] for name in ("browInnerLeft", "mouthWidth", "lipGap", "cornerHeightRight")]).all()


@pytest.fixture(scope="module")
def still(models: ModelCache) -> StillReader:
    return StillReader.open(cache=models, threads=1)


def read(still: StillReader, picture: Array) -> dict[str, float]:
    assert still._traits is not None
    found = still._traits.shapes(of_picture(picture), still.faces(picture)[:1]).measures[0]
    return dict(zip(MEASURE_NAMES, found.tolist(), strict=True))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photograph_measures_the_same(still: StillReader, turns: int) -> None:
    upright, turned = read(still, hopper()), read(still, np.ascontiguousarray(np.rot90(hopper(), turns)))
    assert max(abs(upright[name] - turned[name]) for name in MEASURE_NAMES) < 0.35
    assert np.mean([abs(upright[name] - turned[name]) for name in MEASURE_NAMES]) < 0.12


def test_a_photograph_in_the_mirror_measures_the_same_with_sides_swapped(still: StillReader) -> None:
    seen, swapped = read(still, collins()), read(still, np.ascontiguousarray(collins()[:, ::-1]))
    for name in MEASURE_NAMES:
        if name.endswith("Left"):
            assert swapped[f"{name[:-4]}Right"] == pytest.approx(seen[name], abs=0.3), name


def test_two_faces_differ_where_their_expressions_do(still: StillReader) -> None:
    smiling, serious = read(still, collins()), read(still, hopper())
    assert smiling["lipGap"] > serious["lipGap"] + 0.5
    assert smiling["mouthWidth"] > serious["mouthWidth"] + 0.5
    assert abs(smiling["browDistance"] - serious["browDistance"]) < 0.6

"""Action units of made expressions: the one that is made is told, at its side, in proportion, and few others (SPEC M8 to M10)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.portraits import collins, hopper
from tests.unit.faces.heads import LIDS, MOVED, in_picture, mirrored, moved, rest_of
from trackway.columns import MEASURE_NAMES, UNIT_NAMES
from trackway.faces.action_units import MEFARG41, XGB20, action_units, combined, occurrence
from trackway.faces.cutouts import of_picture
from trackway.faces.measures import measures
from trackway.faces.neutral import AVERAGE, SPREAD, Neutral
from trackway.models.cache import ModelCache
from trackway.pipeline.still import StillReader

Array = npt.NDArray[Any]

UNSEEN = {f"AU{unit}" for unit in (13, 19, 32, 38, 39)}
AVERAGES = Neutral(AVERAGE, 0.0, "average")
ALONGSIDE = {
    "AU1": set(),
    "AU2": set(),
    "AU4": {"AU9"},  # the skin between the brows goes down in both
    "AU6": set(),
    "AU7": set(),
    "AU9": set(),
    "AU10": {"AU25"},  # the lips part
    "AU11": set(),
    "AU12": set(),
    "AU14": set(),
    "AU15": set(),
    "AU17": set(),
    "AU18": set(),
    "AU20": {"AU12"},  # both take the corners outwards
    "AU23": {"AU18", "AU24"},  # a pucker is narrow too, pressed lips are thin too
    "AU24": set(),
    "AU26": {"AU25", "AU27"},
    "AU28": {"AU24"},  # on its way to being sucked in, a lip looks pressed
}
"""Unit -> what else may show where only its vertices are moved."""


def units_of(heads: list[Array], rest: Neutral, lids: Array | None = None) -> Array:
    meshes = np.stack([in_picture(each) for each in heads])
    return action_units(measures(meshes, np.tile(LIDS, (len(heads), 1)) if lids is None else lids), rest)


def column(units: Array, name: str) -> Array:
    return units[:, UNIT_NAMES.index(name)]


def test_m9_m10_names() -> None:
    assert len(XGB20) == 20
    assert len(MEFARG41) == 41
    assert MEFARG41[27:29] == ("AUL1", "AUR1")
    assert set(XGB20) | set(MEFARG41) <= set(UNIT_NAMES)


def test_m10_a_face_at_rest_shows_nothing(head: Array) -> None:
    units = units_of([head], rest_of(head))[0]
    assert {name for name, value in zip(UNIT_NAMES, units, strict=True) if np.isnan(value)} == UNSEEN
    assert np.nanmax(units) == 0


@pytest.mark.parametrize("unit", MOVED)
def test_m10_a_unit_grows_with_its_movement_and_few_others_do(head: Array, unit: str) -> None:
    units = units_of([moved(head, unit, strength) for strength in np.linspace(0, 1, 9)], rest_of(head))
    own = column(units, unit)
    assert own[0] == 0
    assert (np.diff(own) >= 0).all()
    assert own[-1] > 0.9
    assert 0.2 < own[4] < 0.8
    shown = {name for name in UNIT_NAMES if name[2].isdigit() and np.nanmax([0, *column(units, name)]) > 0.2}
    assert shown <= {unit} | ALONGSIDE[unit]


@pytest.mark.parametrize("unit", [unit for unit in MOVED if f"AUL{unit[2:]}" in UNIT_NAMES])
def test_d3_sides_are_the_person_s_and_the_mirror_swaps_them(head: Array, unit: str) -> None:
    one_sided = moved(head, unit, 1, (0, 1))  # the image's right
    units = units_of([one_sided, mirrored(one_sided)], rest_of(head))
    left, right = column(units, f"AUL{unit[2:]}"), column(units, f"AUR{unit[2:]}")
    assert left[0] > right[0] + 0.3
    np.testing.assert_allclose(left[::-1], right, atol=1e-4)
    np.testing.assert_allclose(column(units, unit), (left + right) / 2, atol=1e-6)


def test_lids_tell_closed_and_wide_eyes(head: Array) -> None:
    lids = np.array([[0.33, 0.33], [0.1, 0.1], [0.33, 0.1], [0.5, 0.5]])
    units = units_of([head] * 4, rest_of(head), lids)
    np.testing.assert_array_equal(column(units, "AU43"), [0, 1, 0.5, 0])
    assert column(units, "AUL43")[2] == 1  # the image's right is the person's left
    assert column(units, "AUR43")[2] == 0
    np.testing.assert_array_equal(column(units, "AU5"), [0, 0, 0, 1])


def test_the_mesh_s_lids_stand_in_for_unknown_ones(head: Array) -> None:
    closed = head.copy()
    for upper, lower in ((160, 144), (159, 145), (158, 153), (387, 373), (386, 374), (385, 380)):
        closed[[upper, lower]] = (head[upper] + head[lower]) / 2
    unknown = np.full((2, 2), np.nan)
    units = units_of([head, closed], rest_of(head), unknown)
    np.testing.assert_allclose(column(units, "AU43"), [0, 1], atol=0.2)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), wild=st.floats(0, 30))
def test_intensities_are_between_nothing_and_all(seed: int, wild: float) -> None:
    measured = AVERAGE + wild * SPREAD * np.random.default_rng(seed).normal(size=(5, len(AVERAGE)))
    units = action_units(measured.astype(np.float32), AVERAGES)
    assert np.isnan(units).all(axis=0).sum() == len(UNSEEN)
    assert np.nanmin(units) >= 0
    assert np.nanmax(units) <= 1


def test_m16_nothing_is_told_where_nothing_was_seen() -> None:
    units = action_units(np.full((3, len(MEASURE_NAMES)), np.nan, np.float32), AVERAGES)
    assert units.shape == (3, len(UNIT_NAMES))
    assert np.isnan(units).all()
    assert np.isnan(occurrence(units)).all()
    assert action_units(np.zeros((0, len(MEASURE_NAMES)), np.float32), AVERAGES).shape == (0, len(UNIT_NAMES))


def test_m8_occurrence_is_one_or_nothing() -> None:
    units = np.full((1, len(UNIT_NAMES)), 0.19, np.float32)
    units[0, :3] = np.nan, 0.21, 1
    found = occurrence(units)
    assert np.isnan(found[0, 0])
    assert found[0, 1:4].tolist() == [1, 1, 0]
    assert set(found[0, 1:].tolist()) == {0, 1}


def test_m9_what_a_network_says_comes_first() -> None:
    network, mesh = np.full((1, len(UNIT_NAMES)), np.nan), np.full((1, len(UNIT_NAMES)), 0.2)
    for name, value in (("AU1", 0.9), ("AU14", 0.7), ("AUL12", 0.5)):
        network[0, UNIT_NAMES.index(name)] = value
    mesh[0, UNIT_NAMES.index("AU19")] = np.nan
    told = combined(network, mesh)
    known = {"AU1": 0.9, "AUL1": 0.9, "AUR1": 0.9, "AU14": 0.7, "AUL14": 0.7, "AUR14": 0.7, "AUL12": 0.5, "AU19": np.nan}
    np.testing.assert_allclose(told[0], [known.get(name, 0.2) for name in UNIT_NAMES], atol=1e-6)


def test_a_smile_with_open_mouth_and_a_serious_face(models: ModelCache) -> None:
    still = StillReader.open(cache=models, threads=1)
    assert still._traits is not None
    smiling, serious = (
        action_units(still._traits.shapes(of_picture(picture), still.faces(picture)[:1]).measures, AVERAGES)
        for picture in (collins(), hopper())
    )
    for unit, least in (("AU12", 0.5), ("AU25", 0.5)):
        assert column(smiling, unit)[0] > least
        assert column(serious, unit)[0] < 0.3
    assert column(smiling, "AU15")[0] < 0.1
    assert column(smiling, "AU43")[0] < 0.3
    for unit in ("AU11", "AU14", "AU23", "AU28"):
        assert column(smiling, unit)[0] < 0.05

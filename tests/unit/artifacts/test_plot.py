"""A plot shows the curves, says where there are none, and takes any title (SPEC F27)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.curves import make_curves
from trackway.artifacts.plot import blinks, plot_controls
from trackway.columns import CONTROL_NAMES, Controls

Array = npt.NDArray[Any]
GREY = 227


def plotted(path: Path, controls: Controls, title: str = "Anna") -> Array:
    plot_controls(controls, path, title)
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape == (1690, 1820, 3)
    return np.asarray(picture)


def test_gaps_are_grey_and_cut_the_curves(tmp_path: Path) -> None:
    controls = make_curves(100, lost=(slice(40, 60),))
    picture = plotted(tmp_path / "p.png", controls)
    grey = (picture == GREY).all(axis=2)
    columns = np.flatnonzero(grey.sum(axis=0) > 800)
    assert len(columns) > 200
    assert np.ptp(columns) < len(columns) + 4  # lines of the grid
    colored = np.ptp(picture.astype(int), axis=2) > 60
    assert not colored[:, columns[5:-5]].any()
    left, right = colored[:, columns[0] - 200 : columns[0] - 5], colored[:, columns[-1] + 5 : columns[-1] + 200]
    assert min(left.sum(), right.sum()) > 1000


def test_the_same_curves_give_the_same_bytes_and_any_title_is_a_title(tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        plotted(tmp_path / name, make_curves(30, lost=()), "a $\\frac{$ <b> %s {0}")
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()


@pytest.mark.parametrize("rows", [0, 8])
def test_nothing_seen_is_said(tmp_path: Path, rows: int) -> None:
    picture = plotted(tmp_path / "p.png", make_curves(rows, lost=(slice(0, rows),)))
    assert not (np.ptp(picture[:, :1400].astype(int), axis=2) > 60).any()
    assert (picture < 100).any()


def test_a_blink_is_short_and_of_both_eyes() -> None:
    controls = make_curves(100, lost=())
    values = controls.values.copy()
    left, right = (CONTROL_NAMES.index(f"eyeBlink{side}") for side in ("Left", "Right"))
    values[:, [left, right]] = 0.1
    values[10:13, [left, right]] = 0.9  # a blink
    values[30:33, left] = 0.9  # a wink
    values[50:70, [left, right]] = 0.9  # asleep
    values[72:90, left] = 0.9  # one eye flutters while the other is shut
    values[72:90:3, right] = 0.9
    values[91:94, [left, right]] = np.nan
    values[97:, [left, right]] = 0.8  # to the end
    assert blinks(controls.replace(values=values)).tolist() == pytest.approx([0.44, 3.92])

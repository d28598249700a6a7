"""The curve from cosine to similarity: monotone, 80 at its centre, and back (SPEC 6b)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackway.models.similarity import DEFAULT_THRESHOLD, Similarity

CURVES = st.builds(Similarity, centre=st.floats(-0.5, 0.9), slope=st.floats(0.5, 60))


@given(CURVES)
def test_80_is_the_operating_point(curve: Similarity) -> None:
    assert DEFAULT_THRESHOLD == 80
    assert float(curve.percent(curve.centre)) == pytest.approx(80, abs=1e-4)


@given(CURVES, st.lists(st.floats(-1, 1), min_size=2))
def test_order_never_changes_and_all_is_within_bounds(curve: Similarity, cosines: list[float]) -> None:
    percents = curve.percent(sorted(cosines))
    assert percents.dtype == np.float32
    assert np.all(np.diff(percents) >= 0)
    assert np.all((percents >= 0) & (percents <= 100))


@given(CURVES, st.floats(0.1, 99.9))
def test_the_way_back(curve: Similarity, percent: float) -> None:
    assert float(curve.percent(curve.cosine(percent))) == pytest.approx(percent, rel=1e-4)


def test_the_ends_and_the_shape() -> None:
    curve = Similarity(centre=0.4, slope=10)
    assert (curve.cosine(0), curve.cosine(100)) == (-math.inf, math.inf)
    assert curve.percent([]).shape == (0,)
    assert curve.percent(np.zeros((2, 3))).shape == (2, 3)
    # By hand: odds of 4 to 1 at the centre, times e per tenth.
    assert float(curve.percent(0.5)) == pytest.approx(100 * 4 * math.e / (1 + 4 * math.e), rel=1e-5)

"""People told apart in other ways than by spectral clustering (SPEC M2, D29, 5c)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import AgglomerativeClustering

from tests.unit.identity.test_clustering import CURVE, SIZE, faces, same_groups, unit
from trackway.errors import NotEnoughFacesError, OptionError
from trackway.identity.clusterers import CLUSTERERS, estimated, kept_apart
from trackway.identity.clustering import UNKNOWN, Clusterer, Rows, cluster

Array = npt.NDArray[Any]

KNOWN = AgglomerativeClustering(n_clusters=None, distance_threshold=1.0)
ALL: dict[str, Clusterer] = {**{str(name): way for name, way in CLUSTERERS.items()}, "of one's own": estimated(KNOWN)}


@pytest.mark.parametrize("name", ALL)
@given(sights=st.lists(st.integers(1, 6), min_size=1, max_size=6), seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_m2_people_who_differ_are_told_apart(name: str, sights: list[int], seed: int) -> None:
    vectors, who = faces(sights, seed, spread=0.3)
    found = cluster(vectors, CURVE, clusterer=ALL[name])
    assert same_groups(found.label, who)


@pytest.mark.parametrize("name", ["spectral", "kmeans"])
def test_m1_there_are_as_many_people_as_were_asked_for(name: str) -> None:
    vectors, _ = faces([5, 5, 5])
    assert cluster(vectors, CURVE, people=4, clusterer=ALL[name]).label.max() == 3
    with pytest.raises(NotEnoughFacesError):
        cluster(vectors, CURVE, people=16, clusterer=ALL[name])


def test_m2_hdbscan_cannot_heed_a_number() -> None:
    with pytest.raises(OptionError, match="hdbscan finds the number of people by itself; leave out numFaces: 2"):
        cluster(faces([3, 3])[0], CURVE, people=2, clusterer=ALL["hdbscan"])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("people", [1, 2, 3])
def test_m2_two_or_three_faces_are_enough(name: str, people: int) -> None:
    found = cluster(faces([1] * people)[0], CURVE, clusterer=ALL[name])
    assert found.label.tolist() == list(range(people))


@pytest.mark.parametrize("name", ALL)
def test_rows_that_are_seen_together_never_are_one_person(name: str) -> None:
    vectors, _ = faces([8, 8], seed=3)
    twins = np.concatenate([vectors, vectors])  # everybody is seen beside somebody who looks just so
    pairs = np.stack([np.arange(16), np.arange(16) + 16], axis=1)
    label = cluster(twins, CURVE, apart=pairs, clusterer=ALL[name]).label
    together = label[pairs]
    assert ((together[:, 0] != together[:, 1]) | (together == UNKNOWN).any(axis=1)).all()


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_labels_are_mended_where_they_must_be_and_nowhere_else(seed: int, count: int, people: int) -> None:
    random = np.random.default_rng(seed)
    label = random.integers(-1, people, count)
    apart = np.triu(random.random((count, count)) < 0.2, 1)
    apart |= apart.T
    kept = kept_apart(label, Rows(unit(random.normal(size=(count, SIZE))), random.random(count) + 0.5, apart))
    assert not (apart & (kept[:, None] == kept) & (kept >= 0)).any()
    undisputed = ~(apart & (label[:, None] == label) & (label >= 0)).any(axis=1)
    np.testing.assert_array_equal(kept[undisputed], label[undisputed])


def test_m2_a_clusterer_that_answers_nonsense_is_refused() -> None:
    class Broken:
        def fit_predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
            return [0]

    with pytest.raises(OptionError, match="Expected fit_predict to give 6 labels"):
        cluster(faces([3, 3])[0], CURVE, clusterer=estimated(Broken()))

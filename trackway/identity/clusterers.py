"""Other ways to tell people apart than spectral clustering, by the names of SPEC M2: of scikit-learn, or whatever has its `fit_predict`.

None of them knows of rows that are never one person, so that what they say is mended afterwards: of two such rows under one label the
heavier stays, and the other goes to the person whom it resembles most and may be, or to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from trackway.errors import ArgumentError, OptionError
from trackway.identity.clustering import UNKNOWN, Clusterer, Rows, averages, count_people, spectral, unit
from trackway.models.similarity import Similarity

__all__ = ["CLUSTERERS", "Estimator", "estimated", "hdbscan", "kept_apart", "kmeans"]

Array = npt.NDArray[Any]

_STARTS = 10
_LEAST_SIGHTS = 3
"""Rows that make a cluster of `hdbscan`. With two it cuts people who are seen often into pieces."""


class Estimator(Protocol):
    """A clusterer of scikit-learn, or one that looks like it."""

    def fit_predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """(N,) label of each row of (N, D); negative for noise."""


def kmeans(rows: Rows, similarity: Similarity, people: int | None) -> Array:
    """K-means on the unit sphere, a `Clusterer`: memory grows with the rows, not with their square."""
    from sklearn.cluster import KMeans

    wanted = people or count_people(rows, similarity)
    label = KMeans(wanted, n_init=_STARTS, random_state=0).fit_predict(unit(rows.vectors), sample_weight=rows.weight)
    return kept_apart(np.asarray(label, np.int64), rows)


def hdbscan(rows: Rows, similarity: Similarity, people: int | None) -> Array:
    """Clusters of any density (Campello, Moulavi and Sander 2013), a `Clusterer`.

    What it calls noise, such as people who are seen once or twice, goes to the cluster whose faces it resembles, or is told apart by
    `spectral`. It knows no single cluster; whether all rows are one person is counted as for the others.

    Raises:
        OptionError: the number of people is given, which it cannot heed.
    """
    if people is not None:
        raise OptionError(f"hdbscan finds the number of people by itself; leave out numFaces: {people}, or take spectral or kmeans.")
    if len(rows.vectors) < _LEAST_SIGHTS:  # all of them noise
        return spectral(rows, similarity, None)
    if count_people(rows, similarity) == 1:
        return np.zeros(len(rows.vectors), np.int64)
    from sklearn.cluster import HDBSCAN

    directions = unit(rows.vectors)
    cosine = directions @ directions.T
    distance = np.clip(1 - cosine, 0, None)
    distance[rows.apart] = distance.max() + 1
    np.fill_diagonal(distance, 0)
    found = np.asarray(HDBSCAN(_LEAST_SIGHTS, metric="precomputed", copy=True).fit_predict(distance), np.int64)
    # Density is relative: where nobody resembles anybody, strangers are dense as well.
    alike = (found[:, None] == found) & (found >= 0) & (cosine >= similarity.cosine(50.0))
    _, part = connected_components(alike, directed=False)
    label = _joined(np.where(np.bincount(part)[part] > 1, part, UNKNOWN), rows, cosine, similarity)
    left = np.flatnonzero(label == UNKNOWN)
    if len(left):
        others = Rows(rows.vectors[left], rows.weight[left], rows.apart[np.ix_(left, left)])
        label[left] = label.max() + 1 + spectral(others, similarity, None)
    return kept_apart(label, rows)


def _joined(label: Array, rows: Rows, cosine: Array, similarity: Similarity) -> Array:
    """Rows of nobody with the people whom they resemble, on the mean over their faces, so much that it is likelier than not."""
    joined, known = label.copy(), np.flatnonzero(label >= 0)
    if not len(known):
        return joined
    seen = np.maximum(np.bincount(label[known]), 1)
    for row in np.flatnonzero(label == UNKNOWN):
        likeness = np.bincount(label[known], cosine[row, known]) / seen
        likeness[np.unique(label[known][rows.apart[row, known]])] = -1
        if likeness.max() >= similarity.cosine(50.0):
            joined[row] = likeness.argmax()
    return joined


def estimated(estimator: Estimator) -> Clusterer:
    """A `Clusterer` of what is not ours; it decides on the number of people, too."""

    def clusterer(rows: Rows, similarity: Similarity, people: int | None) -> Array:
        if len(rows.vectors) < 2:
            return np.zeros(len(rows.vectors), np.int64)
        try:
            label = np.asarray(estimator.fit_predict(unit(rows.vectors)))
        except ValueError as error:
            raise ArgumentError(f"The clusterer refuses {len(rows.vectors)} faces: {error}") from error
        if label.shape != (len(rows.vectors),):
            raise ArgumentError(
                f"Expected fit_predict to give {len(rows.vectors)} labels, got shape {label.shape}; see scikit-learn's clusterers."
            )
        return kept_apart(np.where(label < 0, UNKNOWN, label).astype(np.int64), rows)

    return clusterer


def kept_apart(label: Array, rows: Rows) -> Array:
    """The same labels, but for rows that would be with one whom they are seen together with."""
    together = (label[:, None] == label) & rows.apart & (label >= 0)
    kept, named = label.copy(), np.unique(label[label >= 0])
    disputed = np.flatnonzero(together.any(axis=1))
    if not len(disputed):
        return kept
    place = np.where(label >= 0, np.searchsorted(named, label), UNKNOWN)
    likeness = unit(rows.vectors) @ unit(averages(rows.vectors, place, rows.weight)).T
    kept[disputed] = UNKNOWN
    for row in disputed[np.argsort(-rows.weight[disputed], kind="stable")]:
        taken = np.isin(named, kept[rows.apart[row]])
        own = named == label[row]
        fit = np.where(taken, -np.inf, likeness[row] + 2 * own)  # 2: its own label comes first, whatever the likeness
        if fit.max() > -np.inf:
            kept[row] = named[fit.argmax()]
    return kept


CLUSTERERS: Mapping[Literal["auto", "spectral", "kmeans", "hdbscan"], Clusterer] = MappingProxyType(
    {"auto": spectral, "spectral": spectral, "kmeans": kmeans, "hdbscan": hdbscan}
)
"""By the job option `clusterer`."""

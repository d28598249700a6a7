"""Who of all those faces are the same people: labels for the faces or face tracks of a video or an album (SPEC M6, M7, M11, M21, X16).

How many people there are, unless it is given, is what grouping by average link leaves. Who they are is said by spectral clustering
(normalised as by Ng, Jordan and Weiss 2001) with Ward's rule in the spectral space, because that keeps rows apart that must be. Neither
depends on the order of the rows, nor on how the space of the vectors is turned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh
from scipy.sparse import csr_array

from trackway.errors import NotEnoughFacesError, OptionError
from trackway.identity.linkage import average_link, ward
from trackway.models.similarity import Similarity

__all__ = [
    "MOST_ROWS",
    "UNKNOWN",
    "Clusterer",
    "Clusters",
    "Rows",
    "averages",
    "cluster",
    "confidences",
    "count_people",
    "seen_together",
    "spectral",
    "unit",
]

Array = npt.NDArray[Any]

UNKNOWN = -1
"""Label of a row that says nothing, or that no person can be."""
MOST_ROWS = 1000
"""Rows of which every pair is compared at once; more are grouped first. Time grows with the cube, memory with the square."""

_SAME_PERSON = 93.0
"""Similarity, on the mean over their pairs, from which two groups are one person. Lower is better with few people, higher with many."""
_LOOKALIKES = 10.0
"""By how many nats two groups have to agree better within themselves than with each other to be two people all the same."""
_SOFTENED = 3.0
"""The affinity is so many times less steep than similarity: at full steepness a doubtful pair weighs nothing. Less steep than this, people
who are seen often are split and those seen once are lumped together."""


class Clusters(NamedTuple):
    """People.

    Attributes:
        label: (N,) int64, dense from 0 in the order in which they first appear; `UNKNOWN` for nobody.
        confidence: (N,) float64 0..1, see `confidences`; NaN for nobody, or where there is one person only.
        average: (K, D) float64 mean vector of each person.
    """

    label: Array
    confidence: Array
    average: Array


class Rows(NamedTuple):
    """Rows to be told apart: (N, D) vectors, (N,) what each weighs, (N, N) bool pairs that are never one person."""

    vectors: Array
    weight: Array
    apart: Array


Clusterer = Callable[[Rows, Similarity, int | None], Array]
"""(N,) int64 person of each row, or `UNKNOWN`; as many as are given, where a number is."""


def cluster(
    vectors: npt.ArrayLike,
    similarity: Similarity,
    *,
    people: int | None = None,
    weight: npt.ArrayLike | None = None,
    apart: npt.ArrayLike | None = None,
    most_rows: int = MOST_ROWS,
    strict: bool = True,
    clusterer: Clusterer | None = None,
) -> Clusters:
    """Labels faces, or tracks of faces, by who they are.

    Args:
        vectors: (N, D) unit vectors of faces, or means of the unit vectors of tracks, not made unit again: what a mean lost in length says
            how much its sights differ. Rows with NaN, and rows of zeros, are nobody.
        similarity: what cosines mean; of the network that made the vectors.
        people: how many there are; None finds out.
        weight: (N,) how many sights each row stands for, above 0; None counts every row once. Means weigh by it; in telling people apart it
            counts by its logarithm, since the sights of a track are much alike.
        apart: (P, 2) int pairs of rows that are never one person, as `seen_together` finds them.
        most_rows: more rows than this are first grouped to as many, a stretch of neighbours at a time, so that memory stays bounded; give
            rows in the order of time. Raised to `people`.
        strict: refuse fewer faces than people; False makes every face a person of its own then.
        clusterer: who says which rows are one person; None takes `spectral`. Others: `identity.clusterers`.

    Returns:
        Exactly `people` labels, where given. Where more than that are together in sight, those who fit worst are nobody.

    Raises:
        NotEnoughFacesError: fewer rows than `people` say anything.
        OptionError: `people` or `most_rows` is less than 1.
        ValueError: shapes that do not fit.
    """
    given, weights, pairs = _checked(vectors, weight, apart)
    if people is not None and people < 1:
        raise OptionError(f"The number of people must be 1 or more, got {people}; leave it out to have them counted.")
    if most_rows < 1:
        raise OptionError(f"The number of faces that are compared at once must be 1 or more, got {most_rows}.")
    known = np.flatnonzero(_says_something(given))
    if people is not None and len(known) < people:
        if strict:
            raise NotEnoughFacesError
        people = len(known)
    label = np.full(len(given), UNKNOWN, np.int64)
    if len(known):
        row_of = np.full(len(given), -1)
        row_of[known] = np.arange(len(known))
        pairs = row_of[pairs]
        group, rows = _reduced(given[known], weights[known], pairs[(pairs >= 0).all(axis=1)], max(most_rows, people or 1))
        label[known] = (clusterer or spectral)(rows, similarity, people)[group]
    label = _by_appearance(label)
    return Clusters(label, confidences(given, label, weights), averages(given, label, weights))


def confidences(vectors: npt.ArrayLike, label: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> Array:
    """How clearly each row belongs to its label rather than to the next best one (SPEC M11).

    Args:
        vectors: (N, D).
        label: (N,) any numbers; negative or NaN for nobody.
        weight: (N,) as in `cluster`.

    Returns:
        (N,) float64 max((d2 - d1) / d2, 0): d1 is the cosine distance to the mean of the own label, d2 the least to that of another. 0
        where d2 is 0; NaN for nobody, for a vector with NaN, and where there is one label only. A vector of zeros is at distance 1 of all.
    """
    given, weights, _ = _checked(vectors, weight, None)
    labels = np.asarray(label)
    confidence = np.full(len(given), np.nan)
    known = np.flatnonzero((labels >= 0) & np.isfinite(given).all(axis=1))
    names, place = np.unique(labels[known], return_inverse=True)
    if len(names) < 2:
        return confidence
    means = averages(given[known], place, weights[known])
    distance = 1 - unit(given[known]) @ unit(means).T
    every = np.arange(len(known))
    own = distance[every, place]
    distance[every, place] = np.inf
    other = distance.min(axis=1)
    # Rounding may make the distance to the own mean less than nothing.
    confidence[known] = np.clip(np.divide(other - own, other, out=np.zeros(len(known)), where=other > 0), 0, 1)
    return confidence


def averages(vectors: npt.ArrayLike, label: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> Array:
    """(K, D) float64 mean of the vectors of each label 0 to K - 1, as they are (SPEC M21); negative labels are nobody."""
    given, weights, _ = _checked(vectors, weight, None)
    labels = np.asarray(label, np.int64)
    known = np.flatnonzero(labels >= 0)
    people = int(labels[known].max()) + 1 if len(known) else 0
    shares = csr_array((weights[known], (labels[known], np.arange(len(known)))), (people, len(known)))
    return np.asarray(shares @ given[known] / np.bincount(labels[known], weights[known], people)[:, None])


def seen_together(track: npt.ArrayLike, frame: npt.ArrayLike) -> Array:
    """Pairs of tracks that share a frame, so that they are two people.

    Args:
        track: (R,) int track of each sight, from 0.
        frame: (R,) int its frame.

    Returns:
        (P, 2) int64 tracks, the lower first, each pair once.
    """
    tracks, frames = np.asarray(track, np.int64), np.unique(np.asarray(frame), return_inverse=True)[1]
    if not len(tracks):
        return np.zeros((0, 2), np.int64)
    seen = csr_array((np.ones(len(tracks)), (tracks, frames)))
    first, second = (seen @ seen.T).nonzero()
    return np.unique(np.stack([first, second], axis=1)[first < second], axis=0).astype(np.int64)


def _checked(vectors: npt.ArrayLike, weight: npt.ArrayLike | None, apart: npt.ArrayLike | None) -> tuple[Array, Array, Array]:
    given = np.asarray(vectors, np.float64)
    if given.ndim != 2:
        raise ValueError(f"vectors: expected shape (N, D), got {given.shape}")
    weights = np.ones(len(given)) if weight is None else np.asarray(weight, np.float64)
    if weights.shape != (len(given),) or not (weights > 0).all():
        raise ValueError(f"weight: expected {len(given)} numbers above 0, got shape {weights.shape}")
    pairs = np.asarray([] if apart is None else apart, np.int64).reshape(-1, 2)
    if len(pairs) and not (pairs.min() >= 0 and pairs.max() < len(given) and (pairs[:, 0] != pairs[:, 1]).all()):
        raise ValueError(f"apart: expected pairs of different rows below {len(given)}")
    return given, weights, pairs


def _says_something(vectors: Array) -> Array:
    return np.asarray(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1))


def unit(vectors: Array) -> Array:
    """(N, D) of length 1; zeros stay zeros."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float64).tiny))


def _by_appearance(label: Array) -> Array:
    """(N,) labels numbered as they first appear; `UNKNOWN` stays."""
    names, first, place = np.unique(label, return_index=True, return_inverse=True)
    first = np.where(names == UNKNOWN, -1, first)
    rank = np.argsort(np.argsort(first)) - np.count_nonzero(names == UNKNOWN)
    return np.asarray(rank[place], np.int64)


def _reduced(vectors: Array, weight: Array, pairs: Array, most: int) -> tuple[Array, Rows]:
    """(N,) group of each row, and at most `most` groups of neighbours that are most alike, as rows (SPEC M7)."""
    group, count = np.arange(len(vectors)), len(vectors)
    totals, weights = vectors * weight[:, None], weight
    while count > most:
        means, joined, stretch = totals / weights[:, None], np.zeros(count, np.int64), 2 * most
        kept = 0
        for start in range(0, count, stretch):
            here = slice(start, min(start + stretch, count))
            size = here.stop - start
            within = (pairs >= start).all(axis=1) & (pairs < here.stop).all(axis=1)
            distance = np.where(_matrix(pairs[within] - start, size), np.inf, 1 - means[here] @ means[here].T)
            joined[here] = kept + average_link(distance, _influence(weights[here])).groups(most)
            kept = int(joined[here].max()) + 1
        if kept == count:  # everybody is seen with everybody
            break
        shares = csr_array((np.ones(count), (joined, np.arange(count))), (kept, count))
        totals, weights, group, pairs, count = shares @ totals, shares @ weights, joined[group], joined[pairs], kept
    return group, Rows(totals / weights[:, None], _influence(weights), _matrix(pairs, count))


def _influence(weight: Array) -> Array:
    """1 for one sight. Weights from 1 to 100, given to photographs by lot, cost up to 2 parts in 100 in full, and up to 1 so."""
    return np.asarray(np.log2(1 + weight))


def _matrix(pairs: Array, rows: int) -> Array:
    matrix = np.zeros((rows, rows), bool)
    matrix[pairs[:, 0], pairs[:, 1]] = matrix[pairs[:, 1], pairs[:, 0]] = True
    return matrix


def spectral(rows: Rows, similarity: Similarity, people: int | None) -> Array:
    """The default `Clusterer`; rows that are never one person never are."""
    cosine = rows.vectors @ rows.vectors.T
    wanted = people or count_people(rows, similarity)
    odds = np.clip(similarity.slope / _SOFTENED * (cosine - similarity.centre), -700, 700)
    points = _spectral(np.where(rows.apart, 0, 1 / (1 + np.exp(-odds))), rows.weight, wanted)
    group = ward(points, rows.weight, rows.apart).groups(wanted)
    return group if people is None else _no_more_than(people, group, points, rows)


def count_people(rows: Rows, similarity: Similarity) -> int:
    """How many people there are."""
    distance = np.where(rows.apart, np.inf, 1 - rows.vectors @ rows.vectors.T)
    limit, contrast = 1 - similarity.cosine(_SAME_PERSON), _LOOKALIKES / similarity.slope
    return int(average_link(distance, rows.weight, limit=limit, contrast=contrast).groups().max()) + 1


def _spectral(affinity: Array, weight: Array, people: int) -> Array:
    """(N, people) where each row lies among the leading eigenvectors of the normalised affinity: near its like, square to the others."""
    root = np.sqrt(weight / (affinity @ weight))
    rows = len(affinity)
    _, leading = eigh(affinity * root[:, None] * root, subset_by_index=(rows - people, rows - 1))
    return unit(leading)


def _no_more_than(people: int, group: Array, points: Array, rows: Rows) -> Array:
    """Keeps the people who are seen most; rows of others go where they fit best, or nowhere. Heavy rows choose first."""
    seen = np.bincount(group, rows.weight)
    if len(seen) <= people:
        return group
    kept = np.argsort(-seen, kind="stable")[:people]
    place = np.full(len(seen), UNKNOWN)
    place[kept] = np.arange(people)
    label = place[group]
    means = averages(points, label, rows.weight)
    left = np.flatnonzero(label == UNKNOWN)
    for row in left[np.argsort(-rows.weight[left], kind="stable")]:
        fit = points[row] @ means.T
        fit[np.unique(label[rows.apart[row] & (label >= 0)])] = -np.inf
        if fit.max() > -np.inf:
            label[row] = fit.argmax()
    return label

"""Who is who among faces: the photographs of 41 people, people drawn from them by lot, and a montage of 13 people in 19 shots.

    python -m tests.performance clustering

Photographs: ../shared/data/faces/identities. Montage: ../shared/data/faces/video/identity_montage.mp4, as the tracker leaves it before
shots are linked: one row for each fragment that shows a face. Its truth says that a face is of the person in whose tile the middle of the
face lies. That is wrong for one: a poster in the second shot shows a fourteenth man. A plain tree, and as many people as the largest gap
between eigenvalues says, are printed beside ours.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rich.table import Table
from scipy.cluster.hierarchy import fcluster, linkage

from tests.performance.output import Output
from tests.performance.verification import DATA, look_at, photographs
from trackway.identity.clustering import cluster, seen_together
from trackway.jobs.options import JobOptions
from trackway.media.probe import probe
from trackway.models.similarity import Similarity
from trackway.pipeline.segment import track_segment
from trackway.pipeline.still import StillReader
from trackway.pipeline.vision import Vision

__all__ = ["BCubed", "bcubed", "main"]

Array = npt.NDArray[Any]
_Way = Callable[[Array, int], Array]

FLOORS = {"photographs": 0.97, "montage": 0.95}
MONTAGE = "faces/video/identity_montage"
SAMPLE_FPS = 5.0
PEOPLE, DRAWS = (1, 2, 3, 5, 8, 13, 20), 30


class BCubed(NamedTuple):
    """Bagga and Baldwin 1998: means over the items of how many of its label are its own, and how many of its own have its label."""

    precision: float
    recall: float

    @property
    def f(self) -> float:
        """Harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def bcubed(truth: npt.ArrayLike, label: npt.ArrayLike) -> BCubed:
    """Items with a negative label are alone, each with a label of its own.

    Args:
        truth: (N,) who it is; anything that can be compared.
        label: (N,) int.
    """
    people, labels = np.unique(np.asarray(truth), return_inverse=True)[1], np.array(label)
    labels[labels < 0] = labels.max() + 1 + np.arange(np.count_nonzero(labels < 0))
    both = np.zeros((people.max() + 1, labels.max() + 1))
    np.add.at(both, (people, labels), 1)
    squares = both**2
    return BCubed(float((squares / np.maximum(both.sum(0), 1)).sum() / len(people)), float((squares.T / both.sum(1)).sum() / len(people)))


def main(output: Output) -> None:
    """Prints the figures."""
    files = photographs(DATA, "faces/identities/")
    if not files:
        output.line("There is no ../shared/data/faces/identities on this machine.")
        return
    reader = StillReader.open()
    output.progress(f"{len(files)} photographs")
    seen = look_at(reader, files)
    output.table(_photographs(seen.vectors.astype(np.float64), seen.identity, reader.similarity))
    output.table(_draws(seen.vectors.astype(np.float64), seen.identity, reader.similarity))
    if (DATA / f"{MONTAGE}.mp4").is_file():
        output.progress("montage")
        output.table(_montage(reader.similarity))


def _ways(similarity: Similarity) -> dict[str, _Way]:
    """Vectors and number of people -> labels."""
    return {
        "number given": lambda vectors, people: cluster(vectors, similarity, people=people).label,
        "number found": lambda vectors, _: cluster(vectors, similarity).label,
        "  by a tree cut at .59": lambda vectors, _: _tree(vectors, 0.59),
        "  by the largest gap": lambda vectors, _: cluster(vectors, similarity, people=_largest_gap(vectors, similarity)).label,
    }


def _photographs(vectors: Array, identity: Array, similarity: Similarity) -> Table:
    table = _scores(f"{len(vectors)} photographs; F at least {FLOORS['photographs']:g}")
    for name, way in _ways(similarity).items():
        _score(table, name, way, vectors, identity)
        group = np.array([who.split("/")[0] for who in identity])
        for each in np.unique(group) if name == "number found" else ():
            _score(table, f"  {each}", way, vectors[group == each], identity[group == each])
    return table


def _scores(title: str) -> Table:
    return Table("", "precision", "recall", "F", "people", "found", "ms", title=title)


def _score(table: Table, name: str, way: _Way, vectors: Array, identity: Array, weight: Array | None = None) -> None:
    people = len(np.unique(identity))
    began = time.perf_counter()
    label = way(vectors, people)
    seconds = time.perf_counter() - began
    every = np.ones(len(label), np.int64) if weight is None else weight
    score = bcubed(np.repeat(identity, every), np.repeat(label, every))
    figures = (score.precision, score.recall, score.f)
    table.add_row(name, *map("{:.4f}".format, figures), str(people), str(len(set(label.tolist()) - {-1})), f"{1000 * seconds:.0f}")


def _draws(vectors: Array, identity: Array, similarity: Similarity) -> Table:
    """Some of the people, some of the photographs of each; "uneven": three in five of them are seen once."""
    random = np.random.default_rng(0)
    everybody = np.unique(identity)
    draws: dict[str, list[Array]] = {name: [] for name in (*map(str, PEOPLE), "once each", "uneven")}
    for name, rows in draws.items():
        for _ in range(DRAWS):
            count = int(name) if name.isdecimal() else int(random.integers(2, 20))
            photos = [random.permutation(np.flatnonzero(identity == who)) for who in random.permutation(everybody)[:count]]
            share = random.uniform(0.3, 1)
            once = {"once each": 1.0, "uneven": 0.6}.get(name, 0.0)
            part = share if name.isdecimal() else 1.0
            rows.append(np.concatenate([each[: 1 if random.random() < once else max(2, round(part * len(each)))] for each in photos]))
    table = Table("people", *draws, title=f"Mean F of {DRAWS} draws each")
    for way_name, way in _ways(similarity).items():
        means = [np.mean([bcubed(identity[r], way(vectors[r], len(np.unique(identity[r])))).f for r in rows]) for rows in draws.values()]
        table.add_row(way_name, *map("{:.3f}".format, means))
    return table


def _montage(similarity: Similarity) -> Table:
    path = DATA / f"{MONTAGE}.mp4"
    options = JobOptions.parse({"sampleFps": SAMPLE_FPS, "detail": "standard"}, source="bench")
    segment = track_segment(path, probe(path).info, options, Vision.open(provider="cpu"))
    tracks, looks = segment.tracks[np.isfinite(segment.tracks.face_box[:, 0])], segment.looks
    tiles: dict[int, list[dict[str, str]]] = {}
    with (DATA / f"{MONTAGE}_tiles.csv").open(encoding="utf-8", newline="") as file:
        for tile in csv.DictReader(file):
            tiles.setdefault(int(tile["frame"]) - 1, []).append(tile)
    row = looks.rows_of(tracks.person)
    middle = (tracks.face_box[:, :2] + tracks.face_box[:, 2:] / 2) * segment.frame_size
    name = np.array([_in_tile(tiles.get(frame, []), *point) for frame, point in zip(tracks.frame.tolist(), middle.tolist(), strict=True)])
    known = np.asarray(np.isfinite(looks.face).all(axis=1))
    use = (row >= 0) & known[row] & (name != "")
    fragment, place = np.unique(row[use], return_inverse=True)
    identity = np.array([_most(name[use][place == each]) for each in range(len(fragment))])
    faces, sights, apart = np.bincount(place), looks.face_count[fragment], seen_together(place, tracks.frame[use])
    order = np.argsort(looks.span[fragment, 0], kind="stable")
    rank = np.argsort(order)
    vectors, identity, faces, sights, apart = looks.face[fragment][order], identity[order], faces[order], sights[order], rank[apart]

    def ours(number: int | None, pairs: Array | None) -> Array:
        return cluster(vectors, similarity, people=number, weight=sights, apart=pairs).label

    table = _scores(
        f"Montage: {len(fragment)} fragments, {len(tracks)} faces ({np.count_nonzero(~use)} unused), each face counts; "
        f"F at least {FLOORS['montage']:g}"
    )
    _score(table, "number given", lambda _, people: ours(people, apart), vectors, identity, faces)
    _score(table, "  with the man on the poster", lambda _, people: ours(people + 1, apart), vectors, identity, faces)
    _score(table, "number found", lambda *_: ours(None, apart), vectors, identity, faces)
    _score(table, "  each fragment counts", lambda *_: ours(None, apart), vectors, identity)
    _score(table, "  not knowing who is seen together", lambda *_: ours(None, None), vectors, identity, faces)
    _score(table, "  by a tree cut at .59", lambda *_: _tree(vectors.astype(np.float64), 0.59), vectors, identity, faces)
    return table


def _in_tile(tiles: list[dict[str, str]], x: float, y: float) -> str:
    for tile in tiles:
        left, top = int(tile["tile_x"]), int(tile["tile_y"])
        if left <= x < left + int(tile["tile_w"]) and top <= y < top + int(tile["tile_h"]):
            return tile["identity"]
    return ""


def _most(names: Array) -> str:
    each, count = np.unique(names, return_counts=True)
    return str(each[count.argmax()])


def _tree(vectors: Array, cosine: float) -> Array:
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    distance = (1 - vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    return np.asarray(fcluster(linkage(distance, "average"), 1 - cosine, "distance"), np.int64)


def _largest_gap(vectors: Array, similarity: Similarity) -> int:
    affinity = 1 / (1 + np.exp(-similarity.slope * (vectors @ vectors.T - similarity.centre)))
    degree = affinity.sum(axis=1)
    values = np.linalg.eigvalsh(affinity / np.sqrt(degree[:, None] * degree))[::-1]
    return int(np.argmax(values - np.append(values[1:], 0))) + 1

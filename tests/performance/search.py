"""Search in generated collections: how long it takes, what it finds, what the index costs.

People are groups of vectors that are alike within (cosine about 0.8) and nearly as unlike between as any two (about 0.2). Asked for are new
views of people that are there, and strangers, whose nearest vectors are nobody's: chance decides which ten are nearest. Noise is another
collection, without people: all cosines are nearly equal, which is the hardest that an index can be asked. What is exact is found by
comparing everything with numpy while the vectors are made, a block at a time.

python -m tests.performance.search 100000 for a smaller collection
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.table import Table

from tests.performance.output import Output
from trackway.identity.ports import VectorRow
from trackway.store.vectors import VectorStore

__all__ = ["main"]

Floats = npt.NDArray[np.float32]

SIZE = 1024
PER_PERSON = 10
WITHIN, BETWEEN = 0.8, 0.2
ROWS = 1_000_000
SMALL_ROWS = (100, 1_000, 10_000)
BLOCK = 20_000
QUESTIONS = 100
LIMIT = 10
ROUNDS = 9
LIMIT_MS, LEAST_RECALL = 200, 0.95


class Asked(NamedTuple):
    """Questions of one kind and their exact answers.

    Attributes:
        about: who asks.
        questions: (N, SIZE) unit vectors.
        rows: (N, LIMIT) numbers of the nearest rows.
        cosines: (N, LIMIT) theirs.
    """

    about: str
    questions: Floats
    rows: npt.NDArray[np.int64]
    cosines: Floats


def main(output: Output, rows: int = ROWS) -> None:
    """Measures and prints both tables."""
    large = Table(
        "collection", "rows", "asked for", "median ms", "95 % ms", "recall@10", "cosine lost", "added in s", "index in s", "index MB",
        title=f"Warm search for the {LIMIT} nearest (bounds: {LIMIT_MS} ms, recall {LEAST_RECALL})",
    )  # fmt: skip
    for about in ("people", "noise"):
        with tempfile.TemporaryDirectory(prefix="trackway-search-") as folder:
            _large(large, output, Path(folder), about, rows)
    output.table(large)
    small = Table(
        "rows", "add one ms", "search after it ms", "search again ms", "get one ms", "remove one ms", title="Small collections, medians"
    )
    for few in SMALL_ROWS:
        with tempfile.TemporaryDirectory(prefix="trackway-search-") as folder:
            _small(small, VectorStore("faces", folder), few)
    output.table(small)
    output.line(f"Peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB.")


def _large(table: Table, output: Output, folder: Path, about: str, rows: int) -> None:
    questions = _people_questions(rows) if about == "people" else {"anything": _noise(QUESTIONS, 0)}
    asked = [Asked(who, vectors, *_nobody(len(vectors))) for who, vectors in questions.items()]
    store, added = VectorStore("faces", str(folder)), 0.0
    for first, block in _blocks(about, rows):
        output.progress(f"{about}: {first:,} of {rows:,}")
        asked = [_nearer(each, first, block) for each in asked]
        began = time.perf_counter()
        store.add("bench", [VectorRow(_id(first + row), "owner", vector) for row, vector in enumerate(block)], size=SIZE)
        added += time.perf_counter() - began
    output.progress(f"{about}: index")
    began = time.perf_counter()
    store.maintain("bench")
    indexed = time.perf_counter() - began
    megabytes = sum(file.stat().st_size for file in folder.rglob("*.idx")) / 1e6
    costs = f"{added:.0f}", f"{indexed:.0f}", f"{megabytes:.0f}"
    for each in asked:
        taken, recall, lost = _ask(store, each)
        times = f"{statistics.median(taken):.0f}", f"{np.percentile(taken, 95):.0f}"
        output.progress(f"{about}: {each.about}, median {times[0]} ms, recall {recall:.3f}, index {costs[1]} s")
        table.add_row(about, f"{rows:,}", each.about, *times, f"{recall:.3f}", f"{abs(lost):.3f}", *costs)


def _ask(store: VectorStore, asked: Asked) -> tuple[list[float], float, float]:
    """Milliseconds of each question, the share of the nearest that is found, and by how much the found ones are less alike on average."""
    for question in asked.questions:
        store.search("bench", question, LIMIT)  # warm
    taken, hits, lost = [], [], []
    for question, rows, cosines in zip(asked.questions, asked.rows, asked.cosines, strict=True):
        began = time.perf_counter()
        found = store.search("bench", question, LIMIT)
        taken.append((time.perf_counter() - began) * 1000)
        hits.append(len({one.vector_id for one in found} & {_id(int(row)) for row in rows}) / LIMIT)
        lost.append(float(np.mean(cosines)) - statistics.fmean(one.cosine for one in found))
    return taken, statistics.fmean(hits), statistics.fmean(lost)


def _small(table: Table, store: VectorStore, rows: int) -> None:
    vectors = _noise(rows + ROUNDS, 1)
    store.add("bench", [VectorRow(_id(row), "owner", vectors[row]) for row in range(rows)], size=SIZE)
    steps: dict[str, list[float]] = {}

    def timed(step: str, began: float) -> None:
        steps.setdefault(step, []).append((time.perf_counter() - began) * 1000)

    for row in range(rows - ROUNDS, rows):
        new = VectorRow(f"new-{row}", "owner", vectors[row + ROUNDS])
        store.remove("bench", [_id(row)])  # so that the collection stays as large as it is
        for step, act in (
            ("add", lambda new=new: store.add("bench", [new], size=SIZE)),
            ("after", lambda new=new: store.search("bench", new.vector, LIMIT)),
            ("again", lambda new=new: store.search("bench", new.vector, LIMIT)),
            ("get", lambda new=new: store.get("bench", [new.vector_id])),
            ("remove", lambda new=new: store.remove("bench", [new.vector_id])),
        ):
            began = time.perf_counter()
            act()
            timed(step, began)
    table.add_row(f"{rows:,}", *(f"{statistics.median(steps[step]):.1f}" for step in ("add", "after", "again", "get", "remove")))


def _blocks(about: str, rows: int) -> Iterator[tuple[int, Floats]]:
    """The collection, a block at a time: number of the first row and (BLOCK, SIZE) vectors."""
    for first in range(0, rows, BLOCK):
        count = min(BLOCK, rows - first)
        if about == "noise":
            yield first, _noise(count, 100 + first)
        else:
            yield first, _views(np.repeat(_persons(first, count // PER_PERSON), PER_PERSON, axis=0), 200 + first)


def _people_questions(rows: int) -> dict[str, Floats]:
    """New views of people of every part of the collection, and of strangers."""
    firsts = [int(first) for first in np.linspace(0, (rows - 1) // BLOCK, QUESTIONS)]
    known = [_persons(first * BLOCK, min(BLOCK, rows - first * BLOCK) // PER_PERSON)[number] for number, first in enumerate(firsts)]
    return {"known people": _views(np.stack(known), 2), "strangers": _views(_noise(QUESTIONS, 3), 4)}


def _persons(first: int, count: int) -> Floats:
    """What is a person's own, (count, SIZE), of the block that begins with a row."""
    return _noise(count, 10_000_000 + first)


def _views(persons: Floats, seed: int) -> Floats:
    """A view of each person: something that all share, the person's own, and what is the view's alone."""
    shared, own = _noise(1, 5), _noise(len(persons), seed)
    return _unit(np.sqrt(BETWEEN) * shared + np.sqrt(WITHIN - BETWEEN) * persons + np.sqrt(1 - WITHIN) * own)


def _noise(count: int, seed: int) -> Floats:
    return _unit(np.random.default_rng(seed).standard_normal((count, SIZE), dtype=np.float32))


def _unit(vectors: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _nobody(count: int) -> tuple[npt.NDArray[np.int64], Floats]:
    return np.full((count, LIMIT), -1), np.full((count, LIMIT), -2, np.float32)


def _nearer(asked: Asked, first: int, block: Floats) -> Asked:
    """The nearest of those known so far and a further block."""
    cosines = np.concatenate([asked.cosines, asked.questions @ block.T], axis=1)
    rows = np.concatenate([asked.rows, np.broadcast_to(np.arange(first, first + len(block)), (len(asked.rows), len(block)))], axis=1)
    best = np.argpartition(-cosines, LIMIT, axis=1)[:, :LIMIT]
    return asked._replace(rows=np.take_along_axis(rows, best, 1), cosines=np.take_along_axis(cosines, best, 1))


def _id(row: int) -> str:
    return f"{row:032x}"


if __name__ == "__main__":
    main(Output(), int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)

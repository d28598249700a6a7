"""Whether similarity means something: every pair of the photographs of 41 people, by the default pack.

    python -m tests.performance verification

Photographs: ../shared/data/faces/identities. "Held out" fits the curve on some of the people and counts the errors among the others: so
nobody is judged by a threshold that was chosen on their own pictures.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.table import Table

from tests.performance.output import Output
from trackway.evaluation.verification import Pairs, all_pairs, equal_error, errors_at, fit_similarity, true_accepts
from trackway.media.still import open_still
from trackway.models.similarity import DEFAULT_THRESHOLD, Similarity
from trackway.pipeline.still import StillReader

__all__ = ["Photographs", "look_at", "main", "photographs"]

Array = npt.NDArray[Any]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FLOORS = {"EER": 0.013, "TAR at FAR 0.01": 0.98, "FAR at 80": 0.02, "FRR at 80": 0.02}
FOLDS, REPEATS = 5, 20


class Photographs(NamedTuple):
    """What the networks saw.

    Attributes:
        vectors: (N, size) unit vectors of the largest face of each.
        identity: (N,) who it is, as "group/name".
        without: files in which no face was found.
    """

    vectors: Array
    identity: Array
    without: tuple[str, ...]

    @property
    def group(self) -> Array:
        """(N,) whose pictures they are."""
        return np.array([name.split("/")[0] for name in self.identity])


def main(output: Output) -> None:
    """Prints the figures, and the curve that fits best."""
    files = photographs(DATA, "faces/identities/")
    if not files:
        output.line("There is no ../shared/data/faces/identities on this machine.")
        return
    reader = StillReader.open()
    output.progress(f"{len(files)} photographs")
    seen = look_at(reader, files)
    pairs = all_pairs(seen.vectors, seen.identity)
    output.table(_table(seen, pairs, reader.similarity))
    fitted = fit_similarity(pairs)
    curve = reader.similarity
    output.line(f"Photographs without a face found: {len(seen.without)} of {len(files)}.")
    output.line(
        f"The pack's curve: centre {curve.centre:.4f}, slope {curve.slope:.1f}. Fitted now: {fitted.centre:.4f}, {fitted.slope:.1f}."
    )


def photographs(data: Path, folder: str) -> dict[str, tuple[bytes, dict[str, Any]]]:
    """File name -> JPEG or PNG bytes and what is known of it, for the pictures of a folder of the data; empty where there is none."""
    index = data / "index.json"
    if not index.is_file():
        return {}
    listed = json.loads(index.read_text())
    entries = listed["files"] if isinstance(listed, dict) else listed
    return {each["file"]: (_picture(data / each["file"]), each["truth"]) for each in entries if each["file"].startswith(folder)}


def look_at(reader: StillReader, files: dict[str, tuple[bytes, dict[str, Any]]]) -> Photographs:
    """The largest face of each photograph."""
    vectors, identity, without = [], [], []
    for name, (content, truth) in files.items():
        rgb = open_still(content).rgb
        largest = reader.faces(rgb)[:1]
        if len(largest):
            vectors.append(reader.embed(rgb, largest)[0])
            identity.append(truth["identity"])
        else:
            without.append(name)
    return Photographs(np.array(vectors), np.array(identity), tuple(without))


def _picture(path: Path) -> bytes:
    if path.suffix != ".pgm":
        return path.read_bytes()
    png = io.BytesIO()
    Image.open(path).save(png, "PNG")
    return png.getvalue()


def _table(seen: Photographs, pairs: Pairs, curve: Similarity) -> Table:
    percent = pairs._replace(score=curve.percent(pairs.score))
    near = seen.group[pairs.first] == seen.group[pairs.second]
    columns = {"all pairs": percent, "pairs within a group": percent.where(near)}
    columns |= {f"  {group}": percent.where(near & (seen.group[pairs.first] == group)) for group in sorted(set(seen.group.tolist()))}
    table = Table("", *FLOORS, "same", "different", title=f"{len(seen.vectors)} photographs of {len(set(seen.identity.tolist()))} people")
    table.add_row("at least / at most", *(f"{floor:g}" for floor in FLOORS.values()), "", "")
    for name, some in columns.items():
        figures = (equal_error(some)[0], true_accepts(some, 0.01), *errors_at(some, DEFAULT_THRESHOLD))
        table.add_row(name, *map("{:.4f}".format, figures), str(np.count_nonzero(some.same)), str(np.count_nonzero(~some.same)))
    table.add_row("all pairs, held out", "", "", *map("{:.4f}".format, _held_out(pairs, seen.identity)), "", "")
    return table


def _held_out(pairs: Pairs, identity: Array) -> tuple[float, float]:
    """Mean FAR and FRR at similarity 80 among people on whom the curve was not fitted."""
    random, people = np.random.default_rng(0), np.unique(identity)
    wrong = np.zeros((2, 2))  # (FAR, FRR) x (errors, pairs)
    for _ in range(REPEATS):
        fold_of = dict(zip(random.permutation(people).tolist(), np.arange(len(people)) % FOLDS, strict=True))
        fold = np.array([fold_of[name] for name in identity])
        for held in range(FOLDS):
            first, second = fold[pairs.first] == held, fold[pairs.second] == held
            _, centre = equal_error(pairs.where(~first & ~second))
            judged = pairs.where(first & second)
            counts = np.array([np.count_nonzero(~judged.same), np.count_nonzero(judged.same)])
            wrong += np.stack([np.array(errors_at(judged, centre)) * counts, counts], axis=1)
    far, frr = (wrong[:, 0] / wrong[:, 1]).tolist()
    return far, frr

"""One table of trackers: peers, ours, and what the truth would make of the same detections."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Literal

import numpy as np
from rich.table import Table

from tests.performance.metrics import IdentifiedBoxes, Scores, score
from tests.performance.sequences import Sequence

__all__ = ["Row", "Section", "comparison", "mean_of", "scored"]

_METRICS = ("hota", "deta", "assa", "idf1", "mota", "precision", "recall")
_TO_BEAT = ("hota", "idf1")


@dataclasses.dataclass(frozen=True)
class Row:
    """One tracker on one sequence.

    Attributes:
        tracker: its name.
        kind: peers are compared with; ours is compared; a reference is neither.
        scores: by TrackEval.
        people: identities in the result.
        milliseconds: of processor time for a frame; None where it was not measured apart.
    """

    tracker: str
    kind: Literal["peer", "ours", "reference"]
    scores: Scores
    people: int
    milliseconds: float | None = None


@dataclasses.dataclass(frozen=True)
class Section:
    """Trackers on the same detections."""

    name: str
    rows: list[Row]


def comparison(title: str, sections: list[Section]) -> Table:
    """The table; of every section, the peer with the best HOTA (and IDF1) is marked, and ours measured against it."""
    table = Table(title=title)
    for name in ("sequence", "tracker"):
        table.add_column(name, no_wrap=True)
    for name in ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "prec.", "recall", "switches", "people", "ms/frame"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("against the best peer", no_wrap=True)
    for section in sections:
        best = {metric: max((row for row in section.rows if row.kind == "peer"), key=_reader(metric)) for metric in _TO_BEAT}
        for position, row in enumerate(section.rows):
            cells = [row.tracker, *(f"{getattr(row.scores, metric):.1f}" for metric in _METRICS), str(row.scores.switches)]
            cells += [str(row.people), "-" if row.milliseconds is None else f"{row.milliseconds:.2f}", _verdict(row, best)]
            name = "" if position else section.name
            table.add_row(name, *(f"[bold]{cell}[/]" if row.kind == "ours" else cell for cell in cells))
        table.add_section()
    return table


def mean_of(sections: list[Section], frames: list[int]) -> Section:
    """Every tracker's mean over sections of the same trackers; counts are added, time is for all frames."""
    rows = []
    for same in zip(*(section.rows for section in sections), strict=True):
        scores = [row.scores for row in same]
        mean = {metric: float(np.mean([getattr(one, metric) for one in scores])) for metric in _METRICS}
        taken = [row.milliseconds for row in same if row.milliseconds is not None]
        milliseconds = float(np.average(taken, weights=frames)) if len(taken) == len(same) else None
        summed = Scores(**mean, switches=sum(one.switches for one in scores))
        rows.append(dataclasses.replace(same[0], scores=summed, people=sum(row.people for row in same), milliseconds=milliseconds))
    return Section("mean (counts: sum)", rows)


def scored(
    tracker: str, kind: Literal["peer", "ours", "reference"], sequence: Sequence, tracks: IdentifiedBoxes, milliseconds: float | None = None
) -> Row:
    """The row of a result."""
    people = len(np.unique(tracks.identity))
    return Row(tracker, kind, score(sequence.truth, tracks, sequence.iou), people, milliseconds)


def _reader(metric: str) -> Callable[[Row], float]:
    return lambda row: float(getattr(row.scores, metric))


def _verdict(row: Row, best: dict[str, Row]) -> str:
    if row.kind == "reference":
        return "upper reference"
    if row.kind == "peer":
        return " and ".join(f"best {metric.upper()}" for metric in _TO_BEAT if row is best[metric])
    gains = [getattr(row.scores, metric) - getattr(best[metric].scores, metric) for metric in _TO_BEAT]
    said = ", ".join(f"{metric.upper()} {gain:+.1f}" for metric, gain in zip(_TO_BEAT, gains, strict=True))
    return f"{'above' if min(gains) > 0 else 'below' if max(gains) < 0 else 'both ways'}: {said}"

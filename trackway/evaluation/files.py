"""MOTChallenge text files of truth and of results.

One row per box: frame (from 1), identity, left, top, width, height, then

* truth: 1, or 0 for a box that is not evaluated; with 8 or 9 columns the class (1 is a pedestrian), and how much is visible;
* result: confidence.

Files with 10 columns end in world coordinates, or -1, and have no classes (https://motchallenge.net/instructions/).
"""

from __future__ import annotations

import dataclasses
import os
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.errors import FileError
from trackway.evaluation.scene import IdentifiedBoxes
from trackway.results.mot import text_lines

__all__ = ["CLASSES", "NO_CLASS", "PEDESTRIAN", "TruthRows", "read_result", "read_truth"]

Array = npt.NDArray[Any]
StrPath = str | os.PathLike[str]

PEDESTRIAN = 1
CLASSES = range(1, 14)
NO_CLASS = -1

_COLUMNS = range(7, 11)
_WITH_CLASS = range(8, 10)
_FLAG, _CLASS = 6, 7
_LARGEST = 2**31 - 1
_LARGEST_NUMBER = 1e15


@dataclasses.dataclass(frozen=True, eq=False)
class TruthRows:
    """Everything that a truth file says.

    Attributes:
        boxes: all (N,) rows, evaluated or not.
        considered: (N,) bool, the row is to be evaluated.
        label: (N,) int64 class, 1..13; `NO_CLASS` throughout where the file has none.
    """

    boxes: IdentifiedBoxes
    considered: Array
    label: Array


def read_truth(path: StrPath) -> TruthRows:
    """Read a truth file; one without rows is the truth of a video without people.

    Raises:
        FileError: the file cannot be read, a row is not one of truth, or somebody is twice in a frame; the message names the line.
    """
    rows = _read(path, "truth")
    wrong = np.flatnonzero((rows.label != NO_CLASS) & ~np.isin(rows.label, CLASSES))
    if rows.labelled and not len(wrong):
        wrong = np.flatnonzero(rows.label == NO_CLASS)
    if len(wrong):
        raise FileError(
            f"{path}, line {rows.line[wrong[0]]}: expected a class from {CLASSES[0]} to {CLASSES[-1]} in column {_CLASS + 1}"
            f" (or {NO_CLASS} in all rows: no classes), found {rows.label[wrong[0]]:g}."
        )
    return TruthRows(rows.boxes, rows.flag != 0, rows.label.astype(np.int64))


def read_result(path: StrPath) -> IdentifiedBoxes:
    """Read a result file; one without rows is the result of a tracker that found nobody.

    Raises:
        FileError: as for `read_truth`; also where rows are of another class than persons.
    """
    rows = _read(path, "tracks")
    wrong = np.flatnonzero(rows.label > PEDESTRIAN)
    if len(wrong):
        raise FileError(
            f"{path}, line {rows.line[wrong[0]]}: expected tracks of persons (class {PEDESTRIAN} or none in column {_CLASS + 1}),"
            f" found class {rows.label[wrong[0]]:g}; leave other classes out."
        )
    return rows.boxes


@dataclasses.dataclass(frozen=True, eq=False)
class _Rows:
    """(N,) rows of either kind of file, in its order."""

    line: Array
    boxes: IdentifiedBoxes
    flag: Array
    label: Array

    @property
    def labelled(self) -> bool:
        """Any row has a class."""
        return bool((self.label != NO_CLASS).any())


def _read(path: StrPath, what: str) -> _Rows:
    lines, values = array("q"), array("d")
    try:
        with Path(path).open("rb") as file:
            for number, line in text_lines(file, path):
                lines.append(number)
                values.extend(_row(line, number, path))
    except OSError as error:
        raise FileError(f"The {what} {path} cannot be read: {error.strerror or error}.") from error
    table = np.frombuffer(values, np.float64).reshape(-1, _CLASS + 1)
    boxes = IdentifiedBoxes(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:6].copy())
    rows = _Rows(np.frombuffer(lines, np.int64), boxes, table[:, _FLAG].copy(), table[:, _CLASS].copy())
    _require_once(rows, path)
    return rows


def _row(line: bytes, number: int, path: StrPath) -> list[float]:
    """Frame, identity, box, flag and class of one line."""
    columns = line.removesuffix(b",").split(b",")
    if len(columns) not in _COLUMNS:
        raise FileError(
            f"{path}, line {number}: expected {_COLUMNS[0]} to {_COLUMNS[-1]} numbers between commas"
            f" (frame, identity, left, top, width, height, confidence, ...), found {len(columns)}."
        )
    try:
        row = list(map(float, columns[: _CLASS + 1]))
    except ValueError as error:
        raise FileError(
            f"{path}, line {number}: expected numbers between commas, found {line[:60].decode('ascii', 'replace')!r}."
        ) from error
    if not all(abs(value) <= _LARGEST_NUMBER for value in row):
        raise FileError(
            f"{path}, line {number}: expected numbers of at most {_LARGEST_NUMBER:g}, found {line[:60].decode('ascii', 'replace')!r}."
        )
    if not (row[0].is_integer() and 1 <= row[0] <= _LARGEST):
        raise FileError(f"{path}, line {number}: expected a frame number from 1 to {_LARGEST}, found {row[0]:g}.")
    if not (row[1].is_integer() and 0 <= row[1] <= _LARGEST):
        hint = "; are these detections, which `trackway associate` turns into tracks?" if row[1] == -1 else "."
        raise FileError(f"{path}, line {number}: expected an identity from 0 to {_LARGEST}, found {row[1]:g}{hint}")
    if len(columns) not in _WITH_CLASS:
        row[_CLASS:] = [NO_CLASS]
    return row


def _require_once(rows: _Rows, path: StrPath) -> None:
    """Nobody may be twice in a frame."""
    frame, identity = rows.boxes.frame, rows.boxes.identity
    order = np.lexsort((identity, frame))
    again = np.flatnonzero((np.diff(frame[order]) == 0) & (np.diff(identity[order]) == 0))
    if len(again):
        first, second = order[again[0]], order[again[0] + 1]
        raise FileError(
            f"{path}, lines {rows.line[first]} and {rows.line[second]}: expected every identity once in a frame,"
            f" found {identity[first]} twice in frame {frame[first]}."
        )

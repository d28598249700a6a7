"""MOTChallenge text files: detections of others in, tracks out.

One row per box: frame (from 1), id (-1 for a detection), left, top, width, height in pixels, confidence, then up to three numbers that
nobody uses here (https://motchallenge.net/instructions/).
"""

from __future__ import annotations

import dataclasses
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from trackway.columns import Tracks
from trackway.errors import FileError

__all__ = ["MotDetections", "PictureSize", "read_detections", "text_lines", "write_tracks"]

Array = npt.NDArray[Any]

_LEAST_COLUMNS, _MOST_COLUMNS = 7, 10
_LONGEST_LINE = 4096
_LAST_FRAME = 2**31 - 1
_LARGEST = 1e15
"""Pixels and scores beyond this are mistakes; areas up to here fit single precision."""


class PictureSize(Protocol):
    """Anything that knows the size of the processed picture in pixels, such as `VideoInfo`."""

    @property
    def width(self) -> int:
        """Pixels across."""

    @property
    def height(self) -> int:
        """Pixels down."""


@dataclasses.dataclass(frozen=True)
class MotDetections:
    """Boxes of a detection file, sorted by frame.

    Attributes:
        frame: (N,) int64 frame number, from 1, ascending.
        box_px: (N, 4) float64 left, top, width, height in pixels.
        score: (N,) float64 confidence on the detector's own scale.
        skipped: rows left out because a number was not finite or beyond reason, the box had no area, or the frame has the very same box,
            of which the highest score remains.
    """

    frame: Array
    box_px: Array
    score: Array
    skipped: int


def read_detections(path: str | os.PathLike[str]) -> MotDetections:
    """Read a detection file; memory grows with the number of boxes only.

    Rows may come in any order and frames may be missing. Empty lines, lines that begin with `#`, a trailing comma and any line
    ending are accepted. A file without rows gives no detections.

    Raises:
        FileError: the file cannot be read, or a row is no detection; the message names the line.
    """
    values, skipped = array("d"), 0
    try:
        with Path(path).open("rb") as file:
            for number, line in text_lines(file, path):
                row = _row(line, number, path)
                if all(abs(number) <= _LARGEST for number in row) and row[3] > 0 and row[4] > 0:
                    values.extend(row)
                else:
                    skipped += 1
    except OSError as error:
        raise FileError(f"The detections {path} cannot be read: {error.strerror or error}.") from error
    table = np.frombuffer(values, np.float64).reshape(-1, 6)
    kept = _unrepeated(table)
    skipped += len(table) - len(kept)
    table = table[kept]
    return MotDetections(table[:, 0].astype(np.int64), table[:, 1:5].copy(), table[:, 5].copy(), skipped)


def _unrepeated(table: Array) -> Array:
    """Rows by frame, otherwise in the order given; of rows with the same frame and box, one with the highest score."""
    order = np.lexsort((-table[:, 5], *table[:, 4:0:-1].T, table[:, 0]))
    again = (table[order[1:], :5] == table[order[:-1], :5]).all(axis=1)
    kept = np.sort(order[np.concatenate([[True], ~again])[: len(order)]])
    by_frame: Array = kept[np.argsort(table[kept, 0], kind="stable")]
    return by_frame


def write_tracks(path: str | os.PathLike[str], tracks: Tracks, picture: PictureSize) -> None:
    """Write the body boxes of `tracks`, sorted by frame and id; ids count from 1. Rows that show only a face have no body box.

    Raises:
        OSError: the file cannot be written.
    """
    bodies = tracks[tracks.has_body]
    bodies = bodies[np.lexsort((bodies.person, bodies.frame))]
    box_px = bodies.box * np.array([picture.width, picture.height] * 2, np.float64)
    with Path(path).open("w", encoding="ascii", newline="\n") as file:
        for frame, person, (left, top, width, height), score in zip(
            bodies.frame.tolist(), bodies.person.tolist(), box_px.tolist(), bodies.score.tolist(), strict=True
        ):
            file.write(f"{frame + 1},{person + 1},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{score:.4f},-1,-1,-1\n")


def text_lines(file: BinaryIO, path: str | os.PathLike[str]) -> Iterator[tuple[int, bytes]]:
    """Line number and content of every row, without comments, empty lines and a byte order mark."""
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            raise FileError(f"{path}, line {number}: a row of at most {_LONGEST_LINE} bytes was expected; is this a text file?")
        content = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if content and not content.startswith(b"#"):
            yield number, content


def _row(line: bytes, number: int, path: str | os.PathLike[str]) -> tuple[float, float, float, float, float, float]:
    """Frame, box and score of one line."""
    columns = line.removesuffix(b",").split(b",")
    if not _LEAST_COLUMNS <= len(columns) <= _MOST_COLUMNS:
        raise FileError(
            f"{path}, line {number}: expected {_LEAST_COLUMNS} to {_MOST_COLUMNS} numbers between commas"
            f" (frame, id, left, top, width, height, confidence, ...), found {len(columns)}."
        )
    try:
        frame, _, left, top, width, height, score = map(float, columns[:_LEAST_COLUMNS])
    except ValueError as error:
        raise FileError(
            f"{path}, line {number}: expected numbers between commas, found {line[:60].decode('ascii', 'replace')!r}."
        ) from error
    if not (frame.is_integer() and 1 <= frame <= _LAST_FRAME):
        raise FileError(f"{path}, line {number}: expected a frame number from 1 to {_LAST_FRAME}, found {columns[0].decode('ascii')}.")
    return frame, left, top, width, height, score

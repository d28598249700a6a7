"""The whole result as one Parquet file: a column per number, for pandas, Athena and DuckDB (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trackway.columns import LANDMARK_NAMES, Tracks

__all__ = ["nullable", "read_parquet", "spread", "write_parquet"]

_BOX = ("left", "top", "width", "height")
# column of Tracks -> names of its components in the file
_COMPONENTS: dict[str, tuple[str, ...]] = {
    "box": tuple(f"box_{side}" for side in _BOX),
    "face_box": tuple(f"face_{side}" for side in _BOX),
    "landmarks": tuple(f"{name}_{axis}" for name in LANDMARK_NAMES for axis in "xy"),
    "pose": ("roll", "yaw", "pitch"),
    "quality": ("brightness", "sharpness"),
}
_ROWS_PER_GROUP = 100_000


def write_parquet(tracks: Tracks, path: Path) -> None:
    """Write `tracks` to `path`, one row each, in the order given; what a row lacks is null.

    Columns are those of `Tracks`, with boxes, landmarks, pose and quality spread over one column per number: `box_left`,
    `eyeLeft_x`, `roll` and so on. The same tracks give the same bytes.
    """
    columns = dict(spread(tracks))
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=_ROWS_PER_GROUP)


def read_parquet(path: Path) -> Tracks:
    """The tracks that `write_parquet` wrote; every number as it was."""
    table = pq.read_table(path)
    columns = {}
    for name in Tracks.make(0).columns():
        components = [table[component].to_numpy() for component in _COMPONENTS.get(name, (name,))]
        columns[name] = np.stack(components, axis=1) if name in _COMPONENTS else components[0]
    columns["landmarks"] = columns["landmarks"].reshape(table.num_rows, len(LANDMARK_NAMES), 2)
    return Tracks.make(table.num_rows, **columns)


def spread(tracks: Tracks) -> Iterator[tuple[str, pa.Array]]:
    """Name and values of every column of the file."""
    for name, column in tracks.columns().items():
        components = _COMPONENTS.get(name)
        if components is None:
            yield name, nullable(column)
            continue
        for component, values in zip(components, column.reshape(len(tracks), len(components)).T, strict=True):
            yield component, nullable(values)


def nullable(values: npt.NDArray[Any]) -> pa.Array:
    """One column; null for NaN."""
    lacking = np.isnan(values) if values.dtype.kind == "f" else None
    return pa.array(np.ascontiguousarray(values), mask=lacking)

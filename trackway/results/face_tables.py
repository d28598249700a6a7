"""Every face of a video with all that was read in it as one Parquet file: a column per number, for pandas, Athena and DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trackway.columns import EMOTION_NAMES, POINT_NAMES, UNIT_NAMES, FaceMeshes, FaceShapes, FaceTraits, Tracks
from trackway.results.tables import nullable, spread

__all__ = ["write_faces"]

Array = npt.NDArray[Any]

_TRAITS: dict[str, tuple[str, ...]] = {
    "age": ("age_low", "age_high"),
    "emotions": tuple(name.lower() for name in EMOTION_NAMES),
    "landmarks": tuple(f"{name}_{axis}" for name in POINT_NAMES[5:] for axis in "xy"),
    "pose": ("mesh_roll", "mesh_yaw", "mesh_pitch"),
    "gaze": ("gaze_yaw", "gaze_pitch"),
}
"""Columns of `FaceTraits` that hold several numbers -> their names in the file. The first five points stand among the face's own."""
_BODY = frozenset({"tracklet", "box", "score", "interpolated"})
_MESH = 468 * 3
_ROWS_PER_GROUP = 10_000


def write_faces(
    path: Path,
    faces: Tracks,
    *,
    identity: Array | None = None,
    traits: FaceTraits | None = None,
    shapes: FaceShapes | None = None,
    units: Array | None = None,
    meshes: FaceMeshes | None = None,
) -> None:
    """Write a row for each of `faces`, in the order given; what a row lacks is null, what nobody read is no column.

    Args:
        path: of the file.
        faces: (F,) rows with a face.
        identity: (F,) which of the people of the video it is; negative for nobody.
        traits: (F,) what networks read in the faces.
        shapes: (F,) of which the 68 points are written, `point0_x` to `point67_y`.
        units: (F, U) action units in the order of `UNIT_NAMES`; those that no row knows are left out.
        meshes: (F,) vertices, one list of 1,404 numbers per row: x, y, z of each.
    """
    columns = {name: values for name, values in spread(faces) if name not in _BODY and not name.startswith("box_")}
    if identity is not None:
        columns["identity"] = pa.array(identity, mask=identity < 0)
    if traits is not None:
        columns |= dict(_of_traits(traits))
    if shapes is not None:
        columns |= _named([f"point{point}_{axis}" for point in range(68) for axis in "xy"], shapes.points)
    if units is not None:
        known = np.asarray(np.isfinite(units).any(axis=0))
        columns |= _named([name for name, there in zip(UNIT_NAMES, known, strict=True) if there], units[:, known])
    if meshes is not None:
        columns["mesh"] = _lists(meshes.vertices.reshape(len(faces), _MESH))
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=_ROWS_PER_GROUP)


def _of_traits(traits: FaceTraits) -> Iterator[tuple[str, pa.Array]]:
    for name, column in traits.columns().items():
        if name == "landmarks":
            column = column[:, 5:]
        yield from _named(_TRAITS.get(name, (name,)), column).items()


def _named(names: list[str] | tuple[str, ...], values: Array) -> dict[str, pa.Array]:
    return {name: nullable(column) for name, column in zip(names, values.reshape(len(values), len(names)).T, strict=True)}


def _lists(values: Array) -> pa.Array:
    """Rows as lists of equal length; null where a row is NaN."""
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1], mask=pa.array(np.isnan(values).any(axis=1)))

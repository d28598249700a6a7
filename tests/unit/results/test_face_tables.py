"""The table of faces, against a plain reading of the same columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from tests.tracks import random_tracks
from trackway.columns import EMOTION_NAMES, POINT_NAMES, UNIT_NAMES, FaceMeshes, FaceShapes, FaceTraits
from trackway.results.face_tables import write_faces

Array = npt.NDArray[Any]

TRACKS = random_tracks(60, persons=3, seed=5)
FACES = TRACKS[TRACKS.has_face]


def filled(table: type[Any]) -> Any:
    """Every number another one, but for the second row, which knows nothing."""
    empty = table.make(len(FACES))
    random = np.random.default_rng(0)
    columns = {name: random.random(column.shape) for name, column in empty.columns().items()}
    for column in columns.values():
        column[1] = np.nan
    return table.make(len(FACES), **columns)


def nulls(values: Array) -> list[Any]:
    return [None if np.isnan(value) else value for value in values.tolist()]


def test_every_number_has_its_column_and_what_is_not_known_is_null(tmp_path: Path) -> None:
    traits, shapes, meshes = filled(FaceTraits), filled(FaceShapes), filled(FaceMeshes)
    units = np.random.default_rng(1).random((len(FACES), len(UNIT_NAMES))).astype(np.float32)
    units[:, 3] = np.nan
    identity = FACES.person - 1
    for name in ("a", "b"):
        write_faces(tmp_path / name, FACES, identity=identity, traits=traits, shapes=shapes, units=units, meshes=meshes)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    table = pq.read_table(tmp_path / "a").to_pydict()
    for name, column in (
        ("time_ms", FACES.time_ms),
        ("face_left", FACES.face_box[:, 0]),
        ("mouthRight_y", FACES.landmarks[:, 4, 1]),
        ("yaw", FACES.pose[:, 1]),
        ("age_high", traits.age[:, 1]),
        ("male", traits.male),
        ("mesh_yaw", traits.pose[:, 1]),
        ("gaze_pitch", traits.gaze[:, 1]),
        ("point67_y", shapes.points[:, 67, 1]),
        (UNIT_NAMES[4], units[:, 4]),
    ):
        assert table[name] == nulls(column), name
    for number, emotion in enumerate(EMOTION_NAMES):
        assert table[emotion.lower()] == nulls(traits.emotions[:, number])
    for number, point in enumerate(POINT_NAMES[5:], 5):
        assert table[f"{point}_x"] == nulls(traits.landmarks[:, number, 0])
    assert table["identity"] == [None if number < 0 else number for number in identity.tolist()]
    assert UNIT_NAMES[3] not in table
    assert table["mesh"][1] is None
    np.testing.assert_array_equal(np.array(table["mesh"][0], np.float32).reshape(468, 3), meshes.vertices[0])


def test_what_nobody_read_is_no_column(tmp_path: Path) -> None:
    write_faces(tmp_path / "a", FACES)
    names = pq.read_table(tmp_path / "a").column_names
    assert {"frame", "time_ms", "person", "face_left", "eyeLeft_x", "roll", "sharpness"} <= set(names)
    assert not {"identity", "male", "point0_x", "mesh", "box_left", "tracklet"} & set(names)


def test_no_faces_no_rows(tmp_path: Path) -> None:
    write_faces(tmp_path / "a", FACES[:0], meshes=FaceMeshes.make(0), identity=np.zeros(0, np.int64))
    assert pq.read_table(tmp_path / "a").num_rows == 0

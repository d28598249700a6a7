"""What was read in faces: tables that lie beside a table of faces, row by row, each of them only where somebody wants it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy.typing as npt

from trackway.columns import FaceMeshes, FaceShapes, FaceTraits

__all__ = ["FaceReadings", "Wanted"]

Array = npt.NDArray[Any]


class Wanted(NamedTuple):
    """What is to be read in faces. Whatever is wanted, its mesh is read, and told as `FaceTraits` together with pose and gaze.

    Attributes:
        emotions: what networks of their own say of a face at one moment.
        ages: age and gender, and whether it is a picture of a face; of a video these are read once in a while, see `pipeline.recognition`.
        shapes: what action units and controls are computed from.
        meshes: all vertices.
    """

    emotions: bool = False
    ages: bool = False
    shapes: bool = False
    meshes: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class FaceReadings:
    """Of N faces; None for what nobody read.

    Attributes:
        traits, shapes, meshes: N rows each.
    """

    traits: FaceTraits | None = None
    shapes: FaceShapes | None = None
    meshes: FaceMeshes | None = None

    def __post_init__(self) -> None:
        """Refuses tables that do not belong together.

        Raises:
            ValueError: they differ in length.
        """
        rows = {name: len(table) for name, table in self.tables().items()}
        if len(set(rows.values())) > 1:
            raise ValueError(f"expected as many rows of each reading, got {rows}")

    def __getitem__(self, rows: slice | Array) -> Self:
        """The readings of a slice, a boolean mask or an index array, in that order."""
        return type(self)(**{name: table[rows] for name, table in self.tables().items()})

    def at(self, rows: Array) -> Self:
        """(T,) those of these rows, in that order; nothing is known of -1."""
        lacking = {name: table.concatenate([table, table.make(1)])[rows] for name, table in self.tables().items()}
        return type(self)(**lacking)

    def replace(self, **tables: Any) -> Self:
        """A copy with some tables exchanged."""
        return dataclasses.replace(self, **tables)

    def tables(self) -> dict[str, Any]:
        """Name to table, of those that there are: `FaceTraits`, `FaceShapes` or `FaceMeshes`."""
        named = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: table for name, table in named.items() if table is not None}

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """All of all parts, in order; a table where every part has it."""
        tables = [part.tables() for part in parts]
        shared = [name for name in tables[0] if all(name in each for each in tables)] if tables else []
        return cls(**{name: tables[0][name].concatenate(each[name] for each in tables) for name in shared})

    @classmethod
    def from_columns(cls, tables: Mapping[str, Mapping[str, Array]]) -> Self:
        """From the columns of each table, by name; one without columns is None."""
        kinds = {"traits": FaceTraits, "shapes": FaceShapes, "meshes": FaceMeshes}
        return cls(**{name: kind(**tables[name]) for name, kind in kinds.items() if tables.get(name)})

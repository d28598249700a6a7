"""Everything that the networks of a pack read in faces, of all faces of one picture at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trackway.columns import POINT_NAMES, Detections, FaceMeshes, FaceShapes, FaceTraits
from trackway.faces.advisory import AdvisoryReader
from trackway.faces.ages import AgeReader
from trackway.faces.cutouts import Cut, Cutout, cut_face
from trackway.faces.expressions import eyes_open, mouth_open, smile
from trackway.faces.gaze import gaze
from trackway.faces.iris import Eyes, IrisReader
from trackway.faces.label_reader import LabelReader
from trackway.faces.measures import measures
from trackway.faces.mesh import MeshReader
from trackway.faces.points import SIXTY_EIGHT, thirty
from trackway.faces.portraits import portrait
from trackway.faces.solid_pose import solid_pose
from trackway.models.pack import TraitNetwork, TraitRole
from trackway.models.session import Network
from trackway.readings import FaceReadings, Wanted

__all__ = ["TraitReader"]

Array = npt.NDArray[Any]
Columns = dict[str, Array]

_REAL_LENGTH, _LIVE_LENGTH = 1.0, 1.3
"""Sides of the squares that tell faces from pictures of faces, in longer sides of the face's box."""
_LEAST_SHOWN = 0.5
"""Share of a face's box inside the picture; of a face that is mostly outside nothing is told."""
_ATTRIBUTES, _SHAPES, _MESHES = Wanted(emotions=True, ages=True), Wanted(shapes=True), Wanted(meshes=True)


class TraitReader:
    """The networks for traits; a column of an absent one stays NaN. Threads may share it.

    Args:
        mesh, iris, emotion, ages, real, live, units: the readers; None for what the pack lacks. Irises are found with the mesh only.
    """

    def __init__(
        self,
        mesh: MeshReader | None = None,
        iris: IrisReader | None = None,
        emotion: LabelReader | None = None,
        ages: AgeReader | None = None,
        real: AdvisoryReader | None = None,
        live: AdvisoryReader | None = None,
        units: LabelReader | None = None,
    ) -> None:
        self._mesh = mesh
        self._iris = iris
        self._emotion = emotion
        self._ages = ages
        self._real = real
        self._live = live
        self._units = units

    @classmethod
    def of(cls, models: Mapping[TraitRole, TraitNetwork], network: Callable[[TraitNetwork], Network]) -> Self | None:
        """The readers of a pack; None where it has none.

        Args:
            models: `Pack.traits`.
            network: opens one, or promises to.

        Raises:
            ModelError: a manifest's entry does not say what its network answers.
        """
        if not models:
            return None
        opened = {role: (model, network(model)) for role, model in models.items()}
        return cls(
            MeshReader(*opened["landmarks"]) if "landmarks" in opened else None,
            IrisReader(*opened["iris"]) if "iris" in opened else None,
            LabelReader.of_emotions(*opened["emotion"]) if "emotion" in opened else None,
            AgeReader(*opened["ageGender"]) if "ageGender" in opened else None,
            AdvisoryReader(*opened["antiSpoof"], _REAL_LENGTH) if "antiSpoof" in opened else None,
            AdvisoryReader(*opened["liveness"], _LIVE_LENGTH) if "liveness" in opened else None,
            LabelReader.of_units(*opened["actionUnits"]) if "actionUnits" in opened else None,
        )

    @property
    def reads_meshes(self) -> bool:
        """Whether the pack has a network for the role landmarks."""
        return self._mesh is not None

    def read(self, cut: Cut, faces: Detections) -> FaceTraits:
        """What can be told of the faces of one picture.

        Args:
            cut: takes pixels out of it: `media.crop.Cropper.rgb` of a video's frame, or `faces.cutouts.of_picture` of a still.
            faces: (N,) with boxes and landmarks.

        Returns:
            (N,) rows; NaN for whatever a face is too small for, or does not show.
        """
        return FaceTraits.make(len(faces), **self._read(cut, faces, _ATTRIBUTES)["traits"])

    def readings(self, cut: Cut, faces: Detections, wanted: Wanted) -> FaceReadings:
        """The same and more, from one look at each face; arguments as for `read`.

        Args:
            cut, faces: as for `read`.
            wanted: what else than the mesh is to be read, and which tables are wanted.
        """
        read = self._read(cut, faces, wanted)
        return FaceReadings(
            FaceTraits.make(len(faces), **read["traits"]),
            FaceShapes.make(len(faces), **read["shapes"]) if wanted.shapes else None,
            FaceMeshes.make(len(faces), **read["meshes"]) if wanted.meshes else None,
        )

    def lasting(self, cut: Cut, faces: Detections) -> Columns:
        """Columns of `FaceTraits` that do not change while somebody is followed: age, gender, and whether it is a picture of a face.

        Args:
            cut, faces: as for `read`.

        Returns:
            Name -> (N, ...) values, of those for which there is a network; NaN as for `read`.
        """
        rows, cutouts = _cut_out(cut, faces)
        if not cutouts:
            return {}
        boxes, points = _placed(cutouts, faces[rows])
        return {name: _spread(values, rows, len(faces)) for name, values in self._lasting(cutouts, boxes, points).items()}

    def shapes(self, cut: Cut, faces: Detections) -> FaceShapes:
        """(N,) rows, NaN where there is no mesh; arguments as for `read`."""
        return FaceShapes.make(len(faces), **self._read(cut, faces, _SHAPES)["shapes"])

    def meshes(self, cut: Cut, faces: Detections) -> Array:
        """(N, 468, 3) float32 x, y, z of each face's mesh, as `FaceMeshes`; arguments as for `read`."""
        return FaceMeshes.make(len(faces), **self._read(cut, faces, _MESHES)["meshes"]).vertices

    def _read(self, cut: Cut, faces: Detections, wanted: Wanted) -> dict[str, Columns]:
        """Columns of each of the tables, as far as there are networks for them, and faces that the picture shows."""
        rows, cutouts = _cut_out(cut, faces)
        read: dict[str, Columns] = {"traits": {}, "shapes": {}, "meshes": {}}
        if not cutouts:
            return read
        boxes, points = _placed(cutouts, faces[rows])
        lengths = boxes[:, 2:].max(axis=1)
        traits = read["traits"]
        if self._mesh is not None:
            meshes = self._mesh.read(cutouts, boxes, points)
            eyes = None if self._iris is None else self._iris.read(cutouts, meshes)
            traits |= _of_mesh(cutouts, meshes, eyes, lengths)
            if wanted.shapes:
                read["shapes"] |= _shapes(cutouts, meshes, eyes)
            if wanted.meshes:
                read["meshes"]["vertices"] = _vertices(cutouts, meshes)
        if self._units is not None and wanted.shapes:
            read["shapes"]["units"] = self._units.read(_aligned(cutouts, boxes, points, self._units.side), lengths)
        if self._emotion is not None and wanted.emotions:
            traits["emotions"] = self._emotion.read(_aligned(cutouts, boxes, points, self._emotion.side), lengths)
            traits["smile"] = smile(traits["emotions"])
        if wanted.ages:
            traits |= self._lasting(cutouts, boxes, points)
        return {table: {name: _spread(values, rows, len(faces)) for name, values in columns.items()} for table, columns in read.items()}

    def _lasting(self, cutouts: list[Cutout], boxes: Array, points: Array) -> Columns:
        traits: Columns = {}
        if self._ages is not None:
            aligned = _aligned(cutouts, boxes, points, self._ages.side)
            traits["age"], traits["male"] = self._ages.read(aligned, boxes[:, 2:].max(axis=1))
        for name, reader in (("real", self._real), ("live", self._live)):
            if reader is not None:
                traits[name] = reader.read(cutouts, boxes, points)
        return traits


def _of_mesh(cutouts: list[Cutout], meshes: Array, eyes: Eyes | None, lengths: Array) -> Columns:
    """Columns of `FaceTraits` that follow from meshes in pixels of the cutouts, and from what the eyes show, where that is known."""
    pupils = np.full((len(cutouts), 2, 2), np.nan) if eyes is None else eyes.pupils
    seen = {"mouth_open": mouth_open(meshes, lengths), "pose": solid_pose(meshes)}
    if eyes is not None:
        seen["eyes_open"] = eyes_open(eyes, lengths)
        seen["gaze"] = gaze(eyes, seen["pose"], seen["eyes_open"])
    named = zip(cutouts, thirty(meshes, pupils), strict=True)
    seen["landmarks"] = np.stack([cutout.to_ratios(each) for cutout, each in named]).reshape(-1, len(POINT_NAMES), 2)
    return seen


def _shapes(cutouts: list[Cutout], meshes: Array, eyes: Eyes | None) -> Columns:
    """Columns of `FaceShapes` likewise."""
    points = [each.to_ratios(mesh[list(SIXTY_EIGHT), :2]) for each, mesh in zip(cutouts, meshes, strict=True)]
    lids = np.full((len(cutouts), 2), np.nan) if eyes is None else eyes.openness
    return {"points": np.stack(points), "measures": measures(meshes, lids)}


def _vertices(cutouts: list[Cutout], meshes: Array) -> Array:
    """(K, 468, 3) `FaceMeshes.vertices` likewise."""
    places = [
        np.column_stack([each.to_ratios(mesh[:, :2]), mesh[:, 2] / each.size[0] * each.shown[2]])
        for each, mesh in zip(cutouts, meshes, strict=True)
    ]
    return np.stack(places)


def _aligned(cutouts: list[Cutout], boxes: Array, points: Array, side: int) -> Array:
    """(K, side, side, 3) uint8 the faces on the template."""
    return np.stack([portrait(each.pixels, five, box, side) for each, five, box in zip(cutouts, points, boxes, strict=True)])


def _cut_out(cut: Cut, faces: Detections) -> tuple[Array, list[Cutout]]:
    """Rows of the faces that the picture shows, and their surroundings."""
    parts = {row: cut_face(cut, box) for row, box in enumerate(faces.box)}
    found = {row: part for row, part in parts.items() if part is not None and part.share_of(faces.box[row]) >= _LEAST_SHOWN}
    return np.array(list(found), np.intp), list(found.values())


def _placed(cutouts: list[Cutout], faces: Detections) -> tuple[Array, Array]:
    """(K, 4) boxes and (K, 5, 2) points in pixels of the cutouts."""
    boxes = np.stack([cutout.box(box) for cutout, box in zip(cutouts, faces.box, strict=True)])
    return boxes, np.stack([cutout.from_ratios(five) for cutout, five in zip(cutouts, faces.landmarks, strict=True)])


def _spread(values: Array, rows: Array, count: int) -> Array:
    """Rows of a part among NaN for all others."""
    spread = np.full((count, *values.shape[1:]), np.nan, np.float32)
    spread[rows] = values
    return spread

"""Everything that the networks of a pack read in faces, of all faces of one picture at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trackway.columns import POINT_NAMES, Detections, FaceTraits
from trackway.faces.advisory import AdvisoryReader
from trackway.faces.ages import AgeReader
from trackway.faces.cutouts import Cutout, cut_face
from trackway.faces.embedding import Cut
from trackway.faces.expressions import EmotionReader, eyes_open, mouth_open, smile
from trackway.faces.gaze import gaze
from trackway.faces.iris import IrisReader
from trackway.faces.mesh import POINTS, MeshReader
from trackway.faces.points import thirty
from trackway.faces.portraits import portrait
from trackway.faces.solid_pose import solid_pose
from trackway.models.pack import TraitNetwork, TraitRole
from trackway.models.session import Network

__all__ = ["TraitReader"]

Array = npt.NDArray[Any]

_REAL_LENGTH, _LIVE_LENGTH = 1.0, 1.3
"""Sides of the squares that tell faces from pictures of faces, in longer sides of the face's box."""
_LEAST_SHOWN = 0.5
"""Share of a face's box inside the picture; of a face that is mostly outside nothing is told."""


class TraitReader:
    """The networks for traits; a column of an absent one stays NaN. Threads may share it.

    Args:
        mesh, iris, emotion, ages, real, live: the readers; None for what the pack lacks. Irises are found with the mesh only.
    """

    def __init__(
        self,
        mesh: MeshReader | None = None,
        iris: IrisReader | None = None,
        emotion: EmotionReader | None = None,
        ages: AgeReader | None = None,
        real: AdvisoryReader | None = None,
        live: AdvisoryReader | None = None,
    ) -> None:
        self._mesh = mesh
        self._iris = iris
        self._emotion = emotion
        self._ages = ages
        self._real = real
        self._live = live

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
            EmotionReader(*opened["emotion"]) if "emotion" in opened else None,
            AgeReader(*opened["ageGender"]) if "ageGender" in opened else None,
            AdvisoryReader(*opened["antiSpoof"], _REAL_LENGTH) if "antiSpoof" in opened else None,
            AdvisoryReader(*opened["liveness"], _LIVE_LENGTH) if "liveness" in opened else None,
        )

    def read(self, cut: Cut, faces: Detections) -> FaceTraits:
        """What can be told of the faces of one picture.

        Args:
            cut: takes pixels out of it: `media.crop.Cropper.rgb` of a video's frame, or `faces.cutouts.of_picture` of a still.
            faces: (N,) with boxes and landmarks.

        Returns:
            (N,) rows; NaN for whatever a face is too small for, or does not show.
        """
        rows, cutouts = _cut_out(cut, faces)
        if not cutouts:
            return FaceTraits.make(len(faces))
        seen = self._read(cutouts, faces[rows])
        return FaceTraits.make(len(faces), **{name: _spread(values, rows, len(faces)) for name, values in seen.items()})

    def meshes(self, cut: Cut, faces: Detections) -> Array:
        """(N, 468, 3) float32 x, y, z of each face's mesh: x and y in ratios of the picture, z in the unit of x; NaN where there is none.

        Args:
            cut, faces: as for `read`.
        """
        rows, cutouts = _cut_out(cut, faces)
        if self._mesh is None or not cutouts:
            return np.full((len(faces), POINTS, 3), np.nan, np.float32)
        read = self._mesh.read(cutouts, *_placed(cutouts, faces[rows]))
        meshes = [
            np.column_stack([each.to_ratios(mesh[:, :2]), mesh[:, 2] / each.size[0] * each.shown[2]])
            for each, mesh in zip(cutouts, read, strict=True)
        ]
        return _spread(np.stack(meshes), rows, len(faces))

    def _read(self, cutouts: list[Cutout], faces: Detections) -> dict[str, Array]:
        """Columns of `FaceTraits`, as far as there are networks for them."""
        boxes, points = _placed(cutouts, faces)
        lengths = boxes[:, 2:].max(axis=1)

        def aligned(side: int) -> Array:
            return np.stack([portrait(each.pixels, five, box, side) for each, five, box in zip(cutouts, points, boxes, strict=True)])

        seen: dict[str, Array] = {}
        if self._mesh is not None:
            seen |= self._read_mesh(self._mesh, cutouts, boxes, points)
        if self._emotion is not None:
            emotions = self._emotion.read(aligned(self._emotion.side), lengths)
            seen |= {"emotions": emotions, "smile": smile(emotions)}
        if self._ages is not None:
            seen["age"], seen["male"] = self._ages.read(aligned(self._ages.side), lengths)
        if self._real is not None:
            seen["real"] = self._real.read(cutouts, boxes, points)
        if self._live is not None:
            seen["live"] = self._live.read(cutouts, boxes, points)
        return seen

    def _read_mesh(self, reader: MeshReader, cutouts: list[Cutout], boxes: Array, points: Array) -> dict[str, Array]:
        lengths = boxes[:, 2:].max(axis=1)
        meshes = reader.read(cutouts, boxes, points)
        pupils = np.full((len(cutouts), 2, 2), np.nan)
        seen = {"mouth_open": mouth_open(meshes, lengths), "pose": solid_pose(meshes)}
        if self._iris is not None:
            eyes = self._iris.read(cutouts, meshes)
            pupils = eyes.pupils
            seen["eyes_open"] = eyes_open(eyes, lengths)
            seen["gaze"] = gaze(eyes, seen["pose"], seen["eyes_open"])
        named = zip(cutouts, thirty(meshes, pupils), strict=True)
        seen["landmarks"] = np.stack([cutout.to_ratios(each) for cutout, each in named]).reshape(-1, len(POINT_NAMES), 2)
        return seen


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

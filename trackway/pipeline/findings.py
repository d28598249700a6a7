"""What is known of a video in the end: who is where, who they are, and what their faces do. Files and rows are made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.columns import UNIT_NAMES, AnalysedFrames, Controls, FaceMeshes, FaceShapes, FaceTraits, Tracks
from trackway.faces.action_units import MEFARG41, action_units, combined, occurrence
from trackway.faces.best_shots import best_rows, shot_quality
from trackway.faces.controls import controls, dominant_person
from trackway.faces.neutral import AVERAGE, Neutral, neutral_of
from trackway.faces.smoothing import smooth
from trackway.jobs.options import JobOptions
from trackway.models.similarity import Similarity
from trackway.pipeline.people import People, find_people
from trackway.tracking.linking import Linked

__all__ = ["Curves", "Findings", "find"]

Array = npt.NDArray[Any]


_SHOTS, _SHOTS_APART_MS = 5, 1000
"""Best sights of a person that are named, and how far apart they are."""


class Curves(NamedTuple):
    """What moves a rig.

    Attributes:
        controls: of one person, over the time in which the face is seen.
        neutral: the face at rest that they were measured against.
    """

    controls: Controls
    neutral: Neutral


@dataclasses.dataclass(frozen=True, eq=False)
class Findings:
    """A video and the people in it.

    Attributes:
        tracks: final rows, linked across segments and numbered.
        people: who the persons are.
        frames: all that were sampled.
        faces: (F,) rows with a face, see `tracking.linking.Linked`.
        traits: (F,) what was read in them, smoothed over each person; None where nobody asked.
        shapes, meshes: (F,) likewise, as they were seen.
        units: (F, U) action units in the order of `UNIT_NAMES`; None where nobody asked.
        shot_quality: (F,) how well each is seen, 0..1, see `faces.best_shots`.
        shots: rows of `faces` in which a person is seen best, the best first.
        actor: the person whose face takes the most room for the longest time; None where there is no face.
        curves: by person, of those whose controls were asked for.
    """

    tracks: Tracks
    people: People
    frames: AnalysedFrames = dataclasses.field(default_factory=lambda: AnalysedFrames.make(0))
    faces: Tracks = dataclasses.field(default_factory=lambda: Tracks.make(0))
    traits: FaceTraits | None = None
    shapes: FaceShapes | None = None
    meshes: FaceMeshes | None = None
    units: Array | None = None
    shot_quality: Array = dataclasses.field(default_factory=lambda: np.zeros(0))
    shots: Mapping[int, Array] = dataclasses.field(default_factory=dict)
    actor: int | None = None
    curves: Mapping[int, Curves] = dataclasses.field(default_factory=dict)

    @property
    def face_identity(self) -> Array:
        """(F,) int64 identity of each of `faces`; -1 for nobody's."""
        known = np.append(self.people.identity, -1)
        identity: Array = known[np.minimum(self.faces.person, len(known) - 1)]
        return identity


def find(
    linked: Linked, options: JobOptions, size: tuple[int, int], *, similarity: Similarity | None, calibration: Neutral | None = None
) -> Findings:
    """Everything that is told of linked persons besides where they are.

    Args:
        linked: the persons.
        options: of the job.
        size: width and height of the processed picture in pixels.
        similarity: what cosines of faces' descriptors mean; None where the pack cannot tell faces apart.
        calibration: the actor's face at rest, from a picture; of everybody else it is told from the video.

    Raises:
        NotEnoughFacesError: fewer persons show a clear face than there are to be people.
    """
    people = find_people(linked.tracks, linked.looks, similarity, options)
    persons = _rows_by_person(linked.faces, len(people.identity))
    actor = dominant_person(linked.tracks[linked.tracks.has_face])
    traits = None if linked.traits is None else _steadied(linked.traits, linked.faces, persons, linked.frames)
    units, curves = None, {}
    if linked.shapes is not None:
        neutrals = {person: _neutral(linked, rows, calibration if person == actor else None) for person, rows in persons.items()}
        if options.au_model != "none" or options.exports:
            units = _units(linked.shapes, persons, neutrals, options)
        if options.artifacts:
            wanted = [person for person in persons if options.tracking_model == "StaticCam" or person == actor]
            curves = {person: _curves(linked, traits, persons[person], neutrals[person], size) for person in wanted}
    shown = {person: curve for person, curve in curves.items() if np.isfinite(curve.controls.confidence).any()}
    quality = shot_quality(linked.faces, size)
    # Not those that were carried from one look to the next: nobody saw them.
    seen = np.isin(linked.faces.frame, linked.frames.frame[linked.frames.faces]) & (linked.faces.person < len(people.identity))
    return Findings(
        linked.tracks,
        people,
        frames=linked.frames,
        faces=linked.faces,
        traits=traits,
        shapes=linked.shapes,
        meshes=linked.meshes,
        units=units,
        shot_quality=quality,
        shots=best_rows(linked.faces.person, linked.faces.time_ms, np.where(seen, quality, 0), count=_SHOTS, apart_ms=_SHOTS_APART_MS),
        actor=actor,
        curves=shown,
    )


def _rows_by_person(faces: Tracks, persons: int) -> dict[int, Array]:
    """Rows of each person's face, in the order of time; those of nobody are left out."""
    order = np.lexsort((faces.time_ms, faces.person))
    order = order[faces.person[order] < persons]
    starts = np.flatnonzero(np.diff(faces.person[order], prepend=-1))
    return {int(faces.person[rows[0]]): rows for rows in np.split(order, starts[1:]) if len(rows)}


def _steadied(traits: FaceTraits, faces: Tracks, persons: Mapping[int, Array], frames: AnalysedFrames) -> FaceTraits:
    """Those of persons smoothed; who is nobody is not the same nobody in the next frame."""
    if not persons:
        return traits
    rows = np.concatenate(list(persons.values()))
    scene = np.cumsum(frames.cut)[np.searchsorted(frames.frame, faces.frame[rows])]
    smoothed = smooth(traits[rows], faces.person[rows], faces.time_ms[rows], scene)
    columns = {name: column.copy() for name, column in traits.columns().items()}
    for name, column in smoothed.columns().items():
        columns[name][rows] = column
    return FaceTraits(**columns)


def _neutral(linked: Linked, rows: Array, calibration: Neutral | None) -> Neutral:
    if calibration is not None or linked.shapes is None:
        return calibration or Neutral(AVERAGE, 0.0, "average")
    pose = linked.faces.pose[rows] if linked.traits is None else linked.traits.pose[rows]
    return neutral_of(linked.shapes.measures[rows], pose)


def _units(shapes: FaceShapes, persons: Mapping[int, Array], neutrals: Mapping[int, Neutral], options: JobOptions) -> Array:
    """(F, U): of nobody's faces against the average face."""
    if options.au_model == "mefarg41":
        asked = np.isin(UNIT_NAMES, MEFARG41)
        return np.where(asked, shapes.units, np.float32(np.nan))
    units = action_units(shapes.measures, Neutral(AVERAGE, 0.0, "average"))
    for person, rows in persons.items():
        units[rows] = action_units(shapes.measures[rows], neutrals[person])
    told = combined(shapes.units, units)
    return occurrence(told) if options.au_model == "svm20" else told


def _curves(linked: Linked, traits: FaceTraits | None, rows: Array, neutral: Neutral, size: tuple[int, int]) -> Curves:
    if linked.shapes is None:
        raise ValueError("expected shapes of faces, from which controls are computed")
    read = None if traits is None else traits[rows]
    return Curves(controls(linked.faces[rows], linked.shapes[rows], read, linked.frames, neutral, size=size), neutral)

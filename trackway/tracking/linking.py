"""Segments that were tracked apart become one video again.

Neighbours look at the same frames for a while: there, the persons of either side whose boxes lie on each other are the same. A person
who is in neither side's overlap gets a new number when coming back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trackway.columns import AnalysedFrames, FaceMeshes, FaceShapes, FaceTraits, Tracks
from trackway.readings import FaceReadings
from trackway.tracking.association import match
from trackway.tracking.boxes import paired_overlap
from trackway.tracking.config import TrackingConfig
from trackway.tracking.gaps import fill_gaps, reach_of
from trackway.tracking.indexing import ranges
from trackway.tracking.looks import Looks
from trackway.tracking.numbering import number_persons, numbers_in, persons_by_appearance, remove_false_persons
from trackway.tracking.reunion import reunite
from trackway.tracking.rows import face_rows
from trackway.tracking.seen_faces import SeenFaces
from trackway.tracking.segment import TrackedSegment

if TYPE_CHECKING:
    from trackway.media.segments import Segment

__all__ = ["Linked", "join_segments", "link_persons", "link_segments", "link_video"]

Array = npt.NDArray[Any]

_DEFAULT = TrackingConfig()
_LEAST_MEAN_OVERLAP = 0.5
"""Two persons whose boxes lie on each other less than this are two."""


class Linked(NamedTuple):
    """The people of a whole video.

    Attributes:
        tracks: final rows, as of `link_segments`.
        looks: what these persons look like, under the same numbers.
        faces: rows with a face: those of `tracks`, and one for every further face that was seen, such as a glimpse that is taken for
            nobody, under the number after the last person's; sorted by (time_ms, person).
        frames: all that were sampled.
        traits, shapes, meshes: of the rows of `faces`, nothing known of faces that were carried on from one look to the next; None where
            nobody read any.
    """

    tracks: Tracks
    looks: Looks
    faces: Tracks
    frames: AnalysedFrames
    traits: FaceTraits | None
    shapes: FaceShapes | None
    meshes: FaceMeshes | None


def link_segments(parts: Sequence[tuple[Segment, TrackedSegment]], config: TrackingConfig = _DEFAULT) -> Tracks:
    """Join the segments of a video, in order; one segment alone works too.

    Args:
        parts: each segment and what `SegmentTracker.finish` knows of it.
        config: what counts as a false person.

    Returns:
        Final rows: every frame once, persons numbered from 0 by first appearance, sorted by (time_ms, person). No parts, no rows.
    """
    return link_persons(parts, config).tracks


def link_persons(parts: Sequence[tuple[Segment, TrackedSegment]], config: TrackingConfig = _DEFAULT) -> Linked:
    """The same, with what is known of the persons; arguments as of `link_segments`."""
    if not parts:
        return Linked(Tracks.make(0), Looks.none(), Tracks.make(0), AnalysedFrames.make(0), None, None, None)
    return _linked(join_segments(parts), parts[-1][0].end_ms - parts[0][0].start_ms, config)


def link_video(whole: TrackedSegment, duration_ms: int, config: TrackingConfig = _DEFAULT) -> Tracks:
    """The fragments of a whole video made persons; arguments and result as of `link_segments`."""
    return _linked(whole, duration_ms, config).tracks


def _linked(whole: TrackedSegment, duration_ms: int, config: TrackingConfig) -> Linked:
    whole = reunite(whole, config.returning)
    kept = remove_false_persons(whole.tracks, duration_ms, config)
    reach = reach_of(kept, whole.frames, whole.frame_size)
    filled = fill_gaps(kept, whole.frames, whole.frame_size, reach)
    looks = whole.looks.renumbered(numbers_in(persons_by_appearance(filled), whole.looks.person))
    tracks = number_persons(filled)
    faces, read = _all_faces(tracks, whole.faces)
    return Linked(tracks, looks, faces, whole.frames, read.traits, read.shapes, read.meshes)


def _all_faces(tracks: Tracks, seen: SeenFaces) -> tuple[Tracks, FaceReadings]:
    """`Linked.faces`, and what was read in them."""
    of_persons = tracks[tracks.has_face]
    rows = seen.rows_in(of_persons)
    others = np.setdiff1d(np.arange(len(seen)), rows)
    nobodys = face_rows(seen.found[others], np.full(len(others), tracks.person.max(initial=-1) + 1))
    faces = Tracks.concatenate([of_persons, nobodys])
    order = np.lexsort((faces.person, faces.frame, faces.time_ms))
    return faces[order], seen.readings.at(np.concatenate([rows, others])[order])


def join_segments(parts: Sequence[tuple[Segment, TrackedSegment]]) -> TrackedSegment:
    """At least one part -> the whole video as one segment: every frame once, fragments that neighbours share under one number."""
    tracks, looks = _number_through(parts)
    handovers = [segment.end_ms + segment.overlap_ms / 2 for segment, _ in parts[:-1]]
    ranges = list(zip([-np.inf, *handovers], [*handovers, np.inf], strict=True))
    frames = [part.frames for _, part in parts]
    faces = [part.faces for _, part in parts]
    return TrackedSegment(
        parts[0][1].frame_size,
        Tracks.concatenate(
            [part[(part.time_ms >= start) & (part.time_ms < end)] for part, (start, end) in zip(tracks, ranges, strict=True)]
        ),
        AnalysedFrames.concatenate(
            [part[(part.time_ms >= start) & (part.time_ms < end)] for part, (start, end) in zip(frames, ranges, strict=True)]
        ),
        Looks.concatenate(looks),
        SeenFaces.concatenate(
            [part[(part.found.time_ms >= start) & (part.found.time_ms < end)] for part, (start, end) in zip(faces, ranges, strict=True)]
        ),
    )


def _number_through(parts: Sequence[tuple[Segment, TrackedSegment]]) -> tuple[list[Tracks], list[Looks]]:
    """Rows and looks of every segment, the same person with the same number throughout."""
    numbered: list[Tracks] = []
    looks: list[Looks] = []
    used = 0
    for segment, part in parts:
        own, place = np.unique(part.tracks.person, return_inverse=True)
        number = used + np.arange(len(own))
        used += len(own)
        tracks = part.tracks.replace(person=number[place])
        if numbered:
            earlier = numbered[-1]
            overlap = earlier[earlier.time_ms >= segment.start_ms]
            for theirs, ours in zip(*_same_persons(overlap, tracks), strict=True):
                number[number == theirs] = ours
            tracks = part.tracks.replace(person=number[place])
        numbered.append(tracks)
        looks.append(part.looks.renumbered(number[np.searchsorted(own, part.looks.person)]))
    return numbered, looks


def _same_persons(ours: Tracks, theirs: Tracks) -> tuple[Array, Array]:
    """Numbers that `theirs` uses, and those of the same persons in `ours`, judged by the frames that both have."""
    mine, yours = _pairs_within_frames(ours.frame, theirs.frame)
    overlap = np.fmax(
        paired_overlap(ours.box[mine], theirs.box[yours]),
        paired_overlap(ours.face_box[mine], theirs.face_box[yours]),
    )
    our_person, our_place = np.unique(ours.person[mine], return_inverse=True)
    their_person, their_place = np.unique(theirs.person[yours], return_inverse=True)
    total, count = np.zeros((2, len(our_person), len(their_person)))
    np.add.at(total, (our_place, their_place), overlap)
    np.add.at(count, (our_place, their_place), 1)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    # Total, not mean: a long agreement outweighs a short one.
    rows, columns = match(np.where(mean >= _LEAST_MEAN_OVERLAP, total, 0.0), _LEAST_MEAN_OVERLAP)
    return their_person[columns], our_person[rows]


def _pairs_within_frames(ours: Array, theirs: Array) -> tuple[Array, Array]:
    """Row numbers of every pair of rows in the same frame."""
    order = np.argsort(theirs, kind="stable")
    place, mine = ranges(np.searchsorted(theirs[order], ours), np.searchsorted(theirs[order], ours, "right"))
    return mine, order[place]

"""Who the persons of a video are: those who are the same people have one identity, however often they left and came back (SPEC X16).

A person of the tracker is a way through the video that is certain; an identity is what its persons' faces say. The two are kept apart, so
that a wrong identity never bends a track.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trackway.columns import Tracks
from trackway.identity.clusterers import CLUSTERERS
from trackway.identity.clustering import UNKNOWN, cluster, seen_together
from trackway.jobs.options import JobOptions
from trackway.models.similarity import Similarity
from trackway.tracking.looks import Looks

__all__ = ["People", "find_people"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False)
class People:
    """The identities of P persons.

    Attributes:
        identity: (P,) int64 by `Person.Index`, dense from 0 in order of appearance; `UNKNOWN` for a face that was never
            seen well.
        confidence: (P,) float64 0..1 (SPEC M11); NaN for nobody, and where there is one identity only.
        average: (K, E) float64 mean vector of each identity (SPEC M21).
    """

    identity: Array
    confidence: Array
    average: Array

    @classmethod
    def unknown(cls, persons: int) -> Self:
        """Nobody knows who they are."""
        return cls(np.full(persons, UNKNOWN, np.int64), np.full(persons, np.nan), np.zeros((0, 0)))


def find_people(tracks: Tracks, looks: Looks, similarity: Similarity | None, options: JobOptions) -> People:
    """Identities of the linked persons of a video; two who are visible together are never one (SPEC M6, M7).

    Args:
        tracks: final rows of all persons.
        looks: of these persons.
        similarity: what cosines of their faces' descriptors mean; None where the pack cannot tell faces apart.
        options: `num_faces`, `clusterer` and `max_cluster_items` matter here.

    Raises:
        NotEnoughFacesError: fewer persons show a clear face than there are to be people.
        OptionError: the clusterer does not take a number of people.
    """
    persons = int(tracks.person.max(initial=-1)) + 1
    if options.clusterer == "none" or similarity is None:
        return People.unknown(persons)
    known = (looks.face_count > 0) & (looks.person >= 0) & (looks.person < persons)
    vectors, weight = np.full((persons, looks.face.shape[1]), np.nan), np.ones(persons)
    vectors[looks.person[known]] = looks.face[known]
    weight[looks.person[known]] = looks.face_count[known]
    found = cluster(
        vectors,
        similarity,
        people=None if options.num_faces == "auto" else options.num_faces,
        weight=weight,
        apart=seen_together(tracks.person, tracks.frame),
        most_rows=options.max_cluster_items,
        clusterer=CLUSTERERS[options.clusterer],
    )
    return People(found.label, found.confidence, found.average)

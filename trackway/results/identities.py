"""Who was in a video: one entry for each identity, with the persons that are it (SPEC M6, M11, M21)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from trackway.columns import Tracks

if TYPE_CHECKING:
    from trackway.pipeline.people import People

__all__ = ["Identity", "identities"]


class Identity(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One of the people of a video.

    Attributes:
        identity: from 0, in the order in which they appear.
        persons: every `Person.Index` that is this identity.
        first_ms, last_ms: times of the first and of the last row of those persons.
        rows: how many rows they have.
        confidence: mean of how clearly they are this identity and no other, 0..1; left out where there is one only.
        name: given by the caller.
        embedding: mean vector of the faces; only where the caller asked for it.
    """

    identity: int
    persons: list[int]
    first_ms: int
    last_ms: int
    rows: int
    confidence: float | None = None
    name: str | None = None
    embedding: list[float] | None = None


def identities(tracks: Tracks, people: People, *, embeddings: bool = False, names: dict[int, str] | None = None) -> list[Identity]:
    """The identities of linked `tracks`, by number; persons of unknown identity are in none."""
    found = []
    of_row = people.identity[tracks.person] if len(tracks) else np.zeros(0, np.int64)
    for number in range(int(people.identity.max(initial=-1)) + 1):
        persons, rows = np.flatnonzero(people.identity == number), np.flatnonzero(of_row == number)
        sure = float(people.confidence[persons].mean())
        found.append(
            Identity(
                number,
                persons.tolist(),
                int(tracks.time_ms[rows].min()),
                int(tracks.time_ms[rows].max()),
                len(rows),
                None if math.isnan(sure) else sure,
                (names or {}).get(number),
                people.average[number].tolist() if embeddings else None,
            )
        )
    return found

"""Who the people of a video are: each one's face looked up in a collection (SPEC R20, R44)."""

from __future__ import annotations

import logging

from trackway.errors import NoSuchCollection, OtherEmbedding
from trackway.identity.gallery import Gallery
from trackway.results.matches import face_matches
from trackway.tracking.likeness import directions
from trackway.tracking.looks import Looks

__all__ = ["find_people"]

logger = logging.getLogger(__name__)

_MOST_MATCHES = 50
"""Faces named for one person. They stand on each of the person's rows: many photographs of one person would say the same many times."""


def find_people(gallery: Gallery, collection_id: str, threshold: float, looks: Looks) -> dict[int, bytes]:
    """Faces of the collection that look like a person's, best first, as JSON, for every person who has any.

    A person is asked for by the mean of the descriptors of the clear sights of the face, which says more than any one: what pose and
    light add to each is different every time.

    Args:
        gallery: all collections.
        collection_id: the one to search.
        threshold: least similarity, 0..100.
        looks: of the final persons.

    Raises:
        NoSuchCollection: it was deleted since the job was started.
        OtherEmbedding: its faces were described by another network than the video's.
    """
    try:
        version = gallery.open(collection_id).embedding.version
        vectors, known = directions(looks.face, looks.face_count)
        found = {
            person: matches
            for person, vector in zip(looks.person[known].tolist(), vectors[known], strict=True)
            if (matches := gallery.search(collection_id, vector, limit=_MOST_MATCHES, threshold=threshold))
        }
    except NoSuchCollection as error:
        raise NoSuchCollection(f"The collection {collection_id} was deleted while the video was processed.") from error
    except OtherEmbedding as error:
        raise OtherEmbedding(f"The faces of the video cannot be compared with those of the collection. {error}") from error
    logger.info("%d of %d persons with a clear face were found", len(found), known.sum())
    return {person: face_matches(matches, version) for person, matches in found.items()}

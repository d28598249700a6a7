"""How alike two faces are; the curves come with the networks, see `models.similarity`."""

from __future__ import annotations

from trackway.models.similarity import DEFAULT_THRESHOLD, Similarity

__all__ = ["DEFAULT_THRESHOLD", "Similarity"]

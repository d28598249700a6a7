"""TensorRT engines in the artifacts bucket: the first machine of a kind builds them, the others fetch them."""

from __future__ import annotations

import logging

from trackway.store.objects import Objects

__all__ = ["EngineShelf", "engine_key"]

logger = logging.getLogger(__name__)


def engine_key(name: str) -> str:
    """Where the artifacts bucket holds an engine; `name` begins with the GPU and versions that it is for."""
    return f"engines/{name}"


class EngineShelf:
    """A `trackway.models.engines.Shelf`. Two machines that build the same engine leave the same key, and either's is good.

    Args:
        objects: where the engines lie.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def get(self, name: str) -> bytes | None:
        """The engine, None where nobody has built it yet."""
        try:
            return self._objects.get_artifact(engine_key(name))
        except FileNotFoundError:
            return None

    def put(self, name: str, content: bytes) -> None:
        """Leave an engine for the others."""
        self._objects.put_artifact(engine_key(name), content, "application/octet-stream")
        logger.info("engine %s built", name)

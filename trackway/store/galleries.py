"""The collections of a deployment with their vectors, opened by what a function or container is told of its surroundings."""

from __future__ import annotations

from collections.abc import Mapping

from trackway.errors import ModelError
from trackway.identity.embedding import shipped_embedding
from trackway.identity.gallery import Gallery
from trackway.jobs.limits import DEFAULT_LIMITS, Limits
from trackway.models.pack import load_pack
from trackway.store.clients import Clients
from trackway.store.collections import CollectionStore
from trackway.store.settings import Settings, is_initializing
from trackway.store.vector_tables import s3_options
from trackway.store.vectors import VectorStore

__all__ = ["open_gallery"]


def open_gallery(clients: Clients, environment: Mapping[str, str], *, limits: Limits = DEFAULT_LIMITS, pack: str = "default") -> Gallery:
    """The collections, for vectors of a shipped pack's face network.

    Args:
        clients: of this process.
        environment: TRACKWAY_TABLE, TRACKWAY_VECTORS_URI, and where S3 is; usually `os.environ`.
        limits: of the deployment.
        pack: name of the pack.

    Raises:
        SystemFault: the environment is not a deployment's.
        ModelError: the pack cannot tell faces apart.
    """
    settings = Settings.from_environment(environment, "table", "vectors_uri")
    network = load_pack(pack).embedders.get("faceEmbedder")
    if network is None or network.similarity is None:
        raise ModelError("The model pack has no faceEmbedder with a similarity curve, so faces cannot be compared; use the default pack.")
    options = s3_options(environment)
    faces, users = VectorStore("faces", settings.vectors_uri, options), VectorStore("users", settings.vectors_uri, options)
    if is_initializing(environment):
        faces.prepare()
    return Gallery(
        CollectionStore(clients.dynamodb, settings.table),
        faces,
        users,
        similarity=network.similarity,
        embedding=shipped_embedding(pack),
        collection_faces=limits.collection_faces,
        claim_days=limits.claim_days,
    )

"""Which network a shipped model pack tells faces apart with, read from its manifest alone: a function that only names it needs no numpy."""

from __future__ import annotations

from importlib import resources

import msgspec

from trackway.errors import ModelError
from trackway.identity.records import Embedding

__all__ = ["shipped_embedding"]


class _Network(msgspec.Struct, rename="camel"):
    title: str
    onnx_sha256: str
    size: int
    version: str


class _Manifest(msgspec.Struct):
    embedders: dict[str, msgspec.Raw] = {}


def shipped_embedding(pack: str = "default") -> Embedding:
    """What collections are made for while that pack runs (SPEC R80).

    Raises:
        ModelError: the pack cannot tell faces apart.
    """
    manifest = resources.files("trackway.models") / "packs" / f"{pack}.json"
    embedders = msgspec.json.decode(manifest.read_bytes(), type=_Manifest).embedders
    if "faceEmbedder" not in embedders:
        raise ModelError(f"The model pack {pack!r} has no faceEmbedder, so it cannot serve collections; use the default pack.")
    network = msgspec.json.decode(embedders["faceEmbedder"], type=_Network)
    return Embedding(title=network.title, digest=network.onnx_sha256, size=network.size, version=network.version)

"""Faces of one still: found, described, told apart (SPEC R66 to R72). No network waits for another one to be loaded."""

from __future__ import annotations

from typing import Any, NoReturn, Self

import cv2
import numpy as np
import numpy.typing as npt

from trackway.columns import Detections, FaceTraits
from trackway.detection.detector import as_detections
from trackway.detection.faces import FaceDetector
from trackway.detection.stills import find_faces
from trackway.errors import ModelError
from trackway.faces.cutouts import of_picture
from trackway.faces.describe import describe
from trackway.faces.portraits import PortraitEmbedder
from trackway.faces.traits import TraitReader
from trackway.identity.records import Embedding
from trackway.models.cache import ModelCache
from trackway.models.deferred import DeferredNetwork
from trackway.models.kept import Kept
from trackway.models.pack import Embedder, Weights, load_pack
from trackway.models.recent import RecentNetwork
from trackway.models.session import OnnxNetwork
from trackway.models.similarity import Similarity
from trackway.pipeline.vision import usable_cores
from trackway.readings import FaceReadings, Wanted

__all__ = ["MOST_FACES", "StillReader"]

Array = npt.NDArray[Any]

MOST_FACES = 100
"""SPEC R66, R71, R72: the largest are returned."""


class StillReader:
    """The networks for stills; each is read and opened when it is first needed, once, whichever thread comes first. Threads may share it.

    Args:
        detector: of faces.
        portraits: tells faces apart; None where the pack cannot.
        embedding, similarity: what its vectors are, and what their cosines mean; None with it.
        traits: reads everything else in faces; None where the pack cannot.
    """

    def __init__(
        self,
        detector: FaceDetector,
        portraits: PortraitEmbedder | None = None,
        embedding: Embedding | None = None,
        similarity: Similarity | None = None,
        traits: TraitReader | None = None,
    ) -> None:
        self._detector = detector
        self._portraits = portraits
        self._embedding = embedding
        self._similarity = similarity
        self._traits = traits

    @classmethod
    def open(
        cls, pack: str = "default", *, threads: int | None = None, cache: ModelCache | None = None, allow_non_commercial: bool = False
    ) -> Self:
        """The networks of a pack, none of them loaded yet.

        Args:
            pack: name of a shipped pack, or path of a manifest.
            threads: cores for one picture; None takes all that this process may use: somebody waits for it.
            cache: where the networks are installed.
            allow_non_commercial: accept weights that forbid commercial use.

        Raises:
            ModelError: weights are missing or not permitted.
        """
        loaded, models = load_pack(pack), cache or ModelCache()
        loaded.require_permission(allow_non_commercial=allow_non_commercial)
        kept, cores = Kept(models.prepared), threads or usable_cores()

        def later(model: Weights) -> DeferredNetwork:
            models.require(model)
            return DeferredNetwork(lambda: OnnxNetwork(models.read(model), digest=model.onnx_sha256, threads=cores, kept=kept))

        detector = loaded.model("faceDetector")
        finder = FaceDetector(detector, later(detector))
        # Roles may share a network, which then is loaded once and asked once about a face.
        shared = {model.onnx_sha256: RecentNetwork(later(model)) for model in loaded.embedders.values()}
        traits = TraitReader.of(loaded.traits, lambda model: shared.get(model.onnx_sha256) or later(model))
        embedder = loaded.embedders.get("faceEmbedder")
        if embedder is None or embedder.similarity is None:
            return cls(finder, traits=traits)
        portraits = PortraitEmbedder(embedder, shared[embedder.onnx_sha256])
        return cls(finder, portraits, embedding_of(embedder), embedder.similarity, traits)

    @property
    def embedding(self) -> Embedding:
        """What made the vectors of `embed`.

        Raises:
            ModelError: the pack cannot tell faces apart.
        """
        return self._embedding or _cannot_compare()

    @property
    def similarity(self) -> Similarity:
        """What cosines of the vectors of `embed` mean.

        Raises:
            ModelError: the pack cannot tell faces apart.
        """
        return self._similarity or _cannot_compare()

    def faces(self, rgb: Array) -> Detections:
        """The largest faces of a picture, `MOST_FACES` at most, largest first; with five points, pose and quality.

        Args:
            rgb: (H, W, 3) uint8, upright.

        Returns:
            (N,) rows of frame 0; boxes may leave the picture.
        """
        found = as_detections([find_faces(self._detector, rgb)], [0], [0])
        found = found[np.argsort(-found.box[:, 2:].prod(axis=1), kind="stable")[:MOST_FACES]]
        return describe(found, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), full_range=True) if len(found) else found

    def embed(self, rgb: Array, faces: Detections) -> Array:
        """(N, size) float32 unit vectors of some faces of that picture, whatever their quality: `faces.filters` says which are good enough.

        Raises:
            ModelError: the pack cannot tell faces apart.
        """
        return (self._portraits or _cannot_compare()).embed(rgb, faces)

    def describe(self, rgb: Array, faces: Detections) -> FaceTraits | None:
        """(N,) what else can be told of some faces of that picture; None where the pack has no network for anything."""
        return None if self._traits is None else self._traits.read(of_picture(rgb), faces)

    def forms(self, rgb: Array, faces: Detections) -> FaceReadings:
        """(N,) how some faces of that picture are formed, and how their meshes are turned.

        Raises:
            ModelError: the pack has no network for meshes.
        """
        if self._traits is None or not self._traits.reads_meshes:
            raise ModelError("The model pack has no network for the role landmarks, which this needs; use the default pack.")
        return self._traits.readings(of_picture(rgb), faces, Wanted(shapes=True))


def embedding_of(embedder: Embedder) -> Embedding:
    """What collections remember of a face network."""
    return Embedding(title=embedder.title, digest=embedder.onnx_sha256, size=embedder.size, version=embedder.version)


def _cannot_compare() -> NoReturn:
    raise ModelError("The model pack has no faceEmbedder with a similarity curve, so faces cannot be compared; use the default pack.")

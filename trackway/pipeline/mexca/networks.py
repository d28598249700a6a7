"""The networks with which `FaceExtractor` looks at whole pictures, one picture at a time."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from trackway.columns import MEASURE_NAMES, UNIT_NAMES, Detections
from trackway.detection.detector import as_detections
from trackway.detection.faces import FaceDetector
from trackway.errors import ModelError
from trackway.faces.cutouts import cut_face, of_picture
from trackway.faces.traits import TraitReader
from trackway.models.cache import ModelCache
from trackway.models.embedding import EmbedderNetwork
from trackway.models.kept import Kept
from trackway.models.pack import Embedder, Model, Pack, TraitNetwork, TraitRole, Weights, load_pack
from trackway.models.providers import Provider, choose_provider
from trackway.models.session import Network, OnnxNetwork
from trackway.models.similarity import Similarity
from trackway.pipeline.vision import usable_cores
from trackway.readings import Wanted
from trackway.tracking.boxes import paired_overlap

__all__ = ["CropEncoder", "FaceForms", "FaceNetworks", "PictureDetector"]

Array = npt.NDArray[Any]

_LEAST_SEEN_PX = 14
"""Longer side of the smallest face that CenterFace finds for certain: two portraits were found down to 14 and 12 pixels."""
_MOST_PIXELS = 1920 * 1088
"""Of a picture that is looked at, however small the faces are that somebody wants."""
_ROLES: tuple[TraitRole, ...] = ("landmarks", "iris", "actionUnits")
_SHAPES = Wanted(shapes=True)
_POINTS = 68
_SAME_BOX = 0.5
"""Overlap from which a box that somebody gives is that of a face that was found."""


class FaceForms(NamedTuple):
    """How the N faces of one picture are formed; NaN for faces in which no mesh was found.

    Attributes:
        points: (N, 68, 2) x, y in pixels, in the order of iBUG 300-W.
        measures: (N, M), see `faces.measures`.
        pose: (N, 3) roll, yaw, pitch in degrees.
        units: (N, U) intensities by a network of the pack, in the order of `columns.UNIT_NAMES`; NaN without one.
    """

    points: Array
    measures: Array
    pose: Array
    units: Array

    @classmethod
    def read(cls, reader: TraitReader, rgb: Array, faces: Detections) -> Self:
        """Those of the faces of a picture (H, W, 3) uint8, which need their five points."""
        seen = reader.readings(of_picture(rgb), faces, _SHAPES)
        if seen.shapes is None or seen.traits is None:
            return cls.unknown(len(faces))
        size = np.array([rgb.shape[1], rgb.shape[0]], np.float32)
        return cls(seen.shapes.points * size, seen.shapes.measures, seen.traits.pose, seen.shapes.units)

    @classmethod
    def unknown(cls, faces: int) -> Self:
        """Of faces of which nothing is known."""
        shapes = ((_POINTS, 2), (len(MEASURE_NAMES),), (3,), (len(UNIT_NAMES),))
        return cls(*(np.full((faces, *shape), np.nan, np.float32) for shape in shapes))


class PictureDetector:
    """Finds the faces of whole pictures, as closely as the smallest face wanted asks for.

    Args:
        model: the manifest's entry.
        network: the tensors' source.
        score: weaker faces are dropped.
        least_px: longer side of the smallest face wanted; smaller ones are dropped. Less costs time: the picture is shrunk less.
    """

    def __init__(self, model: Model, network: Network, *, score: float, least_px: float) -> None:
        self._model = msgspec.structs.replace(model, score=score)
        self._network = network
        self._least_px = least_px

    def find(self, rgb: Array) -> Detections:
        """(N,) faces of frame 0, by falling score.

        Args:
            rgb: (H, W, 3) uint8, upright.
        """
        height, width = rgb.shape[:2]
        shrunk = min(1.0, _LEAST_SEEN_PX / max(self._least_px, 1))
        pixels = int(min(max(width * height * shrunk**2, self._model.input.pixels), max(self._model.input.pixels, _MOST_PIXELS)))
        spec = msgspec.structs.replace(self._model.input, pixels=pixels)
        detector = FaceDetector(msgspec.structs.replace(self._model, input=spec), self._network)
        size = spec.size(width, height)
        seen = rgb if size == (width, height) else cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        found = as_detections(detector.look(seen[None]), [0], [0])
        return found[(found.box[:, 2:] * [width, height]).max(axis=1, initial=0) >= self._least_px]

    def find_in(self, rgb: Array, placed: Array) -> Detections:
        """(N,) the faces in boxes that somebody gives, with the five points that are seen in them; NaN where no face is seen.

        Args:
            rgb: (H, W, 3) uint8.
            placed: (N, 4) left, top, width, height in pixels.
        """
        size = np.tile([rgb.shape[1], rgb.shape[0]], 2)
        faces = Detections.make(len(placed), frame=np.zeros(len(placed)), box=placed / size, score=np.ones(len(placed)))
        points, whole = faces.landmarks.copy(), self.find(rgb)
        for row, box in enumerate(faces.box):
            seen = _same(box, whole, size)
            if not len(seen):
                seen = _same(box, self._around(rgb, box), size)
            points[row] = seen.landmarks[0] if len(seen) else np.nan
        return faces.replace(landmarks=points)

    def _around(self, rgb: Array, box: Array) -> Detections:
        """The faces in the surroundings of a box."""
        part = cut_face(of_picture(rgb), box)
        if part is None:
            return Detections.make(0)
        seen, corner, scale = self.find(part.pixels), part.shown[:2], part.shown[2:]
        box = seen.box * np.tile(scale, 2) + np.concatenate([corner, np.zeros(2)])
        return seen.replace(box=box, landmarks=seen.landmarks * scale + corner)


def _same(box: Array, seen: Detections, size: Array) -> Detections:
    """The one that is meant by a box, or none."""
    overlap = paired_overlap(np.tile(box, (len(seen), 1)) * size, seen.box * size)
    return seen[np.argsort(-overlap, kind="stable")[:1]] if overlap.max(initial=0) >= _SAME_BOX else seen[:0]


class CropEncoder(EmbedderNetwork):
    """A face network of a pack, for faces that were cut out before."""

    def encode(self, crops: Array) -> Array:
        """(N, size) float32 unit vectors of pictures (N, H, W, 3) uint8."""
        side = (self._model.width, self._model.height)
        pictures = [crop if crop.shape[1::-1] == side else cv2.resize(crop, side, interpolation=cv2.INTER_LINEAR) for crop in crops]
        return self._looks(len(crops), range(len(crops)), pictures)


class FaceNetworks:
    """Opens the networks of a pack.

    Args:
        pack: name of a shipped pack, or path of a manifest.
        provider: where they run.
        cache: where they are installed.

    Raises:
        ModelError: there is no such pack, or it forbids commercial use.
    """

    def __init__(self, pack: str = "default", provider: Provider = "cpu", cache: ModelCache | None = None) -> None:
        self._pack: Pack = load_pack(pack)
        self._pack.require_permission(allow_non_commercial=False)
        self._cache = cache or ModelCache()
        self._provider = provider

    @property
    def default_score(self) -> float:
        """Of faces that the detector would give by itself."""
        return self._pack.model("faceDetector").score

    @property
    def vector_size(self) -> int:
        """Numbers in a vector.

        Raises:
            ModelError: the pack cannot tell faces apart.
        """
        return self._embedder().size

    @property
    def similarity(self) -> Similarity:
        """What cosines of the vectors mean.

        Raises:
            ModelError: the pack cannot tell faces apart.
        """
        model = self._embedder()
        if model.similarity is None:
            raise ModelError(f"{model.title} has no similarity curve, so faces cannot be told apart; use the default pack.")
        return model.similarity

    def detector(self, *, score: float, least_px: float) -> PictureDetector:
        """See `PictureDetector`."""
        model = self._pack.model("faceDetector")
        return PictureDetector(model, self._network(model), score=score, least_px=least_px)

    def encoder(self) -> CropEncoder:
        """See `CropEncoder`.

        Raises:
            ModelError: the pack cannot tell faces apart.
        """
        model = self._embedder()
        return CropEncoder(model, self._network(model))

    def extractor(self) -> TraitReader:
        """Reads how faces are formed.

        Raises:
            ModelError: the pack has no network for meshes.
        """
        roles: dict[TraitRole, TraitNetwork] = {role: model for role, model in self._pack.traits.items() if role in _ROLES}
        reader = TraitReader.of(roles, self._network)
        if reader is None or "landmarks" not in roles:
            raise ModelError(f"The pack {self._pack.name} has no network for landmarks, so no landmarks and action units can be told.")
        return reader

    def _embedder(self) -> Embedder:
        model = self._pack.embedders.get("faceEmbedder")
        if model is None:
            raise ModelError(f"The pack {self._pack.name} has no network for faceEmbedder, so faces cannot be told apart.")
        return model

    def _network(self, model: Weights) -> OnnxNetwork:
        data, provider = self._cache.read(model), choose_provider(self._provider).used
        return OnnxNetwork(data, digest=model.onnx_sha256, provider=provider, threads=usable_cores(), kept=Kept(self._cache.prepared))

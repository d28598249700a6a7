"""The steps of mexca's `FaceExtractor` with pictures: find, cut out, tell apart, read (SPEC M1 to M8, M11, M22, M29)."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.errors import ArgumentError
from trackway.faces.neutral import AVERAGE, Neutral
from trackway.faces.portraits import portrait
from trackway.faces.traits import TraitReader
from trackway.identity.clusterers import Estimator
from trackway.identity.clustering import MOST_ROWS, Clusters, averages, cluster, confidences, unit
from trackway.models.cache import ModelCache
from trackway.pipeline.mexca.annotation import Version
from trackway.pipeline.mexca.inputs import boxes_of, label_codes, numbers, pictures, stacked, vectors
from trackway.pipeline.mexca.networks import CropEncoder, FaceForms, FaceNetworks, PictureDetector
from trackway.pipeline.mexca.options import face_options
from trackway.pipeline.mexca.rows import boxes_in_pixels, corners, points_in_pixels, units_of
from trackway.pipeline.mexca.selection import as_score, large_enough, select

__all__ = ["FaceSteps"]

Array = npt.NDArray[Any]

_LEAST_CROP_PX = 80
"""SPEC M5."""
_NO_NEUTRAL = Neutral(AVERAGE, 0.0, "average")

_log = logging.getLogger(__name__)


class FaceSteps:
    """What `FaceExtractor` does with pictures, step by step.

    Two vocabularies: "v0" is mexca 0.4, "v1" mexca from 1.0 on. Arguments of both are understood in either; the vocabulary decides on
    defaults and shapes: crops of 160 or 224 pixels, 68 or 5 landmarks, 20 or 41 action units, labels as numbers or words, and whether
    `detect` returns the five landmarks too. Arguments that name networks are understood, but the networks are those of the pack.

    Args:
        num_faces: how many people there are. None finds out; in v1 it needs a clusterer.
        min_face_size: pixels of the longer side of the smallest face. Less finds smaller ones and takes longer.
        thresholds: of MTCNN's three networks, of which there is one here: the last counts, and 0.7 is the pack's own threshold.
        factor: of MTCNN's pyramid; no effect.
        post_process: crops are (pixel - 127.5) / 128, else 0 to 255.
        select_largest: where nothing else orders faces, the largest come first, else the most probable.
        selection_method: "probability", "largest", "largest_over_threshold", "center_weighted_size" or "num_faces". None orders as
            `select_largest` says; in v1 it is "num_faces", which takes that many of a frame at most.
        keep_all: all faces of a frame, else the first.
        device: "cpu", "cuda" or torch's device; None is "cpu".
        max_cluster_frames: of more tracks of faces than this the most alike are joined before they are told apart; None is 1000.
        embeddings_model: "vggface2" or "casia-webface"; no effect.
        au_model: "xgb": 20 units, 0 to 1; "svm": the same, 0 or 1; the name of a MEFARG model: 41. "xgb" in v1, and None, is the default
            of the vocabulary: 20 or 41.
        landmark_model: "mobilefacenet", "mobilenet" or "pfld"; no effect.
        vocabulary: "v0" or "v1".
        clusterer: "auto", "spectral", "kmeans", "hdbscan", or any object with scikit-learn's `fit_predict`, which decides on the number of
            people itself.
        post_min_face_size: width and height that faces need in pixels; None is (45, 45) in v1, and anything in v0.
        post_min_face_rule: "and": both; "or": one of them is enough, as in mexca.
        cluster_embeddings: tell people apart.
        return_embeddings: keep the vector of every face.
        strict: fewer faces than people are an error; else each is a person of its own.
        pack: name of a shipped model pack, or path of a manifest.
        cache: where its networks are installed.

    Raises:
        ArgumentError: an argument outside its range; a ValueError.
        ModelError: there is no such pack.
    """

    def __init__(
        self,
        num_faces: int | None,
        min_face_size: float = 20,
        thresholds: Sequence[float] = (0.6, 0.7, 0.7),
        factor: float = 0.709,
        post_process: bool = True,
        select_largest: bool = True,
        selection_method: str | None = None,
        keep_all: bool = True,
        device: object = None,
        max_cluster_frames: int | None = None,
        embeddings_model: str = "vggface2",
        au_model: str | None = "xgb",
        landmark_model: str = "mobilefacenet",
        *,
        vocabulary: Version = "v0",
        clusterer: Estimator | str | None = None,
        post_min_face_size: Sequence[float] | None = None,
        post_min_face_rule: Literal["and", "or"] = "and",
        cluster_embeddings: bool = True,
        return_embeddings: bool = False,
        strict: bool = True,
        pack: str = "default",
        cache: ModelCache | None = None,
    ) -> None:
        self.options = face_options(
            vocabulary=vocabulary,
            num_faces=num_faces,
            min_face_size=min_face_size,
            thresholds=thresholds,
            factor=factor,
            select_largest=select_largest,
            selection_method=selection_method,
            device=device,
            max_cluster_frames=max_cluster_frames,
            embeddings_model=embeddings_model,
            au_model=au_model,
            landmark_model=landmark_model,
            clusterer=clusterer,
            post_min_face_size=post_min_face_size,
            post_min_face_rule=post_min_face_rule,
        )
        is_old = vocabulary == "v0"
        self.num_faces = self.options.people
        self.min_face_size = min_face_size
        self.thresholds = tuple(thresholds)
        self.factor = factor
        self.selection_method = selection_method if is_old else self.options.selection
        self.device = device if is_old else device or "cpu"
        self.max_cluster_frames = max_cluster_frames
        self.embeddings_model = embeddings_model
        self.au_model = au_model
        self.landmark_model = landmark_model
        self.post_min_face_size = self.options.least
        self.post_process = post_process
        self.select_largest = select_largest
        self.keep_all = keep_all
        self.cluster_embeddings = cluster_embeddings
        self.return_embeddings = return_embeddings
        self.strict = strict
        self._clusterer = clusterer if clusterer is not None and not isinstance(clusterer, str) else _Identifier(self.identify)
        self._networks = FaceNetworks(pack, self.options.provider, cache)
        self._detector: PictureDetector | None = None
        self._encoder: CropEncoder | None = None
        self._extractor: TraitReader | None = None

    @property
    def detector(self) -> PictureDetector:
        """Finds faces; opened when it is first needed."""
        if self._detector is None:
            score = as_score(self.options.threshold, self._networks.default_score)
            self._detector = self._networks.detector(score=score, least_px=self.min_face_size)
        return self._detector

    @detector.deleter
    def detector(self) -> None:
        self._detector = None

    @property
    def encoder(self) -> CropEncoder:
        """Turns crops into vectors; opened likewise."""
        self._encoder = self._encoder or self._networks.encoder()
        return self._encoder

    @encoder.deleter
    def encoder(self) -> None:
        self._encoder = None

    @property
    def extractor(self) -> TraitReader:
        """Reads landmarks and what action units are computed from; opened likewise."""
        self._extractor = self._extractor or self._networks.extractor()
        return self._extractor

    @extractor.deleter
    def extractor(self) -> None:
        self._extractor = None

    @property
    def clusterer(self) -> Estimator:
        """What tells people apart: that of the caller, or one whose `fit_predict` is `identify`."""
        return self._clusterer

    def detect(self, frame: npt.ArrayLike) -> tuple[Any, ...]:
        """The faces of a batch of frames.

        Args:
            frame: (B, H, W, 3) RGB 0..255, or one frame (H, W, 3).

        Returns:
            faces: list of B: (N, 3, side, side) float32 crops, turned upright; None for a frame without a face.
            boxes: (B, N, 4) x1, y1, x2, y2 in pixels, or a list of B where numbers differ; None likewise.
            probs: (B, N), or a list likewise.
            landmarks: (B, N, 5, 2) x, y in pixels, or a list likewise; in v1 only.

        Raises:
            ArgumentError: no such pictures.
        """
        faces: list[Array | None] = []
        tables: tuple[list[Array | None], ...] = ([], [], [])
        for rgb in pictures(frame):
            found = self._find(rgb)
            faces.append(self._crops(rgb, found) if len(found) else None)
            for table, values in zip(
                tables, (corners(boxes_in_pixels(found, rgb)), found.score, points_in_pixels(found, rgb)), strict=True
            ):
                table.append(values if len(found) else None)
        boxes, probs, landmarks = map(stacked, tables)
        return (faces, boxes, probs) if self.options.vocabulary == "v0" else (faces, boxes, probs, landmarks)

    def encode(self, faces: npt.ArrayLike) -> Array:
        """(N, E) float32 unit vectors of crops that `detect` made, or others like them; E is 1024 with the default pack.

        Args:
            faces: (N, 3, H, W), H and W 80 at least; values as `post_process` says.

        Raises:
            ArgumentError: crops of another shape, or smaller ones.
        """
        crops = numbers("faces", faces)
        if crops.ndim != 4 or crops.shape[1] != 3:
            raise ArgumentError(f"faces must be crops of the shape (N, 3, H, W), got {crops.shape}.")
        if min(crops.shape[2:]) < _LEAST_CROP_PX:
            raise ArgumentError(
                f"Crops must be at least {_LEAST_CROP_PX} pixels high and wide to be told apart, got {crops.shape[2]} x {crops.shape[3]}."
            )
        pixels = crops * 128 + 127.5 if self.post_process else crops
        return self.encoder.encode(np.nan_to_num(pixels).round().clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1))

    def identify(self, embeddings: npt.ArrayLike) -> Array:
        """(N,) float64 label of each vector, from 0; NaN for rows with NaN.

        Args:
            embeddings: (N, E).

        Raises:
            NotEnoughFacesError: fewer rows say anything than there are people, and the extractor is strict.
            ArgumentError: another shape.
        """
        given = vectors(embeddings)
        given[~np.isfinite(given).all(axis=1)] = np.nan
        label = self._clusters(unit(given)).label
        return np.where(label < 0, np.nan, label)

    def compute_confidence(self, embeddings: npt.ArrayLike, labels: Sequence[Any] | Array) -> Array:
        """(N,) float64 max((d2 - d1) / d2, 0): d1 is the cosine distance to the mean of the own label, d2 the least to that of another.

        NaN without a label, and where there is one label only (SPEC M11).

        Args:
            embeddings: (N, E).
            labels: (N,) numbers or words; None and NaN for nobody.

        Raises:
            ArgumentError: shapes that do not fit.
        """
        given, codes = _labelled(embeddings, labels)
        return np.asarray(confidences(given, codes).clip(0, 1))  # which rounding may leave by the last digit

    def compute_avg_embeddings(self, embeddings: npt.ArrayLike, labels: Sequence[Any] | Array) -> dict[Any, list[float]]:
        """Label -> mean of the vectors that have it, as they are (SPEC M21); labels in the order in which they first appear.

        Args:
            embeddings: (N, E).
            labels: (N,) numbers or words; None and NaN for nobody.

        Raises:
            ArgumentError: shapes that do not fit.
        """
        given, codes = _labelled(embeddings, labels)
        names = dict.fromkeys(label for label, code in zip(labels, codes, strict=True) if code >= 0)
        return dict(zip(names, averages(given, codes).tolist(), strict=True))

    def extract(self, frame: npt.ArrayLike, boxes: Any) -> tuple[list[list[Array] | None], list[Array | None]]:
        """Landmarks and action units of the faces of a batch of frames, by themselves: against the average face.

        Args:
            frame: as for `detect`.
            boxes: (B, N, 4), or a list of B, as `detect` returns them.

        Returns:
            landmarks: list of B lists of N: (68, 2) x, y in pixels, (5, 2) in v1; NaN where none are seen; None for frames without boxes.
            aus: list of B: (N, 20), (N, 41) in v1; NaN for what cannot be told; None likewise.

        Raises:
            ArgumentError: no such pictures, or boxes that do not fit them.
        """
        batch = pictures(frame)
        landmarks: list[list[Array] | None] = []
        units: list[Array | None] = []
        for rgb, placed in zip(batch, boxes_of(boxes, len(batch)), strict=True):
            if placed is None or not len(placed):
                landmarks.append(None)
                units.append(None)
                continue
            faces = self.detector.find_in(rgb, placed)
            forms = self._forms(rgb, faces)
            landmarks.append(list(forms.points if self.options.vocabulary == "v0" else points_in_pixels(faces, rgb)))
            units.append(self._units(forms, _NO_NEUTRAL))
        return landmarks, units

    def _find(self, rgb: Array) -> Detections:
        """The faces of a picture that are told of, in their order."""
        options, size = self.options, np.array([rgb.shape[1], rgb.shape[0]])
        found = self.detector.find(rgb)
        found = found[large_enough(found, size, options.least, options.least_rule)]
        rows = select(
            found,
            size,
            options.selection,
            largest=self.select_largest,
            keep_all=self.keep_all,
            most=options.people,
            own=self._networks.default_score,
        )
        return found[rows]

    def _crops(self, rgb: Array, faces: Detections) -> Array:
        side = self.options.crop_px
        cut = [portrait(rgb, five, box, side) for five, box in zip(points_in_pixels(faces, rgb), boxes_in_pixels(faces, rgb), strict=True)]
        crops = np.stack(cut).transpose(0, 3, 1, 2).astype(np.float32)
        return (crops - 127.5) / 128 if self.post_process else crops

    def _forms(self, rgb: Array, faces: Detections) -> FaceForms:
        """How the faces are formed; one frame that goes wrong is noted and left out (SPEC M29)."""
        if not len(faces):
            return FaceForms.unknown(0)
        reader = self.extractor
        try:
            return FaceForms.read(reader, rgb, faces)
        except Exception:
            _log.exception("No landmarks and action units are told of %d faces.", len(faces))
            return FaceForms.unknown(len(faces))

    def _units(self, forms: FaceForms, neutral: Neutral) -> Array:
        """(N, U) action units that are told."""
        return units_of(forms, neutral, binary=self.options.binary)[:, self.options.unit_columns]

    def _clusters(self, looks: Array, weight: Array | None = None, apart: Array | None = None) -> Clusters:
        options = self.options
        return cluster(
            looks,
            self._networks.similarity,
            people=options.people,
            weight=weight,
            apart=apart,
            most_rows=options.most_rows or MOST_ROWS,
            strict=self.strict,
            clusterer=options.clusterer,
        )


def _labelled(embeddings: npt.ArrayLike, labels: Sequence[Any] | Array) -> tuple[Array, list[int]]:
    """(N, E) vectors and what `label_codes` makes of their labels.

    Raises:
        ArgumentError: shapes that do not fit.
    """
    given, codes = vectors(embeddings), label_codes(labels)
    if len(codes) != len(given):
        raise ArgumentError(f"Expected as many labels as embeddings, {len(given)}, got {len(codes)}.")
    return given, codes


@dataclasses.dataclass(frozen=True)
class _Identifier:
    """A clusterer as scikit-learn's are."""

    identify: Callable[[npt.ArrayLike], Array]

    def fit_predict(self, X: npt.ArrayLike) -> Array:  # noqa: N803 - scikit-learn's name
        return self.identify(X)

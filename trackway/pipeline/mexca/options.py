"""What a `FaceExtractor` was asked for, in either vocabulary of mexca, checked once (SPEC M1, M2)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from trackway.columns import UNIT_NAMES
from trackway.errors import ArgumentError
from trackway.faces.action_units import MEFARG41, XGB20
from trackway.identity.clusterers import CLUSTERERS, Estimator, estimated
from trackway.identity.clustering import Clusterer, spectral
from trackway.models.providers import Provider
from trackway.pipeline.mexca.annotation import Version
from trackway.pipeline.mexca.selection import Selection

__all__ = ["FaceOptions", "face_options", "require_count"]

_EMBEDDINGS = ("vggface2", "casia-webface")
_LANDMARKS = ("mobilefacenet", "mobilenet", "pfld")
_UNITS = ("xgb", "svm", "a MEFARG model")
_POST_MIN: dict[Version, tuple[float, float]] = {"v0": (0.0, 0.0), "v1": (45.0, 45.0)}


@dataclasses.dataclass(frozen=True)
class FaceOptions:
    """Options of one extractor; see `FaceExtractor` for what they mean.

    Attributes:
        vocabulary: whose defaults and shapes hold.
        people: how many; None counts them.
        threshold: of MTCNN's last network.
        crop_px: side of the crops.
        selection: how faces are chosen.
        provider: where networks run.
        most_rows: for clustering; None for the default.
        unit_names: the action units told.
        binary: as 0 and 1.
        clusterer: who tells people apart.
        least, least_rule: sizes of faces that are kept.
    """

    vocabulary: Version
    people: int | None
    threshold: float
    crop_px: int
    selection: Selection
    provider: Provider
    most_rows: int | None
    unit_names: tuple[str, ...]
    binary: bool
    clusterer: Clusterer
    least: tuple[float, float]
    least_rule: Literal["and", "or"]

    @property
    def unit_columns(self) -> list[int]:
        """Where `unit_names` are among `columns.UNIT_NAMES`."""
        return [UNIT_NAMES.index(name) for name in self.unit_names]


def face_options(
    *,
    vocabulary: Version,
    num_faces: int | None,
    min_face_size: float,
    thresholds: Sequence[float],
    factor: float,
    select_largest: bool,
    selection_method: str | None,
    device: object,
    max_cluster_frames: int | None,
    embeddings_model: str,
    au_model: str | None,
    landmark_model: str,
    clusterer: Estimator | str | None,
    post_min_face_size: Sequence[float] | None,
    post_min_face_rule: str,
) -> FaceOptions:
    """The arguments of `FaceExtractor`, checked.

    Raises:
        ArgumentError: one is outside its range.
    """
    _require("vocabulary", vocabulary, get_args(Version))
    for name, count in (("num_faces", num_faces), ("max_cluster_frames", max_cluster_frames)):
        if count is not None:
            require_count(name, count)
    if vocabulary == "v1" and num_faces is None and clusterer is None:
        raise ArgumentError(
            "num_faces is None and so is clusterer; give one of them. clusterer='auto' finds out how many people there are."
        )
    if isinstance(clusterer, str) and clusterer == "hdbscan" and num_faces is not None:
        raise ArgumentError(f"hdbscan finds the number of people by itself; leave out num_faces={num_faces}, or take spectral or kmeans.")
    least = _POST_MIN[vocabulary] if post_min_face_size is None else post_min_face_size
    if not _are_numbers(least, 2) or min(least) < 0:
        raise ArgumentError(f"post_min_face_size must be a width and a height in pixels, got {post_min_face_size!r}.")
    if not _are_numbers((min_face_size,), 1) or min_face_size < 1:
        raise ArgumentError(f"min_face_size must be 1 pixel or more, got {min_face_size!r}.")
    if not _are_numbers(thresholds, 3) or not all(0 <= each <= 1 for each in thresholds):
        raise ArgumentError(f"thresholds must be three numbers from 0 to 1, got {thresholds!r}.")
    if not _are_numbers((factor,), 1) or not 0 < factor < 1:
        raise ArgumentError(f"factor must lie between 0 and 1, got {factor!r}.")
    _require("embeddings_model", embeddings_model, _EMBEDDINGS)
    _require("landmark_model", landmark_model, _LANDMARKS)
    _require("post_min_face_rule", post_min_face_rule, ("and", "or"))
    names, binary = _units(vocabulary, au_model)
    return FaceOptions(
        vocabulary=vocabulary,
        people=None if num_faces is None else int(num_faces),
        threshold=float(thresholds[2]),
        crop_px=160 if vocabulary == "v0" else 224,
        selection=_selection(vocabulary, selection_method, select_largest),
        provider=_provider(device),
        most_rows=max_cluster_frames,
        unit_names=names,
        binary=binary,
        clusterer=_clusterer(clusterer),
        least=(float(least[0]), float(least[1])),
        least_rule="and" if post_min_face_rule == "and" else "or",
    )


def require_count(name: str, value: object) -> None:
    """Refuses what is no whole number from 1 on.

    Raises:
        ArgumentError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ArgumentError(f"{name} must be a whole number from 1 on, got {value!r}.")


def _selection(vocabulary: Version, method: str | None, largest: bool) -> Selection:
    if method is None:
        by_default: Selection = "largest" if largest else "probability"
        return by_default if vocabulary == "v0" else "num_faces"
    for known in get_args(Selection):
        if method == known:
            return known  # type: ignore[no-any-return]
    raise ArgumentError(f"There is no selection_method {method!r}; expected one of {', '.join(get_args(Selection))}, or None.")


def _units(vocabulary: Version, model: str | None) -> tuple[tuple[str, ...], bool]:
    """The names of the action units, and whether as 0 and 1."""
    if model in (None, "xgb"):
        return (XGB20 if vocabulary == "v0" else MEFARG41), False
    if model == "svm":
        return XGB20, True
    if isinstance(model, str) and "mefarg" in model.lower():
        return MEFARG41, False
    raise ArgumentError(f"There is no au_model {model!r}; expected {', '.join(_UNITS)}, or None.")


def _provider(device: object) -> Provider:
    name = "cpu" if device is None else str(device).partition(":")[0]
    if name not in ("cpu", "cuda"):
        raise ArgumentError(f"There is no device {device!s}; expected cpu, cuda, or None for cpu.")
    return "cpu" if name == "cpu" else "cuda"


def _clusterer(given: Any) -> Clusterer:
    if given is None:
        return spectral
    if isinstance(given, str):
        if given not in CLUSTERERS:
            raise ArgumentError(f"There is no clusterer {given!r}; expected {', '.join(CLUSTERERS)}, or an object with fit_predict.")
        return CLUSTERERS[given]  # type: ignore[index]
    if not callable(getattr(given, "fit_predict", None)):
        raise ArgumentError(f"A clusterer needs the method fit_predict, as those of scikit-learn have; {type(given).__name__} has none.")
    return estimated(given)


def _require(name: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ArgumentError(f"There is no {name} {value!r}; expected one of {', '.join(allowed)}.")


def _are_numbers(values: Any, count: int) -> bool:
    """Whether there are as many finite numbers."""
    if isinstance(values, str) or not hasattr(values, "__len__") or len(values) != count:
        return False
    return all(isinstance(each, int | float | np.number) and not isinstance(each, bool) and math.isfinite(each) for each in values)

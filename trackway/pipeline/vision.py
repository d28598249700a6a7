"""The networks of a run, opened once: which pack, where they run, how many at a time."""

from __future__ import annotations

import dataclasses
import math
import os
from pathlib import Path
from typing import Literal, Self

import msgspec
import numpy as np
import onnxruntime

from trackway.columns import Detections
from trackway.detection.detector import FrameSize
from trackway.detection.faces import FaceDetector
from trackway.detection.persons import PersonDetector
from trackway.errors import OptionError
from trackway.faces.cutouts import of_picture
from trackway.faces.embedding import FaceEmbedder
from trackway.faces.traits import TraitReader
from trackway.jobs.options import JobOptions
from trackway.media.hardware import Hardware, HardwareDecode
from trackway.models.cache import ModelCache
from trackway.models.deferred import DeferredNetwork
from trackway.models.eight_bits import kept_eight_bits
from trackway.models.engines import Engines, Shelf, describe_gpu
from trackway.models.kept import Kept
from trackway.models.pack import Embedder, Model, Weights, load_pack
from trackway.models.precision import Precision, choose_precision
from trackway.models.providers import Provider, choose_provider
from trackway.models.recent import RecentNetwork
from trackway.models.session import Network, OnnxNetwork
from trackway.models.similarity import Similarity
from trackway.readings import Wanted
from trackway.tracking.appearance import BodyAppearance, ColourTexture, ReidNetwork
from trackway.tracking.looks import LooksBuilder

__all__ = ["Vision", "VisionReport"]

_MOST_WORKERS = 16  # more frames in flight than that cost memory and bring nothing
_WORKERS_OF_A_GPU = 4  # they scale and decode boxes while the GPU infers
_BATCH_OF_A_GPU = 8
_POINTS = ((0.42, 0.44), (0.58, 0.44), (0.5, 0.52), (0.44, 0.6), (0.56, 0.6))
"""Where a face in the middle of a picture has its five points."""


class VisionReport(msgspec.Struct, frozen=True, rename="camel"):
    """What the networks really ran on; kept with the job.

    Attributes:
        provider: where they run.
        requested: what was asked for.
        pack: name of the model pack.
        models: role -> sha256 of the network.
        onnxruntime: version.
        workers: frames worked on at the same time.
        batch: pictures per call of a network.
        fallback: why "auto" did not come to a GPU; empty where one is used, or the CPU was asked for.
        precision: numbers that the networks compute with; "int8": those detectors for which the pack allows it, the others float32.
        precision_fallback: why "int8" was asked for in vain; else empty.
    """

    provider: Provider
    requested: str
    pack: str
    models: dict[str, str]
    onnxruntime: str
    workers: int
    batch: int
    fallback: str = ""
    precision: Literal["float32", "float16", "int8"] = "float32"
    precision_fallback: str = ""


@dataclasses.dataclass(frozen=True)
class Vision:
    """Detectors ready to run; threads may share them.

    Attributes:
        persons, faces: the detectors.
        report: what they run on, and how many frames at a time suit that.
        hardware: what shall decode; None where that is the processor.
        bodies: describes bodies: the pack's re-identification network, or else colours and edges.
        face_embedder: describes faces; None where the pack has no network for it. It is opened when it is first used.
        similarity: what cosines of those descriptions mean; None where nobody measured it.
        traits: reads everything else in faces; None where the pack has no network for anything. Its networks are opened likewise.
    """

    persons: PersonDetector
    faces: FaceDetector
    report: VisionReport
    hardware: Hardware | None = None
    bodies: BodyAppearance = dataclasses.field(default_factory=ColourTexture)
    face_embedder: FaceEmbedder | None = None
    similarity: Similarity | None = None
    traits: TraitReader | None = None

    def warm_up(self, info: FrameSize, *, traits: bool = False) -> None:
        """Opens on a GPU, before anybody waits for a frame, what is needed for pictures of this size: TensorRT may build for minutes.

        Args:
            info: the size.
            traits: they will be read in faces.
        """
        if self.report.provider == "cpu":
            return
        for detector in (self.persons, self.faces):
            width, height = detector.input_size(info)
            detector.detect(np.zeros((1, height, width, 3), np.uint8), [0], [0])
        if traits and self.traits is not None:
            face = Detections.make(1, box=[[0.3, 0.3, 0.4, 0.4]], landmarks=[_POINTS])
            self.traits.readings(of_picture(np.zeros((256, 256, 3), np.uint8)), face, Wanted(*[True] * len(Wanted._fields)))

    def require(self, options: JobOptions) -> None:
        """Refuses what the pack has no network for, before anything is read.

        Raises:
            OptionError: 41 action units are wanted, which the mesh does not tell.
        """
        if options.au_model == "mefarg41" and "actionUnits" not in self.report.models:
            raise OptionError(
                f"auModel mefarg41 needs a model pack with a network for the role actionUnits, which the pack {self.report.pack} lacks."
                " Take xgb20 or svm20, which are computed from the mesh, or a pack of your own."
            )

    def new_looks(self) -> LooksBuilder:
        """Collects what `bodies` and `face_embedder` see of the people of one segment."""
        return LooksBuilder(self.bodies.calibration, None if self.face_embedder is None else self.face_embedder.calibration)

    @classmethod
    def open(
        cls,
        pack: str = "default",
        *,
        threads: int | None = None,
        provider: Provider | Literal["auto"] = "cpu",
        precision: Precision = "full",
        cache: ModelCache | None = None,
        allow_non_commercial: bool = False,
        hardware_decode: HardwareDecode = "auto",
        shelf: Shelf | None = None,
    ) -> Self:
        """Loads and verifies the networks of a pack.

        On a CPU each frame is one core's work from start to end: sessions of one thread each, as many frames at once as there are cores.
        Measured on two cores (every frame of MOT17-13, medians of three alternating runs): two frames at once do 1.84 times the frames of
        one at a time.

        Args:
            pack: name of a shipped pack, or path of a manifest.
            threads: frames worked on at once; None takes the cores that this process may use.
            provider: "auto" takes the best that works; a named one is used or refused.
            precision: "int8" makes detectors that the pack allows it for faster and a little less exact, on a CPU.
            cache: where the networks are installed.
            allow_non_commercial: accept weights that forbid commercial use.
            hardware_decode: whether the GPU decodes too, where there is one.
            shelf: where machines share TensorRT engines.

        Raises:
            ModelError: weights are missing, changed or not permitted, the provider does not work here, or the pack forbids "int8".
        """
        loaded, models = load_pack(pack), cache or ModelCache()
        loaded.require_permission(allow_non_commercial=allow_non_commercial)
        persons, faces = loaded.model("personDetector"), loaded.model("faceDetector")
        chosen = choose_provider(provider)
        bits = choose_precision(precision, chosen.used, loaded)
        on_gpu = chosen.used != "cpu"
        batch = _BATCH_OF_A_GPU if on_gpu else 1
        workers = threads or (_WORKERS_OF_A_GPU if on_gpu else min(usable_cores(), _MOST_WORKERS))
        kept = Kept(models.prepared)
        engines = Engines(kept, describe_gpu(), shelf) if chosen.used == "tensorrt" else None

        def network(model: Weights) -> OnnxNetwork:
            data, digest = models.read(model), model.onnx_sha256
            return OnnxNetwork(data, digest=digest, provider=chosen.used, batch=batch, kept=kept, engines=engines)

        def deferred(model: Weights) -> Network:
            models.require(model)
            return DeferredNetwork(lambda: network(model))

        def later(model: Embedder) -> Network:
            if not on_gpu:
                return deferred(model)
            models.require(model)
            opened = network(model)
            opened.run(np.zeros((1, model.height, model.width, 3), np.uint8))  # nobody waits for a frame yet, as in `warm_up`
            return opened

        def detector(model: Model) -> Network:
            if bits.used != "int8" or not model.int8:
                return network(model)
            data, digest = models.read(model), model.onnx_sha256
            return DeferredNetwork(lambda: OnnxNetwork(kept_eight_bits(data, digest, kept), kept=kept))

        networks = {(model.onnx_sha256, model.int8): detector(model) for model in (persons, faces)}
        body, face = loaded.embedders.get("personEmbedder"), loaded.embedders.get("faceEmbedder")
        # Roles may share a network, which then is loaded once.
        shared = {} if face is None else {face.onnx_sha256: RecentNetwork(later(face))}
        report = VisionReport(
            provider=chosen.used,
            requested=chosen.requested,
            pack=loaded.name,
            models={role: model.onnx_sha256 for role, model in loaded.weights.items()},
            onnxruntime=onnxruntime.__version__,
            workers=workers,
            batch=batch,
            fallback=chosen.reason,
            precision=bits.used,
            precision_fallback=bits.reason,
        )
        hardware = Hardware() if on_gpu and hardware_decode == "auto" else None
        person_detector = PersonDetector(persons, networks[persons.onnx_sha256, persons.int8])
        return cls(
            person_detector,
            FaceDetector(faces, networks[faces.onnx_sha256, faces.int8]),
            report,
            hardware,
            ColourTexture() if body is None else ReidNetwork(body, later(body)),
            None if face is None else FaceEmbedder(face, shared[face.onnx_sha256]),
            None if face is None else face.similarity,
            TraitReader.of(loaded.traits, lambda model: shared.get(model.onnx_sha256) or deferred(model)),
        )


def usable_cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores that this process may use: its affinity, and the container's share of time where one is set."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        allowed, period = quota.read_text().split()
    except (OSError, ValueError):
        return cores
    return cores if allowed == "max" else max(1, min(cores, math.ceil(int(allowed) / int(period))))

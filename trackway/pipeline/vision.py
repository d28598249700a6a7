"""The networks of a run, opened once: which pack, where they run, how many at a time."""

from __future__ import annotations

import dataclasses
import math
import os
from pathlib import Path
from typing import Literal, Self

import msgspec
import onnxruntime

from trackway.detection.faces import FaceDetector
from trackway.detection.persons import PersonDetector
from trackway.models.cache import ModelCache
from trackway.models.pack import load_pack
from trackway.models.session import OnnxNetwork, Provider, choose_provider

__all__ = ["Vision", "VisionReport"]

_MOST_WORKERS = 16  # more frames in flight than that cost memory and bring nothing
_WORKERS_OF_A_GPU = 4  # they scale and decode boxes while the GPU infers
_BATCH_OF_A_GPU = 8


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
    """

    provider: Provider
    requested: str
    pack: str
    models: dict[str, str]
    onnxruntime: str
    workers: int
    batch: int


@dataclasses.dataclass(frozen=True)
class Vision:
    """Detectors ready to run; threads may share them.

    Attributes:
        persons, faces: the detectors.
        report: what they run on, and how many frames at a time suit that.
    """

    persons: PersonDetector
    faces: FaceDetector
    report: VisionReport

    @classmethod
    def open(
        cls,
        pack: str = "default",
        *,
        threads: int | None = None,
        provider: Provider | Literal["auto"] = "cpu",
        cache: ModelCache | None = None,
        allow_non_commercial: bool = False,
    ) -> Self:
        """Loads and verifies the networks of a pack.

        On a CPU each frame is one core's work from start to end: sessions of one thread each, as many frames at once as there are cores.
        Measured on two cores (every frame of MOT17-13, medians of three alternating runs): two frames at once do 1.84 times the frames of
        one at a time.

        Args:
            pack: name of a shipped pack, or path of a manifest.
            threads: frames worked on at once; None takes the cores that this process may use.
            provider: "auto" takes the best that works; a named one is used or refused.
            cache: where the networks are installed.
            allow_non_commercial: accept weights that forbid commercial use.

        Raises:
            ModelError: weights are missing, changed or not permitted, or the provider does not work here.
        """
        loaded, models = load_pack(pack), cache or ModelCache()
        loaded.require_permission(allow_non_commercial=allow_non_commercial)
        persons, faces = loaded.model("personDetector"), loaded.model("faceDetector")
        chosen = choose_provider(provider)
        batch = 1 if chosen == "cpu" else _BATCH_OF_A_GPU
        workers = threads or (min(usable_cores(), _MOST_WORKERS) if chosen == "cpu" else _WORKERS_OF_A_GPU)
        engines = models.folder / "engines"
        networks = {
            model.onnx_sha256: OnnxNetwork(models.read(model), provider=chosen, batch=batch, engines=engines) for model in (persons, faces)
        }
        report = VisionReport(
            provider=chosen,
            requested=provider,
            pack=loaded.name,
            models={role: model.onnx_sha256 for role, model in loaded.models.items()},
            onnxruntime=onnxruntime.__version__,
            workers=workers,
            batch=batch,
        )
        return cls(PersonDetector(persons, networks[persons.onnx_sha256]), FaceDetector(faces, networks[faces.onnx_sha256]), report)


def usable_cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores that this process may use: its affinity, and the container's share of time where one is set."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        allowed, period = quota.read_text().split()
    except (OSError, ValueError):
        return cores
    return cores if allowed == "max" else max(1, min(cores, math.ceil(int(allowed) / int(period))))

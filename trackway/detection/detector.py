"""The one verb of this room: pictures in, columnar detections out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.detection.candidates import Candidates
from trackway.errors import ModelError
from trackway.models.pack import Model
from trackway.models.session import Network

__all__ = ["Decoder", "Detector", "FrameSize", "as_detections"]

Array = npt.NDArray[Any]
Decoder = Callable[[Sequence[Array], float], Candidates]
"""(one picture's output tensors, lowest score) -> its boxes."""


class FrameSize(Protocol):
    """What a detector needs to know of a video; `media.video.VideoInfo` is one."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""


class Detector:
    """A network with the decoder that its pack names. Holds nothing of the pictures; threads may share it.

    Args:
        model: the manifest's entry: input sizes, decoder and thresholds.
        network: the tensors' source.

    Raises:
        ModelError: the manifest names a decoder that this detector does not have.
    """

    decoders: ClassVar[Mapping[str, Decoder]] = {}

    def __init__(self, model: Model, network: Network) -> None:
        if model.decoder not in self.decoders:
            raise ModelError(f"{model.title} names the decoder {model.decoder!r}; {type(self).__name__} has {', '.join(self.decoders)}.")
        self._model = model
        self._network = network
        self._decode = self.decoders[model.decoder]

    @property
    def overlap(self) -> float:
        """Of two boxes with a higher intersection over union the weaker is dropped."""
        return self._model.overlap

    def input_size(self, info: FrameSize) -> tuple[int, int]:
        """(width, height) to which frames of this video are scaled for `detect`."""
        return self._model.input.size(info.width, info.height)

    def detect(self, images: Array, frame: npt.ArrayLike, time_ms: npt.ArrayLike) -> Detections:
        """What is seen in each picture, by picture and falling score.

        Args:
            images: (B, height, width, 3) uint8 RGB of `input_size`.
            frame: (B,) source frame numbers, which the rows repeat.
            time_ms: (B,) their times.
        """
        return as_detections(self.look(images), frame, time_ms)

    def look(self, images: Array) -> list[Candidates]:
        """The boxes of each picture (B, height, width, 3) uint8 RGB, as ratios of it, by falling score."""
        tensors = self._network.run(images)
        return [
            self._decode([tensor[index] for tensor in tensors], self._model.score).strongest(self._model.overlap)
            for index in range(len(images))
        ]


def as_detections(found: Sequence[Candidates], frame: npt.ArrayLike, time_ms: npt.ArrayLike) -> Detections:
    """One table of the boxes of several pictures, whose frame numbers and times are (B,)."""
    return Detections.concatenate(
        _rows(seen, number, time) for seen, number, time in zip(found, np.asarray(frame), np.asarray(time_ms), strict=True)
    )


def _rows(found: Candidates, number: int, time_ms: int) -> Detections:
    count = len(found.score)
    columns = {"landmarks": found.landmarks} if found.landmarks.shape[1] else {}
    return Detections.make(
        count, frame=np.full(count, number), time_ms=np.full(count, time_ms), box=found.box, score=found.score, **columns
    )

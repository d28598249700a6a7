"""Whose faces these are, and how old they look: read once in a while of everybody who is followed, not of every face (SPEC D18).

Both take a network that costs more than all others that look at a face together, and neither changes while a person is followed. So it is
asked about a track rarely, and about its good sights; all others tell what moves, in every face, before tracks are known.

Looks that count are the first of each fifth of a second: two frames of a fast camera show the same, and segments agree on them.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.faces.cutouts import Cut
from trackway.faces.embedding import FaceEmbedder, worth_comparing
from trackway.faces.traits import TraitReader
from trackway.media.crop import Cropper
from trackway.media.frame import Frame
from trackway.media.video import VideoInfo
from trackway.pipeline.vision import Vision
from trackway.readings import FaceReadings
from trackway.tracking.backoff import BackOff
from trackway.tracking.config import TrackingConfig

__all__ = ["Recogniser"]

Array = npt.NDArray[Any]

_DEFAULT = TrackingConfig()
_LASTING = ("age", "male", "real", "live")
"""Columns of `FaceTraits` that stay as they are while somebody is followed."""
_MANY = 256
"""Tracks whose looks are remembered; beyond, those that have ended are forgotten."""
_RARELY = 1 << 20
"""Looks; time is up long before."""


class Recogniser:
    """Reads who is due in the faces of one segment's frames, in their order; asked about five of them a second.

    Args:
        info: of the video.
        vision: its networks for it; those that the pack lacks tell nothing.
        ages: read age, gender and whether it is a picture of a face too, where the readings have `FaceTraits`.
        config: `reid_seconds` matters here.
    """

    def __init__(self, info: VideoInfo, vision: Vision, *, ages: bool, config: TrackingConfig = _DEFAULT) -> None:
        self._cropper = Cropper(info)
        self._embedder = vision.face_embedder
        self._ages = vision.traits if ages else None
        self._clear = BackOff(1000 * config.reid_seconds)
        self._poor = BackOff(1000 * config.reid_seconds, first=_RARELY)
        self._known: dict[int, Array] = {}

    def __call__(self, frame: Frame, faces: Detections, track: Array, readings: FaceReadings) -> tuple[Array | None, FaceReadings]:
        """What is told of the faces of one frame.

        Args:
            frame: shows them.
            faces: (M,) described.
            track: (M,) whom each belongs to; -1 for nobody, who is not read.
            readings: (M,) so far.

        Returns:
            (M, E) float32 whose faces these are, NaN where it was not read, None without a network for it; and the readings, with ages.
        """
        cut = functools.partial(self._cropper.rgb, frame)
        clear = worth_comparing(faces)
        due = self._clear.due(frame.time_ms, np.where(clear, track, -1))
        look = changed = None
        if self._embedder is not None:
            look = np.full((len(faces), self._embedder.size), np.nan, np.float32)
            look[due] = self._embedder.embed(cut, faces[due])
            due &= np.isfinite(look[:, 0])  # or else it was too small
            changed = self._changed(self._embedder, track[due], look[due])
        self._clear.took(track[due], changed)
        if self._ages is not None and readings.traits is not None:
            # Of those who were never seen clearly, better a poor answer than none; more of them do not make it better.
            poor = self._poor.due(frame.time_ms, np.where(self._clear.knows(track), -1, track))
            self._poor.took(track[poor])
            readings = _with_lasting(self._ages, readings, due | poor, cut, faces)
        return look, readings

    def _changed(self, embedder: FaceEmbedder, track: Array, look: Array) -> Array:
        """(K,) bool: this face speaks against being the one that was seen under that track so far."""
        changed = np.zeros(len(track), bool)
        for row, each in enumerate(track.tolist()):
            known = self._known.get(each, look[row])
            changed[row] = embedder.calibration.nats(look[row] @ known / np.linalg.norm(known)) < 0
            self._known[each] = look[row] if changed[row] or each not in self._known else known + look[row]
        if len(self._known) > _MANY:
            self._known = {each: known for each, known in self._known.items() if self._clear.knows(np.array([each]))[0]}
        return changed


def _with_lasting(reader: TraitReader, readings: FaceReadings, rows: Array, cut: Cut, faces: Detections) -> FaceReadings:
    """The readings, with what does not change of some rows."""
    if readings.traits is None or not rows.any():
        return readings
    read = {name: getattr(readings.traits, name).copy() for name in _LASTING}
    for name, values in reader.lasting(cut, faces[rows]).items():
        read[name][rows] = values
    return readings.replace(traits=readings.traits.replace(**read))

"""The loop that a user would write: one frame after the other, every library as it comes."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
import supervision
import trackers

from trackway.detection import centerface, centernet
from trackway.models.cache import ModelCache
from trackway.models.convert import INPUT
from trackway.models.pack import load_pack

__all__ = ["PlainLoop"]

Array = npt.NDArray[Any]

_PERSON_SIDE = 512  # the size that the network was published for
_FACE_SIDE = 640


class PlainLoop:
    """cv2 decodes, both networks look at every frame in sessions with onnxruntime's defaults, ByteTrack follows.

    It gets the converted networks, folded and cut down to persons: the published files would be slower still.

    Args:
        spinning: onnxruntime's default. The idle threads of one session then keep the cores from those of the other; users who know turn
            it off.
    """

    def __init__(self, *, spinning: bool = True) -> None:
        pack, cache = load_pack(), ModelCache()
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spinning else "0")
        self._persons, self._faces = (
            onnxruntime.InferenceSession(cache.read(pack.model(role)), options, providers=["CPUExecutionProvider"])
            for role in ("personDetector", "faceDetector")
        )

    def run(self, path: Path, frames: int) -> float:
        """Frames per second over the first `frames` of a video."""
        capture, tracker = cv2.VideoCapture(str(path)), trackers.ByteTrackTracker(frame_rate=25)
        began, done = time.perf_counter(), 0
        for done in itertools.count():
            read, picture = capture.read()
            if not read or done == frames:
                break
            height, width = picture.shape[:2]
            bodies = self._look(self._persons, picture, (_PERSON_SIDE, _PERSON_SIDE), centernet.decode, 0.1, 0.6)
            scale = min(1, _FACE_SIDE / max(height, width))
            face_size = (int(np.ceil(width * scale / 32) * 32), int(np.ceil(height * scale / 32) * 32))
            self._look(self._faces, picture, face_size, centerface.decode, 0.5, 0.3)
            tracker.update(bodies)
        capture.release()
        return done / (time.perf_counter() - began)

    @staticmethod
    def _look(
        session: onnxruntime.InferenceSession, picture: Array, size: tuple[int, int], decode: Any, score: float, overlap: float
    ) -> supervision.Detections:
        pixels = cv2.cvtColor(cv2.resize(picture, size), cv2.COLOR_BGR2RGB)
        outputs = session.run(None, {INPUT: pixels[None]})
        found = decode([tensor[0] for tensor in outputs], score).strongest(overlap)
        corners = np.concatenate([found.box[:, :2], found.box[:, :2] + found.box[:, 2:]], axis=1)
        corners = corners * np.tile(picture.shape[1::-1], 2)
        return supervision.Detections(xyxy=corners, confidence=found.score, class_id=np.zeros(len(corners), int))

"""The trackers that people use today, run on the same detections as ours: roboflow `trackers`, and `supervision`'s ByteTrack."""

from __future__ import annotations

import dataclasses
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tests.performance.metrics import IdentifiedBoxes
from tests.performance.sequences import Sequence

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # their own use of each other's retired names
    import supervision
    import trackers

__all__ = ["PEERS", "Peer", "as_detections", "run_peer"]

Array = npt.NDArray[Any]

_HIGH, _NEW = 0.25, 0.35
_BOTH = {"high_conf_det_threshold": _HIGH, "track_activation_threshold": _NEW}


@dataclasses.dataclass(frozen=True)
class Peer:
    """A tracker with one setting.

    Attributes:
        name: of the tracker and the setting.
        make: a fresh one for a frame rate.
        pictures: it looks at the pictures, to see how the camera moves.
    """

    name: str
    make: Callable[[float], Any]
    pictures: bool = False


def _settings(name: str, tracker: type[Any], lowered: dict[str, float], *, pictures: bool = False, **always: Any) -> list[Peer]:
    """With the peer's own defaults, and with thresholds that suit a detector whose scores are low."""
    return [
        Peer(name, lambda frame_rate: tracker(frame_rate=frame_rate, **always), pictures),
        Peer(f"{name}, lowered", lambda frame_rate: tracker(frame_rate=frame_rate, **always, **lowered), pictures),
    ]


PEERS: tuple[Peer, ...] = (
    *_settings("SORT", trackers.SORTTracker, {"track_activation_threshold": _NEW}),
    *_settings("ByteTrack", trackers.ByteTrackTracker, _BOTH),
    *_settings("OC-SORT", trackers.OCSORTTracker, {"high_conf_det_threshold": _HIGH}),
    *_settings("BoT-SORT", trackers.BoTSORTTracker, _BOTH, enable_cmc=False),
    *_settings("BoT-SORT + camera", trackers.BoTSORTTracker, _BOTH, pictures=True),
    *_settings("C-BIoU", trackers.CBIoUTracker, _BOTH),
    # Its defaults are the lowered thresholds: high at 0.25, new tracks 0.1 above.
    Peer("supervision ByteTrack", lambda frame_rate: supervision.ByteTrack(frame_rate=round(frame_rate))),
)


def run_peer(peer: Peer, sequence: Sequence) -> tuple[IdentifiedBoxes, float]:
    """What a peer makes of a sequence, and the seconds of processor time that its updates took (decoding aside)."""
    tracker = peer.make(sequence.frame_rate)
    update = getattr(tracker, "update_with_detections", None) or tracker.update
    pictures = _pictures(sequence.video) if peer.pictures and sequence.video else repeat(None)
    seconds = 0.0
    rows = [np.zeros((0, 6))]
    for number, picture in zip(sequence.frames, pictures, strict=False):
        first, last = np.searchsorted(sequence.frame, [number, number + 1])
        found = as_detections(sequence.box_px[first:last], sequence.score[first:last])
        began = time.process_time()
        tracked = update(found) if picture is None else update(found, frame=picture)
        seconds += time.process_time() - began
        identity = np.asarray(tracked.tracker_id if tracked.tracker_id is not None else np.full(len(tracked), -1), np.int64)
        kept = identity >= 0
        rows.append(np.column_stack([np.full(kept.sum(), number), identity[kept], tracked.xyxy[kept].astype(np.float64)]))
    table = np.concatenate(rows)
    box = np.concatenate([table[:, 2:4], table[:, 4:] - table[:, 2:4]], axis=1)
    return IdentifiedBoxes(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), box), seconds


def as_detections(box_px: Array, score: Array) -> supervision.Detections:
    """(N, 4) left, top, width, height and (N,) scores as the peers want them."""
    corners = np.concatenate([box_px[:, :2], box_px[:, :2] + box_px[:, 2:]], axis=1).astype(np.float32)
    return supervision.Detections(xyxy=corners, confidence=score.astype(np.float32), class_id=np.zeros(len(score), int))


def _pictures(video: Path) -> Iterator[Array]:
    capture = cv2.VideoCapture(str(video))
    try:
        while True:
            read, picture = capture.read()
            if not read:
                return
            yield picture
    finally:
        capture.release()

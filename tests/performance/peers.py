"""The trackers people use today (roboflow `trackers`), run on the same detections as ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import supervision
import trackers

from tests.performance.metrics import IdentifiedBoxes

__all__ = ["PEERS", "run_peer"]

Array = npt.NDArray[Any]

_LOWERED = {"high_conf_det_threshold": 0.25, "track_activation_threshold": 0.35}
"""CenterNet's scores are low; the peers' defaults start no track below 0.7."""


def _maker(tracker: type[Any], **options: Any) -> Callable[[float], Any]:
    return lambda frame_rate: tracker(frame_rate=frame_rate, **options)


_STILL = {"enable_cmc": False}
PEERS: dict[str, Callable[[float], Any]] = {
    "SORT": _maker(trackers.SORTTracker),
    "ByteTrack": _maker(trackers.ByteTrackTracker),
    "OC-SORT": _maker(trackers.OCSORTTracker),
    "BoT-SORT": _maker(trackers.BoTSORTTracker, **_STILL),
    "C-BIoU": _maker(trackers.CBIoUTracker),
    "ByteTrack, lowered": _maker(trackers.ByteTrackTracker, **_LOWERED),
    "OC-SORT, lowered": _maker(trackers.OCSORTTracker, high_conf_det_threshold=_LOWERED["high_conf_det_threshold"]),
    "BoT-SORT, lowered": _maker(trackers.BoTSORTTracker, **_STILL, **_LOWERED),
    "C-BIoU, lowered": _maker(trackers.CBIoUTracker, **_LOWERED),
}
"""Name -> maker of a fresh tracker for a frame rate; camera compensation is off since `assoc/` has no pictures."""


def run_peer(name: str, frames: Iterable[int], frame_rate: float, frame: Array, box: Array, score: Array) -> IdentifiedBoxes:
    """What a peer makes of detections.

    Args:
        name: a key of `PEERS`.
        frames: every analysed frame, ascending.
        frame_rate: frames per second, as the peers count time in frames.
        frame: (N,) frame of each detection, ascending.
        box: (N, 4) left, top, width, height.
        score: (N,) confidence.
    """
    tracker = PEERS[name](frame_rate)
    corners = np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1).astype(np.float32)
    found_frames, identities, boxes = [], [], []
    for number in frames:
        first, last = np.searchsorted(frame, [number, number + 1])
        tracked = tracker.update(
            supervision.Detections(
                xyxy=corners[first:last], confidence=score[first:last].astype(np.float32), class_id=np.zeros(last - first, int)
            )
        )
        identity = np.asarray(tracked.tracker_id if tracked.tracker_id is not None else np.full(len(tracked), -1), dtype=np.int64)
        confirmed = identity >= 0
        found_frames.append(np.full(int(confirmed.sum()), number))
        identities.append(identity[confirmed])
        boxes.append(tracked.xyxy[confirmed].astype(np.float64))
    corners_found = np.concatenate(boxes)
    return IdentifiedBoxes(
        np.concatenate(found_frames),
        np.concatenate(identities),
        np.concatenate([corners_found[:, :2], corners_found[:, 2:] - corners_found[:, :2]], axis=1),
    )

"""The actor's face at rest: read before the video is, so that a picture that cannot be used costs nothing (SPEC F20)."""

from __future__ import annotations

import msgspec
import numpy as np

from trackway.errors import ImageTooLarge, InvalidCalibration, ObjectGone
from trackway.faces.neutral import Neutral, neutral_from
from trackway.jobs.record import JobRecord, Video
from trackway.pipeline.calibration import MOST_BYTES, calibrate
from trackway.worker.workplace import Workplace

__all__ = ["calibration_key", "put_calibration", "read_calibration"]


class _Rest(msgspec.Struct, frozen=True):
    """A `Neutral` as it lies between two steps: measures in the order of `columns.MEASURE_NAMES`, roll, yaw and pitch in degrees."""

    measures: list[float | None]
    pose: list[float]


def calibration_key(job_id: str) -> str:
    """Where the artifacts bucket holds the measures of that face."""
    return f"jobs/{job_id}/calibration.json"


def put_calibration(place: Workplace, record: JobRecord) -> None:
    """Reads the calibration image of a job and leaves what it says for `assemble`; nothing to do where there is none.

    Raises:
        InvalidCalibration: it is not there, or does not show one face at rest.
    """
    key = record.options.calibration_image
    if key is None:
        return
    try:
        content = place.objects.content(Video(record.video.bucket, key), MOST_BYTES)
    except (ObjectGone, ImageTooLarge) as error:
        raise InvalidCalibration(
            f"The calibration image {key} cannot be read from the video's bucket. {error} Upload it there before the video."
        ) from error
    neutral = calibrate(content, place.open_stills())
    known = [None if np.isnan(value) else float(value) for value in neutral.measures]
    rest = _Rest(known, [float(angle) for angle in neutral.pose])
    place.objects.put_artifact(calibration_key(record.job_id), msgspec.json.encode(rest), "application/json")


def read_calibration(place: Workplace, record: JobRecord) -> Neutral | None:
    """What `put_calibration` left.

    Raises:
        SystemFault: it left nothing.
    """
    if record.options.calibration_image is None:
        return None
    rest = msgspec.json.decode(place.artifact(calibration_key(record.job_id)), type=_Rest)
    return neutral_from(np.array(rest.measures, np.float32), np.array(rest.pose, np.float32))

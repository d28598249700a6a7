"""The faces of a job's result as mexca's annotation, for the exports `mexca_v1` and `mexca_v0` (SPEC M16 to M19, M21)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import UNIT_NAMES, AnalysedFrames, FaceShapes, Tracks
from trackway.media.video import VideoInfo
from trackway.pipeline.mexca.annotation import Version, VideoAnnotation
from trackway.pipeline.mexca.from_rows import annotation_from_rows

__all__ = ["Version", "VideoAnnotation", "annotation_of"]

Array = npt.NDArray[Any]


def annotation_of(
    faces: Tracks,
    info: VideoInfo,
    frames: AnalysedFrames,
    *,
    version: Version = "v1",
    filename: str | None = None,
    shapes: FaceShapes | None = None,
    units: Array | None = None,
    unit_names: tuple[str, ...] = (),
    label: Array | None = None,
    confidence: Array | None = None,
    averages: Array | None = None,
) -> VideoAnnotation:
    """A job's faces, a row each, and a row for each frame in which faces were looked for in vain.

    Args:
        faces: (N,) rows with a face, by frame.
        info: of the video.
        frames: that were analysed.
        version: "v1": five landmarks and labels as words; "v0": 68 and labels as numbers.
        filename: of the video.
        shapes: (N,) of those faces, for the 68 landmarks; without, v0 tells of none.
        units: (N, U) 0..1 in the order of `columns.UNIT_NAMES`; NaN for those that cannot be told.
        unit_names: which of them to tell, in that order: `faces.action_units.XGB20` or `MEFARG41`; all when left out.
        label: (P,) whose face each person's is, by `faces.person`; negative for nobody. Left out, every person is somebody else.
        confidence: (P,) that it is.
        averages: (K, E) mean vector of each label.
    """
    size = np.array([info.width, info.height])
    points = faces.landmarks if version == "v1" else None if shapes is None else shapes.points
    known = faces.person >= 0
    person = np.where(known, faces.person, 0)
    looked = np.union1d(frames.frame[frames.faces], faces.frame)
    chosen = None
    if units is not None:
        chosen = units[:, [UNIT_NAMES.index(name) for name in unit_names]] if unit_names else units
    return annotation_from_rows(
        looked,
        info.frame_rate,
        faces.frame,
        version=version,
        filename=filename,
        box=faces.face_box * np.tile(size, 2),
        prob=faces.face_score,
        landmarks=None if points is None else points * size,
        units=chosen,
        label=np.where(known, person if label is None else label[person], -1),
        confidence=None if confidence is None else np.where(known, confidence[person], np.nan),
        averages=averages,
    )

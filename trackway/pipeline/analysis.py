"""What one thread does with the frames that are given to it: scale, detect, look again in between, describe."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from trackway.columns import Detections
from trackway.detection.tiles import TiledDetector
from trackway.media.frame import Frame, Scaler
from trackway.media.video import VideoInfo
from trackway.pipeline.cadence import Gap, Stretch
from trackway.pipeline.faces import FaceFinder
from trackway.pipeline.vision import Vision
from trackway.readings import FaceReadings, Wanted
from trackway.tracking.config import PERSONS

__all__ = ["Analyst", "Passed", "Seen"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """What one frame shows.

    Attributes:
        frame: the picture itself; whose faces these are is read in it once they are followed.
        persons: bodies of this frame.
        faces: described faces of this frame; None where nobody looked for any.
        luma: brightness of the whole picture, small: for the camera's motion.
        readings: (M,) what was read in the faces.
        body_look: (N, D) float32 how the bodies look; None where they were not described.
        tick: it is the first certain look of its fifth of a second: only then it may be anybody's turn to be recognised.
    """

    frame: Frame
    persons: Detections
    faces: Detections | None
    luma: npt.NDArray[np.uint8]
    readings: FaceReadings
    body_look: Array | None = None
    tick: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Passed:
    """A frame that nobody looked at: its number and time."""

    number: int
    time_ms: int


class Analyst:
    """Looks at the frames of one video; each thread needs its own, because of the scaler's tables.

    Args:
        info: of the video.
        vision: detectors; may be shared.
        faces: look for faces.
        cropped: see `FaceFinder`.
        detail: "high" finds smaller people, for several times the work.
        wanted: see `FaceFinder`.
    """

    def __init__(
        self,
        info: VideoInfo,
        vision: Vision,
        *,
        faces: bool,
        cropped: bool = False,
        detail: Literal["standard", "high"] = "standard",
        wanted: Wanted | None = None,
    ) -> None:
        self._info = info
        self._persons = TiledDetector(vision.persons) if detail == "high" else vision.persons
        self._appearance = vision.bodies
        self._scaler = Scaler(info)
        self._faces = FaceFinder(info, vision, self._scaler, cropped=cropped, wanted=wanted) if faces else None
        self._pixels = np.array([info.width, info.height] * 2, np.float64)

    def __call__(self, stretches: Sequence[Stretch]) -> list[Seen | Passed]:
        """What the frames of neighbouring stretches show, in their order."""
        frames = [stretch.certain for stretch in stretches]
        try:
            images, persons = self._find_persons(frames)
            faces = self._find_faces(frames, persons, [stretch.begins_second for stretch in stretches])
        except Exception as error:
            for stretch in stretches:
                stretch.end.shown.set_exception(error)  # whoever waits for it must not wait for ever
            raise
        for stretch, bodies, heads in zip(stretches, persons, faces, strict=True):
            stretch.end.shown.set_result((bodies, heads))
        shown: list[Seen | Passed] = list(map(self._certain, stretches, images, persons, faces))
        shown += [Passed(*frame) for stretch in stretches for frame in stretch.passed]
        shown += self._between(stretches)
        return sorted(shown, key=lambda moment: moment.frame.number if isinstance(moment, Seen) else moment.number)

    def _certain(self, stretch: Stretch, image: Array, bodies: Detections, faces: Detections | None) -> Seen:
        """All of what is seen at a certain look: how people look is noted five times a second."""
        seen = dataclasses.replace(self._seen(stretch.certain, bodies, faces), tick=stretch.begins_tick)
        if stretch.begins_tick and len(bodies):
            clear = bodies.score >= PERSONS.high_score
            look = np.full((len(bodies), self._appearance.size), np.nan, np.float32)
            look[clear] = self._appearance.describe(image, bodies.box[clear])
            seen = dataclasses.replace(seen, body_look=look)
        return seen

    def _between(self, stretches: Sequence[Stretch]) -> list[Seen | Passed]:
        """Looks at the middles of doubtful gaps, of all stretches at once, until there are none left."""
        shown: list[Seen | Passed] = []
        gaps = [_gap(stretch) for stretch in stretches if stretch.between]
        while gaps:
            doubtful = [gap for gap in gaps if gap.is_doubtful(self._pixels)]
            shown += [Passed(frame.number, frame.time_ms) for gap in gaps if gap not in doubtful for frame in gap.frames]
            middles = [gap.middle for gap in doubtful]
            _, persons = self._find_persons(middles)
            faces = self._find_lost_faces(doubtful, persons)
            shown += list(map(self._seen, middles, persons, faces))
            split = zip(doubtful, persons, faces, strict=True)
            gaps = [half for gap, bodies, heads in split for half in gap.split(bodies, heads, self._pixels)]
        return shown

    def _find_persons(self, frames: Sequence[Frame]) -> tuple[Sequence[Array], list[Detections]]:
        """The pixels that were looked at, and the bodies, of each frame."""
        if not frames:
            return [], []
        width, height = self._persons.input_size(self._info)
        images = np.stack([self._scaler.rgb(frame, width, height) for frame in frames])
        found = self._persons.detect(images, [frame.number for frame in frames], [frame.time_ms for frame in frames])
        return list(images), [found[found.frame == frame.number] for frame in frames]

    def _find_faces(
        self, frames: Sequence[Frame], persons: Sequence[Detections], everywhere: Sequence[bool]
    ) -> Sequence[Detections | None]:
        return [None] * len(frames) if self._faces is None else self._faces.find(frames, persons, everywhere)

    def _find_lost_faces(self, gaps: Sequence[Gap], persons: Sequence[Detections]) -> list[Detections | None]:
        """The faces of the middle frames of those gaps in which one came or went."""
        rows = [row for row, gap in enumerate(gaps) if gap.loses_faces(self._pixels)]
        found = self._find_faces([gaps[row].middle for row in rows], [persons[row] for row in rows], [False] * len(rows))
        faces: list[Detections | None] = [None] * len(gaps)
        for row, heads in zip(rows, found, strict=True):
            faces[row] = heads
        return faces

    def _seen(self, frame: Frame, bodies: Detections, faces: Detections | None) -> Seen:
        readings = FaceReadings() if self._faces is None or faces is None else self._faces.read(frame, faces)
        return Seen(frame, bodies, faces, self._scaler.small_luma(frame), readings)


def _gap(stretch: Stretch) -> Gap:
    """The frames of a stretch between its looks; waits for the first of them."""
    first, first_faces = (stretch.start or stretch.end).shown.result()
    last, last_faces = stretch.end.shown.result()
    begin_ms = (stretch.start or stretch.end).time_ms
    return Gap(stretch.between, begin_ms, stretch.end.time_ms, first, last, first_faces, last_faces)

"""Curves of one face as JSON, `controls/1` (SPEC F27, 1c): every name of a control, action units too, over time, with the head's pose.

A frame in which the face was not seen, or too badly, has `"gap": true` and null for the values; nothing is held. `controls.schema.json`,
beside this file, is the JSON Schema of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, Protocol, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.artifacts.gaps import gaps
from trackway.columns import ARKIT_NAMES, CONTROL_NAMES, FACEWARE_NAMES, MEASURE_NAMES, UNIT_NAMES, Controls
from trackway.errors import FileError
from trackway.faces.neutral import Neutral

__all__ = ["ControlsFile", "Shot", "read_controls", "write_controls"]

Array = npt.NDArray[Any]
Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
Names: TypeAlias = list[str]

_DIGITS = 4
_ANGLE_DIGITS = 2
_ROWS_AT_ONCE = 500
_NAMES = (*CONTROL_NAMES, *UNIT_NAMES)


class Shot(Protocol):
    """What a file of curves says of the video; `VideoInfo` is one."""

    @property
    def frame_rate(self) -> float:
        """Average frames per second."""

    @property
    def frame_count(self) -> int:
        """Frames of the whole video."""

    @property
    def rotation(self) -> int:
        """Degrees clockwise by which it was turned."""

    @property
    def time_base_numerator(self) -> int:
        """Seconds per tick, above the line."""

    @property
    def time_base_denominator(self) -> int:
        """Seconds per tick, below the line."""


class ControlSets(msgspec.Struct):
    """Which names have values in this file, by vocabulary."""

    facs: Annotated[Names, msgspec.Meta(description="Action units; AUL and AUR are the person's left and right.")]
    arkit52: Annotated[Names, msgspec.Meta(description="Blend shapes of ARKit.")]
    faceware: Annotated[Names, msgspec.Meta(description="Controls of Faceware's Live expression set.")]


class Gap(msgspec.Struct, rename={"from_": "from"}):
    """From the first to the last frame in which the face was not seen."""

    from_: Annotated[int, msgspec.Meta(ge=0)]
    to: Annotated[int, msgspec.Meta(ge=0)]


class Head(msgspec.Struct):
    """Pose in degrees; middle of the head in widths and heights of the picture, and its height in heights of the picture."""

    yaw: Annotated[float | None, msgspec.Meta(description="Positive: turned to the right of the picture.")]
    pitch: Annotated[float | None, msgspec.Meta(description="Positive: looks up.")]
    roll: Annotated[float | None, msgspec.Meta(description="Positive: leans clockwise in the picture.")]
    tx: float | None
    ty: float | None
    size: float | None


class ControlFrame(msgspec.Struct, omit_defaults=True):
    """One analysed frame."""

    f: Annotated[int, msgspec.Meta(ge=0, description="Number of the frame in the video, from 0.")]
    t: Annotated[float, msgspec.Meta(ge=0, description="Seconds from the first frame of the video.")]
    conf: Annotated[Share | None, msgspec.Meta(description="How certain the values are; null where the face was not seen.")]
    v: Annotated[
        dict[str, Share | None] | None,
        msgspec.Meta(description="Value by name, null where it could not be told; null as a whole in a gap."),
    ]
    head: Head | None
    gap: Annotated[bool, msgspec.Meta(description="Present and true where there are no values.")] = False


class Rest(msgspec.Struct):
    """Pose of the head at rest, in degrees."""

    yaw: float | None
    pitch: float | None
    roll: float | None


class RestingFace(msgspec.Struct):
    """What the values are measured against."""

    source: Annotated[
        Literal["calibration", "track", "average"],
        msgspec.Meta(description="calibration: a picture; track: this face over time; average: people at large."),
    ]
    certain: Share
    pose: Rest
    measures: Annotated[dict[str, float | None], msgspec.Meta(description="In centimetres of an average head, the eyes' in their widths.")]


class _Start(msgspec.Struct):
    """What stands before the frames."""

    schema: Literal["controls/1"]
    fps: Annotated[float, msgspec.Meta(ge=0, description="Average frames per second of the video.")]
    frame_count: Annotated[int, msgspec.Meta(ge=0, description="Frames of the whole video, analysed or not.")] = msgspec.field(
        name="frameCount"
    )
    time_base: Annotated[str, msgspec.Meta(pattern=r"^[0-9]+/[0-9]+$", description="Seconds per tick of the video's own clock.")] = (
        msgspec.field(name="timeBase")
    )
    actor: str | None
    rotation: Annotated[int, msgspec.Meta(description="Degrees clockwise by which the video was turned before.")]
    control_sets: ControlSets = msgspec.field(name="controlSets")
    gaps: list[Gap]


class ControlsFile(_Start):
    """The whole file."""

    frames: list[ControlFrame]
    neutral: RestingFace | None


def write_controls(
    path: str | os.PathLike[str], controls: Controls, shot: Shot, *, actor: str | None = None, neutral: Neutral | None = None
) -> None:
    """Write curves row by row; the same curves give the same bytes.

    Args:
        path: file to write.
        controls: of one face.
        shot: the video.
        actor: whose face it is.
        neutral: what the values are measured against; null in the file without it.

    Raises:
        OSError: the file cannot be written.
    """
    values = np.hstack([controls.values, controls.units])
    told = np.flatnonzero(np.isfinite(values).any(axis=0)).tolist()
    names = [_NAMES[column] for column in told]
    start = _Start(
        schema="controls/1",
        fps=round(shot.frame_rate, _DIGITS),
        frame_count=shot.frame_count,
        time_base=f"{shot.time_base_numerator}/{shot.time_base_denominator}",
        actor=actor,
        rotation=shot.rotation,
        control_sets=ControlSets(*([name for name in names if name in known] for known in (UNIT_NAMES, ARKIT_NAMES, FACEWARE_NAMES))),
        gaps=[Gap(int(controls.frame[rows][0]), int(controls.frame[rows][-1])) for rows in gaps(controls)],
    )
    encode = msgspec.json.Encoder().encode
    with Path(path).open("wb") as file:
        file.write(encode(start)[:-1] + b',"frames":[')
        _write_frames(file, _frames(controls, values[:, told], names))
        file.write(b'\n],"neutral":' + encode(_resting(neutral)) + b"}\n")


def read_controls(path: str | os.PathLike[str]) -> Controls:
    """The curves of a file, to four digits as they were written; names that this version does not know are left out.

    Raises:
        FileError: the file cannot be read or is none of `controls/1`; the message says where.
    """
    try:
        read = msgspec.json.decode(Path(path).read_bytes(), type=ControlsFile)
    except OSError as error:
        raise FileError(f"The curves {path} cannot be read: {error.strerror or error}.") from error
    except msgspec.DecodeError as error:
        raise FileError(f"{path}: a file of controls/1, as Trackway writes it, was expected: {error}") from error
    values = np.full((len(read.frames), len(_NAMES)), np.nan, np.float32)
    columns = {name: column for column, name in enumerate(_NAMES)}
    head = np.full((len(read.frames), 6), np.nan, np.float32)
    for row, frame in enumerate(read.frames):
        for name, value in (frame.v or {}).items():
            if value is not None and name in columns:
                values[row, columns[name]] = value
        if frame.head is not None:
            pose = frame.head.roll, frame.head.yaw, frame.head.pitch
            place = frame.head.tx, frame.head.ty, frame.head.size
            head[row] = [np.nan if number is None else number for number in (*pose, *place)]
    return Controls(
        frame=np.array([frame.f for frame in read.frames], np.int64),
        time_ms=np.array([round(1000 * frame.t) for frame in read.frames], np.int64),
        confidence=np.array([np.nan if frame.conf is None else frame.conf for frame in read.frames], np.float32),
        values=values[:, : len(CONTROL_NAMES)],
        units=values[:, len(CONTROL_NAMES) :],
        head=head[:, :3],
        place=head[:, 3:],
    )


def _frames(controls: Controls, values: Array, names: Names) -> Iterator[ControlFrame]:
    """Rows as they are written; NaN becomes null."""
    lost = np.zeros(len(controls), bool)
    for gap in gaps(controls):
        lost[gap] = True
    for first in range(0, len(controls), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        columns = (
            controls.frame[rows].tolist(),
            (controls.time_ms[rows] / 1000).tolist(),
            lost[rows].tolist(),
            _rounded(controls.confidence[rows], _DIGITS),
            _rounded(values[rows], _DIGITS),
            _rounded(controls.head[rows], _ANGLE_DIGITS),
            _rounded(controls.place[rows], _DIGITS),
        )
        for frame, seconds, gap, confidence, told, (roll, yaw, pitch), place in zip(*columns, strict=True):
            head = None if np.isnan((roll, yaw, pitch, *place)).all() else Head(yaw, pitch, roll, *place)
            yield ControlFrame(frame, seconds, confidence, None if gap else dict(zip(names, told, strict=True)), head, gap)


def _write_frames(file: BinaryIO, frames: Iterator[ControlFrame]) -> None:
    encode = msgspec.json.Encoder().encode
    for row, frame in enumerate(frames):
        file.write((b",\n" if row else b"\n") + encode(frame))


def _resting(neutral: Neutral | None) -> RestingFace | None:
    if neutral is None:
        return None
    measures = dict(zip(MEASURE_NAMES, _rounded(neutral.measures, _DIGITS), strict=True))
    roll, yaw, pitch = _rounded(neutral.pose, _ANGLE_DIGITS)
    return RestingFace(neutral.source, round(float(neutral.certain), _DIGITS), Rest(yaw, pitch, roll), measures)


def _rounded(values: Array, digits: int) -> list[Any]:
    """As Python's numbers, without what single precision adds to the decimals; never -0."""
    rounded: list[Any] = (np.round(values.astype(np.float64), digits) + 0.0).tolist()
    return rounded

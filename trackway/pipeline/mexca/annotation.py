"""What is told of the faces of a video, a row per face and frame, in the two shapes of mexca (SPEC M16 to M19, M21, M24)."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any, Literal, Self, get_args

import msgspec
import numpy as np

from trackway.errors import ArgumentError, FileError, InvalidAnnotation
from trackway.pipeline.mexca.plain import plain, with_nan

__all__ = ["Version", "VideoAnnotation"]

Version = Literal["v1", "v0"]
"""v1: mexca from 1.0 on; v0: mexca 0.4."""

_V0_FIELDS = ("frame", "time", "face_box", "face_prob", "face_landmarks", "face_aus", "face_label", "face_confidence")
_EXTRA = ("pts_time",)
"""Ours alone: no file holds them."""
_VECTORS = "face_embeddings"
"""Thousands of numbers in a row, which are not looked at one by one."""


class VideoAnnotation(msgspec.Struct, kw_only=True):
    """Lists of one length, or empty: a row per face, and a row for a frame without one, whose fields of a face are None.

    What is set, at the start or later, is checked as in mexca from 1.0 on (SPEC M19), except that boxes and landmarks may be negative and
    units may have any value until a file of v1 is written. NaN becomes None, arrays and numbers of numpy lists and numbers of Python.

    Attributes:
        filename: of the video.
        frame: number of the frame in the video, ascending.
        time: that number over the frames per second on average: not exact where the rate varies (SPEC M15).
        face_box: x1, y1, x2, y2 in pixels.
        face_prob: 0..1.
        face_landmarks: x, y in pixels: 68 of iBUG 300-W, or five.
        face_aus: intensities 0..1 of action units, or 0 and 1; None for a unit that cannot be told.
        face_label: whose face it is: "0", "1" in v1, 0, 1 in v0.
        face_confidence: 0..1 that the label is right (SPEC M11); None where there is one label only.
        face_embeddings: what tells faces apart, as a vector.
        face_average_embeddings: label -> mean of the vectors of that label.
        pts_time: seconds from the first frame to each row's, exact; no part of any file.

    Raises:
        ArgumentError: what mexca would refuse; a ValueError.
    """

    filename: str | None = None
    frame: list[int] = []
    time: list[float] = []
    face_box: list[list[float] | None] = []
    face_prob: list[float | None] = []
    face_landmarks: list[list[list[float]] | None] = []
    face_aus: list[list[float | None] | None] = []
    face_label: list[str | int | float | None] = []
    face_confidence: list[float | None] = []
    face_embeddings: list[list[float] | None] = []
    face_average_embeddings: dict[str, list[float]] = {}
    pts_time: list[float] = []

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            super().__setattr__(name, _taken(name, getattr(self, name)))
        self.check("v0")

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets what fits to the rest; what does not leaves everything as it was."""
        before = getattr(self, name, None)
        super().__setattr__(name, _taken(name, value))
        try:
            self.check("v0")
        except ArgumentError:
            super().__setattr__(name, before)
            raise

    def __len__(self) -> int:
        """Rows."""
        return len(self.frame)

    def check(self, version: Version = "v1") -> None:
        """Refuses what mexca's own reader would refuse (SPEC M19); of v0 only what makes no sense at all.

        Raises:
            ArgumentError: the first thing that is wrong.
        """
        for name, column in msgspec.structs.asdict(self).items():
            if isinstance(column, list) and len(column) not in (0, len(self)):
                raise ArgumentError(f"{name} has {len(column)} rows, frame has {len(self)}; expected the same number, or none")
        for name in ("frame", "time"):
            values = getattr(self, name)
            if any(later < earlier for earlier, later in itertools.pairwise(values)) or min(values, default=0) < 0:
                raise ArgumentError(f"{name} must be ascending from 0 on")
        for row, box in enumerate(self.face_box):
            if box is not None and len(box) != 4:
                raise ArgumentError(f"face_box of row {row} must be x1, y1, x2, y2, got {len(box)} numbers")
        for row, points in enumerate(self.face_landmarks):
            if points is not None and any(len(point) != 2 for point in points):
                raise ArgumentError(f"face_landmarks of row {row} must be pairs x, y")
        for name in ("face_prob", "face_confidence"):
            _require_shares(name, enumerate(getattr(self, name)))
        self._check_faces()
        if version == "v1":
            self._check_v1()

    def write_json(self, filename: str | os.PathLike[str], version: Version = "v1", encoding: str = "utf-8") -> None:
        """Writes a file that mexca reads.

        Args:
            filename: of the file; replaced where it exists.
            version: "v1": strict JSON with null for what is missing, labels as words, coordinates from 0 on, since its reader refuses
                others. "v0": the eight lists of 0.4 alone, with NaN for what is missing, which is no strict JSON; labels as numbers.
            encoding: of the text.

        Raises:
            FileError: it cannot be written.
            ArgumentError: mexca would refuse it, or there is no such version; a ValueError.
        """
        if version not in get_args(Version):
            raise ArgumentError(f"There is no version {version!r}; expected one of {', '.join(get_args(Version))}.")
        told = self._as_v1() if version == "v1" else self._as_v0()
        try:
            Path(filename).write_text(told, encoding=encoding)
        except OSError as error:
            raise FileError(f"{os.fspath(filename)} cannot be written: {error.strerror or error}.") from error

    @classmethod
    def from_json(
        cls, filename: str | os.PathLike[str], extra_filename: str | os.PathLike[str] | None = None, encoding: str = "utf-8"
    ) -> Self:
        """Reads a file of either version, ours or mexca's; what it does not know is ignored, and NaN is None.

        Args:
            filename: of the file.
            extra_filename: of the video, where it is not where it was when the file was written.
            encoding: of the text.

        Raises:
            FileError: no such file.
            InvalidAnnotation: no annotation, one that mexca would refuse, or the video that it names is not there; a ValueError.
        """
        name = os.fspath(filename)
        try:
            told = json.loads(Path(filename).read_text(encoding=encoding))
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror or error}.") from error
        except (ValueError, RecursionError) as error:
            raise InvalidAnnotation(f"{name} is no JSON: {error}.") from error
        if not isinstance(told, dict) or "frame" not in told:
            raise InvalidAnnotation(f"{name} is no video annotation: expected an object with the list 'frame'.")
        if extra_filename is not None:
            told["filename"] = os.fspath(extra_filename)
        kept = {key: plain(value) for key, value in told.items() if key in cls.__struct_fields__ and key not in _EXTRA}
        try:
            read = msgspec.convert({key: value for key, value in kept.items() if value is not None}, cls)
            if read.filename is not None:
                read.check("v1")
                read.face_label = [_word(label) for label in read.face_label]
        except (msgspec.ValidationError, ValueError) as error:
            raise InvalidAnnotation(f"{name} is no video annotation that mexca would read: {error}.") from error
        if read.filename is not None and not Path(read.filename).is_file():
            raise InvalidAnnotation(f"{name} is about {read.filename}, which is not there; give the video's path as extra_filename.")
        return read

    def _as_v1(self) -> str:
        told = msgspec.structs.replace(
            self,
            face_box=[None if box is None else [max(0.0, place) for place in box] for box in self.face_box],
            face_landmarks=[
                None if points is None else [[max(0.0, place) for place in point] for point in points] for points in self.face_landmarks
            ],
            face_label=[_word(label) for label in self.face_label],
        )
        told.check("v1")
        fields = {name: value for name, value in msgspec.structs.asdict(told).items() if name not in _EXTRA}
        return json.dumps(fields, allow_nan=False)

    def _as_v0(self) -> str:
        self.check("v0")
        fields = {name: getattr(self, name) for name in _V0_FIELDS}
        return json.dumps(with_nan({**fields, "face_label": [_number(label) for label in self.face_label]}))

    def _check_v1(self) -> None:
        for row, box in enumerate(self.face_box):
            if min(box or [0]) < 0:
                raise ArgumentError(f"face_box of row {row} must not be negative, got {box}")
        for row, points in enumerate(self.face_landmarks):
            if min((place for point in points or [] for place in point), default=0) < 0:
                raise ArgumentError(f"face_landmarks of row {row} must not be negative")
        _require_shares("face_aus", ((row, unit) for row, units in enumerate(self.face_aus) for unit in units or []))

    def _check_faces(self) -> None:
        of_a_face = (self.face_prob, self.face_landmarks, self.face_aus, self.face_label)
        for row, (box, *others) in enumerate(zip(self.face_box, *of_a_face, strict=False)):
            if box is None and any(value is not None for value in others):
                raise ArgumentError(f"row {row} tells of a face without a face_box")
        strangers = {_word(label) for label in self.face_label if label is not None} - self.face_average_embeddings.keys()
        if self.face_average_embeddings and strangers:
            raise ArgumentError(f"face_average_embeddings lacks the labels {sorted(map(str, strangers))}")


_TYPES = {field.name: field.type for field in msgspec.structs.fields(VideoAnnotation)}


def _taken(name: str, value: Any) -> Any:
    """What an attribute is set to.

    Raises:
        ArgumentError: it is nothing of the kind, or there is no such attribute.
    """
    if name not in _TYPES:
        raise ArgumentError(f"A video annotation has no {name}; expected one of {', '.join(_TYPES)}.")
    if name == _VECTORS and isinstance(value, list):
        value = [row.tolist() if isinstance(row, np.ndarray) else row for row in value]
    elif isinstance(value, os.PathLike):
        value = os.fspath(value)
    elif isinstance(value, dict):
        value = {_word(label): np.asarray(mean).tolist() for label, mean in value.items()}
    else:
        value = plain(value)
    try:
        return msgspec.convert(value, _TYPES[name])
    except msgspec.ValidationError as error:
        raise ArgumentError(f"{name}: {error}.") from error


def _word(label: float | str | None) -> str | None:
    return label if label is None or isinstance(label, str) else str(int(label))


def _number(label: float | str | None) -> float | str | None:
    return int(label) if isinstance(label, str) and label.isdecimal() else label


def _require_shares(name: str, values: Any) -> None:
    for row, value in values:
        if value is not None and not 0 <= value <= 1:
            raise ArgumentError(f"{name} of row {row} must be between 0 and 1, got {value}")

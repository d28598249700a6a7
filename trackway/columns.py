"""The columnar types that pass between the stages: one row per detection, one array per property.

Boxes are float32 (left, top, width, height) ratios of the processed, that is rotated, frame and may leave it (SPEC R34).
Times are the frame's PTS in whole milliseconds from the first frame; `frame` counts source frames from 0 (SPEC X4).
A property that a row does not have is NaN in every component. Arrays are read-only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

__all__ = [
    "ARKIT_NAMES",
    "CONTROL_NAMES",
    "EMOTION_NAMES",
    "FACEWARE_NAMES",
    "LANDMARK_NAMES",
    "MEASURE_NAMES",
    "POINT_NAMES",
    "UNIT_NAMES",
    "AnalysedFrames",
    "Controls",
    "Detections",
    "FaceMeshes",
    "FaceShapes",
    "FaceTraits",
    "Tracks",
]

LANDMARK_NAMES = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
"""Order of the five points (SPEC R37); left is the image's left."""

POINT_NAMES = (
    *LANDMARK_NAMES,
    *("leftEyeBrowLeft", "leftEyeBrowRight", "leftEyeBrowUp", "rightEyeBrowLeft", "rightEyeBrowRight", "rightEyeBrowUp"),
    *("leftEyeLeft", "leftEyeRight", "leftEyeUp", "leftEyeDown", "rightEyeLeft", "rightEyeRight", "rightEyeUp", "rightEyeDown"),
    *("noseLeft", "noseRight", "mouthUp", "mouthDown", "leftPupil", "rightPupil"),
    *("upperJawlineLeft", "midJawlineLeft", "chinBottom", "midJawlineRight", "upperJawlineRight"),
)
"""Order of the thirty points (SPEC R38); left is the image's left."""

EMOTION_NAMES = ("HAPPY", "SAD", "ANGRY", "CONFUSED", "DISGUSTED", "SURPRISED", "CALM", "FEAR")
"""SPEC R42."""

_BOTH_SIDES = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 27, 28, 32, 38, 39, 43)
_ONE_SIDE = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 20, 43)
UNIT_NAMES = (*(f"AU{unit}" for unit in _BOTH_SIDES), *(f"AU{side}{unit}" for unit in _ONE_SIDE for side in "LR"))
"""Action units of FACS: those of SPEC M9 and M10; L and R are the sides of the person, not of the picture (SPEC D.3)."""

_PAIRED = (
    *("lid", "lidGap", "upperLid", "lowerLid", "browInner", "browMiddle", "browOuter", "eyeBag", "cheek", "noseWing"),
    *("fold", "cornerHeight", "cornerOut", "cornerDepth", "cornerThickness", "upperLip", "lowerLip", "lipGap", "cheekDepth"),
)
_SINGLE = (
    *("browDistance", "noseRoot", "noseWidth", "mouthWidth", "mouthAside", "upperLip", "lowerLip", "lipGap", "upperThickness"),
    *("lowerThickness", "upperDepth", "lowerDepth", "jawDrop", "jawAside", "jawDepth", "chin"),
)
MEASURE_NAMES = (*(f"{name}{side}" for name in _PAIRED for side in ("Left", "Right")), *_SINGLE)
"""What of a mesh tells expressions, see `faces.measures`; left is the image's left."""

FACEWARE_NAMES = (
    *("eyes_lookLeft", "eyes_lookRight", "eyes_lookUp", "eyes_lookDown", "eyes_leftEye_blink", "eyes_rightEye_blink"),
    *("left_eye_wide", "right_eye_wide", "brows_leftBrow_up", "brows_leftBrow_down", "brows_rightBrow_up", "brows_rightBrow_down"),
    *("brows_midBrows_up", "brows_midBrows_down", "jaw_open", "jaw_left", "jaw_right", "mouth_upperLip_left_up", "mouth_upperLip_right_up"),
    *("mouth_lowerLip_left_down", "mouth_lowerLip_right_down", "mouth_left_stretch", "mouth_right_stretch"),
    *("mouth_left_narrow", "mouth_right_narrow", "mouth_leftMouth_smile", "mouth_leftMouth_frown", "mouth_rightMouth_smile"),
    *("mouth_rightMouth_frown", "mouth_left", "mouth_right", "mouth_up", "mouth_down", "mouth_phoneme_oo", "mouth_phoneme_ch"),
    *("mouth_phoneme_mbp", "normalFV", "head_Up", "head_Down", "head_Left", "head_Right", "head_LeftTilt", "head_RightTilt"),
)
"""The controls of Faceware's Live expression set (SPEC 1c); left is the person's left (SPEC D.3)."""

ARKIT_NAMES = (
    *(f"eye{what}{side}" for side in ("Left", "Right") for what in ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")),
    *("jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight"),
    *(f"mouth{what}{side}" for what in ("Smile", "Frown", "Dimple", "Stretch") for side in ("Left", "Right")),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *(f"mouth{what}{side}" for what in ("Press", "LowerDown", "UpperUp") for side in ("Left", "Right")),
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff"),
    *("cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut"),
)
"""The blend shapes of Apple's ARFaceAnchor, in the order of its documentation; left is the person's left."""

CONTROL_NAMES = (*FACEWARE_NAMES, *ARKIT_NAMES)
"""Curves that move a rig, see `faces.controls`."""

Array = npt.NDArray[Any]
Lacking = float | tuple[float, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class _Columns:
    """Shared behaviour of the columnar types: validation in one place, selection, concatenation, saving."""

    # column -> (dtype, shape of one row, value where a row lacks it)
    _spec: ClassVar[dict[str, tuple[npt.DTypeLike, tuple[int, ...], Lacking]]] = {}

    def __post_init__(self) -> None:
        rows = len(np.asarray(getattr(self, next(iter(self._spec)))))
        for name, (dtype, shape, _) in self._spec.items():
            given = np.asarray(getattr(self, name))
            if given.shape != (rows, *shape):
                raise ValueError(f"{type(self).__name__}.{name}: expected shape {(rows, *shape)}, got {given.shape}")
            # What nobody can change any more, another table's column, is shared.
            shared = given.dtype == dtype and given.base is None and not given.flags.writeable
            column = given if shared else np.array(given, dtype=dtype)
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(getattr(self, next(iter(self._spec))))

    def __getitem__(self, rows: slice | Array) -> Self:
        """The rows of a slice, a boolean mask or an index array, in that order."""
        return type(self)(**{name: getattr(self, name)[rows] for name in self._spec})

    def replace(self, **columns: npt.ArrayLike) -> Self:
        """A copy with some columns exchanged."""
        return dataclasses.replace(self, **columns)

    def columns(self) -> dict[str, Array]:
        """Name to array, in declaration order (what `numpy.savez` takes)."""
        return {name: getattr(self, name) for name in self._spec}

    @classmethod
    def make(cls, rows: int, **columns: npt.ArrayLike) -> Self:
        """`rows` rows from the columns given, every other column at its "lacking" value.

        Raises:
            TypeError: a column that the type does not have.
            ValueError: a column of another length or shape.
        """
        unknown = columns.keys() - cls._spec.keys()
        if unknown:
            raise TypeError(f"{cls.__name__} has no column {sorted(unknown)}; its columns are {list(cls._spec)}")
        full = {
            name: columns[name] if name in columns else np.full((rows, *shape), lacking, dtype)
            for name, (dtype, shape, lacking) in cls._spec.items()
        }
        return cls(**full)

    @classmethod
    def concatenate(cls, parts: Iterable[Self]) -> Self:
        """All rows of all parts, in order; no parts give an empty table."""
        tables = list(parts)
        if not tables:
            return cls.make(0)
        return cls(**{name: np.concatenate([getattr(table, name) for table in tables]) for name in cls._spec})


_NAN = float("nan")


@dataclasses.dataclass(frozen=True, eq=False)
class Detections(_Columns):
    """What a detector saw: persons (no landmarks) or faces, in any number of frames.

    Attributes:
        frame: (N,) int64 source frame number, from 0.
        time_ms: (N,) int64 milliseconds from the first frame.
        box: (N, 4) float32 left, top, width, height as ratios of the frame.
        score: (N,) float32 confidence, 0..1.
        landmarks: (N, 5, 2) float32 x, y ratios in the order of `LANDMARK_NAMES`; NaN for persons.
        pose: (N, 3) float32 roll, yaw, pitch in degrees (SPEC R40); NaN until described.
        quality: (N, 2) float32 brightness, sharpness, 0..100 (SPEC R41); NaN until described.
    """

    frame: Array
    time_ms: Array
    box: Array
    score: Array
    landmarks: Array
    pose: Array
    quality: Array

    _spec: ClassVar[dict[str, tuple[npt.DTypeLike, tuple[int, ...], Lacking]]] = {
        "frame": (np.int64, (), -1),
        "time_ms": (np.int64, (), 0),
        "box": (np.float32, (4,), _NAN),
        "score": (np.float32, (), _NAN),
        "landmarks": (np.float32, (5, 2), _NAN),
        "pose": (np.float32, (3,), _NAN),
        "quality": (np.float32, (2,), _NAN),
    }


@dataclasses.dataclass(frozen=True, eq=False)
class FaceTraits(_Columns):
    """What networks read in faces: one row per face, NaN where the pack has no network for it.

    Attributes:
        age: (N, 2) float32 years, from and to.
        male: (N,) float32 probability.
        emotions: (N, 8) float32 probabilities in the order of `EMOTION_NAMES`.
        smile, eyes_open, mouth_open: (N,) float32 probabilities.
        landmarks: (N, 30, 2) float32 x, y ratios in the order of `POINT_NAMES`.
        pose: (N, 3) float32 roll, yaw, pitch in degrees, as `Detections.pose` but steadier.
        gaze: (N, 2) float32 yaw, pitch in degrees.
        real, live: (N,) float32 probabilities that the face is no picture of a face; advisory.
    """

    age: Array
    male: Array
    emotions: Array
    smile: Array
    eyes_open: Array
    mouth_open: Array
    landmarks: Array
    pose: Array
    gaze: Array
    real: Array
    live: Array

    _spec: ClassVar[dict[str, tuple[npt.DTypeLike, tuple[int, ...], Lacking]]] = {
        "age": (np.float32, (2,), _NAN),
        "male": (np.float32, (), _NAN),
        "emotions": (np.float32, (8,), _NAN),
        "smile": (np.float32, (), _NAN),
        "eyes_open": (np.float32, (), _NAN),
        "mouth_open": (np.float32, (), _NAN),
        "landmarks": (np.float32, (30, 2), _NAN),
        "pose": (np.float32, (3,), _NAN),
        "gaze": (np.float32, (2,), _NAN),
        "real": (np.float32, (), _NAN),
        "live": (np.float32, (), _NAN),
    }


@dataclasses.dataclass(frozen=True, eq=False)
class FaceShapes(_Columns):
    """How faces are formed at one moment: what action units and controls are computed from. One row per face.

    Attributes:
        points: (N, 68, 2) float32 x, y ratios in the order of iBUG 300-W.
        measures: (N, M) float32 in the order of `MEASURE_NAMES`: free of the head's pose and distance.
        units: (N, U) float32 intensities 0..1 in the order of `UNIT_NAMES`, as a network of the pack gives them; NaN without one.
    """

    points: Array
    measures: Array
    units: Array

    _spec: ClassVar[dict[str, tuple[npt.DTypeLike, tuple[int, ...], Lacking]]] = {
        "points": (np.float32, (68, 2), _NAN),
        "measures": (np.float32, (len(MEASURE_NAMES),), _NAN),
        "units": (np.float32, (len(UNIT_NAMES),), _NAN),
    }


@dataclasses.dataclass(frozen=True, eq=False)
class FaceMeshes(_Columns):
    """Whole meshes, 5.6 kB each: for drawings and files, kept only where somebody wants them. One row per face.

    Attributes:
        vertices: (N, 468, 3) float32 x, y ratios of the picture, z in the unit of x, growing away from the camera.
    """

    vertices: Array

    _spec: ClassVar[dict[str, tuple[npt.DTypeLike, tuple[int, ...], Lacking]]] = {"vertices": (np.float32, (468, 3), _NAN)}


@dataclasses.dataclass(frozen=True, eq=False)
class Controls(_Columns):
    """The curves of one face: one row per frame of its time, whether it was seen or not.

    Attributes:
        frame: (N,) int64 source frame number, ascending.
        time_ms: (N,) int64 milliseconds from the first frame.
        confidence: (N,) float32 0..1 that the curves are right; NaN where the face was not seen.
        values: (N, C) float32 0..1 in the order of `CONTROL_NAMES`; NaN where the face was not seen, or nothing supports the control.
        units: (N, U) float32 0..1 in the order of `UNIT_NAMES`, likewise.
        head: (N, 3) float32 roll, yaw, pitch in degrees, with the signs of `Detections.pose`.
        place: (N, 3) float32 x, y of the head's middle in ratios of the picture, and the head's height in ratios of the picture's.
    """

    frame: Array
    time_ms: Array
    confidence: Array
    values: Array
    units: Array
    head: Array
    place: Array

    _spec: ClassVar[dict[str, tuple[npt.DTypeLike, tuple[int, ...], Lacking]]] = {
        "frame": (np.int64, (), -1),
        "time_ms": (np.int64, (), 0),
        "confidence": (np.float32, (), _NAN),
        "values": (np.float32, (len(CONTROL_NAMES),), _NAN),
        "units": (np.float32, (len(UNIT_NAMES),), _NAN),
        "head": (np.float32, (3,), _NAN),
        "place": (np.float32, (3,), _NAN),
    }


@dataclasses.dataclass(frozen=True, eq=False)
class Tracks(_Columns):
    """Who is where: one row per person and frame, sorted by (time_ms, person); body, face or both (SPEC R35).

    Attributes:
        frame: (N,) int64 source frame number, from 0.
        time_ms: (N,) int64 milliseconds from the first frame.
        person: (N,) int64 identity. In one segment's result any number; after linking dense from 0 in order of first
            appearance (SPEC R33).
        tracklet: (N,) int64 raw body tracklet, unique within its segment; -1 in a row without a body.
        box: (N, 4) float32 body box ratios; NaN in a face-only row.
        score: (N,) float32 body confidence, 0..1; NaN in a face-only row.
        interpolated: (N,) bool, the body box was filled in between two detections.
        face_box: (N, 4) float32 face box ratios; NaN in a body-only row, as the following.
        face_score: (N,) float32, 0..1.
        landmarks: (N, 5, 2) float32 x, y ratios.
        pose: (N, 3) float32 roll, yaw, pitch in degrees.
        quality: (N, 2) float32 brightness, sharpness, 0..100.
    """

    frame: Array
    time_ms: Array
    person: Array
    tracklet: Array
    box: Array
    score: Array
    interpolated: Array
    face_box: Array
    face_score: Array
    landmarks: Array
    pose: Array
    quality: Array

    _spec: ClassVar[dict[str, tuple[npt.DTypeLike, tuple[int, ...], Lacking]]] = {
        "frame": (np.int64, (), -1),
        "time_ms": (np.int64, (), 0),
        "person": (np.int64, (), -1),
        "tracklet": (np.int64, (), -1),
        "box": (np.float32, (4,), _NAN),
        "score": (np.float32, (), _NAN),
        "interpolated": (np.bool_, (), False),
        "face_box": (np.float32, (4,), _NAN),
        "face_score": (np.float32, (), _NAN),
        "landmarks": (np.float32, (5, 2), _NAN),
        "pose": (np.float32, (3,), _NAN),
        "quality": (np.float32, (2,), _NAN),
    }

    @property
    def has_body(self) -> Array:
        """(N,) bool, the row has a body box."""
        return ~np.isnan(self.score)

    @property
    def has_face(self) -> Array:
        """(N,) bool, the row has a face."""
        return ~np.isnan(self.face_score)


@dataclasses.dataclass(frozen=True, eq=False)
class AnalysedFrames(_Columns):
    """The frames that were sampled, looked at or not, in order.

    Attributes:
        frame: (F,) int64 source frame number, ascending.
        time_ms: (F,) int64 milliseconds from the first frame.
        detected: (F,) bool, the detectors looked for bodies; people of other frames are carried from one look to the next.
        faces: (F,) bool, they looked for faces too.
        camera: (F, 4) float64 a, b, x, y: motion of the picture since the frame looked at before, in pixels of the processed frame. What
            was at (px, py) there is expected at (a px - b py + x, b px + a py + y) here; (1, 0, 0, 0) where nothing is known.
        cut: (F,) bool, a scene cut lies before this frame.
    """

    frame: Array
    time_ms: Array
    detected: Array
    faces: Array
    camera: Array
    cut: Array

    _spec: ClassVar[dict[str, tuple[npt.DTypeLike, tuple[int, ...], Lacking]]] = {
        "frame": (np.int64, (), -1),
        "time_ms": (np.int64, (), 0),
        "detected": (np.bool_, (), True),
        "faces": (np.bool_, (), True),
        "camera": (np.float64, (4,), (1.0, 0.0, 0.0, 0.0)),
        "cut": (np.bool_, (), False),
    }

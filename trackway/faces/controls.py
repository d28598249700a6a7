"""Curves that move a rig, from action units, gaze and pose: one face over its time (SPEC 1c, D.4).

Names are those of Faceware's Live expression set and of Apple's ARKit. Left and right are the person's. Most controls are one action unit,
at one side or at both (`_OF_SIDES`, `_OF_BOTH`); the others:

    jaw_open        0.6 AU26 + 0.4 AU27: AU27 goes on where AU26 ends
    jaw_left ...    the chin's way from under the nose, from 0.12 to 0.6 cm of an average head
    mouth_left ...  the lips' way, from 0.08 to 0.5 cm
    mouthClose      what AU25 lacks to the opening of the jaw: lips that stay closed over it
    eyes_look ...   the gaze's angles in the head, 30 degrees to a side and 25 up or down being 1; not known while the eyes are closed
    head_ ...       the pose less that at rest; 45 degrees of yaw, 30 of pitch and of roll being 1

A frame in which the face is lost has no values: nothing is held or filled in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import (
    ARKIT_NAMES,
    CONTROL_NAMES,
    FACEWARE_NAMES,
    MEASURE_NAMES,
    UNIT_NAMES,
    AnalysedFrames,
    Controls,
    FaceShapes,
    FaceTraits,
    Tracks,
)
from trackway.faces.action_units import action_units, combined
from trackway.faces.neutral import Neutral
from trackway.tracking.angles import turned_by

__all__ = ["ARKIT", "FACEWARE", "SUPPORTED", "controls", "dominant_person"]

Array = npt.NDArray[Any]

FACEWARE, ARKIT = FACEWARE_NAMES, ARKIT_NAMES

_OF_SIDES = {
    43: ("eyes_{low}Eye_blink", "eyeBlink{side}"),
    7: ("eyeSquint{side}",),
    5: ("{low}_eye_wide", "eyeWide{side}"),
    2: ("brows_{low}Brow_up", "browOuterUp{side}"),
    4: ("brows_{low}Brow_down", "browDown{side}"),
    6: ("cheekSquint{side}",),
    9: ("noseSneer{side}",),
    10: ("mouth_upperLip_{low}_up", "mouthUpperUp{side}"),
    12: ("mouth_{low}Mouth_smile", "mouthSmile{side}"),
    14: ("mouthDimple{side}",),
    15: ("mouth_{low}Mouth_frown", "mouthFrown{side}"),
    16: ("mouth_lowerLip_{low}_down", "mouthLowerDown{side}"),
    18: ("mouth_{low}_narrow",),
    20: ("mouth_{low}_stretch", "mouthStretch{side}"),
    24: ("mouthPress{side}",),
}
"""Number of a unit -> the controls that follow it at their side, or follow both sides of it where sides are not told apart."""
_OF_BOTH = {
    1: ("brows_midBrows_up", "browInnerUp"),
    4: ("brows_midBrows_down",),
    17: ("mouthShrugLower",),
    18: ("mouth_phoneme_oo", "mouthPucker"),
    19: ("tongueOut",),
    22: ("mouth_phoneme_ch", "mouthFunnel"),
    24: ("mouth_phoneme_mbp",),
    28: ("mouthRollLower", "mouthRollUpper"),
}
"""Number of a unit -> the controls of both sides that follow it."""
_OF_UNITS = {name: f"AU{unit}" for unit, names in _OF_BOTH.items() for name in names} | {
    name.format(side=side, low=side.lower()): sided if (sided := f"AU{side[0]}{unit}") in UNIT_NAMES else f"AU{unit}"
    for unit, names in _OF_SIDES.items()
    for name in names
    for side in ("Left", "Right")
}
"""Control -> the unit that it follows."""

_NEVER = {"mouth_up", "mouth_down", "normalFV", "jawForward", "mouthShrugUpper", "cheekPuff"}
"""What nothing here tells."""
_BY_NETWORKS = {"tongueOut"}
"""What only a pack's network for action units tells."""
SUPPORTED = frozenset(CONTROL_NAMES) - _NEVER - _BY_NETWORKS
"""What has values without such a network; the others are NaN."""

_JAW_ASIDE, _MOUTH_ASIDE = (0.12, 0.60), (0.08, 0.50)
"""Centimetres that are nothing yet, and that are all."""
_GAZE, _HEAD = (30.0, 25.0), (30.0, 45.0, 30.0)
"""Degrees that are 1: yaw and pitch of the eyes; roll, yaw and pitch of the head."""
_SMOOTHED_MS, _SMOOTHED_BY = 50.0, 0.12
"""How near in time, and how alike, values are that are averaged, as standard deviations: trembling goes, blinks do not."""
_NEIGHBOURS = 3
_CERTAIN_TO, _UNCERTAIN_FROM = 20.0, 60.0
"""Degrees of yaw or pitch up to which, and from which, a mesh is a good and no witness."""
_UNCERTAIN_TO_PX, _CERTAIN_FROM_PX = 20.0, 96.0
"""Longer side of the face's box, likewise: at 96 pixels units differ by 0.01 from those of a large picture, at 24 by 0.07."""


def controls(
    faces: Tracks,
    shapes: FaceShapes,
    traits: FaceTraits | None,
    frames: AnalysedFrames,
    neutral: Neutral,
    size: tuple[int, int] | None = None,
) -> Controls:
    """The curves of one person.

    Args:
        faces: (N,) rows of that person, by time; those of frames in which nobody looked for faces are left out.
        shapes, traits: of the same rows; without traits the gaze is not known.
        frames: of the video.
        neutral: the same face at rest.
        size: width, height of the picture in pixels, so that small faces are trusted less; None does not ask.

    Returns:
        One row for each frame in which faces were looked for, from the first to the last in which this one was seen.
    """
    seen = faces.has_face & np.isin(faces.frame, frames.frame[frames.faces])
    faces, shapes, traits = faces[seen], shapes[seen], traits[seen] if traits is not None else None
    if not len(faces):
        return Controls.make(0)
    taken = frames.faces & (frames.frame >= faces.frame[0]) & (frames.frame <= faces.frame[-1])
    frame, time_ms = frames.frame[taken], frames.time_ms[taken]
    units = combined(shapes.units, action_units(shapes.measures, neutral))
    head = faces.pose if traits is None else np.where(np.isnan(traits.pose), faces.pose, traits.pose)
    gaze = np.full((len(faces), 2), np.nan) if traits is None else traits.gaze
    rows = np.searchsorted(frame, faces.frame)

    def spread(values: Array) -> Array:
        every = np.full((len(frame), *values.shape[1:]), np.nan)
        every[rows] = values
        return every

    smoothed = _smoothed(spread(np.column_stack([units, _values(units, shapes.measures, gaze, head, neutral)])), time_ms)
    return Controls.make(
        len(frame),
        frame=frame,
        time_ms=time_ms,
        confidence=spread(_confidence(faces, shapes, head, neutral, size)),
        units=smoothed[:, : len(UNIT_NAMES)],
        values=smoothed[:, len(UNIT_NAMES) :],
        head=spread(head),
        place=spread(np.column_stack([faces.face_box[:, :2] + faces.face_box[:, 2:] / 2, faces.face_box[:, 3]])),
    )


def dominant_person(faces: Tracks) -> int | None:
    """The person whose face covers most of the picture for longest: whom a head-mounted camera films (SPEC F17); None without a face.

    Args:
        faces: rows of all persons.
    """
    rows = faces[faces.has_face]
    if not len(rows):
        return None
    people, index = np.unique(rows.person, return_inverse=True)
    return int(people[np.bincount(index, rows.face_box[:, 2].astype(np.float64) * rows.face_box[:, 3]).argmax()])


def _values(units: Array, measures: Array, gaze: Array, head: Array, neutral: Neutral) -> Array:
    """(N, C) in the order of `columns.CONTROL_NAMES`."""
    unit = dict(zip(UNIT_NAMES, units.astype(np.float64).T, strict=True))
    known = {name: unit[of] for name, of in _OF_UNITS.items()}
    jaw_open = 0.6 * unit["AU26"] + 0.4 * unit["AU27"]
    known |= {"jaw_open": jaw_open, "jawOpen": jaw_open, "mouthClose": np.maximum(jaw_open - unit["AU25"], 0)}
    for part, measure, span in (("jaw", "jawAside", _JAW_ASIDE), ("mouth", "mouthAside", _MOUTH_ASIDE)):
        column = MEASURE_NAMES.index(measure)
        aside = measures[:, column].astype(np.float64) - neutral.measures[column]
        for side, to in (("left", aside), ("right", -aside)):  # the image's right is the person's left
            known[f"{part}_{side}"] = known[f"{part}{side.capitalize()}"] = _share(to, *span)
    to_left, up = (gaze.astype(np.float64) / _GAZE).T
    looks = {name: np.clip(value, 0, 1) for name, value in (("Left", to_left), ("Right", -to_left), ("Up", up), ("Down", -up))}
    known |= {f"eyes_look{where}": value for where, value in looks.items()}
    for side, other in (("Left", "Right"), ("Right", "Left")):
        known |= {f"eyeLook{where}{side}": looks[of] for where, of in (("Out", side), ("In", other), ("Up", "Up"), ("Down", "Down"))}
    tilted, turned, raised = (turned_by(head.astype(np.float64) - neutral.pose) / _HEAD).T
    for name, value in (
        ("LeftTilt", tilted),
        ("RightTilt", -tilted),
        ("Left", turned),
        ("Right", -turned),
        ("Up", raised),
        ("Down", -raised),
    ):
        known[f"head_{name}"] = np.clip(value, 0, 1)
    unknown = np.full(len(units), np.nan)
    return np.stack([known.get(name, unknown) for name in CONTROL_NAMES], axis=1)


def _confidence(faces: Tracks, shapes: FaceShapes, head: Array, neutral: Neutral, size: tuple[int, int] | None) -> Array:
    """(N,) the detector's score, less for faces that are small or turned away, half without a face at rest, nothing without a mesh."""
    turned = np.abs(head[:, 1:].astype(np.float64)).max(axis=1)
    trust = _share(turned, _UNCERTAIN_FROM, _CERTAIN_TO) * (1 + neutral.certain) / 2 * np.clip(faces.face_score, 0, 1)
    if size is not None:
        trust *= _share((faces.face_box[:, 2:] * size).max(axis=1), _UNCERTAIN_TO_PX, _CERTAIN_FROM_PX)
    meshed = np.isfinite(shapes.measures[:, MEASURE_NAMES.index("mouthWidth")])
    return np.where(meshed, np.nan_to_num(trust), 0.0)


def _share(values: Array, none: float, full: float) -> Array:
    """0 at `none`, 1 at `full`, straight in between."""
    share: Array = np.clip((values - none) / (full - none), 0, 1)
    return share


def _smoothed(values: Array, time_ms: Array) -> Array:
    """Each value averaged with those just before and after that are nearly the same (Tomasi and Manduchi, 1998); nothing is late."""
    total, weights = np.where(np.isnan(values), 0.0, values), np.ones_like(values)
    for step in range(1, _NEIGHBOURS + 1):
        apart = (time_ms[step:] - time_ms[:-step])[:, None] / _SMOOTHED_MS
        with np.errstate(invalid="ignore"):
            change = values[step:] - values[:-step]
        weight = np.nan_to_num(np.exp(-(apart**2 + (change / _SMOOTHED_BY) ** 2) / 2))
        for here, there in ((np.s_[step:], np.s_[:-step]), (np.s_[:-step], np.s_[step:])):
            weights[here] += weight
            total[here] += weight * np.nan_to_num(values[there])
    return np.where(np.isnan(values), np.nan, total / weights)

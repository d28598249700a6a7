"""Curves of one face in the layout of Epic's Live Link Face app: a CSV that its importers for Unreal, Blender and Maya read (SPEC F27).

Epic publishes no description of it. What is written here was learned from recordings of the app and from importers:

* 63 columns: `Timecode`, `BlendshapeCount`, the 52 blend shapes of ARKit with a capital first letter, right before left for jaw and mouth,
  and nine angles. Older versions of the app write `BlendShapeCount`.
* A time code is `HH:MM:SS:FF.mmm`. `FF` counts sixtieths of a second whatever the camera's rate (a recording with 30 frames per second
  advances by two), and `mmm` thousandths of them; so any moment of any video can be told. The first frame of the video is 0.
* A row in which no face was seen has the count 0 and no values; importers pass over it. So gaps stay gaps.
* Angles are in radians. In recordings, an eye that looks down has a positive pitch, and one that looks to the right of the picture a
  positive yaw. That is the rotation about ARKit's axes, x to the right of the picture, y up, z to the camera; the head's follow it.

Importers want a number everywhere: what nothing supports, or could not be told for a moment, is 0. So are the eyes' angles, as the
blend shapes `EyeLook...` tell the same. `controls_json` tells 0 and unknown apart.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from trackway.artifacts.gaps import gaps
from trackway.columns import ARKIT_NAMES, CONTROL_NAMES, Controls

__all__ = ["COLUMNS", "write_live_link"]

_SHAPES = (
    *(f"Eye{what}{side}" for side in ("Left", "Right") for what in ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")),
    *("JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRight", "MouthLeft"),
    *(f"Mouth{what}{side}" for what in ("Smile", "Frown", "Dimple", "Stretch") for side in ("Left", "Right")),
    *("MouthRollLower", "MouthRollUpper", "MouthShrugLower", "MouthShrugUpper"),
    *(f"Mouth{what}{side}" for what in ("Press", "LowerDown", "UpperUp") for side in ("Left", "Right")),
    *("BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight", "CheekPuff"),
    *("CheekSquintLeft", "CheekSquintRight", "NoseSneerLeft", "NoseSneerRight", "TongueOut"),
)
_ANGLES = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))

COLUMNS = (*_SHAPES, *_ANGLES)
"""Names of the 61 values, in order."""

_PER_SECOND = 60
_OWN_NAMES = {name.lower(): CONTROL_NAMES.index(name) for name in ARKIT_NAMES}
_SOURCES = [_OWN_NAMES[name.lower()] for name in _SHAPES]


def write_live_link(path: str | os.PathLike[str], controls: Controls) -> None:
    """Write curves, a row per frame; the same curves give the same bytes.

    Args:
        path: file to write.
        controls: of one face.

    Raises:
        OSError: the file cannot be written.
    """
    seen = np.ones(len(controls), bool)
    for gap in gaps(controls):
        seen[gap] = False
    roll, yaw, pitch = np.radians(controls.head.astype(np.float64)).T
    head = np.stack([yaw, -pitch, -roll], axis=1)
    eyes = np.zeros((len(controls), len(_ANGLES) - head.shape[1]))
    values = np.nan_to_num(np.hstack([controls.values[:, _SOURCES], head, eyes]), nan=0.0) + 0.0  # never -0
    empty = "," * len(COLUMNS)
    with Path(path).open("w", encoding="ascii", newline="\n") as file:
        file.write(",".join(("Timecode", "BlendshapeCount", *COLUMNS)) + "\n")
        for time_ms, told, row in zip(controls.time_ms.tolist(), seen.tolist(), values, strict=True):
            numbers = ",".join(f"{value:.6f}" for value in row.tolist()) if told else ""
            file.write(f"{_timecode(time_ms)},{len(COLUMNS)},{numbers}\n" if told else f"{_timecode(time_ms)},0{empty}\n")


def _timecode(time_ms: int) -> str:
    """`HH:MM:SS:FF.mmm`, exactly."""
    thousandths = time_ms * _PER_SECOND
    frames, rest = divmod(thousandths, 1000)
    seconds, frame = divmod(frames, _PER_SECOND)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame:02}.{rest:03}"

"""Heads whose expressions are made: a mesh that the network read in a photograph, turned to the front, made symmetric and then moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from trackway.faces.measures import _SWAPPED, _turned_to_the_front, measures
from trackway.faces.neutral import Neutral, neutral_from

__all__ = ["LIDS", "MOVED", "in_picture", "mirrored", "moved", "rest_of", "symmetric"]

Array = npt.NDArray[Any]

LIDS = (0.33, 0.33)
"""Openness of eyes at rest."""

_CHIN = (152, 148, 377, 175, 199, 200)
_LOWER_LIP = (14, 17, 178, 402, 181, 405, 84, 314, 91, 321)
_CORNERS = (61, 291)
_UPPER_RIM_AT_CORNERS, _LOWER_RIM_AT_CORNERS = (185, 409), (146, 375)
MOVED: dict[str, list[tuple[tuple[int, ...], tuple[float, float, float]]]] = {
    "AU1": [((55, 65, 107, 66, 285, 295, 336, 296), (0, -0.6, 0))],
    "AU2": [((46, 53, 70, 63, 276, 283, 300, 293), (0, -0.6, 0)), ((52, 105, 282, 334), (0, -0.3, 0))],
    "AU4": [((55, 65, 107, 66, 52, 105, 285, 295, 336, 296, 282, 334), (-0.08, 0.45, 0))],
    "AU6": [((118, 119, 120, 347, 348, 349, 50, 101, 205, 280, 330, 425), (0, -0.32, 0))],
    "AU7": [((144, 145, 153, 373, 374, 380), (0, -0.18, 0))],
    "AU9": [((48, 64, 129, 98, 278, 294, 358, 327), (0, -0.3, 0)), ((8, 9), (0, 0.3, 0))],
    "AU10": [((39, 40, 269, 270, 0, 13), (0, -0.65, 0))],
    "AU11": [((36, 203, 206, 266, 423, 426), (0.1, -0.28, 0))],
    "AU12": [(_CORNERS, (0.9, -0.9, 0))],
    "AU14": [(_UPPER_RIM_AT_CORNERS, (0, 0.08, 0)), (_LOWER_RIM_AT_CORNERS, (0, -0.08, 0)), (_CORNERS, (0, 0, -0.15))],
    "AU15": [(_CORNERS, (0, 0.6, 0))],
    "AU17": [((199, 200), (0, -0.65, 0))],
    "AU18": [(_CORNERS, (-0.85, 0, 0))],
    "AU20": [(_CORNERS, (0.65, 0, 0))],
    "AU23": [((0,), (0, 0.22, 0)), ((17,), (0, -0.22, 0)), (_CORNERS, (-0.45, 0, 0))],
    "AU24": [((0,), (0, 0.16, 0)), ((17,), (0, -0.16, 0))],
    "AU26": [((*_CHIN, *_LOWER_LIP), (0, 1.5, 0)), (_CORNERS, (0, 0.6, 0))],
    "AU28": [((0,), (0, 0.4, -0.15)), ((17,), (0, -0.6, -0.15))],
}
"""Unit -> which vertices go where, in centimetres, when it is as strong as it gets: x outwards, y down, z towards the camera."""


def symmetric(mesh: Array) -> Array:
    """(468, 3) a mesh of the network in pixels -> in centimetres from the front, both sides alike; z towards the camera."""
    head = _turned_to_the_front(mesh[None].astype(np.float64))[0][0]
    alike: Array = (head + head[_SWAPPED] * [-1, 1, 1]) / 2
    return alike


def moved(head: Array, unit: str, strength: float, sides: tuple[float, float] = (1, 1)) -> Array:
    """The head with an expression of that strength; `sides` weighs the image's left and right."""
    after = head.copy()
    for vertices, way in MOVED[unit]:
        for vertex in vertices:
            right = head[vertex, 0] > 0
            after[vertex] += strength * sides[int(right)] * np.array(way) * [1 if right else -1, 1, 1]
    return after


def mirrored(head: Array) -> Array:
    """The head in the mirror."""
    swapped: Array = head[_SWAPPED] * [-1, 1, 1]
    return swapped


def in_picture(head: Array, roll: float = 0, yaw: float = 0, pitch: float = 0, size: float = 12.0) -> Array:
    """(468, 3) the mesh of that head in that pose, somewhere in a picture, `size` pixels a centimetre."""
    turn = Rotation.from_euler("ZYX", [roll, yaw, pitch], degrees=True).as_matrix()
    mesh: Array = size * (head @ turn.T) * [1, 1, -1] + [300, 200, 50]
    return mesh


def rest_of(head: Array) -> Neutral:
    """That head as the face at rest."""
    return neutral_from(measures(in_picture(head)[None], np.array([LIDS]))[0])

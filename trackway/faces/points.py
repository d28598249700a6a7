"""Which points of a mesh are meant by Rekognition's thirty names (SPEC R38) and by the sixty-eight of iBUG 300-W.

Left is the image's left. The sixty-eight were chosen so that they lie on average nearest to what people marked; the thirty are those of
them that carry a name, but corners and lids of the eyes are anatomical ones, so that ratios of an eye mean what they say.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import POINT_NAMES
from trackway.faces.mesh import between

__all__ = ["SIXTY_EIGHT", "thirty"]

Array = npt.NDArray[Any]

SIXTY_EIGHT = (
    *(127, 227, 177, 215, 172, 136, 149, 148, 152, 377, 378, 365, 397, 435, 401, 447, 356),  # jaw, from the image's left
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),  # brows
    *(168, 197, 195, 4, 75, 97, 2, 326, 305),  # bridge and wings of the nose
    *(7, 160, 158, 155, 153, 144, 382, 385, 387, 249, 373, 380),  # eyes
    *(61, 74, 37, 0, 267, 304, 291, 405, 314, 17, 84, 181),  # lips, outside
    *(78, 38, 12, 268, 308, 316, 15, 86),  # and inside
)
"""Vertices in the order of iBUG 300-W."""

_NAMED: dict[str, tuple[int, ...]] = {
    "eyeLeft": (33, 133, 159, 145), "eyeRight": (362, 263, 386, 374), "nose": (4,), "mouthLeft": (61,), "mouthRight": (291,),
    "leftEyeBrowLeft": (70,), "leftEyeBrowRight": (107,), "leftEyeBrowUp": (105,),
    "rightEyeBrowLeft": (336,), "rightEyeBrowRight": (300,), "rightEyeBrowUp": (334,),
    "leftEyeLeft": (33,), "leftEyeRight": (133,), "leftEyeUp": (159,), "leftEyeDown": (145,),
    "rightEyeLeft": (362,), "rightEyeRight": (263,), "rightEyeUp": (386,), "rightEyeDown": (374,),
    "noseLeft": (75,), "noseRight": (305,), "mouthUp": (0,), "mouthDown": (17,),
    "upperJawlineLeft": (127,), "midJawlineLeft": (172,), "chinBottom": (152,), "midJawlineRight": (397,), "upperJawlineRight": (356,),
}  # fmt: skip
"""Name -> the vertices in whose middle it lies. The pupils are no part of the mesh."""

_PUPILS = ("leftPupil", "rightPupil")


def thirty(meshes: Array, pupils: Array) -> Array:
    """(N, 30, 2) x, y in the order of `columns.POINT_NAMES`; NaN where it is not known.

    Args:
        meshes: (N, 468, 2 or 3).
        pupils: (N, 2, 2) at the image's left, then at its right, in the same pixels.
    """
    points = [pupils[:, _PUPILS.index(name)] if name in _PUPILS else between(meshes, _NAMED[name])[:, :2] for name in POINT_NAMES]
    return np.stack(points, axis=1)

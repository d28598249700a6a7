"""What of a face tells its expression, as numbers that do not depend on where the head is, how it is turned and how far away.

Each mesh is laid on an average head by those of its vertices that expressions leave where they are: around the eyes' corners, on the bridge
of the nose, at forehead and temples. So it is turned to the front and measured in centimetres of that head.

Of each side, left being the image's left; y grows downwards, heights grow upwards, depth grows towards the camera:

    lid             gap between the lids over the width of the eye, as the iris network sees it (`iris.Eyes.openness`)
    lidGap          the same gap in the mesh, of three pairs of vertices
    upperLid        height of the upper lid over the line between the eye's corners
    lowerLid        of the lower lid, mostly negative
    browInner, browMiddle, browOuter   height of three parts of the brow over the corners of both eyes
    eyeBag          height of the skin under the eye's lower rim
    cheek           height of the cheek, below that
    noseWing        height of the wing of the nose
    fold            height of the skin along the upper half of the fold from the nose to the corner of the mouth
    cornerHeight, cornerOut, cornerDepth   of the corner of the mouth: over the eyes, out from the base of the nose, towards the camera
    cornerThickness of both lips just beside it, and what is open between them
    upperLip        height of the upper lip's rim, half way to the corner
    lowerLip        height of the lower lip's
    lipGap          between the inner rims there
    cheekDepth      towards the camera, beside the mouth

And of both together:

    browDistance    between the inner ends of the brows
    noseRoot        height of the skin between the brows
    noseWidth       between the wings
    mouthWidth      between the corners
    mouthAside      of the lips' middle from the base of the nose, to the image's right
    upperLip, lowerLip     heights of the rims in the middle
    lipGap          between the inner rims there
    upperThickness, lowerThickness   of the red of the lips there
    upperDepth, lowerDepth           of the rims there, towards the camera
    jawDrop         distance of the base of the nose and the chin, whichever way the mesh tilts, but not sideways
    jawAside        of the chin, likewise
    jawDepth        of the chin towards the camera
    chin            height of the chin's boss under the lower lip's rim
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import MEASURE_NAMES
from trackway.faces.mesh import POINTS

__all__ = ["measures"]

Array = npt.NDArray[Any]

_RIGID = (10, 168, 6, 197, 33, 263, 133, 362, 54, 284, 103, 332)
"""Vertices that stay where they are."""
_HEAD = np.array(
    [
        *([0.00, -7.99, 4.65], [0.00, -3.14, 5.13], [0.00, -2.40, 5.58], [0.00, -1.68, 6.09]),
        *([-4.54, -2.67, 2.88], [4.54, -2.67, 2.88], [-1.76, -2.56, 3.41], [1.76, -2.56, 3.41]),
        *([-5.99, -6.04, 1.44], [5.99, -6.04, 1.44], [-5.02, -6.98, 2.72], [5.02, -6.98, 2.72]),
    ]
)
"""Where an average head has them: x to the image's right, y down, z towards the camera, in centimetres. Medians over 252 photographs of
faces seen from the front, as the network reads them, made symmetric; the middles of the eyes are 6.3 apart."""

_NOSE, _NOSE_LENGTH = (2, 94, 4), 4.01
"""Vertices at the end of the nose, and how far below the eyes that head has their middle."""
_HALF_SEEN = 40.0
"""Degrees of yaw from which the half that is turned away is a guess of the network's."""
_LEAST_NOSE = 1.5
"""A mesh with a shorter one is none: it is not measured."""
_CHIN = (152, 175, 199)

_PAIRS = (
    *((46, 276), (53, 283), (52, 282), (65, 295), (55, 285), (70, 300), (63, 293), (105, 334), (66, 296), (107, 336)),  # brows
    *((33, 263), (133, 362), (160, 387), (159, 386), (158, 385), (144, 373), (145, 374), (153, 380)),  # eyes
    *((54, 284), (103, 332)),  # forehead
    *((119, 348), (120, 349), (118, 347), (50, 280), (101, 330), (205, 425), (187, 411), (207, 427)),  # cheeks
    *((48, 278), (64, 294), (129, 358), (98, 327), (36, 266), (203, 423), (206, 426)),  # nose and the folds beside it
    *((61, 291), (39, 269), (40, 270), (37, 267), (81, 311), (178, 402), (181, 405), (91, 321), (84, 314)),  # mouth
    *((185, 409), (146, 375)),  # its rims beside the corners
)


def _mirror() -> Array:
    """(468,) which vertex stands for each in the mirror; of those that are not measured itself."""
    swapped = np.arange(POINTS)
    left, right = np.array(_PAIRS).T
    swapped[left], swapped[right] = right, left
    return swapped


_SWAPPED = _mirror()


def measures(meshes: Array, lids: Array) -> Array:
    """The measures of each face.

    Args:
        meshes: (N, 468, 3) x, y, z in pixels, or any other unit that is the same in all directions; z growing away from the camera.
        lids: (N, 2) openness of the eyes at the image's left and right, see `iris.Eyes.openness`; NaN where it is not known.

    Returns:
        (N, M) float32 in the order of `columns.MEASURE_NAMES`; NaN for meshes that are, and for what is of a half that is turned away.
    """
    found = np.full((len(meshes), len(MEASURE_NAMES)), np.nan, np.float32)
    usable = np.isfinite(meshes).all(axis=(1, 2))
    if usable.any():
        upright, yaw = _turned_to_the_front(meshes[usable])
        head = _with_an_average_nose(upright)
        sides = {
            "Left": (_side(head, lids[usable, 0]), yaw < -_HALF_SEEN),
            "Right": (_side(head[:, _SWAPPED] * [-1, 1, 1], lids[usable, 1]), yaw > _HALF_SEEN),
        }
        columns = {
            f"{name}{side}": np.where(hidden, np.nan, values) for side, (seen, hidden) in sides.items() for name, values in seen.items()
        }
        columns |= _middle(head) | {"jawDrop": np.linalg.norm((_at(upright, *_CHIN) - upright[:, 2])[:, 1:], axis=1)}
        found[usable] = np.stack([columns[name] for name in MEASURE_NAMES], axis=1)
    return found


def _turned_to_the_front(meshes: Array) -> tuple[Array, Array]:
    """(K, 468, 3) in centimetres of the average head: its best similarity (Umeyama, 1991), undone; and (K,) degrees of yaw as they were."""
    seen = meshes * [1.0, 1.0, -1.0]
    rigid, head = seen[:, _RIGID], _HEAD - _HEAD.mean(axis=0)
    middle = rigid.mean(axis=1, keepdims=True)
    left, size, right = np.linalg.svd(np.einsum("ik,nij->nkj", head, rigid - middle))
    sign = np.sign(np.linalg.det(left @ right))
    left[:, :, 2] *= sign[:, None]
    size[:, 2] *= sign
    scale = size.sum(axis=1) / (head**2).sum()
    turn = left @ right
    upright = (seen - middle) @ turn.transpose(0, 2, 1) / np.maximum(scale, 1e-9)[:, None, None] + _HEAD.mean(axis=0)
    return upright, -np.degrees(np.arcsin(turn[:, 0, 2].clip(-1, 1)))


def _with_an_average_nose(head: Array) -> Array:
    """The part below the eyes, so much longer or shorter that the nose is as long as the average's.

    A mesh that looks up has a longer nose than the same one that looks down: nearness to the camera, and what the network knows badly, both
    stretch what is below the eyes. The nose does not really change.
    """
    eyes = _at(head, 33, 133, 263, 362)[:, None, 1]
    length = _at(head, *_NOSE)[:, None, 1] - eyes
    below = np.maximum(head[:, :, 1] - eyes, 0)
    longer = head.copy()
    longer[:, :, 1] += below * (_NOSE_LENGTH / np.where(length >= _LEAST_NOSE, length, np.nan) - 1)
    return longer


def _at(head: Array, *vertices: int) -> Array:
    """(K, 3) middle of some vertices."""
    middle: Array = head[:, vertices].mean(axis=1)
    return middle


def _height(head: Array, *vertices: int) -> Array:
    """(K,) over the line between the eyes' corners."""
    height: Array = _at(head, 33, 133, 263, 362)[:, 1] - _at(head, *vertices)[:, 1]
    return height


def _aside(head: Array, *vertices: int) -> Array:
    """(K,) to the right of the base of the nose, which is about as far before the neck: a yaw that is a little wrong moves both."""
    aside: Array = _at(head, *vertices)[:, 0] - head[:, 2, 0]
    return aside


def _before(head: Array, *vertices: int) -> Array:
    """(K,) how far before the line from the base of the nose to the chin: how a mesh tilts is the least certain of it."""
    nose, chin, place = _at(head, 2), _at(head, 199), _at(head, *vertices)
    down = chin - nose
    along = (place[:, 1] - nose[:, 1]) / np.where(np.abs(down[:, 1]) > 1e-6, down[:, 1], np.nan)
    before: Array = place[:, 2] - nose[:, 2] - along * down[:, 2]
    return before


def _apart(head: Array, one: int, other: int) -> Array:
    """(K,) distance as seen from the front."""
    apart: Array = np.linalg.norm(head[:, one, :2] - head[:, other, :2], axis=1)
    return apart


def _side(head: Array, lid: Array) -> dict[str, Array]:
    """What there is at either side, of the image's left one; x grows towards the middle there."""
    corners = _at(head, 33, 133)[:, 1]
    return {
        "lid": lid,
        "lidGap": np.mean([_apart(head, upper, lower) for upper, lower in ((160, 144), (159, 145), (158, 153))], axis=0),
        "upperLid": corners - _at(head, 160, 159, 158)[:, 1],
        "lowerLid": corners - _at(head, 144, 145, 153)[:, 1],
        "browInner": _height(head, 55, 65, 107, 66),
        "browMiddle": _height(head, 52, 105),
        "browOuter": _height(head, 46, 53, 70, 63),
        "eyeBag": _height(head, 118, 119, 120),
        "cheek": _height(head, 50, 101, 205),
        "noseWing": _height(head, 48, 64, 129, 98),
        "fold": _height(head, 36, 203, 206),
        "cornerHeight": _height(head, 61),
        "cornerOut": -_aside(head, 61),
        "cornerDepth": _before(head, 61),
        "cornerThickness": _apart(head, 185, 146),
        "upperLip": _height(head, 39, 40),
        "lowerLip": _height(head, 181, 91),
        "lipGap": _apart(head, 81, 178),
        "cheekDepth": _before(head, 187, 205, 207),
    }


def _middle(head: Array) -> dict[str, Array]:
    return {
        "browDistance": _at(head, 285, 336)[:, 0] - _at(head, 55, 107)[:, 0],
        "noseRoot": _height(head, 9, 8),
        "noseWidth": _apart(head, 129, 358),
        "mouthWidth": _apart(head, 61, 291),
        "mouthAside": _aside(head, 0, 13, 14, 17),
        "upperLip": _height(head, 0),
        "lowerLip": _height(head, 17),
        "lipGap": _apart(head, 13, 14),
        "upperThickness": _apart(head, 0, 13),
        "lowerThickness": _apart(head, 14, 17),
        "upperDepth": _before(head, 0),
        "lowerDepth": _before(head, 17),
        "jawAside": _aside(head, *_CHIN),
        "jawDepth": _at(head, *_CHIN)[:, 2],
        "chin": _height(head, 199, 200) - _height(head, 17),
    }

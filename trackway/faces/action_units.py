"""Action units of the Facial Action Coding System (Ekman and Friesen, 1978), told from how a mesh differs from the same face at rest.

FACS says for each unit what moves and where to; here that movement is a measure's change in centimetres of an average head, see
`faces.measures`. An intensity is 0 up to about the change that one person's photographs at rest show too, 1 from about what the strongest
of 380 photographs show, and straight in between. Both ends are chosen by eye, unit by unit: there was no data with units marked. Units of
both sides are the mean of both, or that of the side that is seen. How good each of them is: docs/action-units.md.

    AU1   inner brow up, and over the outer         AU2   outer brow up
    AU4   brows down, and nearer to each other   AU5   upper lid up: the eye wider open than at rest
    AU6   skin under the eye and cheek up        AU7   lower lid up, the eye narrower
    AU9   wings of the nose and upper lip up, and the skin between the brows down
    AU10  upper lip up, by more than a smile takes it along
    AU11  skin along the nasolabial fold up, by more than the wing of the nose and the upper lip take it along
    AU12  corners of the mouth up and outwards
    AU14  lips thinner at the corner than elsewhere, the corner back by more than out, and not up
    AU15  corners down, by more than either lip
    AU16  lower lip down, by more than the jaw takes it along
    AU17  chin up to closed lips                 AU18  mouth narrow, lips forward
    AU20  corners outwards without going up      AU22  mouth narrow with the lips apart
    AU23  lips thin and the mouth narrow         AU24  lips thin and closed, but not sucked in
    AU25  lips apart
    AU26  chin away from the nose                AU27  the same, beyond what AU26 covers
    AU28  red of closed lips nearly gone, the lips back
    AU43  lids together

AU11, AU14, AU23 and AU28 are 1 where skin and lips go as far as FACS describes. The mesh does not follow them so far: it holds on to what
an average mouth looks like, and tells these four too seldom rather than wrongly. AU13, AU19, AU32, AU38 and AU39 stay NaN: a smile's kind,
tongue, teeth and nostrils are not in it at all. A pack's network may know all of them (`faces.label_reader`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.columns import MEASURE_NAMES, UNIT_NAMES
from trackway.faces.neutral import Neutral

__all__ = ["MEFARG41", "XGB20", "action_units", "combined", "occurrence"]

Array = npt.NDArray[Any]

XGB20 = tuple(f"AU{unit}" for unit in (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43))
"""The units of SPEC M10, in its order."""
MEFARG41 = (
    *(f"AU{unit}" for unit in (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 27, 32, 38, 39)),
    *(f"AU{side}{unit}" for unit in (1, 2, 4, 6, 10, 12, 14) for side in "LR"),
)
"""Those of SPEC M9, in its order."""

_OF_FACE = [UNIT_NAMES.index(f"AU{name[3:]}" if name.startswith(("AUL", "AUR")) else name) for name in UNIT_NAMES]
"""For each unit the column of the same unit without its side."""
_OCCURS = 0.2
"""Intensity from which a unit counts as there: clear of what heads that turn make of faces at rest. Chosen, not fitted."""

_SIDES = ("Right", "Left")
"""The person's left is the image's right (SPEC D.3)."""


class _Changes:
    """How measures differ from those at rest: of both sides of the person (N, 2), left first, or of the middle (N, 1)."""

    def __init__(self, measures: Array, neutral: Neutral) -> None:
        self._measures, self._neutral = measures.astype(np.float64), neutral.measures

    def sided(self, name: str) -> Array:
        columns = [MEASURE_NAMES.index(f"{name}{side}") for side in _SIDES]
        changes: Array = self._measures[:, columns] - self._neutral[columns]
        return changes

    def middle(self, name: str) -> Array:
        column = MEASURE_NAMES.index(name)
        change: Array = self._measures[:, [column]] - self._neutral[column]
        return change

    def opening(self) -> Array:
        """(N, 2) of the lids, over the eye's width: by the iris network, or by the mesh where that saw nothing."""
        seen = self.sided("lid")
        return np.where(np.isnan(seen), _OF_MESH * self.sided("lidGap"), seen)


_OF_MESH = 0.36
"""The width of an average eye is 2.8 cm."""
_BROWS_AND_LIDS = 0.8
"""By how many centimetres the brows of a mesh go up while the lids close by as much as the eye is wide; those of a face do not. From frame
to frame of two videos 0.97 and 0.75 at the inner brow; one man who blinks while he begins to smile shows none of it."""


def action_units(measures: Array, neutral: Neutral) -> Array:
    """How strongly each unit shows.

    Args:
        measures: (N, M) in the order of `columns.MEASURE_NAMES`.
        neutral: the same face at rest.

    Returns:
        (N, U) float32 0..1 in the order of `columns.UNIT_NAMES`; NaN where no mesh was seen, and for units that a mesh does not show.
    """
    units = np.full((len(measures), len(UNIT_NAMES)), np.nan, np.float32)
    for unit, both in _sides(measures, neutral).items():
        units[:, UNIT_NAMES.index(f"AU{unit}")] = np.where(np.isnan(both), both[:, ::-1], both).mean(axis=1)
        for side, name in enumerate((f"AUL{unit}", f"AUR{unit}")):
            if name in UNIT_NAMES:
                units[:, UNIT_NAMES.index(name)] = both[:, side]
    return units


def _sides(measures: Array, neutral: Neutral) -> dict[int, Array]:
    """Number of each unit that a mesh shows -> (N, 2) float64 intensities 0..1 at the person's left and right; see `action_units`."""
    change = _Changes(measures, neutral)
    opening = change.opening()
    sinking = _BROWS_AND_LIDS * np.minimum(opening, 0)
    inner, middle, outer = (change.sided(name) + sinking for name in ("browInner", "browMiddle", "browOuter"))
    narrowed = np.maximum(-change.middle("browDistance"), 0)
    bag, cheek, lower_lid = change.sided("eyeBag"), change.sided("cheek"), change.sided("lowerLid")
    up, out, wing = change.sided("cornerHeight"), change.sided("cornerOut"), change.sided("noseWing")
    upper, gap, jaw = change.sided("upperLip"), change.middle("lipGap"), change.middle("jawDrop")
    thinner = -change.middle("upperThickness") - change.middle("lowerThickness")
    chin, root = change.middle("chin"), change.middle("noseRoot")
    forward = (change.middle("upperDepth") + change.middle("lowerDepth")) / 2
    narrower = -change.middle("mouthWidth") / 2
    open_mouth = np.maximum(gap, 0)  # takes the corners along
    lifted = np.maximum(up + 0.25 * open_mouth, 0)
    lips = np.minimum(change.middle("upperLip"), change.middle("lowerLip"))  # goes down with the jaw, and not up with the upper lip alone
    parted = _between(gap, 0.06, 0.40)
    purse = _between(narrower + forward, 0.20, 0.80)
    tucked = -change.sided("cornerDepth") - np.maximum(out, 0)  # going outwards, a corner goes as far back along the teeth
    pinched = -change.sided("cornerThickness") - 0.3 * np.maximum(thinner, 0)  # lips that are thin are thin at their corners too
    drawn_in = np.maximum(-forward - 0.2 * np.maximum(out, 0), 0)  # a smile lays lips on the teeth
    sucked = _between(thinner + drawn_in, 0.40, 1.00) * (1 - parted)
    found = {
        1: _between(inner + (inner - outer) / 2, 0.10, 0.60),
        2: _between(outer, 0.10, 0.55),
        4: _between(-(inner + middle) / 2 + narrowed, 0.12, 0.60),
        5: _between(opening, 0.05, 0.14),
        6: _between(bag + cheek / 2, 0.06, 0.45),
        7: _between(lower_lid + np.clip(-opening, 0, 0.08) / 2, 0.04, 0.16),
        9: _between(wing - 0.2 * lifted - root / 4, 0.06, 0.35),
        10: _between(upper - 0.6 * np.maximum(up, 0), 0.15, 0.60),
        11: _between(change.sided("fold") - 0.8 * wing - 0.3 * upper, 0.06, 0.25),
        12: _between(up + 0.2 * open_mouth + 0.6 * out, 0.25, 1.40),
        14: _between(pinched + tucked / 2 - 0.2 * lifted, 0.05, 0.20),
        15: _between(lips - up, 0.10, 0.50),
        16: _between(chin - 0.4 * open_mouth, 0.12, 0.50) * parted,
        17: _between(chin, 0.12, 0.60) * (1 - parted),
        18: purse * (1 - parted),
        20: _between(out - lifted, 0.12, 0.60),
        22: purse * parted,
        23: _between(np.minimum(thinner, narrower), 0.10, 0.40),
        24: _between(thinner, 0.08, 0.30) * (1 - parted) * (1 - sucked),
        25: _between(gap, 0.06, 1.20),
        26: _between(jaw, 0.25, 1.40),
        27: _between(jaw, 1.20, 2.00),
        28: sucked,
        43: _between(-opening, 0.05, 0.19),
    }
    return {unit: np.broadcast_to(both, (len(measures), 2)) for unit, both in found.items()}


def occurrence(units: Array) -> Array:
    """(N, U) float32 whether each unit is there, 1 or 0; NaN where it is not known.

    Args:
        units: (N, U) intensities 0..1.
    """
    return np.where(np.isnan(units), np.nan, units >= _OCCURS).astype(np.float32)


def combined(network: Array, units: Array) -> Array:
    """(N, U) what a network of the pack says (`FaceShapes.units`), and what the mesh says where it is silent.

    Of a unit whose sides the network does not tell apart, both are as it says of the face: the mesh's would belie it.
    """
    told = np.where(np.isnan(network), network[:, _OF_FACE], network)
    return np.where(np.isnan(told), units, told).astype(np.float32)


def _between(values: Array, none: float, full: float) -> Array:
    """0 up to `none`, 1 from `full` on; NaN stays NaN."""
    share: Array = np.clip((values - none) / (full - none), 0, 1)
    return share

"""All metrics of a result at once."""

from __future__ import annotations

import dataclasses

from trackway.evaluation.clear import Clear, clear
from trackway.evaluation.counts import Counts
from trackway.evaluation.hota import Hota, hota
from trackway.evaluation.identity import Identity, identity
from trackway.evaluation.scene import IdentifiedBoxes, Scene

__all__ = ["Scores", "evaluate"]


@dataclasses.dataclass(frozen=True, eq=False)
class Scores(Counts):
    """The metrics of one sequence, or of several after adding.

    Attributes:
        frames: in which truth or result has a box.
        hota, identity, clear: see their classes.
    """

    frames: int
    hota: Hota
    identity: Identity
    clear: Clear


def evaluate(truth: IdentifiedBoxes, result: IdentifiedBoxes, least_overlap: float = 0.5) -> Scores:
    """Compare a result with the truth.

    Args:
        truth: what is there.
        result: what a tracker says.
        least_overlap: intersection over union from which a box counts as found, for all but HOTA, which averages over its own.
    """
    scene = Scene(truth, result)
    return Scores(len(scene.frame_numbers), hota(scene), identity(scene, least_overlap), clear(scene, least_overlap))

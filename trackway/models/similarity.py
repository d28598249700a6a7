"""From the cosine of two vectors to Rekognition's similarity, 0..100, and back (SPEC 6b).

A logistic curve through the network's operating point: where wrong acceptances are as frequent as wrong rejections, similarity is 80, the
default threshold. Its two numbers are fitted per network and stored in the pack.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = ["DEFAULT_THRESHOLD", "Similarity"]

DEFAULT_THRESHOLD = 80.0
"""Of every operation that compares faces with faces (SPEC R20, R69, R72)."""

_ODDS_AT_CENTRE = math.log(DEFAULT_THRESHOLD / (100 - DEFAULT_THRESHOLD))


class Similarity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The curve of one network.

    Attributes:
        centre: cosine at which similarity is 80.
        slope: how steep the curve is there, in natural odds per unit of cosine; above 0, so that order never changes.
    """

    centre: float
    slope: Annotated[float, msgspec.Meta(gt=0)]

    def percent(self, cosine: npt.ArrayLike) -> npt.NDArray[Any]:
        """Similarities 0..100, float32, for cosines of any shape."""
        odds = self.slope * (np.asarray(cosine, np.float64) - self.centre) + _ODDS_AT_CENTRE
        return np.asarray(100 / (1 + np.exp(-np.clip(odds, -700, 700))), np.float32)

    def cosine(self, percent: float) -> float:
        """The cosine at which similarity is `percent`; minus or plus infinity at 0 and 100."""
        if percent <= 0:
            return -math.inf
        if percent >= 100:
            return math.inf
        return self.centre + (math.log(percent / (100 - percent)) - _ODDS_AT_CENTRE) / self.slope

"""What a metric counts in one sequence adds up over sequences; ratios are taken from the sums, never averaged."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
import numpy.typing as npt

__all__ = ["Counts", "share"]


@dataclasses.dataclass(frozen=True, eq=False)
class Counts:
    """Base of the results of a metric: every field is a number, or an array of numbers, that may be added."""

    def __add__(self, other: Self) -> Self:
        """Both sequences together."""
        return type(self)(**{name.name: getattr(self, name.name) + getattr(other, name.name) for name in dataclasses.fields(self)})


def share(part: npt.ArrayLike, whole: npt.ArrayLike) -> Any:
    """`part / whole`, and 0 of nothing."""
    return np.asarray(part) / np.maximum(1, whole)

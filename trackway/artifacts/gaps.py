"""Where nothing is known of a face: what every file of curves has to tell, so that no value is held or invented."""

from __future__ import annotations

import numpy as np

from trackway.columns import ARKIT_NAMES, CONTROL_NAMES, Controls

__all__ = ["ARKIT_COLUMNS", "gaps"]

ARKIT_COLUMNS = tuple(CONTROL_NAMES.index(name) for name in ARKIT_NAMES)
"""Of `Controls.values`."""


def gaps(controls: Controls) -> list[slice]:
    """The longest runs of rows, in order, in which the face was not seen, or so badly that its pose at most is known."""
    shape = np.hstack([controls.values[:, ARKIT_COLUMNS], controls.units])
    edges = np.flatnonzero(np.diff(np.isnan(shape).all(axis=1), prepend=False, append=False)).tolist()
    return [slice(first, end) for first, end in zip(edges[::2], edges[1::2], strict=True)]

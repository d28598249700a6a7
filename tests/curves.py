"""Curves as a face might have made them, for tests of what is written of them."""

from __future__ import annotations

import numpy as np

from trackway.columns import ARKIT_NAMES, CONTROL_NAMES, FACEWARE_NAMES, UNIT_NAMES, Controls

UNSUPPORTED = ("tongueOut", "cheekPuff", "jawForward", "normalFV", "AU19", "AU38")
"""What no row of `make_curves` has a value for."""


def make_curves(rows: int = 120, *, lost: tuple[slice, ...] = (slice(40, 55),), step_ms: int = 40, seed: int = 0) -> Controls:
    """Smooth curves with blinks; rows without a face where it is `lost`. Only every second moment tells where the eyes look."""
    random = np.random.default_rng(seed)
    time_ms = np.arange(rows) * step_ms
    names = (*CONTROL_NAMES, *UNIT_NAMES)
    phase, pace = random.uniform(0, 6, len(names)), random.uniform(0.5, 3, len(names))
    values = 0.5 + 0.5 * np.sin(phase + pace * time_ms[:, None] / 1000)
    values *= random.uniform(0.1, 1, len(names))
    shut = (np.arange(rows) % 50 // 4 == 5)[:, None]
    blinking = [column for column, name in enumerate(names) if "link" in name or name in ("AU43", "AUL43", "AUR43")]
    values[:, blinking] = np.where(shut, 0.95, 0.05)
    values[:, [names.index(name) for name in UNSUPPORTED]] = np.nan
    values[np.ix_(np.arange(rows) % 2 == 1, [column for column, name in enumerate(names) if "Look" in name])] = np.nan
    confidence = random.uniform(0.8, 1, rows)
    head = 20 * np.sin(np.arange(3) + time_ms[:, None] / 700)
    place = np.column_stack([0.5 + 0.1 * np.sin(time_ms / 900), np.full(rows, 0.4), np.full(rows, 0.3)])
    for gap in lost:
        for column in (values, confidence, head, place):
            column[gap] = np.nan
    assert len(CONTROL_NAMES) == len(FACEWARE_NAMES) + len(ARKIT_NAMES)
    return Controls(
        frame=np.arange(rows),
        time_ms=time_ms,
        confidence=confidence,
        values=values[:, : len(CONTROL_NAMES)],
        units=values[:, len(CONTROL_NAMES) :],
        head=head,
        place=place,
    )


def unmeshed(controls: Controls, rows: slice) -> Controls:
    """The same, but in some rows the face is so small or covered that only its pose is known."""
    values, units, confidence = controls.values.copy(), controls.units.copy(), controls.confidence.copy()
    values[rows, [column for column, name in enumerate(CONTROL_NAMES) if not name.startswith("head_")]] = np.nan
    units[rows] = np.nan
    confidence[rows] = 0
    return controls.replace(values=values, units=units, confidence=confidence)

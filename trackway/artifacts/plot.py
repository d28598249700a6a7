"""Curves of one face as a picture, to be looked at: what its controls and action units do over time (SPEC F27)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.artifacts.gaps import gaps
from trackway.columns import ARKIT_NAMES, CONTROL_NAMES, UNIT_NAMES, Controls

__all__ = ["blinks", "plot_controls"]

Array = npt.NDArray[Any]

_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9")
"""Told apart by color-blind people too (Okabe and Ito, 2008), the yellow darkened for a white ground."""
_INK, _FAINT, _GAP = "#222222", "#d9d9d9", "#e3e3e3"
_LEAST_RISE = 0.05
"""Of a curve that is worth a line."""

_GROUPS = {
    "Eyes": ("eye",),
    "Brows, cheeks, nose": ("brow", "cheek", "nose"),
    "Mouth": ("mouth", "tongue"),
    "Jaw": ("jaw",),
}
"""Panel -> beginnings of the names of ARKit's controls in it."""
_ASIDE = frozenset(("jawLeft", "jawRight", "mouthLeft", "mouthRight"))
"""Ways to go, not sides of the face."""
_UPPER_FACE = frozenset(f"AU{unit}" for unit in (1, 2, 4, 5, 6, 7, 9, 43))

_KEY = "solid: the person's left, or both   dashed: their right   \u25bc blink   grey: no values"

_SHUT = 0.5
_LONGEST_BLINK_MS = 600


def plot_controls(controls: Controls, path: str | os.PathLike[str], title: str) -> None:
    """Draw curves to a PNG of 1820 x 1690 pixels; the same curves give the same bytes.

    Each panel shows those of its curves that move most. Of a pair, the person's left is drawn solid and the right dashed. Grey is
    where the face was not seen, or so badly that its pose at most is known, and a triangle is where it blinks.

    Args:
        controls: of one face.
        path: file to write, .png.
        title: whose face it is.

    Raises:
        OSError: the file cannot be written.
    """
    # Takes half a second to load, and most jobs draw nothing.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    seconds = controls.time_ms / 1000
    panels = [*_control_panels(controls), *_unit_panels(controls)]
    figure = Figure(figsize=(14, 13), dpi=130, facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.01, 0.977, title, parse_math=False, va="center", fontsize=17, fontweight="bold", color=_INK)
    figure.text(0.99, 0.977, _KEY, ha="right", va="center", fontsize=10, color=_INK)
    figure.subplots_adjust(left=0.035, right=0.855, top=0.94, bottom=0.04, hspace=0.36)
    axes = figure.subplots(len(panels) + 1, 1, sharex=True, gridspec_kw={"height_ratios": [*(1.0 for _ in panels), 1.1]})
    for panel, (name, lines) in zip(axes, panels, strict=False):
        for number, (label, curves) in enumerate(lines):
            for style, curve in zip(("-", (0, (3, 1.4))), curves, strict=False):
                panel.plot(seconds, curve, color=_COLORS[number], linestyle=style, linewidth=1.5, label=label if style == "-" else None)
        panel.set(ylim=(-0.03, 1.08), yticks=(0, 0.5, 1))
        _dress(panel, name, "nothing moves" if len(controls) else "no frames")
    shut = blinks(controls)
    axes[0].plot(shut, np.full(len(shut), 1.03), linestyle="none", marker="v", markersize=6, color=_INK, clip_on=False)
    if len(shut):
        axes[0].set_title(f"{len(shut)} blink{'s'[: len(shut) != 1]}", loc="right", fontsize=10, color=_INK)
    _draw_head(axes[-1], seconds, controls.head)
    for panel in axes:
        for first, last in _lost(controls):
            panel.axvspan(first, last, color=_GAP, linewidth=0, zorder=0)
    axes[-1].set_xlabel("seconds", fontsize=11, color=_INK)
    if len(seconds) > 1:
        axes[-1].set_xlim(seconds[0], seconds[-1])
    figure.savefig(path, format="png", dpi="figure", metadata={"Software": None})


def blinks(controls: Controls) -> Array:
    """(B,) seconds: the middle of each short time in which an eye is shut, and for some of it the other one too."""
    sides = controls.values[:, [CONTROL_NAMES.index(f"eyeBlink{side}") for side in ("Left", "Right")]] >= _SHUT  # False for NaN
    edges = np.flatnonzero(np.diff(sides.any(axis=1), prepend=False, append=False)).reshape(-1, 2)
    first, last = controls.time_ms[edges[:, 0]], controls.time_ms[edges[:, 1] - 1]
    both = np.array([sides[begin:end].all(axis=1).any() for begin, end in edges], bool)
    middle: Array = ((first + last) / 2000)[both & (last - first <= _LONGEST_BLINK_MS)]
    return middle


Line = tuple[str, list[Array]]


def _control_panels(controls: Controls) -> Iterator[tuple[str, list[Line]]]:
    """Title, and the curves worth showing: pairs under one name, left first."""
    for title, beginnings in _GROUPS.items():
        pairs: dict[str, list[Array]] = {}
        for name in ARKIT_NAMES:
            if name.startswith(beginnings):
                word = name if name in _ASIDE else name.removesuffix("Left").removesuffix("Right")
                pairs.setdefault(word, []).append(controls.values[:, CONTROL_NAMES.index(name)])
        yield title, _most_moved(pairs)


def _unit_panels(controls: Controls) -> Iterator[tuple[str, list[Line]]]:
    plain = {name: [controls.units[:, column]] for column, name in enumerate(UNIT_NAMES) if name[2:].isdigit()}
    yield "Action units, upper face", _most_moved({name: curves for name, curves in plain.items() if name in _UPPER_FACE})
    yield "Action units, lower face", _most_moved({name: curves for name, curves in plain.items() if name not in _UPPER_FACE})


def _most_moved(lines: dict[str, list[Array]]) -> list[Line]:
    """As many as there are colors, of those that rise at all, in the order given."""
    rises = {name: max(_rise(curve) for curve in curves) for name, curves in lines.items()}
    best = sorted((name for name in rises if rises[name] >= _LEAST_RISE), key=lambda name: -rises[name])[: len(_COLORS)]
    return [(name, curves) for name, curves in lines.items() if name in best]


def _rise(curve: Array) -> float:
    known = curve[np.isfinite(curve)]
    return float(np.ptp(np.percentile(known, (1, 99)))) if len(known) else 0.0


def _draw_head(panel: Any, seconds: Array, head: Array) -> None:
    words = ("roll: clockwise", "yaw: picture's right", "pitch: up")
    for column in (1, 2, 0):
        panel.plot(seconds, head[:, column], color=_COLORS[column], linewidth=1.5, label=words[column])
    most = np.abs(head[np.isfinite(head)]).max(initial=20.0)
    panel.set(ylim=(-1.05 * most, 1.05 * most))
    panel.axhline(0, color=_FAINT, linewidth=0.8, zorder=1)
    _dress(panel, "Head, degrees", "")


def _dress(panel: Any, title: str, else_words: str) -> None:
    """What all panels share: title, key beside the panel, thin frame."""
    panel.set_title(title, loc="left", fontsize=11, fontweight="bold", color=_INK, pad=4)
    panel.grid(axis="both", color=_FAINT, linewidth=0.5)
    panel.set_axisbelow(True)
    panel.tick_params(labelsize=9, colors=_INK, length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)
    if panel.get_legend_handles_labels()[1]:
        panel.legend(loc="center left", bbox_to_anchor=(1.005, 0.5), frameon=False, fontsize=9.5, handlelength=1.4, labelcolor=_INK)
    else:
        panel.text(0.5, 0.5, else_words, transform=panel.transAxes, ha="center", va="center", color="#888888", fontsize=10)


def _lost(controls: Controls) -> Iterator[tuple[float, float]]:
    """Seconds from and to, as far as halfway to where the face is seen again."""
    time_ms = controls.time_ms
    for rows in gaps(controls):
        before, after = max(rows.start - 1, 0), min(rows.stop, len(time_ms) - 1)
        yield float(time_ms[before] + time_ms[rows.start]) / 2000, float(time_ms[rows.stop - 1] + time_ms[after]) / 2000

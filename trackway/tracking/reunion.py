"""Fragments of a whole video become persons: decided for all at once, with the look ahead and behind that stored video allows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trackway.tracking.boxes import to_centre
from trackway.tracking.cover import covered
from trackway.tracking.ends import Ends, ends_of
from trackway.tracking.evidence import Dynamics, likeliest_dynamics, motion_evidence
from trackway.tracking.flow import best_joints
from trackway.tracking.hiding import hide
from trackway.tracking.indexing import dense, extent, places
from trackway.tracking.interleaved import join_interleaved
from trackway.tracking.looks import Looks
from trackway.tracking.segment import TrackedSegment
from trackway.tracking.stabilised import Stage

__all__ = ["reunite"]

Array = npt.NDArray[Any]

# What follows was fitted once, by logistic regression, to pairs of fragments of many sequences with known truth, still and moving cameras.
_HORIZON = 6.0
"""Seconds after which a place says nothing any more."""
_PATIENCE = 1.7
"""Seconds after which somebody out of sight is e times less likely to come back at all."""
_PRIOR = -2.6
"""Nats: of all fragments that begin near the end of another one, few go on from it,"""
_BUSY = 3.0
"""where so many fragments begin in a second: where fewer do, a beginning is more likely a return;"""
_MOST_CALM = 3.0
"""by at most so many nats."""
_TRUST = 0.35
"""Share of the motion's evidence that counts: people near each other go alike, and the places where tracks end are the hard ones."""
_LEAST_MOTION = -8.0
"""Nats; the last sights before an occlusion may be wrong, which is no proof of anything."""
_BORDER = 0.3
"""Somebody this many widths from the left or right end of the picture"""
_LEFT = -2.0
"""has probably left: nats."""
_PRIOR_FAR = -3.0
"""The same for two fragments of which only the looks can tell."""
_CONFIDENT = 1.0
"""Joints this certain are made first; of what is left, more is known then."""
_HIDDEN_ERROR = 20.0
"""By how much the error of a box grows that is wholly hidden."""
_HIDDEN_SECONDS = (0.3, 0.6, 1.2, 2.4)
_BLOCK = 256
_FAR_STARTS = 1000
"""As many of those who come later are compared by their looks with somebody who left."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Sights:
    """Where fragments were seen: their bodies, or their faces if they have none.

    Attributes:
        time: (R,) seconds.
        box: (R, 4) centre x, centre y, width, height in stabilised pixels.
        scene: (R,) number of the scene.
        fragment: (R,) dense from 0.
        face: (R,) bool, the fragment has only faces.
        border: (R,) bool, the box is next to where the picture ends on the left or right.
        trust: (R,) weight of a row: little where somebody nearer hides most of the box.
        area: square pixels in which people appear.
        prior: nats for two fragments, of which one follows the other at once, being one person.
    """

    time: Array
    box: Array
    scene: Array
    fragment: Array
    face: Array
    border: Array
    trust: Array
    area: float
    prior: float


def reunite(whole: TrackedSegment, returning: float = 1.0) -> TrackedSegment:
    """Joins fragments that are one person.

    Nobody is joined with somebody who is seen at the same time. Short gaps are judged by motion and looks, long ones and those
    across a scene cut by looks alone.

    Args:
        whole: the video; `person` numbers fragments.
        returning: as of `TrackingConfig`, above 0.
    """
    numbers, fragment = np.unique(whole.tracks.person, return_inverse=True)
    looks = whole.looks.renumbered(places(numbers, whole.looks.person))
    sights, united = _sights(whole, fragment, returning), looks
    dynamics = _dynamics(sights)
    person = np.arange(len(numbers))
    for least in (_CONFIDENT, 0.0):
        shown = extent(whole.tracks.time_ms, person[fragment], int(person.max(initial=-1)) + 1)
        joined = _joined(sights, united, dynamics, least, shown)
        person = joined[person]
        united = united.renumbered(joined[united.person])
        sights = dataclasses.replace(sights, fragment=joined[sights.fragment])
    # A joint leaves a hole behind in which the same person may have been seen too: no end meets a beginning there.
    person = join_interleaved(whole.tracks.frame, fragment, person, looks, _PRIOR_FAR)
    looks = looks.renumbered(person[looks.person])
    return dataclasses.replace(whole, tracks=whole.tracks.replace(person=person[fragment]), looks=looks)


def _sights(whole: TrackedSegment, fragment: Array, returning: float) -> _Sights:
    tracks = whole.tracks
    with_body = np.zeros(int(fragment.max(initial=-1)) + 1, bool)
    with_body[fragment[tracks.has_body]] = True
    face = ~with_body[fragment]
    used = np.flatnonzero(tracks.has_body | face)
    box_px = np.where(face[:, None], tracks.face_box, tracks.box)[used] * np.array([*whole.frame_size, *whole.frame_size], np.float64)
    # A box without area says where somebody is all the same.
    box_px[:, 2:] = np.maximum(box_px[:, 2:], 1e-6)
    stage = Stage(whole.frames)
    box, scene = to_centre(stage.on_stage(box_px, tracks.frame[used])).T, stage.scene(tracks.frame[used])
    # Boxes may leave the picture; and if only detections are given, nobody knows how far it reaches but by where people were seen.
    low, high = box_px[:, :2].min(axis=0, initial=0), np.maximum(whole.frame_size, (box_px[:, :2] + box_px[:, 2:]).max(axis=0, initial=0))
    border = np.minimum(box_px[:, 0] - low[0], high[0] - box_px[:, 0] - box_px[:, 2]) < _BORDER * box_px[:, 2]
    area = float(np.prod(high - low))
    trust = 1 / (1 + _HIDDEN_ERROR * covered(tracks.frame[used], box_px) ** 3) ** 2
    time = tracks.time_ms[used] / 1000
    births = len(with_body) / max(float(np.ptp(time)), 1.0) if len(time) else _BUSY
    prior = _PRIOR + min(max(np.log(_BUSY / births), 0.0), _MOST_CALM) + float(np.log(returning))
    return _Sights(time, box, scene, fragment[used], face[used], border, trust, area, prior)


def _dynamics(sights: _Sights) -> Dynamics:
    """How people of this video move: what was seen of them is hidden, piece by piece."""
    hidden = [hide(sights.time, sights.fragment, seconds).ends(sights.box, sights.trust) for seconds in _HIDDEN_SECONDS]
    return likeliest_dynamics(Ends.concatenate(ends for ends, _ in hidden), Ends.concatenate(starts for _, starts in hidden))


def _joined(sights: _Sights, looks: Looks, dynamics: Dynamics, least: float, shown: tuple[Array, Array]) -> Array:
    """(N,) new number of each fragment, dense from 0; those of a chain have the same.

    Args:
        least: nats that a joint must weigh.
        shown: (N,) each, first and last time at which anything of each fragment is seen, the face of a body that is not seen included.
    """
    count = int(sights.fragment.max(initial=-1)) + 1
    order = np.lexsort((sights.time, sights.fragment))
    first = order[np.searchsorted(sights.fragment[order], np.arange(count))]
    last = order[np.searchsorted(sights.fragment[order], np.arange(count), "right") - 1]
    starts = ends_of(sights.time, sights.box, sights.fragment, sights.time[first], sights.trust)
    ends = ends_of(sights.time, sights.box, sights.fragment, sights.time[last], sights.trust)
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for before, after in _successors(ends.time, starts.time):
        evidence = looks.evidence(looks.rows_of(before), looks.rows_of(after))
        i, j = np.nonzero(shown[0][after][None] > shown[1][before][:, None])
        a, b = before[i], after[j]
        seconds = starts.time[b] - ends.time[a]
        near = (seconds <= _HORIZON) & (sights.scene[last[a]] == sights.scene[first[b]]) & (sights.face[first[a]] == sights.face[first[b]])
        weight = evidence[i, j] + _PRIOR_FAR
        motion = motion_evidence(ends[a[near]], starts[b[near]], dynamics, sights.area).clip(min=_LEAST_MOTION)
        weight[near] += sights.prior - _PRIOR_FAR - seconds[near] / _PATIENCE + _TRUST * motion + _LEFT * sights.border[last[a[near]]]
        kept = weight > least
        parts.append((a[kept], b[kept], weight[kept]))
    a, b, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    chosen = best_joints(a, b, weight - least, count)
    return _chains(a[chosen], b[chosen], starts.time)


def _successors(end: Array, start: Array) -> Iterator[tuple[Array, Array]]:
    """Fragments in blocks, and those that begin while or after they end: as many as may be the same people."""
    by_end, by_start = np.argsort(end, kind="stable"), np.argsort(start, kind="stable")
    for block in range(0, len(end), _BLOCK):
        before = by_end[block : block + _BLOCK]
        first = np.searchsorted(start[by_start], end[before[0]], "right")
        last = np.searchsorted(start[by_start], end[before[-1]] + _HORIZON, "right")
        yield before, by_start[first : max(last, first + _FAR_STARTS)]


def _chains(before: Array, after: Array, start: Array) -> Array:
    """(N,) number of the chain that each fragment is in."""
    label = np.arange(len(start))
    follows = np.full(len(start), -1, np.int64)
    follows[after] = before
    for fragment in np.argsort(start, kind="stable").tolist():
        if follows[fragment] >= 0:
            label[fragment] = label[follows[fragment]]
    return dense(label)

"""What the persons of a video look like: means of descriptors, and what they say about who is who.

A descriptor is a unit vector: of a body in its clothes (`tracking.appearance`), or of a face (`faces.embedding`). Means are kept, not
samples, so that a look takes the same room however long somebody is seen. Every sample counts the same: faces are described at sights that
are worth comparing only, and weighing these by their quality (`faces.best_shots`), its square or its root, or taking the best three of each
track, changed nothing on identity_montage (B-cubed F .987 and area under the curve .956 of its 40 tracks all the same).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trackway.models.pack import Calibration
from trackway.tracking.indexing import extent, places
from trackway.tracking.likeness import calibrate, directions
from trackway.tracking.samples import Samples, mean_by_group, steadiness

__all__ = ["Looks", "LooksBuilder"]

Array = npt.NDArray[Any]

_BLOCK = 4096
"""Pairs compared at a time; bounds memory."""
_SILENT = Calibration(same=1.0, different=0.0, spread=1.0, cap=0.0)
"""Of descriptors that nobody has measured: they say nothing."""


@dataclasses.dataclass(frozen=True, eq=False)
class Looks:
    """Looks of persons, or of fragments of persons: one row each. A video without descriptors has rows of width 0.

    Attributes:
        person: (P,) int64, unique, rising.
        span: (P, 2) int64 milliseconds of the first and the last look; (0, -1) where there is none.
        body: (P, D) float32 mean of unit vectors; NaN where there is none.
        body_count: (P,) int64 looks in that mean.
        body_steady: (P,) float32 cosine between the means of the earlier and the later half of them; NaN below two.
        face: (P, E) float32 mean of unit vectors; NaN where there is none.
        face_count: (P,) int64 looks in that mean.
        calibration: (2, 4) float64 `Calibration` of bodies and of faces: same, different, spread, cap.
    """

    person: Array
    span: Array
    body: Array
    body_count: Array
    body_steady: Array
    face: Array
    face_count: Array
    calibration: Array

    @classmethod
    def none(cls) -> Self:
        """Of nobody."""
        return cls.from_columns(_columns(0))

    @classmethod
    def concatenate(cls, parts: Iterable[Self]) -> Self:
        """All rows of all parts; those of the same person become one.

        Raises:
            ValueError: the parts hold descriptors of different kinds.
        """
        tables = list(parts)
        if not tables:
            return cls.none()
        widths = {kind: _width([getattr(table, kind) for table in tables]) for kind in ("body", "face")}
        columns = {
            name: np.concatenate([_widened(getattr(table, name), widths.get(name)) for table in tables])
            for name in _columns(0)
            if name != "calibration"
        }
        # A part without looks may not know their calibration; no part knows another one.
        known = np.stack([table.calibration for table in tables])
        calibration = known[known[:, :, 3].argmax(axis=0), np.arange(2)]
        return cls._merged(columns, calibration)

    def renumbered(self, person: npt.ArrayLike) -> Self:
        """The same looks under other numbers.

        Args:
            person: (P,) new number of every row. Rows with the same number become one, weighted by their counts; those with a negative
                number are dropped.
        """
        columns = {**self.columns(), "person": np.asarray(person, np.int64)}
        kept = columns["person"] >= 0
        del columns["calibration"]
        return self._merged({name: column[kept] for name, column in columns.items()}, self.calibration)

    def rows_of(self, person: npt.ArrayLike) -> Array:
        """(N,) int64 row of each of those persons; -1 for one that has none."""
        return places(self.person, np.asarray(person, np.int64))

    def evidence(self, ours: npt.ArrayLike, theirs: npt.ArrayLike) -> Array:
        """How much the looks speak for two rows being one person.

        Bodies are judged on the scale of this video, which its own people set (`tracking.likeness`); faces on the scale of their network.

        Args:
            ours: (N,) rows; -1 for a person without looks.
            theirs: (M,) rows likewise.

        Returns:
            (N, M) float64 logarithms of likelihood ratios, in nats: positive speaks for one person, negative for two, 0 where nothing is
            known. Bounded by the caps of the calibrations.
        """
        mine, yours = np.asarray(ours, np.int64), np.asarray(theirs, np.int64)
        total = np.zeros((len(mine), len(yours)))
        for scale, unit, known in self._scales:
            cosine = unit[mine] @ unit[yours].T
            total += np.where((known[mine] & (mine >= 0))[:, None] & known[yours] & (yours >= 0), scale.nats(cosine), 0.0)
        return total

    def paired_evidence(self, ours: npt.ArrayLike, theirs: npt.ArrayLike) -> Array:
        """The same of pairs.

        Args:
            ours: (N,) rows; -1 for a person without looks.
            theirs: (N,) rows likewise.

        Returns:
            (N,) float64 nats: the diagonal of `evidence`.
        """
        mine, yours = np.asarray(ours, np.int64), np.asarray(theirs, np.int64)
        total = np.zeros(len(mine))
        for scale, unit, known in self._scales:
            for start in range(0, len(mine), _BLOCK):
                here, there = mine[start : start + _BLOCK], yours[start : start + _BLOCK]
                cosine = np.einsum("ij,ij->i", unit[here], unit[there])
                total[start : start + _BLOCK] += np.where(known[here] & known[there] & (here >= 0) & (there >= 0), scale.nats(cosine), 0.0)
        return total

    def columns(self) -> dict[str, Array]:
        """Name to array, in declaration order (what `numpy.savez` takes)."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_columns(cls, columns: Mapping[str, Array]) -> Self:
        """The opposite of `columns`; others in the mapping are left alone."""
        return cls(**{field.name: columns[field.name] for field in dataclasses.fields(cls)})

    def __len__(self) -> int:
        return len(self.person)

    @cached_property
    def _scales(self) -> list[tuple[Calibration, Array, Array]]:
        """Scale, (P, D) unit vectors and (P,) bool known, of bodies and of faces as far as there are any."""
        if not len(self.person):
            return []
        body, face = (Calibration(*values) for values in self.calibration.tolist())
        body_unit, body_known = directions(self.body, self.body_count)
        face_unit, face_known = directions(self.face, self.face_count)
        scales = []
        if body.cap > 0 and self.body.shape[1]:
            scales.append((calibrate(body, body_unit, body_known, self.body_steady, self.span), body_unit, body_known))
        if face.cap > 0 and self.face.shape[1]:
            scales.append((face, face_unit, face_known))
        return scales

    @classmethod
    def _merged(cls, rows: Mapping[str, Array], calibration: Array) -> Self:
        """Rows of the same person made one."""
        person, place = np.unique(rows["person"], return_inverse=True)
        columns = {**_columns(len(person), rows["body"].shape[1], rows["face"].shape[1]), "person": person, "calibration": calibration}
        looked = rows["span"][:, 1] >= rows["span"][:, 0]
        columns["span"] = np.stack(extent(rows["span"][looked].reshape(-1), np.repeat(place[looked], 2), len(person)), axis=1)
        for kind in ("body", "face"):
            columns[f"{kind}_count"], columns[kind] = mean_by_group(rows[kind], rows[f"{kind}_count"], place, len(person))
        weight = np.where(np.isnan(rows["body_steady"]), 0, rows["body_count"])
        columns["body_steady"] = mean_by_group(rows["body_steady"][:, None], weight, place, len(person))[1][:, 0]
        return cls.from_columns(columns)


class LooksBuilder:
    """Collects descriptors while frames come, and gives them to persons once these are known.

    Args:
        body, face: what cosines of either kind of descriptor mean; None where there are none.
    """

    def __init__(self, body: Calibration | None = None, face: Calibration | None = None) -> None:
        self._calibration = np.array(
            [[scale.same, scale.different, scale.spread, scale.cap] for scale in (body or _SILENT, face or _SILENT)]
        )
        self._bodies = Samples()
        self._faces = Samples()

    def add_bodies(self, frame: int, time_ms: int, track: Array, look: Array | None) -> None:
        """Bodies of one frame.

        Args:
            frame: source frame number.
            time_ms: its time.
            track: (N,) track of each body; negative for one that belongs to none.
            look: (N, D) unit vectors, NaN rows where there is none; None where nobody was looked at.
        """
        self._bodies.add(frame, time_ms, track, look)

    def add_faces(self, frame: int, time_ms: int, track: Array, look: Array | None) -> None:
        """Faces of one frame, as `add_bodies`."""
        self._faces.add(frame, time_ms, track, look)

    def build(self, bodies: tuple[Array, Array, Array], faces: tuple[Array, Array, Array]) -> Looks:
        """The looks of the persons that came out in the end.

        Args:
            bodies: frame, track and person of each row, (N,) each. A track may have been shared out among several persons.
            faces: the same of faces.

        Returns:
            One row for every person in either; what was seen of tracks in frames without such a row is left out.
        """
        person = np.unique(np.concatenate([bodies[2], faces[2]]).astype(np.int64))
        columns = {**_columns(len(person), self._bodies.width, self._faces.width), "person": person, "calibration": self._calibration}
        spans = []
        for kind, samples, rows in (("body", self._bodies, bodies), ("face", self._faces, faces)):
            of_person, time_ms, look = samples.of_persons(*rows)
            place = np.searchsorted(person, of_person)
            ones = np.ones(len(place), np.int64)
            columns[f"{kind}_count"], columns[kind] = mean_by_group(look, ones, place, len(person))
            spans.append((place, time_ms))
            if kind == "body":
                columns["body_steady"] = steadiness(look, place, columns["body_count"])
        place, time_ms = (np.concatenate(part) for part in zip(*spans, strict=True))
        columns["span"] = np.stack(extent(time_ms, place, len(person)), axis=1)
        return Looks.from_columns(columns)


def _columns(rows: int, body_width: int = 0, face_width: int = 0) -> dict[str, Array]:
    """The columns of `rows` persons without looks."""
    return {
        "person": np.zeros(rows, np.int64),
        "span": np.tile(np.array([0, -1], np.int64), (rows, 1)),
        "body": np.full((rows, body_width), np.nan, np.float32),
        "body_count": np.zeros(rows, np.int64),
        "body_steady": np.full(rows, np.nan, np.float32),
        "face": np.full((rows, face_width), np.nan, np.float32),
        "face_count": np.zeros(rows, np.int64),
        "calibration": np.array([[_SILENT.same, _SILENT.different, _SILENT.spread, _SILENT.cap]] * 2),
    }


def _width(parts: Iterable[Array]) -> int:
    widths = sorted({part.shape[1] for part in parts} - {0})
    if len(widths) > 1:
        raise ValueError(f"looks of one video come from one network, but their descriptors have {widths} numbers; analyse it with one pack")
    return widths[0] if widths else 0


def _widened(column: Array, width: int | None) -> Array:
    if width is None or column.shape[1] == width:
        return column
    return np.full((len(column), width), np.nan, np.float32)

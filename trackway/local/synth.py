"""The deployed template, synthesised on this machine: the checkout's own `app.py`, with nothing but the environment it runs in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from trackway.errors import EmbeddedCloudError

__all__ = ["synthesise"]

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ("app.py", "cdk.json", "requirements/dev.txt", ".dockerignore", "containers", "functions", "infra", "trackway")
TIMEOUT_SECONDS = 180
_DIGEST_LENGTH = 16


def synthesise(env_name: str, out_dir: Path, *, bundle: bool = True) -> Path:
    """Synthesise an environment, or find it synthesised already.

    Args:
        env_name: An environment of `infra.settings`, for example "local".
        out_dir: Where assemblies are kept, each in a folder named by the digest of all that went into it; older ones of the same
            environment are removed.
        bundle: Whether functions get their dependencies, where the environment's settings say so. False installs nothing.

    Returns:
        The cloud assembly: a folder with manifest.json, the template and its assets.

    Raises:
        EmbeddedCloudError: There is no checkout to synthesise from, or CDK refused; the message ends with its last words.
    """
    if not (ROOT / "app.py").is_file():
        raise EmbeddedCloudError(
            f"expected a checkout of Trackway around {Path(__file__).parent}, found no {ROOT / 'app.py'}; clone the repository"
        )
    kind = env_name if bundle else f"{env_name}-unbundled"
    assembly = out_dir / f"{kind}-{_digest()[:_DIGEST_LENGTH]}"
    if not (assembly / "manifest.json").is_file():
        out_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out_dir, prefix=".synth-") as folder:
            made = Path(folder, "assembly")
            _run_app(env_name, made, bundle=bundle)
            _publish(made, assembly)
    for other in out_dir.glob(f"{kind}-{'?' * _DIGEST_LENGTH}"):
        if other != assembly:
            shutil.rmtree(other, ignore_errors=True)
    return assembly


def _run_app(env_name: str, out_dir: Path, *, bundle: bool) -> None:
    context = {"env_name": env_name, "aws:cdk:bundling-stacks": ["**"] if bundle else []}
    environment = os.environ | {"CDK_OUTDIR": str(out_dir), "CDK_CONTEXT_JSON": json.dumps(context)}
    # CDK's modules are large: reading them compiled saves a third of the time. They are kept out of the sources' folders.
    environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "pycache")}
    try:
        subprocess.run(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, check=True, timeout=TIMEOUT_SECONDS, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise EmbeddedCloudError(f"The template cannot be synthesised:\n{_last_words(error.output)}") from error
    except subprocess.TimeoutExpired as error:
        raise EmbeddedCloudError(f"The template was not synthesised within {TIMEOUT_SECONDS} seconds; is the machine very busy?") from error


def _last_words(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-12:])


def _publish(made: Path, assembly: Path) -> None:
    """Put a finished assembly in its place; another process may have done the same, with the same content."""
    try:
        made.rename(assembly)
    except OSError:
        if not (assembly / "manifest.json").is_file():
            raise


def _digest() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _input_files():
        digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _input_files() -> Iterator[Path]:
    for name in INPUTS:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path

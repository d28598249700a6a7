"""What goes into each Lambda's bundle, and how it is built without Docker: one declaration, one reproducible zip per bundle.

A zip is named by the digest of all that goes into it (sources, locked requirements, platform), holds its members in order with a fixed
date, and is kept, so that building it again costs nothing and yields the same bytes.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BUNDLES", "FUNCTION_BUNDLES", "LAMBDA", "LAMBDA_PYTHON", "SOURCES", "Bundle", "Target", "build", "members", "prune"]

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bundles"
RECIPE = "1"  # part of every digest: raise it when the way of building changes what is built
KEEP_SECONDS = 7 * 24 * 3600
COMPRESSION = 1  # twice as fast as the default for a tenth more bytes
LAMBDA_PYTHON = "3.14"
ZIP_DATE = (1980, 1, 1, 0, 0, 0)

# botocore describes every AWS service (28 MB); these are the ones that functions call, or whose shapes they answer in.
AWS_SERVICES = frozenset({"dynamodb", "lambda", "rekognition", "s3", "secretsmanager", "sns", "sqs", "stepfunctions", "sts"})


@dataclass(frozen=True)
class Target:
    """Where a bundle will run: `uv pip install` arguments that choose its wheels, or None to install nothing."""

    name: str
    install: tuple[str, ...] | None


LAMBDA = Target("lambda", ("--python-platform", "aarch64-manylinux_2_28", "--python-version", LAMBDA_PYTHON))
SOURCES = Target("sources", None)


@dataclass(frozen=True)
class Bundle:
    """The functions, the parts of the library and the lock file of one zip.

    `library` names files and folders below trackway/; a folder stands for everything in it.
    """

    functions: tuple[str, ...]
    library: tuple[str, ...]
    requirements: str


def _results(*names: str) -> tuple[str, ...]:
    return tuple(f"results/{name}.py" for name in ("__init__", *names))


_PACKS = ("models/__init__.py", "models/packs")  # the manifests say which network collections are made for
_PLAIN = ("__init__.py", "errors.py", "identity", "jobs", "store", *_PACKS, *_results("pages", "tokens", "video"))
BUNDLES = {
    "api": Bundle(
        ("collections", "door", "get", "keys", "start"),
        library=(*_PLAIN, "api", *_results("matches", "structures")),
        requirements="functions/requirements.txt",
    ),
    "workflow": Bundle(("complete", "ingest"), library=_PLAIN, requirements="functions/requirements.txt"),
    "plan": Bundle(("plan",), library=(*_PLAIN, "media"), requirements="functions/plan/requirements.txt"),
}
FUNCTION_BUNDLES = {function: name for name, bundle in BUNDLES.items() for function in bundle.functions}


def build(name: str, target: Target, cache: Path = CACHE) -> Path:
    """The zip of a bundle, from the cache or built now; its name ends with the digest of what went into it.

    Raises:
        FileNotFoundError: The declaration names a part that is not there.
        subprocess.CalledProcessError: The locked wheels could not be installed.
    """
    bundle = BUNDLES[name]
    sources = dict(sorted(members(bundle)))
    packages = None if target.install is None else _packages(ROOT / bundle.requirements, target, cache)
    digest = hashlib.sha256(f"{RECIPE} {packages and packages.stem}".encode())
    for member, path in sources.items():
        digest.update(f"\0{member}\0".encode() + path.read_bytes())
    zip_path = cache / f"{name}-{target.name}-{digest.hexdigest()}.zip"
    if not zip_path.exists():
        with _making(zip_path) as made:
            if packages:
                shutil.copyfile(packages, made)
            _add(made, sources)
    return zip_path


def members(bundle: Bundle) -> Iterator[tuple[str, Path]]:
    """Every source file of a bundle, by its name in the zip.

    Raises:
        FileNotFoundError: The declaration names a part that is not there.
    """
    functions = [f"functions/{function}" for function in bundle.functions]
    for part in ("functions/__init__.py", *functions, *(f"trackway/{part}" for part in bundle.library)):
        top = ROOT / part
        if not top.exists():
            raise FileNotFoundError(f"a bundle is declared to hold {part}, which does not exist; mend infra/bundles.py")
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("requirements"):
                yield path.relative_to(ROOT).as_posix(), path


def _packages(requirements: Path, target: Target, cache: Path) -> Path:
    """The zip of the locked wheels, kept apart: it changes with the lock only, and takes seconds to make."""
    digest = hashlib.sha256(f"{RECIPE} {target} {sorted(AWS_SERVICES)}".encode() + requirements.read_bytes())
    zip_path = cache / f"packages-{target.name}-{digest.hexdigest()}.zip"
    if not zip_path.exists():
        with _making(zip_path) as made, tempfile.TemporaryDirectory(dir=cache) as folder:
            root = Path(folder)
            _install(requirements, target.install or (), root)
            prune(root)
            _add(made, {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()})
    return zip_path


def _install(requirements: Path, arguments: Iterable[str], root: Path) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    trusted = ("--require-hashes", "--no-deps", "--only-binary", ":all:")
    plain = ("--quiet", "--no-compile-bytecode")
    subprocess.run([uv, "pip", "install", *trusted, *plain, *arguments, "--target", str(root), "-r", str(requirements)], check=True)


def prune(root: Path) -> None:
    """Drop what no function reads at run time from a folder of installed packages."""
    for data in (root / "botocore" / "data", root / "boto3" / "data"):
        _remove(folder for folder in data.iterdir() if folder.is_dir() and folder.name not in AWS_SERVICES)
    for junk in ("*.dist-info", "*/**/tests", "**/__pycache__", "**/*.pyi", "bin", ".lock"):
        _remove(root.glob(junk))


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _making(path: Path) -> Iterator[Path]:
    """A file to write, which takes its place only when it is whole; forgets what of its kind was made days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder, path.name)
        yield made
        made.replace(path)
    kind = path.name.rpartition("-")[0]
    for other in path.parent.glob(f"{kind}-*.zip"):
        if other.stat().st_mtime < time.time() - KEEP_SECONDS:
            other.unlink(missing_ok=True)


def _add(zip_path: Path, files: Mapping[str, Path]) -> None:
    """Add files to a zip that may exist already: same files, same bytes."""
    with zipfile.ZipFile(zip_path, "a", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        for name, path in files.items():
            member = zipfile.ZipInfo(name, ZIP_DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, path.read_bytes(), compresslevel=COMPRESSION)

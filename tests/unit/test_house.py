"""The rules of the house (DESIGN section 3): imports run one way, rooms keep to their libraries, public names are pinned."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import trackway

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "media", "models", "detection", "tracking", "faces", "identity", "pipeline", "plugins", "results", "evaluation", "artifacts",
    "jobs", "store", "worker", "api", "client", "cli", "local",
)  # fmt: skip
VISION = ROOMS[: ROOMS.index("plugins")]
# `trackway local` is a command like any other, so the command line alone knows of the last room.
EXCEPTIONS = {("cli", "local")}
LIGHT = {"jobs.options"}  # plain values that every room may name
BOTO3_ROOMS = {"store", "client", "local"}
BOTOCORE_ROOMS = BOTO3_ROOMS | {"api"}
SOURCES = sorted((ROOT / "trackway").rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "trackway").parts
    return parts[0] if len(parts) > 1 else ""


def offences() -> Iterator[str]:
    for path in SOURCES:
        room = room_of(path)
        where = path.relative_to(ROOT)
        for module in imports(path):
            library = module.split(".")[0]
            if library == "boto3" and room not in BOTO3_ROOMS:
                yield f"{where}: boto3 belongs in {sorted(BOTO3_ROOMS)}"
            if library == "botocore" and room not in BOTOCORE_ROOMS:
                yield f"{where}: botocore belongs in {sorted(BOTOCORE_ROOMS)}"
            if not module.startswith("trackway.") or not room:
                continue
            target, _, rest = module.removeprefix("trackway.").partition(".")
            if target not in ROOMS or f"{target}.{rest}".startswith(tuple(LIGHT)):
                continue
            if ROOMS.index(target) > ROOMS.index(room) and (room, target) not in EXCEPTIONS:
                yield f"{where}: {room} may not import {module}, which comes later in the flow"


def test_imports_run_one_way_and_aws_stays_in_its_rooms() -> None:
    assert list(offences()) == []


def test_every_folder_is_a_room_of_the_plan() -> None:
    folders = {path.name for path in (ROOT / "trackway").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= set(ROOMS)


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*/handler.py")), ids=lambda path: path.parent.name)
def test_a_handler_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


def test_public_names_are_sorted_and_load() -> None:
    assert trackway.__all__ == sorted(trackway.__all__)
    for name in trackway.__all__:
        assert getattr(trackway, name) is not None


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, trackway; print([m for m in ('numpy', 'av', 'cv2', 'onnxruntime', 'boto3', 'typer') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_an_unknown_public_name_is_named() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Tracker'; its public names are Detections"):
        _ = trackway.Tracker

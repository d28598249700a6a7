"""Every environment is synthesised once, side by side, by a process that has no PATH, no home, no account and no Docker."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.infra.template import Template

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ("dev", "prod", "local")
# Functions are bundled for the embedded cloud only: the others would install wheels for another platform first.
PROGRAM = """
import sys; from pathlib import Path; from trackway.local.synth import synthesise
print(synthesise(sys.argv[1], Path(sys.argv[2]), bundle=sys.argv[1] == "local"))
"""


def synthesise_barely(env_name: str) -> Path:
    """An assembly from an empty environment; made once for the same sources, and kept as `trackway local` keeps its own."""
    command = [sys.executable, "-c", PROGRAM, env_name, str(ROOT / ".trackway" / "assemblies")]
    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="session")
def assemblies() -> dict[str, Path]:
    """The cloud assembly of every environment."""
    with ThreadPoolExecutor(2) as pool:  # so the last one, local, is often made already by whoever starts a cloud meanwhile
        return dict(zip(ENVIRONMENTS, pool.map(synthesise_barely, ENVIRONMENTS), strict=True))


@pytest.fixture(scope="session")
def templates(assemblies: dict[str, Path]) -> dict[str, Template]:
    """The template of every environment."""
    return {env_name: Template(assembly) for env_name, assembly in assemblies.items()}


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def template(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Template:
    """Each environment's template in turn."""
    return templates[request.param]


@pytest.fixture(scope="session")
def prod(templates: dict[str, Template]) -> Template:
    """What production gets."""
    return templates["prod"]

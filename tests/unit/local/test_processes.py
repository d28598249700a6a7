"""Nothing that the embedded cloud starts outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from trackway.errors import EmbeddedCloudError
from trackway.local.processes import Processes

FAMILY = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {child.pid}")
time.sleep(60)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def family(marker: Path) -> list[int]:
    until(lambda: marker.exists() and " " in marker.read_text())
    return [int(word) for word in marker.read_text().split()]


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False).stdout
    return state.strip().startswith("Z") or not state.strip()


def test_a_terminated_child_takes_its_own_children_along(tmp_path: Path) -> None:
    processes, marker = Processes(), tmp_path / "marker"
    child = processes.start([sys.executable, "-c", FAMILY, str(marker)])
    members = family(marker)
    child.terminate()
    assert child.wait() == -signal.SIGTERM
    until(lambda: all(map(gone, members)))
    processes.close()


def test_stragglers_of_a_child_that_ended_by_itself_are_killed(tmp_path: Path) -> None:
    processes, marker = Processes(), tmp_path / "marker"
    child = processes.start([sys.executable, "-c", FAMILY.replace("time.sleep(60)\n", ""), str(marker)])
    assert child.wait() == 0
    until(lambda: all(map(gone, family(marker))))
    processes.close()


def test_closing_ends_everything_even_what_ignores_the_request() -> None:
    processes = Processes()
    child = processes.start([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    printed = child.lines()
    assert next(printed) == "ready"
    processes.close(grace_seconds=0.2)
    assert list(printed) == []
    assert child.returncode == -signal.SIGKILL
    with pytest.raises(EmbeddedCloudError, match="is ending"):
        processes.start([sys.executable, "-c", ""])


def test_a_killed_owner_leaves_nothing_behind(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    owner = "import sys, time\nfrom trackway.local.processes import Processes\nProcesses().start(sys.argv[1:])\ntime.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", owner, sys.executable, "-c", FAMILY, str(marker)])
    members = family(marker)
    process.kill()
    process.wait()
    until(lambda: all(map(gone, members)))

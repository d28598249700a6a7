"""The state folder says truthfully whether a cloud runs on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trackway.errors import EmbeddedCloudError, OptionError
from trackway.local.home import Endpoints, Home

ENDPOINTS = Endpoints("http://127.0.0.1:1", "http://127.0.0.1:1/api", "videos", "artifacts", "topic", "table", "machine")
HOLDER = """
import pathlib, sys, time
from trackway.local.home import Home
Home(pathlib.Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_one_state_serves_one_cloud(tmp_path: Path) -> None:
    home = Home(tmp_path / "state").acquire()
    assert Home(tmp_path / "state").process() == os.getpid()
    with pytest.raises(OptionError, match=rf"already runs on .*state \(process {os.getpid()}\)"):
        Home(tmp_path / "state").acquire()
    home.release()
    assert Home(tmp_path / "state").process() is None
    Home(tmp_path / "state").acquire().release()


def test_a_killed_cloud_does_not_count_as_running(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    holder.stdout.readline()
    home = Home(tmp_path)
    assert home.process() == holder.pid
    (home.temporary / "left").mkdir()
    holder.kill()
    holder.communicate()
    assert home.process() is None
    home.acquire()
    assert list(home.temporary.iterdir()) == []
    home.release()
    assert not home.temporary.exists()


def test_endpoints_are_those_of_the_running_cloud(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedCloudError, match="No embedded cloud runs on"):
        Home(tmp_path).endpoints()
    home = Home(tmp_path).acquire()
    with pytest.raises(EmbeddedCloudError, match="still starting"):
        Home(tmp_path).endpoints()
    home.announce(ENDPOINTS)
    assert Home(tmp_path).endpoints() == ENDPOINTS
    home.release()


def test_a_state_that_cannot_be_a_folder_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="--state"):
        Home(tmp_path / "file").acquire()


def test_looking_makes_no_folder(tmp_path: Path) -> None:
    assert Home(tmp_path / "state").process() is None
    assert not (tmp_path / "state").exists()

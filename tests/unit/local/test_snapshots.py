"""What the emulator knows survives a kill at any moment, and an older view of a later step never hides an earlier one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# The emulator is set up once per process, so every start is a process of its own; SERVICES stands for its services.
PROGRAM = """
import json, os, pathlib, sys
folder, address, action = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
from ministack import app
from trackway.local.snapshots import Snapshots
order = []
def service(name):
    def state():
        order.append(name)
        return {"name": name, "address": "http://127.0.0.1:1/queue", "n": sys.argv[4]}
    return state
app._build_persistence_save_dict = lambda: {name: service(name) for name in ("dynamodb", "stepfunctions", "s3", "sqs")}
snapshots = Snapshots(folder, address)
snapshots.install()
if action == "save":
    snapshots.watch()
    snapshots.wait_for(snapshots.changed())
    print(json.dumps(order[:4]), flush=True)
    if sys.argv[4] == "killed":
        os.kill(os.getpid(), 9)
    snapshots.close()
else:
    print(json.dumps({name: app.load_state(name) for name in ("dynamodb", "sqs", "nothing")}))
"""


def run(folder: Path, address: str, action: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), address, action, *words], capture_output=True, text=True, check=False
    )


def test_what_was_saved_before_a_kill_is_loaded_with_the_new_address(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "127.0.0.1:1", "load").stdout) == {"dynamodb": None, "sqs": None, "nothing": None}
    saved = run(tmp_path, "127.0.0.1:1", "save", "killed")
    assert json.loads(saved.stdout)[:2] == ["sqs", "stepfunctions"]  # captured before everything that follows from them
    loaded = json.loads(run(tmp_path, "127.0.0.1:2", "load").stdout)
    assert loaded["sqs"] == {"name": "sqs", "address": "http://127.0.0.1:2/queue", "n": "killed"}
    assert loaded["dynamodb"]["n"] == "killed"


def test_the_folder_holds_one_snapshot_only(tmp_path: Path) -> None:
    for number in ("1", "2"):
        run(tmp_path, "127.0.0.1:1", "save", number)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert {path.name for path in tmp_path.iterdir()} == {"manifest.json", *manifest["files"].values()}


@pytest.mark.parametrize("damage", ["manifest.json", "sqs-*.json"])
def test_a_damaged_state_is_refused_by_name(tmp_path: Path, damage: str) -> None:
    run(tmp_path, "127.0.0.1:1", "save", "1")
    (victim,) = tmp_path.glob(damage)
    victim.write_text("{")
    refused = run(tmp_path, "127.0.0.1:1", "load")
    assert refused.returncode == 1
    assert victim.name in refused.stderr
    assert "to start afresh" in refused.stderr

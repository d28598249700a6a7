"""`trackway local up|status|down` as a user meets them (issue 2, points 2 and 6)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.running import ROOT, RunningCloud, free_port

TRACKWAY = [sys.executable, "-m", "trackway.cli.main", "local"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TRACKWAY, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_the_line_of_json_says_where_everything_is(cloud: RunningCloud) -> None:
    keys = ["aws", "api", "videos_bucket", "artifacts_bucket", "topic_arn", "table", "state_machine_arn"]
    assert list(cloud.outputs) == keys
    assert cloud.outputs["aws"].startswith("http://127.0.0.1:")
    assert cloud.outputs["api"] == cloud.outputs["aws"] + "/api"


def test_a_second_cloud_on_the_same_state_is_refused(cloud: RunningCloud) -> None:
    refused = run("up", "--json", "--state", str(cloud.state))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "already runs" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_taken_port_is_refused(cloud: RunningCloud, tmp_path: Path) -> None:
    port = cloud.outputs["aws"].rpartition(":")[2]
    refused = run("up", "--port", port, "--state", str(tmp_path / "state"))
    assert refused.returncode == 2
    assert f"--port {port}" in refused.stderr


def test_status_lists_the_jobs(cloud: RunningCloud) -> None:
    job_id = cloud.job_of(cloud.upload(b"no video", "uploads/listed.mp4"))
    cloud.wait(job_id)
    shown = run("status", "--state", str(cloud.state))
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    facts = lines[lines.index(job_id) + 1]
    assert facts.split()[:2] == ["FAILED", "uploads/listed.mp4"]


def test_status_and_down_say_that_nothing_runs(tmp_path: Path) -> None:
    nothing = run("status", "--state", str(tmp_path / "nowhere"))
    assert nothing.returncode == 1
    assert "trackway local up" in nothing.stderr
    assert run("down", "--state", str(tmp_path / "nowhere")).returncode == 0


def test_down_ends_a_cloud_and_leaves_nothing(tmp_path: Path) -> None:
    other = RunningCloud(tmp_path / "state")
    other.upload(b"kept", "elsewhere/kept.bin")
    assert run("down", "--state", str(tmp_path / "state")).returncode == 0
    assert other.process.wait(30) == 0
    other.process.communicate()
    assert not (tmp_path / "state" / "temporary").exists()
    other.start()
    kept = other.client("s3").get_object(Bucket=other.outputs["videos_bucket"], Key="elsewhere/kept.bin")["Body"].read()
    assert kept == b"kept"
    assert other.stop(signal.SIGINT) == ""
    assert other.process.returncode == 0


def test_ctrl_c_during_the_start_ends_it(tmp_path: Path) -> None:
    command = [*TRACKWAY, "up", "--json", "--state", str(tmp_path / "state"), "--port", free_port()]
    starting = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (tmp_path / "state" / "running.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    starting.send_signal(signal.SIGINT)
    printed, _ = starting.communicate(timeout=30)
    assert printed == ""
    assert not (tmp_path / "state" / "temporary").exists()
    assert json.loads("[]") == [path.name for path in (tmp_path / "state").glob("running*")]

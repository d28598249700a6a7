"""Long videos become several Batch jobs; a killed worker or a killed cloud loses nothing (issue 2, points 2 and 3)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Clip
from tests.e2e.running import RunningCloud, until
from tests.videos import repeat
from trackway.media.sample import make_sample
from trackway.store.jobs import JobStore


@pytest.fixture(scope="module")
def longer_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "longer.mp4"
    make_sample(path, seconds=10, fps=12, key_frame_interval=12)
    return path


def upload_in_segments(cloud: RunningCloud, clip: Path, key: str) -> str:
    """Uploads a sidecar that asks for short segments, then the video; returns the job."""
    options = json.dumps({"segmentSeconds": 5, "sampleFps": 4}).encode()
    cloud.upload(options, f"{key}.job.json")
    return cloud.job_of(cloud.upload(clip, key))


def results(cloud: RunningCloud, job_id: str) -> dict[str, Any]:
    """Everything that a job has left, as bytes where it has a form of its own."""
    s3, bucket, prefix = cloud.client("s3"), cloud.outputs["artifacts_bucket"], f"jobs/{job_id}/"
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    files = {key.removeprefix(prefix): cloud.artifact(key) for key in keys}
    return {**files, "TIMESTAMP": cloud.rows(job_id, 1000, "TIMESTAMP"), "INDEX": cloud.rows(job_id, 1000, "INDEX")}


def job_names(cloud: RunningCloud, job_id: str) -> list[str]:
    return sorted(job["jobName"].replace(job_id, "JOB") for job in cloud.batch_jobs(job_id, "SUCCEEDED"))


def attempts(cloud: RunningCloud, job_id: str) -> list[list[int]]:
    """Exit codes of every Batch job of a job."""
    jobs = cloud.client("batch").describe_jobs(jobs=[job["jobId"] for job in cloud.batch_jobs(job_id, "SUCCEEDED")])["jobs"]
    return sorted([attempt["container"]["exitCode"] for attempt in job["attempts"]] for job in jobs)


@pytest.fixture(scope="module")
def undisturbed(cloud: RunningCloud, longer_clip: Path) -> dict[str, Any]:
    job_id = upload_in_segments(cloud, longer_clip, "uploads/undisturbed.mp4")
    assert cloud.wait(job_id, 240)["JobStatus"] == "SUCCEEDED"
    assert job_names(cloud, job_id) == ["whole-JOB"]  # ten seconds are one container's work
    return results(cloud, job_id)


def test_people_are_followed_across_segments(undisturbed: dict[str, Any]) -> None:
    spans: dict[int, set[int]] = {}
    for row in undisturbed["TIMESTAMP"]:
        spans.setdefault(row["Person"]["Index"], set()).add(row["Timestamp"] // 5000)
    assert {0, 1} in spans.values()  # somebody keeps one index
    assert all(span <= {0, 1} for span in spans.values())


def test_a_killed_worker_goes_on_with_the_missing_segments_and_gives_the_same_bytes(
    cloud: RunningCloud, longer_clip: Path, undisturbed: dict[str, Any]
) -> None:
    job_id = upload_in_segments(cloud, longer_clip, "uploads/killed worker.mp4")
    store = JobStore(cloud.client("dynamodb"), cloud.outputs["table"])
    first = f"jobs/{job_id}/segments/0000.npz"
    until(lambda: store.read_progress(job_id).get(1, (0, 0))[0], 120)  # in the middle of the second segment's frames
    before = cloud.client("s3").head_object(Bucket=cloud.outputs["artifacts_bucket"], Key=first)
    os.kill(until(lambda: worker(job_id, "whole")), signal.SIGKILL)
    assert cloud.wait(job_id, 240)["JobStatus"] == "SUCCEEDED"
    assert attempts(cloud, job_id) == [[137, 0]]
    after = cloud.client("s3").head_object(Bucket=cloud.outputs["artifacts_bucket"], Key=first)
    assert after["VersionId"] == before["VersionId"]
    same_results(cloud, job_id, undisturbed)


def same_results(cloud: RunningCloud, job_id: str, expected: dict[str, Any]) -> None:
    found = results(cloud, job_id)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


def test_a_long_video_is_shared_out_among_containers(cloud: RunningCloud, tmp_path: Path) -> None:
    """Twenty-five minutes are more than one start of a container takes; whichever worker is killed, its share is finished."""
    clip, path = tmp_path / "clip.mp4", tmp_path / "long.mp4"
    make_sample(clip, seconds=10, fps=2, size=(480, 270), key_frame_interval=2)
    repeat(clip, path, 150)
    options = json.dumps({"segmentSeconds": 300, "sampleFps": 0.05, "detail": "standard", "cadence": "every"}).encode()
    cloud.upload(options, "uploads/long.mp4.job.json")
    job_id = cloud.job_of(cloud.upload(path, "uploads/long.mp4"))
    store = JobStore(cloud.client("dynamodb"), cloud.outputs["table"])
    until(lambda: any(done for done, _ in store.read_progress(job_id).values()), 120)
    os.kill(until(lambda: worker(job_id, "track")), signal.SIGKILL)
    os.kill(until(lambda: worker(job_id, "assemble"), 240), signal.SIGKILL)
    assert cloud.wait(job_id, 240)["JobStatus"] == "SUCCEEDED"
    assert job_names(cloud, job_id) == ["assemble-JOB", "track-JOB-0-of-2", "track-JOB-1-of-2"]
    assert attempts(cloud, job_id) == [[0], [137, 0], [137, 0]]
    assert sorted(store.read_progress(job_id)) == [0, 1, 2, 3, 4]
    times = {row["Timestamp"] // 300_000 for row in cloud.rows(job_id, 1000, "TIMESTAMP")}
    assert times == {0, 1, 2, 3, 4}


def test_a_killed_cloud_ends_its_jobs_after_the_next_start(cloud: RunningCloud, sample_clip: Clip, tmp_path: Path) -> None:
    fragile = RunningCloud(tmp_path / "state")
    try:
        job_id = fragile.job_of(fragile.upload(sample_clip.path))
        process = until(lambda: worker(job_id, "whole"), 120)
        fragile.stop(signal.SIGKILL)
        until(lambda: not Path(f"/proc/{process}").exists() or worker(job_id, "whole") is None)
        fragile.start()
        ended = fragile.wait(job_id, 240)
        assert ended["JobStatus"] == "SUCCEEDED"
        assert ended["Persons"]
        # An orderly end in the middle of a job, and a start on another port.
        job_id = fragile.job_of(fragile.upload(sample_clip.path))
        until(lambda: worker(job_id, "whole"), 120)
        assert fragile.stop() == ""
        assert worker(job_id, "whole") is None
        assert not (fragile.state / "temporary").exists()
        fragile.start()
        assert fragile.wait(job_id, 240)["JobStatus"] == "SUCCEEDED"
    finally:
        fragile.stop()


def worker(job_id: str, step: str) -> int | None:
    """Process id of a job's worker, None where there is none."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    found = [line.split()[0] for line in listed.splitlines() if f"main.py {step} --job {job_id}" in line]
    return int(found[0]) if found else None

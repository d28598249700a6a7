"""Every broken or odd video ends as it should, with a sentence where it fails (issue 2, "Bad input")."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import RunningCloud

OK, ERROR = "SUCCEEDED", "FAILED"
# name -> the ends that its description in the data's index allows
EXPECTED = {
    "audio_only.mp4": {ERROR},
    "av1_tiny.mp4": {OK},
    "bear-vp9-odd-dimensions.webm": {OK},
    "black.mp4": {OK},
    "chunk_out_of_range.mp4": {OK, ERROR},
    "corrupt_packets.mp4": {OK},
    "encrypted_clearkey.mp4": {ERROR},
    "fragmented.mp4": {OK},
    "increasing_timestamps_start10s.mp4": {OK},
    "interlaced_mpeg2.mpg": {OK},
    "missing_stsd.mp4": {OK, ERROR},
    "mjpeg_odd_321x241.avi": {OK},
    "no_keyframe_start.ts": {OK},
    "one_frame.mp4": {OK},
    "rotate90_matrix.mp4": {OK},
    "rotation_270.mov": {OK},
    "text.mp4": {ERROR},
    "truncated_faststart.mp4": {OK},
    "truncated_no_moov.mp4": {ERROR},
    "unordered.mov": {OK, ERROR},
    "vfr.mp4": {OK},
    "vp9.webm": {OK},
    "zero_byte.mp4": {ERROR},
}


@pytest.fixture(scope="module")
def jobs(cloud: RunningCloud, shared_data: Path) -> dict[str, str]:
    """All jobs, started at once, looking at one frame per second."""
    folder = shared_data / "hostile"
    assert {path.name for path in folder.iterdir()} == set(EXPECTED)
    keys = {name: cloud.upload(folder / name, f"uploads/hostile/{name}", {"sample-fps": "1"}) for name in EXPECTED}
    return {name: cloud.job_of(key) for name, key in keys.items()}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_hostile_video_ends_as_expected(cloud: RunningCloud, jobs: dict[str, str], name: str) -> None:
    ended = cloud.wait(jobs[name], 280)
    assert ended["JobStatus"] in EXPECTED[name], ended.get("StatusMessage")
    if ended["JobStatus"] == ERROR:
        sentence = ended["StatusMessage"]
        assert sentence.endswith(".")
        assert "Traceback" not in sentence
        assert "Error:" not in sentence
        assert ended["Persons"] == []
    else:
        assert ended["VideoMetadata"]["DurationMillis"] >= 0
    if name == "black.mp4":
        assert ended["Persons"] == []

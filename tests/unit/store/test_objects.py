"""Videos in S3: found, gone, replaced; sidecars; artifacts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.cloud import Cloud
from trackway.errors import ObjectGone, OptionError
from trackway.jobs.record import Video

KEYS = ["clip.mp4", "a b+c%20d.mp4", "日本/ключ ü.mp4", "uploads/deep/er/clip.MP4"]


@pytest.mark.parametrize("key", KEYS)
def test_facts_and_content_of_a_video(cloud: Cloud, key: str) -> None:
    video = cloud.put_video(key, b"content", Metadata={"sample-fps": "5"})
    facts = cloud.objects.facts(video)
    assert (facts.size_bytes, facts.etag, dict(facts.metadata)) == (7, video.etag, {"sample-fps": "5"})
    with cloud.objects.download(video) as path:
        assert path.read_bytes() == b"content"
        assert path.parent.stat().st_mode & 0o077 == 0
    assert not path.parent.exists()


def test_r14_the_named_version_is_read(cloud: Cloud) -> None:
    first, _ = cloud.put_video(content=b"first"), cloud.put_video(content=b"second!")
    assert cloud.objects.facts(first).size_bytes == 5
    with cloud.objects.download(first) as path:
        assert path.read_bytes() == b"first"


@pytest.mark.parametrize(
    "video",
    [Video("videos-bucket", "nothing.mp4"), Video("no-such-bucket", "clip.mp4"), Video("videos-bucket", "uploads/clip.mp4", "nonexistent")],
)
def test_r23_a_video_that_cannot_be_read_is_gone(cloud: Cloud, video: Video) -> None:
    cloud.put_video()
    with pytest.raises(ObjectGone, match=r"^Unable to get object metadata from S3\. Check object key, region and/or access permissions\.$"):
        cloud.objects.facts(video)
    with pytest.raises(ObjectGone), cloud.objects.download(video):
        pass


def test_a_replaced_video_is_not_taken_for_the_one_that_was_meant(cloud: Cloud) -> None:
    video = msgspec.structs.replace(cloud.put_video(content=b"first"), version=None)
    cloud.put_video(content=b"second")
    with pytest.raises(ObjectGone, match="replaced"), cloud.objects.download(video):
        pass


def test_the_sidecar_lies_beside_the_video(cloud: Cloud) -> None:
    video = cloud.put_video()
    assert cloud.objects.sidecar(video) is None
    cloud.put_video("uploads/clip.mp4.job.json", b"{}")
    assert cloud.objects.sidecar(video) == b"{}"
    cloud.put_video("uploads/clip.mp4.job.json", b" " * 70_000)
    with pytest.raises(OptionError, match="at most 65536 bytes, found 70000"):
        cloud.objects.sidecar(video)


def test_artifacts_come_back(cloud: Cloud, tmp_path: Path) -> None:
    assert not cloud.objects.has_artifact("jobs/1/plan.json")
    cloud.objects.put_artifact("jobs/1/plan.json", b"{}", "application/json")
    assert cloud.objects.has_artifact("jobs/1/plan.json")
    assert cloud.objects.get_artifact("jobs/1/plan.json") == b"{}"
    (tmp_path / "table").write_bytes(b"rows")
    cloud.objects.put_file("jobs/1/table", tmp_path / "table", "application/octet-stream")
    assert cloud.objects.get_artifact("jobs/1/table") == b"rows"
    with pytest.raises(FileNotFoundError, match=r"jobs/2/plan\.json"):
        cloud.objects.get_artifact("jobs/2/plan.json")

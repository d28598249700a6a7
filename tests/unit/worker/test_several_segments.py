"""One start of a container works through several segments, and a repeated one through those that are missing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import msgspec
import pytest

from tests.unit.worker.test_worker import ENVIRONMENT, INFO, JOB, NOTHING, place, record
from trackway.errors import CorruptMedia, SystemFault
from trackway.jobs.options import JobOptions
from trackway.jobs.plan import plan_key
from trackway.jobs.shares import Share
from trackway.media.segments import Segment
from trackway.models.engines import Engines
from trackway.models.kept import Kept
from trackway.models.precision import Precision
from trackway.pipeline.vision import Vision
from trackway.worker import main as worker
from trackway.worker import track as tracking
from trackway.worker.engines import EngineShelf, engine_key
from trackway.worker.track import segment_key, track
from trackway.worker.workplace import Workplace

__all__ = ["place"]

SEGMENTS = [Segment(index, 1000 * index, 1000 * (index + 1)) for index in range(5)]


class Work:
    """What a worker does, noted instead of done.

    Attributes:
        opened: what the models were opened with, each time.
        tracked: numbers of the segments, in order.
        files: copies of the video that were looked at.
    """

    def __init__(self) -> None:
        self.opened: list[dict[str, Any]] = []
        self.tracked: list[int] = []
        self.files: set[Path] = set()
        self.fails_at: int | None = None
        self.error: BaseException = SystemExit(143)  # what SIGTERM becomes

    def open(self, **arguments: Any) -> Any:
        self.opened.append(arguments)
        return SimpleNamespace(report={})

    def track_segment(self, path: Path, info: Any, options: Any, vision: Any, *, segment: Segment, progress: Any) -> Any:
        if segment.index == self.fails_at:
            raise self.error
        self.tracked.append(segment.index)
        self.files.add(path)
        return NOTHING


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, place: Workplace) -> Work:
    """A planned job of five segments, whose video is there."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="videos")
    s3.put_object(Bucket="videos", Key=record().video.name, Body=b"video")
    plan = {"info": INFO, "segments": SEGMENTS, "options": JobOptions()}
    place.objects.put_artifact(plan_key(JOB), msgspec.json.encode(plan), "application/json")
    noted = Work()
    monkeypatch.setattr(Vision, "open", noted.open)
    monkeypatch.setattr(tracking, "track_segment", noted.track_segment)
    return noted


def there(place: Workplace) -> list[int]:
    return [segment.index for segment in SEGMENTS if place.objects.has_artifact(segment_key(JOB, segment.index))]


@pytest.mark.parametrize(("share", "expected"), [(Share(0, 1), [0, 1, 2, 3, 4]), (Share(0, 2), [0, 2, 4]), (Share(1, 2), [1, 3])])
def test_models_are_opened_and_the_video_is_fetched_once(place: Workplace, work: Work, share: Share, expected: list[int]) -> None:
    track(place, JOB, share)
    assert work.tracked == there(place) == expected
    assert len(work.opened) == len(work.files) == 1
    assert sorted(place.jobs.read_progress(JOB)) == expected


def test_x20_after_a_lost_machine_only_missing_segments_are_tracked(place: Workplace, work: Work) -> None:
    work.fails_at = 2
    with pytest.raises(SystemExit):
        worker.run(["track", "--job", JOB, "--share", "0-of-1"], ENVIRONMENT)
    assert there(place) == [0, 1]
    before = [boto3.client("s3").head_object(Bucket="artifacts", Key=segment_key(JOB, index))["LastModified"] for index in (0, 1)]
    work.fails_at = None
    work.tracked.clear()
    assert worker.run(["track", "--job", JOB], {**ENVIRONMENT, "AWS_BATCH_JOB_ATTEMPT": "2"}) == 0
    assert work.tracked == [2, 3, 4]
    after = [boto3.client("s3").head_object(Bucket="artifacts", Key=segment_key(JOB, index))["LastModified"] for index in (0, 1)]
    assert after == before
    assert worker.run(["track", "--job", JOB], {**ENVIRONMENT, "AWS_BATCH_JOB_ATTEMPT": "3"}) == 0
    assert len(work.opened) == 2  # nothing was missing, so no models were opened


def test_a_fault_of_the_video_in_any_segment_ends_the_job(place: Workplace, work: Work) -> None:
    work.fails_at, work.error = 4, CorruptMedia("Frame 99 is damaged.")
    assert worker.run(["track", "--job", JOB, "--share", "0-of-2"], ENVIRONMENT) == 2
    found = place.jobs.get(JOB)
    assert found is not None
    assert found.failure is not None
    assert found.failure.code == "CORRUPT_MEDIA"


def test_the_whole_job_is_all_segments_and_their_assembly(place: Workplace, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    assembled: list[list[int]] = []
    monkeypatch.setattr(worker, "assemble", lambda place, job_id: assembled.append(there(place)))
    assert worker.run(["whole", "--job", JOB], ENVIRONMENT) == 0
    assert assembled == [[0, 1, 2, 3, 4]]


def test_a_share_that_is_none_is_our_fault(place: Workplace, work: Work) -> None:
    assert worker.run(["track", "--job", JOB, "--share", "5"], ENVIRONMENT) == 1
    assert work.tracked == []


def test_the_environment_says_where_models_run_and_what_decodes(place: Workplace, work: Work) -> None:
    environment = {**ENVIRONMENT, "TRACKWAY_PROVIDER": "tensorrt", "TRACKWAY_HARDWARE_DECODE": "off"}
    Workplace.open(environment).open_vision()
    Workplace.open(ENVIRONMENT).open_vision()
    chosen = [(arguments["provider"], arguments["hardware_decode"]) for arguments in work.opened]
    assert chosen == [("tensorrt", "off"), ("auto", "auto")]
    with pytest.raises(SystemFault, match="TRACKWAY_PROVIDER: expected one of auto, cpu, cuda, tensorrt, found 'gpu'"):
        Workplace.open({**ENVIRONMENT, "TRACKWAY_PROVIDER": "gpu"})
    with pytest.raises(SystemFault, match="TRACKWAY_HARDWARE_DECODE: expected one of auto, off, found 'on'"):
        Workplace.open({**ENVIRONMENT, "TRACKWAY_HARDWARE_DECODE": "on"})


@pytest.mark.parametrize("precision", ["full", "int8"])
def test_the_job_says_how_exactly_models_compute(place: Workplace, work: Work, precision: Precision) -> None:
    plan = {"info": INFO, "segments": SEGMENTS, "options": JobOptions(precision=precision)}
    place.objects.put_artifact(plan_key(JOB), msgspec.json.encode(plan), "application/json")
    track(place, JOB, Share(0, 1))
    assert [arguments["precision"] for arguments in work.opened] == [precision]


def test_engines_go_over_the_artifacts_bucket(place: Workplace, tmp_path: Path) -> None:
    built: list[str] = []

    def build(options: dict[str, str]) -> None:
        engine = Path(options["trt_engine_cache_path"]) / "network.engine"
        if not engine.exists():
            built.append(options["trt_engine_cache_path"])
            engine.write_bytes(b"engine")

    for machine in ("one", "two"):
        Engines(Kept(tmp_path / machine), "sm89-nvidia-l4", EngineShelf(place.objects)).open("network-8x384x704", build)
    assert len(built) == 1
    assert place.objects.has_artifact(engine_key("sm89-nvidia-l4/network-8x384x704"))
    assert EngineShelf(place.objects).get("sm75-tesla-t4/network-8x384x704") is None

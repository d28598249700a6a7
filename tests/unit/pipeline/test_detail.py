"""`detail: auto` on generated scenes: tiles where people are small, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from tests.conftest import Clip
from tests.unit.crowd import crowd, write_still
from trackway.detection.candidates import overlaps
from trackway.detection.tiles import TiledDetector
from trackway.jobs.options import JobOptions
from trackway.media.probe import probe
from trackway.pipeline.detail import DetailReport, choose_detail
from trackway.pipeline.vision import Vision


class Video:
    width, height = 1280, 720


def choose(path: Path, vision: Vision, **options: object) -> DetailReport:
    return choose_detail(path, probe(path).info, JobOptions.parse(options, source="test"), vision)


def test_small_people_are_found_at_high_detail_and_not_at_standard(vision: Vision) -> None:
    picture, truth = crowd((Video.width, Video.height), 40, 7, 4)
    shares = []
    for detector in (vision.persons, TiledDetector(vision.persons)):
        image = cv2.resize(picture, detector.input_size(Video()), interpolation=cv2.INTER_AREA)
        found = detector.detect(image[None], [0], [0])
        sure = found.box[found.score > 0.3]
        shares.append((overlaps(truth, sure) > 0.5).any(axis=1).mean() if len(sure) else 0.0)
        assert len(sure) <= len(truth)  # also on the seams, each of them once
    assert shares[0] < 0.2
    assert shares[1] > 0.9


def test_a_crowd_far_away_is_worth_the_work(vision: Vision, tmp_path: Path) -> None:
    picture, _ = crowd((Video.width, Video.height), 40, 7, 4)
    write_still(tmp_path / "crowd.mp4", picture, 60)
    report = choose(tmp_path / "crowd.mp4", vision)
    assert (report.detail, report.looks) == ("high", 5)
    assert "lower than 120 pixels" in report.reason
    assert "worth 5 times the work" in report.reason


def test_large_people_are_not(vision: Vision, sample_clip: Clip) -> None:
    report = choose(sample_clip.path, vision)
    assert (report.detail, report.looks) == ("standard", 1)
    assert report.reason.startswith("0.0 small people")


def test_nobody_is_not(vision: Vision, tmp_path: Path) -> None:
    write_still(tmp_path / "empty.mp4", np.full((270, 480, 3), 170, np.uint8), 10)
    assert choose(tmp_path / "empty.mp4", vision).detail == "standard"


def test_two_small_people_among_many_large_ones_are_not(vision: Vision, tmp_path: Path) -> None:
    (large, _), (small, _) = crowd((1066, 720), 140, 5, 3), crowd((214, 720), 40, 1, 2)
    write_still(tmp_path / "mixed.mp4", np.hstack([large, small]), 10)
    report = choose(tmp_path / "mixed.mp4", vision)
    assert report.detail == "standard"
    assert "not worth 5 times the work" in report.reason


@pytest.mark.parametrize("detail", ["standard", "high"])
def test_a_wish_is_obeyed_unseen(vision: Vision, sample_clip: Clip, detail: str) -> None:
    options = JobOptions.parse({"detail": detail}, source="test")
    assert choose_detail("missing.mp4", probe(sample_clip.path).info, options, vision).detail == detail


def test_a_video_that_cannot_be_read_ahead_is_looked_at_plainly(vision: Vision, sample_clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").write_bytes(b"")
    report = choose_detail(tmp_path / "gone.mp4", probe(sample_clip.path).info, JobOptions(), vision)
    assert report == DetailReport("standard", "No picture of the video could be looked at beforehand.", 1)
    assert msgspec.json.decode(msgspec.json.encode(report), type=DetailReport) == report

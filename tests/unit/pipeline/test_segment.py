"""From a file to a segment's tracks: real decoding and association, scripted detectors (SPEC R8, X4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from tests.conftest import Clip
from tests.unit.pipeline.clips import grey, write_clip
from tests.unit.pipeline.scripted import Picture, Scripted, in_bursts, scripted, uneven
from trackway.columns import Detections, Tracks
from trackway.errors import CorruptMedia, OptionError, Stalled
from trackway.jobs.options import JobOptions
from trackway.media.probe import probe
from trackway.media.segments import plan_segments
from trackway.media.video import VideoInfo
from trackway.pipeline.segment import expected_frames, track_segment
from trackway.pipeline.video import track_video
from trackway.pipeline.vision import Vision
from trackway.tracking.segment import TrackedSegment

EVERY = JobOptions(sample_fps=0, cadence="every", detail="standard")
ADAPTIVE = JobOptions(sample_fps=0, detail="standard")


@pytest.fixture(scope="module")
def info(sample_clip: Clip) -> VideoInfo:
    return probe(sample_clip.path).info


@pytest.fixture(scope="module")
def alone(sample_clip: Clip, info: VideoInfo) -> Tracks:
    """What one worker makes of every frame."""
    return track_segment(sample_clip.path, info, EVERY, scripted(workers=1)).tracks


@pytest.fixture(scope="module")
def alone_in_bursts(sample_clip: Clip, info: VideoInfo) -> TrackedSegment:
    """What one worker makes of somebody who runs and stands, where the cadence follows the motion."""
    return track_segment(sample_clip.path, info, ADAPTIVE, scripted(workers=1, left=in_bursts))


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("trackway-")] == []


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, int | None]] = []
        self.done: list[int] = []

    def stage(self, name: str, total: int | None = None) -> None:
        self.heard.append((name, total))

    def update(self, done: int) -> None:
        self.done.append(done)


def assert_same(first: Tracks, second: Tracks) -> None:
    for name, column in first.columns().items():
        np.testing.assert_array_equal(column, second.columns()[name], err_msg=name)


class Blind(Scripted):
    """A detector that sees nobody."""

    def detect(self, images: Picture, frame: npt.ArrayLike, time_ms: npt.ArrayLike) -> Detections:
        return super().detect(images, frame, time_ms)[:0]


def test_a_face_without_a_body_is_looked_for_once_a_second_and_not_missed_in_between(sample_clip: Clip) -> None:
    seen = scripted()
    vision = Vision(Blind(), seen.faces, seen.report)  # type: ignore[arg-type]
    tracks = track_video(sample_clip.path, ADAPTIVE, vision).tracks
    assert tracks.has_face.all()
    assert not tracks.has_body.any()
    assert tracks.person.tolist() == [0] * len(tracks)
    assert np.diff(tracks.frame).tolist() == [1] * (len(tracks) - 1)
    info = probe(sample_clip.path).info
    assert len(tracks) > info.frame_count - 1.1 * info.frame_rate  # to the last of these looks


@pytest.mark.parametrize(("workers", "batch"), [(1, 1), (2, 1), (5, 1), (2, 4), (3, 7)])
def test_the_number_of_workers_changes_nothing(sample_clip: Clip, info: VideoInfo, alone: Tracks, workers: int, batch: int) -> None:
    together = track_segment(sample_clip.path, info, EVERY, scripted(workers=workers, batch=batch, each=uneven)).tracks
    assert_same(alone, together)
    assert alone.frame.tolist() == list(range(info.frame_count))
    assert alone.time_ms.tolist() == sample_clip.truth.frame_ms.tolist()
    assert len(set(alone.person.tolist())) == 1


@pytest.mark.parametrize(("workers", "batch"), [(2, 1), (5, 1), (1, 8), (4, 8)])
def test_nor_does_it_where_the_cadence_follows_the_motion(
    sample_clip: Clip, info: VideoInfo, alone_in_bursts: TrackedSegment, workers: int, batch: int
) -> None:
    alone = alone_in_bursts
    together = track_segment(sample_clip.path, info, ADAPTIVE, scripted(workers=workers, batch=batch, each=uneven, left=in_bursts))
    assert_same(alone.tracks, together.tracks)
    np.testing.assert_array_equal(alone.frames.detected, together.frames.detected)
    assert alone.frames.frame.tolist() == list(range(info.frame_count))
    assert 0.3 < alone.frames.detected.mean() < 0.9


def test_the_cadence_follows_the_motion(sample_clip: Clip, info: VideoInfo, alone_in_bursts: TrackedSegment) -> None:
    calm = track_segment(sample_clip.path, info, ADAPTIVE, scripted(workers=1)).frames
    assert calm.frame[calm.detected].tolist() == [*range(0, info.frame_count, 5), info.frame_count - 1]
    bursts = alone_in_bursts.frames
    speed = np.abs(np.gradient(in_bursts(bursts.frame)))
    assert speed[bursts.detected].mean() > 2 * speed[~bursts.detected].mean()


def test_faces_are_looked_for_at_certain_looks(sample_clip: Clip, info: VideoInfo) -> None:
    vision = scripted(workers=1, left=in_bursts)
    track_segment(sample_clip.path, info, ADAPTIVE, vision)
    assert isinstance(vision.faces, Scripted)
    assert {*range(0, info.frame_count, 5), info.frame_count - 1} <= set(vision.faces.frames)
    assert isinstance(vision.persons, Scripted)
    assert set(vision.faces.frames) < set(vision.persons.frames)
    assert (1, 256, 512, 3) in vision.faces.shapes
    assert len(vision.faces.shapes) > 1


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_between_looks_ends_everything(sample_clip: Clip, info: VideoInfo, workers: int) -> None:
    """Also for those who wait for the look that failed."""
    for bad in (5, 7, 20):

        def fail(frame: int, bad: int = bad) -> None:
            uneven(frame)
            if frame == bad:
                raise RuntimeError(f"frame {bad}")

        with pytest.raises(RuntimeError, match=f"frame {bad}"):
            track_segment(sample_clip.path, info, ADAPTIVE, scripted(workers=workers, each=fail, left=lambda frame: frame % 2 * 0.3))


def test_faces_are_described(sample_clip: Clip, info: VideoInfo) -> None:
    tracks = track_segment(sample_clip.path, info, EVERY, scripted()).tracks
    assert tracks.has_face.any()
    assert np.isfinite(tracks.pose[tracks.has_face]).all()
    quality = tracks.quality[tracks.has_face]
    assert ((quality >= 0) & (quality <= 100)).all()


def test_without_faces_nobody_looks_for_them(sample_clip: Clip, info: VideoInfo) -> None:
    vision = scripted()
    tracks = track_segment(sample_clip.path, info, JobOptions(sample_fps=0, faces=False, detail="standard"), vision).tracks
    assert isinstance(vision.faces, Scripted)
    assert vision.faces.frames == []
    assert not tracks.has_face.any()
    assert tracks.has_body.any()


def test_sampling_takes_the_frames_of_the_grid(sample_clip: Clip, info: VideoInfo) -> None:
    vision = scripted()
    track_segment(sample_clip.path, info, JobOptions(sample_fps=5, detail="standard"), vision)
    assert isinstance(vision.persons, Scripted)
    seen = sorted(vision.persons.frames)
    assert seen == [number for number in range(info.frame_count) if number % 5 == 0]
    assert vision.persons.shapes == {(1, 256, 512, 3)}


def test_several_threads_work(sample_clip: Clip, info: VideoInfo) -> None:
    vision = scripted(workers=3, each=uneven)
    track_segment(sample_clip.path, info, EVERY, vision)
    assert isinstance(vision.persons, Scripted)
    assert len(vision.persons.threads) == 3
    assert threading.get_ident() not in vision.persons.threads


def test_progress_counts_analysed_frames(sample_clip: Clip, info: VideoInfo) -> None:
    listener = Listener()
    track_segment(sample_clip.path, info, JobOptions(sample_fps=5, detail="standard"), scripted(), progress=listener)
    assert listener.heard == [("track", 25)]
    assert listener.done == list(range(1, 26))
    assert expected_frames(info, 0) == info.frame_count
    assert expected_frames(info, 1000) == info.frame_count


def test_an_error_of_a_detector_is_raised_at_once(sample_clip: Clip, info: VideoInfo) -> None:
    def fail(frame: int) -> None:
        if frame == 11:
            raise RuntimeError("frame 11")

    vision = scripted(each=fail)
    with pytest.raises(RuntimeError, match="frame 11"):
        track_segment(sample_clip.path, info, EVERY, vision)
    assert isinstance(vision.persons, Scripted)
    assert len(vision.persons.frames) < 25


def test_a_listener_may_end_the_run(sample_clip: Clip, info: VideoInfo) -> None:
    class Impatient(Listener):
        def update(self, done: int) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        track_segment(sample_clip.path, info, EVERY, scripted(), progress=Impatient())


def test_a_hanging_detector_stalls(sample_clip: Clip, info: VideoInfo) -> None:
    release = threading.Event()
    with pytest.raises(Stalled):
        track_segment(sample_clip.path, info, EVERY, scripted(each=lambda frame: None if frame < 3 else _wait(release)), stall_seconds=0.3)
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("trackway-"):
            thread.join(5)


def _wait(release: threading.Event) -> None:
    release.wait(10)


def test_segments_see_what_one_run_sees(sample_clip: Clip) -> None:
    """Own frames of all segments are the frames of one run; what they share is the overlap."""
    looked_at = probe(sample_clip.path)
    segments = plan_segments(looked_at, 1.0)
    assert len(segments) > 1
    options = JobOptions(sample_fps=5, detail="standard")
    whole = track_segment(sample_clip.path, looked_at.info, options, scripted()).frames
    own = []
    for segment in segments:
        part = track_segment(sample_clip.path, looked_at.info, options, scripted(), segment=segment).frames
        own += part.frame[(part.time_ms >= segment.start_ms) & (part.time_ms < segment.end_ms)].tolist()
    assert own == whole.frame.tolist()


def test_a_video_in_one_segment(sample_clip: Clip) -> None:
    listener = Listener()
    one = track_video(sample_clip.path, EVERY, scripted(), progress=listener)
    assert [name for name, _ in listener.heard] == ["probe", "track", "link"]
    assert listener.done[-1] == one.info.frame_count
    assert one.tracks.person.tolist() == [0] * one.info.frame_count
    assert one.tracks.frame.tolist() == list(range(one.info.frame_count))


def test_a_video_without_one_readable_frame_is_an_error(sample_clip: Clip, tmp_path: Path) -> None:
    data = bytearray(sample_clip.path.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4 if data.index(b"moov") > start else len(data)
    data[start:end] = bytes(end - start)
    path = tmp_path / "hollow.mp4"
    path.write_bytes(data)
    with pytest.raises(CorruptMedia):
        track_video(path, EVERY, scripted())


def test_progress_never_decreases_over_segments(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "long.ts", [(round(number * 1000 / 12), grey(number)) for number in range(16 * 12)])
    listener = Listener()
    result = track_video(path, JobOptions(sample_fps=4, segment_seconds=5, detail="standard", faces=False), scripted(), progress=listener)
    assert listener.done == sorted(listener.done)
    assert [name for name, _ in listener.heard] == ["probe", "track", "link"]
    assert result.tracks.frame.tolist() == sorted(set(result.tracks.frame.tolist()))
    assert len(set(result.tracks.person.tolist())) == 1


@pytest.mark.parametrize(("model", "colourful"), [("StaticCam", True), ("HeadCamGrey", False)])
def test_f17_head_cam_grey_shows_networks_no_colours(
    sample_clip: Clip, info: VideoInfo, monkeypatch: pytest.MonkeyPatch, model: Any, colourful: bool
) -> None:
    spread: list[int] = []
    detect = Scripted.detect

    def looking(self: Scripted, images: Any, *where: Any) -> Any:
        spread.append(int(np.ptp(images, axis=3).max()))
        return detect(self, images, *where)

    monkeypatch.setattr(Scripted, "detect", looking)
    track_segment(sample_clip.path, info, msgspec.structs.replace(ADAPTIVE, tracking_model=model, sample_fps=2), scripted())
    assert (max(spread) > 20) == colourful
    assert colourful or max(spread) <= 2


def test_m9_units_that_the_pack_cannot_tell_are_refused_before_anything_is_read(sample_clip: Clip, info: VideoInfo) -> None:
    with pytest.raises(OptionError, match="auModel mefarg41 needs a model pack with a network for the role actionUnits"):
        track_segment(sample_clip.path, info, JobOptions(au_model="mefarg41"), scripted())
    track_segment(sample_clip.path, info, JobOptions(au_model="none", sample_fps=1, detail="standard"), scripted())

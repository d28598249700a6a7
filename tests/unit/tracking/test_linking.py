"""Cutting a video into segments and linking them gives the persons of one run."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.performance.metrics import IdentifiedBoxes, read_identified, score
from tests.unit.tracking.worlds import NOBODY, bodies, follow, frames_of, identified, walkers
from trackway.columns import AnalysedFrames, Detections, Tracks
from trackway.media.segments import Segment
from trackway.models.pack import Calibration
from trackway.tracking.linking import link_persons, link_segments
from trackway.tracking.looks import LooksBuilder
from trackway.tracking.segment import SegmentTracker, TrackedSegment

OVERLAP_MS = 2000


def cut(end_ms: int, *cuts_ms: int) -> list[Segment]:
    bounds = [0, *cuts_ms, end_ms]
    return [
        Segment(index, start, end, overlap_ms=OVERLAP_MS if end != end_ms else 0)
        for index, (start, end) in enumerate(itertools.pairwise(bounds))
    ]


def in_segments(frames: list[tuple[int, int, Detections, Detections]], segments: list[Segment]) -> Tracks:
    return link_segments(
        [
            (segment, follow(frame for frame in frames if segment.start_ms <= frame[1] < segment.end_ms + segment.overlap_ms))
            for segment in segments
        ]
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rate", [25, 10])
def test_segments_change_nothing(seed: int, rate: float) -> None:
    frames = list(frames_of(walkers(seed, people=6, seconds=12, rate=rate)))
    one, several = (in_segments(frames, cut(12_000, *cuts)) for cuts in ((), (3000, 6000, 9000)))
    assert score(identified(one), identified(several)).idf1 >= 98
    assert len(set(one.person.tolist())) == len(set(several.person.tolist()))
    assert abs(len(one) - len(several)) <= 0.01 * len(one)


def test_every_frame_belongs_to_one_segment() -> None:
    tracks = in_segments(list(frames_of(walkers(0, seconds=12))), cut(12_000, 4000, 8000))
    keys = list(zip(tracks.time_ms.tolist(), tracks.person.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert set(np.unique(tracks.person).tolist()) == set(range(tracks.person.max() + 1))


STANDING = [500.0, 200, 100, 300]
FACE = [535.0, 210, 30, 40]


def test_a_face_links_where_bodies_cannot() -> None:
    def frame(number: int) -> tuple[int, int, Detections, Detections]:
        time_ms = 100 * number
        body = NOBODY if 35 <= number < 65 else bodies(number, time_ms, [STANDING])
        return number, time_ms, body, bodies(number, time_ms, [FACE], 0.9)

    tracks = in_segments([frame(number) for number in range(100)], cut(10_000, 4000))
    assert set(tracks.person.tolist()) == {0}
    assert len(tracks) == 100


@pytest.mark.parametrize(("back", "persons"), [(65, 1), (250, 2)])
def test_somebody_absent_from_the_overlap_comes_back_as_the_same_unless_it_takes_too_long(back: int, persons: int) -> None:
    def frame(number: int) -> tuple[int, int, Detections, Detections]:
        return number, 100 * number, NOBODY if 35 <= number < back else bodies(number, 100 * number, [STANDING]), NOBODY

    tracks = in_segments([frame(number) for number in range(300)], cut(30_000, 4000))
    seen = tracks[~tracks.interpolated]
    assert seen.person[seen.frame < 35].tolist() == [0] * 35
    assert seen.person[seen.frame >= back].tolist() == [persons - 1] * (300 - back)


def test_neighbours_are_not_confused() -> None:
    places = [[100.0 + 130 * place, 200, 100, 300] for place in range(8)]
    frames = [(number, 100 * number, bodies(number, 100 * number, places), NOBODY) for number in range(100)]
    tracks = in_segments(frames, cut(10_000, 4000, 7000))
    assert len(set(tracks.person.tolist())) == 8
    for person in range(8):
        own = tracks[tracks.person == person]
        assert len(own) == 100
        assert np.ptp(own.box[:, 0]) < 1e-6


def test_no_parts_empty_parts_and_one_part() -> None:
    segments = cut(10_000, 5000)
    nobody = SegmentTracker((10, 10)).finish()
    assert len(link_segments([])) == 0
    assert len(link_segments([(segment, nobody) for segment in segments])) == 0
    frames = [(number, 100 * number, bodies(number, 100 * number, [STANDING]), NOBODY) for number in range(100)]
    assert in_segments(frames, cut(10_000)).person.tolist() == [0] * 100
    late = in_segments(
        [(number, time_ms, NOBODY if time_ms < 8000 else found, faces) for number, time_ms, found, faces in frames], segments
    )
    assert late.frame.tolist() == list(range(80, 100))


@pytest.mark.parametrize(
    ("sequence", "rate"),
    [("mot/tunnel", 25.0), ("mot/MOT17-13", 25.0)],
)
def test_segments_change_nothing_on_the_walks_of_real_people(shared_data: Path, sequence: str, rate: float) -> None:
    """The true boxes of real videos, with noise and misses: their ways are real, the detector is not."""
    frames = noisy_truth(read_identified(shared_data / sequence / "gt.txt"), rate)
    end_ms = frames[-1][1] + 40
    one, several = (in_segments(frames, cut(end_ms, *cuts)) for cuts in ((), tuple(range(10_000, end_ms - 3000, 10_000))))
    assert score(identified(one), identified(several)).idf1 >= 98


def noisy_truth(truth: IdentifiedBoxes, rate: float) -> list[tuple[int, int, Detections, Detections]]:
    random = np.random.default_rng(0)
    frames = []
    for number in range(1, int(truth.frame.max()) + 1):
        box = truth.box[truth.frame == number]
        box = box[random.random(len(box)) < 0.9]
        box = box + random.normal(0, 0.02, box.shape) * box[:, 3:]
        time_ms = round(1000 * (number - 1) / rate)
        frames.append((number, time_ms, bodies(number, time_ms, box, random.uniform(0.25, 0.7, len(box))), NOBODY))
    return frames


def test_looks_come_under_the_numbers_of_the_final_persons() -> None:
    """Whoever is numbered as tenth fragment of a segment and comes out as person 0 keeps the face that was seen of them."""
    frames = np.arange(100)
    people = (40, 3, 17)  # fragment numbers; 17 is the leftmost, then 40, then 3
    left = {17: 0.1, 40: 0.4, 3: 0.7}
    rows = [
        Tracks.make(
            100,
            frame=frames,
            time_ms=frames * 100,
            person=np.full(100, person),
            tracklet=np.full(100, person),
            box=np.tile(np.array([left[person], 0.2, 0.1, 0.5], np.float32), (100, 1)),
            score=np.full(100, 0.9, np.float32),
        )
        for person in people
    ]
    builder = LooksBuilder(face=Calibration(same=1.24, different=0.45, spread=0.27, cap=8.0))
    for place, person in enumerate(people):
        for frame in range(0, 100, 10):
            builder.add_faces(frame, 100 * frame, np.array([person]), np.eye(4, dtype=np.float32)[place : place + 1])
    of_faces = (np.tile(frames, 3), np.repeat(people, 100), np.repeat(people, 100))
    none = np.zeros(0, np.int64)
    looks = builder.build((none, none, none), of_faces)
    analysed = AnalysedFrames.make(100, frame=frames, time_ms=frames * 100)
    linked = link_persons([(Segment(0, 0, 10_000), TrackedSegment((640, 360), Tracks.concatenate(rows), analysed, looks))])
    assert linked.looks.person.tolist() == [0, 1, 2]
    assert linked.looks.face.argmax(axis=1).tolist() == [2, 0, 1]
    assert linked.looks.face_count.tolist() == [10, 10, 10]

"""Segments cover a video once, begin at key frames and have about the length asked for."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trackway.media.probe import Probe
from trackway.media.segments import OVERLAP_MS, Segment, plan_segments
from trackway.media.video import VideoInfo


def made_up(intervals_ms: list[int], keys: set[int], *, timed: bool = True) -> Probe:
    """A video of frames at the given distances (ticks of a millisecond, from tick 500 on)."""
    frame_ms = np.cumsum([0, *intervals_ms[:-1]], dtype=np.int64)
    info = VideoInfo(
        codec="h264", format="QuickTime / MOV", demuxer="mov", stream=0, width=64, height=48, rotation=0, mirrored=False,
        duration_ms=sum(intervals_ms), frame_rate=25.0, frame_count=len(intervals_ms), color_range=None, has_audio=False,
        size_bytes=1, time_base_numerator=1, time_base_denominator=1000, start_pts=500, timed=timed,
    )  # fmt: skip
    return Probe(info, frame_ms + 500, frame_ms, np.isin(np.arange(len(intervals_ms)), [0, *keys]))


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=300),
    st.sets(st.integers(0, 299)),
    st.floats(0.1, 30),
)
def test_the_plan_covers_every_frame_once(intervals_ms: list[int], keys: set[int], seconds: float) -> None:
    probe = made_up(intervals_ms, keys)
    plan = plan_segments(probe, seconds)
    assert [segment.index for segment in plan] == list(range(len(plan)))
    assert plan[0].start_ms == 0
    assert plan[-1].end_ms == sum(intervals_ms)
    assert plan[-1].overlap_ms == 0
    for one, two in itertools.pairwise(plan):
        assert one.end_ms == two.start_ms
        assert one.overlap_ms == OVERLAP_MS
        assert one.end_ms - one.start_ms >= 1000 * seconds
    if len(plan) > 1:
        assert plan[-1].end_ms - plan[-1].start_ms >= 500 * seconds
    for segment in plan:
        assert probe.is_key[segment.first_frame]
        assert probe.frame_ms[segment.first_frame] == segment.start_ms
        assert probe.frame_pts[segment.first_frame] == segment.start_pts
        assert segment.previous_ms == (probe.frame_ms[segment.first_frame - 1] if segment.first_frame else None)
        assert segment.seek_pts in probe.frame_pts[probe.is_key]
        assert segment.seek_pts < segment.start_pts or segment.index == 0


def test_a_rest_shorter_than_half_joins_its_neighbour() -> None:
    keys = set(range(0, 1000, 10))
    assert [one.end_ms for one in plan_segments(made_up([40] * 620, keys), 10)] == [10_000, 24_800]
    assert [one.end_ms for one in plan_segments(made_up([40] * 630, keys), 10)] == [10_000, 20_000, 25_200]


def test_one_segment_without_key_frames_or_without_times() -> None:
    assert len(plan_segments(made_up([40] * 1000, set()), 1)) == 1
    assert len(plan_segments(made_up([40] * 1000, set(range(1000)), timed=False), 1)) == 1
    assert len(plan_segments(made_up([40], set()), 1)) == 1


def test_a_segment_survives_as_json() -> None:
    (segment,) = plan_segments(made_up([40] * 10, set()), 60)
    assert msgspec.json.decode(msgspec.json.encode(segment), type=Segment) == segment
    assert b'"firstFrame"' in msgspec.json.encode(segment)

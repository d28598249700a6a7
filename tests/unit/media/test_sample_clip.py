"""The project's own clip is deterministic, and its truth is true."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.unit.media.conftest import MakeClip
from trackway.errors import FileError
from trackway.media.decode import read_frames
from trackway.media.frame import Scaler
from trackway.media.probe import probe
from trackway.media.sample import make_sample


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_sample(tmp_path / f"{name}.mkv", seconds=0.4, size=(96, 72), seed=7, container_options={"fflags": "+bitexact"})
    assert (tmp_path / "one.mkv").read_bytes() == (tmp_path / "two.mkv").read_bytes()


def test_another_seed_walks_another_way(make_clip: MakeClip) -> None:
    one, two = (make_clip(seed=seed).truth for seed in (0, 1))
    assert not np.array_equal(one.box, two.box)


def test_the_story_has_a_crossing_a_leave_and_a_return(make_clip: MakeClip) -> None:
    truth = make_clip(seconds=10.0, size=(96, 72)).truth
    collins, hopper = (truth.person == person for person in (0, 1))
    assert len(truth.frame_ms) == 250
    assert np.count_nonzero(hopper) == 250
    assert truth.visible[hopper].min() < 0.3
    absent = np.setdiff1d(np.arange(250), truth.frame[collins])
    assert 10 < len(absent) < 80
    assert np.all(np.diff(absent) == 1)
    assert absent[0] > 125
    assert absent[-1] < 249
    middles = truth.box[:, 0] + truth.box[:, 2] / 2
    both = np.intersect1d(truth.frame[collins], truth.frame[hopper])
    sides = np.sign(middles[collins][np.isin(truth.frame[collins], both)] - middles[hopper][np.isin(truth.frame[hopper], both)])
    assert sides[0] == -1
    assert sides[-1] == 1


def test_bodies_are_where_the_truth_says(make_clip: MakeClip) -> None:
    """Against the picture itself: a body differs from the bare wall, and nothing outside the boxes and shadows does."""
    path, truth = make_clip(seconds=2.0, size=(320, 240), codec_options={"crf": "8"})
    info = probe(path).info
    scaler = Scaler(info)
    pictures = {frame.number: scaler.rgb(frame, 320, 240).astype(int) for frame in read_frames(path, info)}
    wall = np.median(np.stack([pictures[number] for number in range(0, 50, 3)]), axis=0)
    right_empty = [number for number in pictures if number not in set(truth.frame[truth.person == 0])]
    assert right_empty
    wall[:, 180:] = np.median(np.stack([pictures[number] for number in right_empty]), axis=0)[:, 180:]
    for number in (0, *right_empty):
        differs = np.abs(pictures[number] - wall).max(axis=2) > 60
        allowed = np.zeros_like(differs)
        for row in np.flatnonzero(truth.frame == number):
            left, top, width, _ = truth.box[row] * [320, 240, 320, 240]
            allowed[max(0, int(top) - 4) :, max(0, int(left) - 4) : int(left + 1.5 * width) + 4] = True
        assert np.count_nonzero(differs & ~allowed) < 20, number


def test_visibility_counts_what_is_covered_and_cut_off(make_clip: MakeClip) -> None:
    truth = make_clip(seconds=10.0, size=(96, 72)).truth
    inside = np.clip(truth.box[:, 0] + truth.box[:, 2], 0, 1) - np.clip(truth.box[:, 0], 0, 1)
    cut_off = inside / truth.box[:, 2] < 0.5
    assert np.any(cut_off)
    assert np.all(truth.visible[cut_off] < 0.75)
    assert np.all((truth.visible > 0) & (truth.visible <= 1))
    assert np.all(truth.visible[(truth.person == 0) & ~cut_off & (inside / truth.box[:, 2] > 0.999)] > 0.95)


def test_missing_photographs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileError, match="scikit-image, which is not installed"):
        make_sample(tmp_path / "clip.mp4")

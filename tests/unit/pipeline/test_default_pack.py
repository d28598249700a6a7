"""The whole of it, with real networks, on a clip whose truth is known exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clip
from trackway.columns import Tracks
from trackway.detection.candidates import overlaps
from trackway.jobs.options import JobOptions
from trackway.media.sample import SampleTruth, make_sample
from trackway.media.video import Rotation
from trackway.pipeline.video import track_video
from trackway.pipeline.vision import Vision


def found(tracks: Tracks, truth: SampleTruth) -> tuple[float, float, dict[int, set[int]]]:
    """Shares of bodies and faces in full view that were found, and the persons that cover each true one."""
    bodies, faces = [], []
    names: dict[int, set[int]] = {}
    for row in np.flatnonzero((truth.visible > 0.9) & np.isin(truth.frame, tracks.frame)):
        here = tracks[tracks.frame == truth.frame[row]]
        body = np.nan_to_num(overlaps(truth.box[row : row + 1], here.box))[0]
        face = np.nan_to_num(overlaps(truth.face_box[row : row + 1], here.face_box))[0]
        bodies.append(body.max() > 0.6)
        faces.append(face.max() > 0.3)
        if bodies[-1]:
            names.setdefault(int(truth.person[row]), set()).add(int(here.person[body.argmax()]))
    assert len(bodies) > 20
    return float(np.mean(bodies)), float(np.mean(faces)), names


def test_the_clips_people_are_found_and_kept_apart(vision: Vision, sample_clip: Clip) -> None:
    tracks = track_video(sample_clip.path, JobOptions(), vision).tracks
    bodies, faces, names = found(tracks, sample_clip.truth)
    assert bodies > 0.95
    assert faces > 0.9
    assert not names[0] & names[1]
    assert len(set(tracks.person.tolist())) <= 3  # the one who leaves may come back as somebody new
    assert tracks.person.min() == 0
    assert np.isfinite(tracks.pose[tracks.has_face]).all()
    assert np.isfinite(tracks.quality[tracks.has_face]).all()


@pytest.mark.parametrize("rotation", [90, 270])
def test_a_turned_video_has_upright_people(vision: Vision, tmp_path: Path, rotation: Rotation) -> None:
    path = tmp_path / "turned.mp4"
    truth = make_sample(path, seconds=2, rotation=rotation)
    result = track_video(path, JobOptions(), vision)
    assert (result.info.width, result.info.height) == (720, 540)
    bodies, faces, _ = found(result.tracks, truth)
    assert bodies > 0.9
    assert faces > 0.8


def test_the_same_video_gives_the_same_rows(vision: Vision, sample_clip: Clip) -> None:
    first, second = (track_video(sample_clip.path, JobOptions(sample_fps=3), vision).tracks for _ in range(2))
    for name, column in first.columns().items():
        np.testing.assert_array_equal(column, second.columns()[name])

"""Everything that can be told of the faces of a video, with real networks: two photographs that walk."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
import numpy as np
import pytest
from botocore.validate import ParamValidator

from trackway.columns import EMOTION_NAMES, POINT_NAMES, FaceTraits, Tracks
from trackway.jobs.options import JobOptions
from trackway.media.probe import probe
from trackway.media.sample import SampleTruth, make_sample
from trackway.media.segments import Segment, plan_segments
from trackway.pipeline.segment import track_segment
from trackway.pipeline.video import track_video
from trackway.pipeline.vision import Vision
from trackway.results.rows import face_rows, person_rows
from trackway.tracking.linking import Linked, link_persons
from trackway.worker.tracklets import decode, encode

OPTIONS = JobOptions(sample_fps=5, cadence="every", detail="standard")
ALL = JobOptions(sample_fps=5, cadence="every", detail="standard", face_attributes="ALL")
MEMBERS = {"AgeRange", "Gender", "Emotions", "Smile", "EyesOpen", "MouthOpen"}


class Walk(NamedTuple):
    """A clip, and what one run over it found."""

    path: Path
    truth: SampleTruth
    faces: Tracks
    traits: FaceTraits
    persons: Tracks


@pytest.fixture(scope="module")
def walk(vision: Vision, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    path = tmp_path_factory.mktemp("walk") / "walk.mp4"
    truth = make_sample(path, seconds=3, fps=10, key_frame_interval=10)
    result = track_video(path, ALL, vision)
    assert result.traits is not None
    return Walk(path, truth, result.faces, result.traits, result.tracks)


def told(faces: Tracks, traits: FaceTraits | None) -> list[dict[str, Any]]:
    return [json.loads(row) for row in face_rows(faces, traits)]


def linked(walk: Walk, vision: Vision, seconds: float, options: JobOptions) -> tuple[list[Segment], Linked]:
    looked_at = probe(walk.path)
    segments = list(plan_segments(looked_at, seconds))
    parts = [track_segment(walk.path, looked_at.info, options, vision, segment=segment) for segment in segments]
    return segments, link_persons([(segment, decode(encode(part))) for segment, part in zip(segments, parts, strict=True)])


def test_r38_r42_r43_all_of_a_video_is_what_botocore_expects(walk: Walk) -> None:
    shape = botocore.session.Session().get_service_model("rekognition").shape_for("FaceDetection")
    rows = told(walk.faces, walk.traits)
    assert len(rows) >= 15
    for row in rows:
        assert not ParamValidator().validate(row, shape).has_errors()
    faces = [row["Face"] for row in rows]
    for member in MEMBERS:
        assert np.mean([member in face for face in faces]) > 0.7, member
    assert np.mean([len(face["Landmarks"]) == 30 for face in faces]) > 0.7
    for face in faces:
        assert {point["Type"] for point in face["Landmarks"]} <= set(POINT_NAMES)
        emotions = face.get("Emotions", [])
        assert {emotion["Type"] for emotion in emotions} <= set(EMOTION_NAMES)
        sure = [emotion["Confidence"] for emotion in emotions]
        assert sure == sorted(sure, reverse=True)
        assert not emotions or sum(sure) == pytest.approx(100, abs=0.1)


def test_r39_neither_eye_direction_nor_occlusion_is_told_of_a_video(walk: Walk) -> None:
    assert np.isfinite(walk.traits.gaze).any()  # it is known
    members = {member for row in told(walk.faces, walk.traits) for member in row["Face"]}
    assert members == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality", *MEMBERS}
    assert np.isnan(walk.traits.real).all()  # what no answer tells is not computed
    assert np.isnan(walk.traits.live).all()


def test_the_traits_are_those_of_the_face_in_their_row(walk: Walk) -> None:
    """The points lie in the row's own box, and of the two people Collins is the one who beams."""
    known = np.isfinite(walk.traits.landmarks).all(axis=(1, 2))
    middle = walk.traits.landmarks[known].mean(axis=1)
    box = walk.faces.face_box[known]
    assert (np.abs(middle - box[:, :2] - box[:, 2:] / 2) < box[:, 2:] / 2).all()
    smiles: dict[int, list[float]] = {0: [], 1: []}
    for row in np.flatnonzero(np.isfinite(walk.traits.smile)).tolist():
        here = np.flatnonzero((walk.truth.frame == walk.faces.frame[row]) & (walk.truth.visible > 0.9))
        apart = np.abs(walk.truth.face_box[here, 0] - walk.faces.face_box[row, 0])
        if len(here) == 2 and apart.min() < 0.05 < apart.max() - 0.1:
            smiles[int(walk.truth.person[here[apart.argmin()]])].append(float(walk.traits.smile[row]))
    assert min(map(len, smiles.values())) >= 3
    assert np.median(smiles[0]) > 0.8


def test_r36_default_rows_are_those_without_traits_to_the_digit(walk: Walk, vision: Vision) -> None:
    result = track_video(walk.path, OPTIONS, vision)
    assert result.traits is None
    for name, column in result.faces.columns().items():
        np.testing.assert_array_equal(column, getattr(walk.faces, name))
    assert {member for row in told(result.faces, None) for member in row["Face"]} == {
        "BoundingBox",
        "Confidence",
        "Landmarks",
        "Pose",
        "Quality",
    }
    assert list(person_rows(result.tracks, "TIMESTAMP")) == list(person_rows(walk.persons, "TIMESTAMP"))
    assert all(len(row["Face"]["Landmarks"]) == 5 for row in told(result.faces, None))


def test_cut_into_segments_and_stored_the_faces_say_the_same(walk: Walk, vision: Vision) -> None:
    segments, cut = linked(walk, vision, 1.0, ALL)
    assert len(segments) > 1

    def by_place(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(rows, key=lambda row: (row["Timestamp"], row["Face"]["BoundingBox"]["Left"]))

    assert by_place(told(cut.faces, cut.traits)) == by_place(told(walk.faces, walk.traits))


def test_a_pack_without_networks_for_traits_leaves_them_out(walk: Walk, vision: Vision) -> None:
    result = track_video(walk.path, ALL, dataclasses.replace(vision, traits=None))
    assert result.traits is None

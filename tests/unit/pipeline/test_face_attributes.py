"""Everything that can be told of the faces of a video, with real networks: two photographs that walk."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from botocore.validate import ParamValidator

from trackway.columns import EMOTION_NAMES, POINT_NAMES, FaceTraits, Tracks
from trackway.faces.smoothing import smooth
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

Array = npt.NDArray[Any]
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


def test_d38_whether_it_is_a_picture_of_a_face_holds_for_a_person(walk: Walk) -> None:
    for column in (walk.traits.real, walk.traits.live):
        for person in (0, 1):
            (held,) = set(column[walk.faces.person == person].tolist())
            assert 0 <= held <= 1


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
    """But for ages, which a segment reads when somebody is first seen in it (SPEC D18), and of which the mean differs little."""
    (_, whole), (segments, cut) = (linked(walk, vision, seconds, ALL) for seconds in (1000.0, 1.0))
    assert len(segments) > 1
    assert whole.traits is not None
    assert cut.traits is not None
    here, there = by_place(whole.faces), by_place(cut.faces)
    for name, column in whole.traits.columns().items():
        if name not in ("age", "male", "real", "live"):
            np.testing.assert_array_equal(column[here], getattr(cut.traits, name)[there], err_msg=name)
    for name in ("age", "male", "real", "live"):
        ours, theirs = getattr(whole.traits, name)[here], getattr(cut.traits, name)[there]
        both = np.isfinite(ours) & np.isfinite(theirs)
        assert both.any()
        np.testing.assert_array_equal(ours[both], theirs[both])
        assert np.isfinite(theirs).sum() >= np.isfinite(ours).sum()
    ours, theirs = (smooth(each.traits, each.faces.person, each.faces.time_ms).age for each in (whole, cut) if each.traits is not None)
    np.testing.assert_allclose(ours[here].mean(axis=1), theirs[there].mean(axis=1), atol=3)


def by_place(faces: Tracks) -> Array:
    return np.lexsort((faces.face_box[:, 0], faces.time_ms))


def test_d18_ages_are_read_ever_more_rarely(walk: Walk, vision: Vision) -> None:
    _, whole = linked(walk, vision, 1000.0, ALL)
    assert whole.traits is not None
    for person in (0, 1):
        rows = np.flatnonzero(whole.faces.person == person)
        read = np.flatnonzero(np.isfinite(whole.traits.male[rows]))
        assert np.diff(whole.faces.time_ms[rows[read[:3]]]).tolist() == [400, 800]  # looks that count are 400 ms apart
        assert len(read) <= 0.6 * len(rows)
        np.testing.assert_array_equal(np.isfinite(whole.traits.age[rows, 0]), np.isin(np.arange(len(rows)), read))
        assert whole.looks.face_count[whole.looks.rows_of([person])] == len(read)
    assert set(np.flatnonzero(np.isfinite(whole.traits.male))) < set(np.flatnonzero(np.isfinite(whole.traits.smile)))


def test_shapes_and_meshes_come_with_the_same_look(walk: Walk, vision: Vision) -> None:
    """Their points are those of the thirty that mean the same, and nothing else is read in the faces."""
    _, dense = linked(walk, vision, 1000.0, msgspec.structs.replace(OPTIONS, landmarks="dense"))
    assert dense.traits is not None
    assert dense.shapes is not None
    assert dense.meshes is not None
    known = np.asarray(np.isfinite(dense.shapes.points).all(axis=(1, 2)))
    assert known.mean() > 0.7
    place = np.asarray(np.isfinite(walk.traits.pose[:, 0]))
    np.testing.assert_array_equal(known[by_place(dense.faces)], place[by_place(walk.faces)])
    named, ibug = (POINT_NAMES.index("chinBottom"), POINT_NAMES.index("mouthLeft")), (8, 48)
    np.testing.assert_array_equal(dense.shapes.points[known][:, ibug], dense.traits.landmarks[known][:, named])
    np.testing.assert_array_equal(dense.meshes.vertices[known][:, 61, :2], dense.shapes.points[known][:, 48])
    assert np.isfinite(dense.shapes.measures[known]).all(axis=1).mean() > 0.9
    for name in ("emotions", "age", "male", "smile"):
        assert np.isnan(getattr(dense.traits, name)).all()
    _, plain = linked(walk, vision, 1000.0, OPTIONS)
    assert (plain.traits, plain.shapes, plain.meshes) == (None, None, None)


def test_a_pack_without_networks_for_traits_leaves_them_out(walk: Walk, vision: Vision) -> None:
    result = track_video(walk.path, ALL, dataclasses.replace(vision, traits=None))
    assert result.traits is None

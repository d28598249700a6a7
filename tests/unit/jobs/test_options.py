"""Job options: camelCase on the wire, one parser, errors that name the option and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from trackway.errors import OptionError
from trackway.jobs.options import JobOptions


def test_defaults_are_the_documented_ones() -> None:
    options = JobOptions.parse({}, source="test")
    assert (options.sample_fps, options.rotation, options.faces, options.retention_days) == (10.0, "auto", True, 7)
    assert (options.detail, options.cadence, options.precision) == ("auto", "adaptive", "full")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"sampleFps": "2.5"}, JobOptions(sample_fps=2.5)),
        ({"rotation": "90"}, JobOptions(rotation=90)),
        ({"rotation": 270}, JobOptions(rotation=270)),
        ({"faces": "false"}, JobOptions(faces=False)),
        ({"segmentSeconds": 60}, JobOptions(segment_seconds=60)),
        ({"detail": "high", "cadence": "every"}, JobOptions(detail="high", cadence="every")),
        ({"precision": "int8"}, JobOptions(precision="int8")),
    ],
)
def test_text_from_object_metadata_reads_like_json(given: dict[str, Any], expected: JobOptions) -> None:
    assert JobOptions.parse(given, source="test") == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"smapleFps": 5}, ["'smapleFps'", "sampleFps, rotation, faces"]),
        ({"sampleFps": -1}, ["sampleFps: expected a number from 0 to 240, found -1"]),
        ({"sampleFps": "fast"}, ["sampleFps"]),
        ({"rotation": 45}, ["45", "rotation"]),
        ({"retentionDays": 0}, ["retentionDays: expected a whole number from 1 to 3650, found 0"]),
        ({"faces": "maybe"}, ["faces"]),
        ({"detail": "hihg"}, ["hihg", "detail"]),
        ({"cadence": 5}, ["cadence"]),
        ({"precision": "int4"}, ["int4", "precision"]),
    ],
)
def test_a_bad_option_is_named_with_its_source(given: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(OptionError) as caught:
        JobOptions.parse(given, source="clip.mp4.job.json")
    assert str(caught.value).startswith("clip.mp4.job.json: ")
    for word in words:
        assert word in str(caught.value)


def test_r19_r20_a_face_search_is_chosen_by_its_collection() -> None:
    options = JobOptions.parse({"collectionId": "people", "faceMatchThreshold": "92.5"}, source="test")
    assert (options.collection_id, options.face_match_threshold) == ("people", 92.5)
    assert JobOptions().face_match_threshold == 80.0


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"collectionId": "with space"}, "collectionId: expected 1 to 255 letters, digits and any of _.-, found 'with space'"),
        ({"collectionId": ""}, "collectionId"),
        ({"collectionId": "a" * 256}, "collectionId"),
        ({"collectionId": "people\n"}, "collectionId"),
        ({"faceMatchThreshold": 100.5}, "faceMatchThreshold"),
        ({"faceAttributes": "SOME"}, "faceAttributes"),
        ({"project": "a/b"}, "project"),
        ({"collectionId": "people", "faces": False}, "collectionId needs faces"),
        *[
            ({**given, "faces": False}, f"{next(iter(given))} needs faces to be looked for")
            for given in (
                {"faceAttributes": "ALL"},
                {"clusterer": "kmeans"},
                {"returnEmbeddings": True},
                {"trackingModel": "HeadCam"},
                {"calibrationImage": "rest.jpg"},
                {"landmarks": 68},
                {"auModel": "xgb20"},
                {"numFaces": 2},
                {"artifacts": ["controls"]},
                {"exports": ["mexca_v1"]},
            )
        ],
        ({"clusterer": "hdbscan", "numFaces": 2}, "hdbscan finds the number of people by itself"),
        ({"clusterer": "ward"}, "clusterer"),
        ({"numFaces": 0}, "numFaces"),
        ({"numFaces": "many"}, "numFaces"),
        ({"landmarks": 7}, "landmarks"),
        ({"auModel": "xgb"}, "auModel"),
        ({"artifacts": ["film"]}, "artifacts"),
        ({"artifacts": "controls"}, "artifacts"),
        ({"exports": ["mexca"]}, "exports"),
        ({"trackingModel": "headcam"}, "trackingModel"),
        ({"calibrationImage": ""}, "calibrationImage"),
        ({"actorName": "  "}, "actorName"),
        ({"maxClusterItems": 0}, "maxClusterItems"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], word: str) -> None:
    with pytest.raises(OptionError, match=word):
        JobOptions.parse(given, source="test")


@pytest.mark.parametrize("model", ["HeadCam", "HeadCamGrey"])
def test_f17_a_camera_on_the_head_takes_upright_pictures(model: Any) -> None:
    options = JobOptions(tracking_model=model)
    options.require_picture(720, 1280)
    options.require_picture(600, 600)
    with pytest.raises(
        OptionError, match=f"trackingModel {model} expects an upright picture .* found 1280x720 after rotation. Choose StaticCam"
    ):
        options.require_picture(1280, 720)
    JobOptions().require_picture(1280, 720)


def test_f27_curves_want_every_frame_unless_the_caller_says_otherwise() -> None:
    for artifact in ("controls", "plot"):
        options = JobOptions.parse({"artifacts": [artifact]}, source="test")
        assert (options.sample_fps, options.cadence) == (0, "every")
    named = JobOptions.parse({"artifacts": ["plot"], "sampleFps": 25, "cadence": "adaptive"}, source="test")
    assert (named.sample_fps, named.cadence) == (25, "adaptive")
    assert JobOptions.parse({"artifacts": []}, source="test") == JobOptions()


@pytest.mark.parametrize(
    ("given", "wants"),
    [
        ({}, (False, False, False)),
        ({"faceAttributes": "ALL"}, (True, False, False)),
        ({"landmarks": 30}, (False, False, False)),
        ({"landmarks": 68}, (False, True, False)),
        ({"landmarks": "dense"}, (False, True, True)),
        ({"auModel": "xgb20", "faceAttributes": "ALL"}, (True, True, False)),
        ({"artifacts": ["controls"]}, (False, True, False)),
        ({"exports": ["mexca_v1"]}, (False, True, False)),
        ({"faces": False}, (False, False, False)),
    ],
)
def test_what_is_read_in_faces_follows_from_what_is_made_of_it(given: dict[str, Any], wants: tuple[bool, ...]) -> None:
    options = JobOptions.parse(given, source="test")
    assert (options.wants_traits, options.wants_shapes, options.wants_meshes) == wants

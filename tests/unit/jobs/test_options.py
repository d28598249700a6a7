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
        ({"sampleFps": -1}, [">= 0.0", "sampleFps"]),
        ({"sampleFps": "fast"}, ["sampleFps"]),
        ({"rotation": 45}, ["45", "rotation"]),
        ({"retentionDays": 0}, [">= 1", "retentionDays"]),
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
        ({"collectionId": "with space"}, "collectionId"),
        ({"collectionId": ""}, "collectionId"),
        ({"collectionId": "a" * 256}, "collectionId"),
        ({"collectionId": "people\n"}, "collectionId"),
        ({"faceMatchThreshold": 100.5}, "faceMatchThreshold"),
        ({"faceAttributes": "SOME"}, "faceAttributes"),
        ({"project": "a/b"}, "project"),
        ({"collectionId": "people", "faces": False}, "collectionId needs faces"),
    ],
)
def test_a_search_that_cannot_be_is_refused(given: dict[str, Any], word: str) -> None:
    with pytest.raises(OptionError, match=word):
        JobOptions.parse(given, source="test")

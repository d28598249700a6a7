"""What a job that asks for faces in depth leaves in S3: who is who, curves, tables, exports; and a face at rest (SPEC F20, F27)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import cv2
import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.conftest import Clip
from tests.portraits import blank, both, collins, hopper, jpeg
from tests.unit.worker.test_results import Tracked, ended, gallery, names, portraits, shown, tracked
from tests.unit.worker.test_worker import JOB, place, record
from trackway.columns import UNIT_NAMES
from trackway.errors import InvalidCalibration, NotEnoughFacesError
from trackway.faces.action_units import XGB20
from trackway.jobs.options import JobOptions
from trackway.jobs.record import Api
from trackway.media.still import open_still
from trackway.models.cache import ModelCache
from trackway.pipeline.segment import track_segment
from trackway.pipeline.still import StillReader
from trackway.pipeline.vision import Vision
from trackway.worker.assemble import result_key
from trackway.worker.calibration import calibration_key, put_calibration, read_calibration
from trackway.worker.tracklets import encode
from trackway.worker.workplace import Workplace

__all__ = ["ended", "gallery", "names", "place", "portraits", "tracked"]

DEEP: dict[str, Any] = {
    "artifacts": ["controls", "plot"],
    "auModel": "xgb20",
    "landmarks": "dense",
    "exports": ["mexca_v1", "mexca_v0"],
    "faceAttributes": "ALL",
    "returnEmbeddings": True,
    "sampleFps": 5,
    "cadence": "every",
}
Ended = Callable[..., Workplace]


@pytest.fixture(scope="module")
def deep(sample_clip: Clip, tracked: Tracked, models: ModelCache) -> list[bytes]:
    """The segments of the sample clip, tracked with everything that can be read in faces."""
    vision, options = Vision.open(cache=models), JobOptions.parse(DEEP, source="test")
    return [encode(track_segment(sample_clip.path, tracked.info, options, vision, segment=segment)) for segment in tracked.segments]


def files(place: Workplace) -> dict[str, bytes]:
    """Everything in the job's folder of results, by its name there."""
    listed = place.objects._client.list_objects_v2(Bucket="artifacts", Prefix=result_key(JOB, ""))["Contents"]
    keys = [entry["Key"] for entry in listed]
    return {key.removeprefix(result_key(JOB, "")): place.objects.get_artifact(key) for key in keys}


def far_away() -> Any:
    """A picture in which the face is 12 pixels wide."""
    picture = np.full((200, 200, 3), 120, np.uint8)
    picture[20:60, 20:54] = cv2.resize(hopper(), (34, 40), interpolation=cv2.INTER_AREA)
    return picture


def asked(**given: Any) -> JobOptions:
    return JobOptions.parse({**DEEP, **given}, source="test")


def test_a_job_leaves_every_file_it_was_asked_for_and_the_same_bytes_again(ended: Ended, deep: list[bytes]) -> None:
    options = asked(actorName="Grace")
    left = files(ended(encoded=deep, uploaded=True, options=options))
    assert {"identities.json", "faces.parquet", "mexca_v1.json", "mexca_v0.json"} <= set(left)
    persons = sorted({name.split(".")[0] for name in left if name.startswith("controls/")})
    assert len(persons) == 2
    assert {name for name in left if name.startswith("controls/")} == {
        f"{person}.{end}" for person in persons for end in ("json", "csv", "glb", "png")
    }
    again = files(ended(encoded=deep, uploaded=True, options=options))
    assert {name for name in left if left[name] != again[name]} == set()

    told = json.loads(left["identities.json"])
    assert [one["identity"] for one in told] == [0, 1]
    assert [one.get("name") for one in told].count("Grace") == 1
    assert all(0 < one["confidence"] <= 1 for one in told)
    assert {len(one["embedding"]) for one in told} == {1024}
    summaries = json.loads(left["tracks.json"])
    assert {one["identity"] for one in summaries if "identity" in one} == {0, 1}
    ages = [one["face"] for one in summaries if "face" in one]
    assert all(face["ageLow"] < face["ageHigh"] for face in ages)

    for person in persons:
        curves = json.loads(left[f"{person}.json"])
        assert curves["schema"] == "controls/1"
        values = [frame["v"] for frame in curves["frames"] if frame["v"] is not None]
        assert values
        assert all(0 <= value <= 1 for each in values for value in each.values() if value is not None)
        assert left[f"{person}.glb"][:4] == b"glTF"
        assert min(Image.open(io.BytesIO(left[f"{person}.png"])).size) > 300
    actors = [json.loads(left[f"{person}.json"])["actor"] for person in persons]
    assert sorted(actors, key=str) == ["Grace", None]


def test_m8_faces_of_a_job_are_a_table_with_its_action_units(ended: Ended, deep: list[bytes]) -> None:
    place = ended(encoded=deep, uploaded=True, options=asked())
    table = pq.read_table(io.BytesIO(files(place)["faces.parquet"])).to_pydict()
    assert len(table["time_ms"]) == len(shown(place, Api.FACE_DETECTION))
    units = [name for name in table if name in UNIT_NAMES]
    assert len(set(units) & set(XGB20)) >= 15
    known = np.array([value for name in units for value in table[name] if value is not None])
    assert len(known) > 50
    assert 0 <= known.min() <= known.max() <= 1
    assert len(table["mesh"][0]) == 468 * 3

    occurs = pq.read_table(
        io.BytesIO(files(ended(encoded=deep, uploaded=True, options=asked(auModel="svm20")))["faces.parquet"])
    ).to_pydict()
    assert {value for name in units for value in occurs[name] if value is not None} <= {0.0, 1.0}


def test_f17_a_camera_on_the_head_gives_curves_of_one_face(ended: Ended, deep: list[bytes]) -> None:
    left = files(ended(encoded=deep, uploaded=True, options=asked(trackingModel="HeadCam")))
    assert len({name.split(".")[0] for name in left if name.startswith("controls/")}) == 1


def test_r36_what_is_read_for_files_is_not_told_in_default_answers(ended: Ended, deep: list[bytes]) -> None:
    place = ended(encoded=deep, uploaded=True, options=asked(faceAttributes="DEFAULT"))
    assert all("Smile" not in row["Face"] and len(row["Face"].get("Landmarks", [])) <= 5 for row in shown(place, Api.FACE_DETECTION))


def test_m6_more_people_than_clear_faces_fails_the_job_in_mexcas_words(ended: Ended) -> None:
    with pytest.raises(NotEnoughFacesError, match="consider reducing 'num_faces', 'min_face_size', or 'thresholds'"):
        ended(uploaded=True, options=JobOptions(num_faces=5))


def test_a_job_that_asks_for_nothing_more_has_only_who_is_who(ended: Ended) -> None:
    left = files(ended(uploaded=True))
    assert "identities.json" in left
    assert not any(name.startswith(("controls/", "mexca")) or name == "faces.parquet" for name in left)
    assert all("embedding" not in one for one in json.loads(left["identities.json"]))


@pytest.fixture
def calibrated(place: Workplace) -> Callable[[bytes | None], Any]:
    """A function that reads a calibration image as a job does."""
    boto3.client("s3").create_bucket(Bucket="videos")

    def read(content: bytes | None) -> Any:
        job = msgspec.structs.replace(record(), options=JobOptions(calibration_image="rest.jpg", artifacts=("controls",)))
        if content is not None:
            boto3.client("s3").put_object(Bucket="videos", Key="rest.jpg", Body=content)
        put_calibration(place, job)
        assert place.objects.has_artifact(calibration_key(JOB))
        return read_calibration(place, job)

    return read


def test_f20_a_calibration_image_is_a_face_at_rest(calibrated: Callable[[bytes | None], Any], models: ModelCache) -> None:
    neutral = calibrated(jpeg(hopper()))
    assert neutral.source == "calibration"
    reader, rgb = StillReader.open(cache=models), open_still(jpeg(hopper()), most_bytes=1 << 24).rgb
    told = reader.describe(rgb, reader.faces(rgb))
    assert told is not None
    np.testing.assert_allclose(neutral.pose, told.pose[0], atol=1e-3)  # of the mesh, as in every frame of the video
    assert np.isfinite(neutral.measures).mean() > 0.9


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "The calibration image rest.jpg cannot be read from the video's bucket"),
        (jpeg(blank()), "Expected one face in the calibration image, found none. Give a picture of the actor alone, at rest"),
        (jpeg(np.hstack([both(), cv2.resize(collins(), (600, 600))])), "Expected one face in the calibration image, found 3"),
        (b"no picture", "The calibration image cannot be used"),
        (jpeg(far_away()), "Expected a face that is seen from the front and is large enough"),
    ],
    ids=["missing", "no face", "three faces", "text", "small"],
)
def test_f20_a_calibration_image_that_shows_no_face_at_rest_is_refused(
    calibrated: Callable[[bytes | None], Any], models: ModelCache, content: bytes | None, words: str
) -> None:
    with pytest.raises(InvalidCalibration, match=words):
        calibrated(content)

"""Pictures and collections in the embedded cloud, by stock boto3 and the aws command line (issue 4, points 2 and 3)."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.e2e.running import RunningCloud, until

FACE = (0.42, 0.15, 0.2, 0.35)  # where the photograph's one face lies, about: left, top, width, height
MEGABYTE = 1 << 20


def picture(size_bytes: int = 0, kind: str = "JPEG") -> bytes:
    """A photograph of one person, 1280 x 720; with noise around it the file gets as large as wanted, and no larger."""
    canvas = np.full((720, 1280, 3), 96, np.uint8)
    photograph: Any = data.astronaut
    canvas[104:616, 384:896] = photograph()
    content = encoded(canvas, kind)
    if size_bytes:
        # JPEG carries any bytes after its end; only the picture counts.
        content += os.urandom(size_bytes - len(content))
    return content


def encoded(pixels: Any, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, quality=92)
    return file.getvalue()


@pytest.fixture(scope="module")
def rekognition(cloud: RunningCloud) -> Any:
    return cloud.client("rekognition")


@pytest.fixture
def collection(rekognition: Any) -> Iterator[str]:
    name = f"people-{uuid.uuid4().hex[:8]}"
    rekognition.create_collection(CollectionId=name)
    yield name
    rekognition.delete_collection(CollectionId=name)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_face_is_detected_where_it_is(rekognition: Any, kind: str) -> None:
    (face,) = rekognition.detect_faces(Image={"Bytes": picture(kind=kind)})["FaceDetails"]
    box = face["BoundingBox"]
    centre = box["Left"] + box["Width"] / 2, box["Top"] + box["Height"] / 2
    assert FACE[0] < centre[0] < FACE[0] + FACE[2]
    assert FACE[1] < centre[1] < FACE[1] + FACE[3]
    assert face["Confidence"] > 50
    assert {"Type", "X", "Y"} <= face["Landmarks"][0].keys()


def test_a_face_indexed_from_s3_is_found_by_its_bytes(cloud: RunningCloud, rekognition: Any, collection: str) -> None:
    key = f"pictures/{uuid.uuid4().hex}.jpg"
    cloud.client("s3").put_object(Bucket=cloud.outputs["videos_bucket"], Key=key, Body=picture())
    stored = rekognition.index_faces(
        CollectionId=collection, Image={"S3Object": {"Bucket": cloud.outputs["videos_bucket"], "Name": key}}, ExternalImageId="eileen"
    )["FaceRecords"]
    (face,) = (record["Face"] for record in stored)
    found = rekognition.search_faces_by_image(CollectionId=collection, Image={"Bytes": picture()})
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [face["FaceId"]]
    assert found["FaceMatches"][0]["Face"]["ExternalImageId"] == "eileen"
    assert found["FaceMatches"][0]["Similarity"] > 99
    assert rekognition.describe_collection(CollectionId=collection)["FaceCount"] == 1
    rekognition.delete_faces(CollectionId=collection, FaceIds=[face["FaceId"]])
    assert rekognition.search_faces_by_image(CollectionId=collection, Image={"Bytes": picture()})["FaceMatches"] == []


def test_the_command_line_does_the_same(cloud: RunningCloud, collection: str, tmp_path: Path) -> None:
    file = tmp_path / "eileen.jpg"
    file.write_bytes(picture())

    def rekognition(*words: str) -> dict[str, Any]:
        done = cloud.aws("rekognition", *words, "--output", "json")
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    assert len(rekognition("detect-faces", "--image-bytes", f"fileb://{file}")["FaceDetails"]) == 1
    stored = rekognition("index-faces", "--collection-id", collection, "--image-bytes", f"fileb://{file}")["FaceRecords"]
    listed = rekognition("list-faces", "--collection-id", collection)["Faces"]
    assert [face["FaceId"] for face in listed] == [record["Face"]["FaceId"] for record in stored]
    matches = rekognition("search-faces", "--collection-id", collection, "--face-id", listed[0]["FaceId"])["FaceMatches"]
    assert matches == []  # a face is not a match of itself


def test_the_largest_picture_passes(rekognition: Any) -> None:
    """SPEC R79: 5 MiB of bytes, which are 7 MB of JSON; AWS Lambda takes less (docs/deploy.md), this cloud all of it."""
    assert len(rekognition.detect_faces(Image={"Bytes": picture(5 * MEGABYTE)})["FaceDetails"]) == 1


def test_requests_do_not_wait_for_each_other(rekognition: Any) -> None:
    """Several processes look at pictures at once; each gets its own answer."""
    content = picture()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: rekognition.detect_faces(Image={"Bytes": content}), range(24)))
    assert [len(answer["FaceDetails"]) for answer in answers] == [1] * 24
    assert len({json.dumps(answer["FaceDetails"], sort_keys=True) for answer in answers}) == 1


def test_an_uploaded_picture_starts_no_job(cloud: RunningCloud) -> None:
    key = f"uploads/{uuid.uuid4().hex}.jpg"
    cloud.client("s3").put_object(Bucket=cloud.outputs["videos_bucket"], Key=key, Body=picture())
    cloud.job_of(cloud.upload(b"no video"))  # its event came later, and has been handled
    executions = cloud.client("stepfunctions").list_executions(stateMachineArn=cloud.outputs["state_machine_arn"])["executions"]
    assert all(key not in cloud.execution(execution["name"])["input"] for execution in executions)  # type: ignore[index]


def test_what_a_deleted_collection_leaves_is_tidied_up(cloud: RunningCloud, rekognition: Any) -> None:
    rekognition.create_collection(CollectionId="leaving")
    before = set((cloud.state / "vectors").iterdir())
    rekognition.index_faces(CollectionId="leaving", Image={"Bytes": picture()})
    (made,) = set((cloud.state / "vectors").iterdir()) - before
    rekognition.delete_collection(CollectionId="leaving")
    until(lambda: not made.exists())


def is_saved(cloud: RunningCloud, text: str) -> bool:
    """Whether a text is in the table as it would be found after a kill."""
    folder = cloud.state / "emulator"
    with contextlib.suppress(FileNotFoundError):  # a newer file has just taken its place
        files = json.loads((folder / "manifest.json").read_text())["files"]
        return "dynamodb" in files and text in (folder / files["dynamodb"]).read_text()
    return False


def test_a_collection_survives_a_kill(models: object, tmp_path: Path) -> None:
    cloud = RunningCloud(tmp_path / "state")
    try:
        cloud.client("rekognition").create_collection(CollectionId="kept")
        (record,) = cloud.client("rekognition").index_faces(CollectionId="kept", Image={"Bytes": picture()})["FaceRecords"]
        until(lambda: is_saved(cloud, record["Face"]["FaceId"]))  # shortly after each change
        cloud.stop(signal.SIGKILL)
        cloud.start()
        found = cloud.client("rekognition").search_faces_by_image(CollectionId="kept", Image={"Bytes": picture()})
        assert len(found["FaceMatches"]) == 1
    finally:
        cloud.stop()

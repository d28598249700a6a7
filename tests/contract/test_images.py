"""Pictures: DetectFaces, CompareFaces, IndexFaces, and what is no picture (SPEC R66, R71, R72, R79)."""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import Cloud
from tests.contract.conftest import routes
from tests.contract.gateway import Gateway, serve
from tests.contract.recognizing import refused, unchecked
from tests.portraits import blank, both, collins, crowd, hopper, jpeg, png
from trackway.jobs.limits import Limits

DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


@pytest.fixture
def family(rekognition: RekognitionClient) -> str:
    rekognition.create_collection(CollectionId="family")
    return "family"


def overlap(one: Any, other: tuple[float, float, float, float]) -> float:
    left, top, width, height = other
    across = min(one["Left"] + one["Width"], left + width) - max(one["Left"], left)
    down = min(one["Top"] + one["Height"], top + height) - max(one["Top"], top)
    shared = max(across, 0) * max(down, 0)
    return float(shared / (one["Width"] * one["Height"] + width * height - shared))


def test_r71_faces_are_detected_largest_first(rekognition: RekognitionClient) -> None:
    faces = rekognition.detect_faces(Image={"Bytes": jpeg(both())})["FaceDetails"]
    assert [set(face) for face in faces] == [DEFAULT, DEFAULT]
    areas = [face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"] for face in faces]
    assert areas == sorted(areas, reverse=True)
    # Traced by hand in the photographs, as the sample clip has them.
    assert overlap(faces[0]["BoundingBox"], (0.5 + 175 / 1024, 128 / 600, 182 / 1024, 206 / 600)) > 0.6
    assert overlap(faces[1]["BoundingBox"], (181 / 1024, 58 / 512, 89 / 1024, 120 / 512)) > 0.6
    for face in faces:
        assert 50 < face["Confidence"] <= 100
        points = {point["Type"]: (point["X"], point["Y"]) for point in face["Landmarks"]}
        assert points.keys() == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
        assert points["eyeLeft"][0] < points["nose"][0] < points["eyeRight"][0]
        assert points["eyeLeft"][1] < points["nose"][1] < points["mouthLeft"][1]


def test_r71_nobody(rekognition: RekognitionClient) -> None:
    assert rekognition.detect_faces(Image={"Bytes": png(blank())})["FaceDetails"] == []
    assert rekognition.detect_faces(Image={"Bytes": png(blank())}, Attributes=["ALL"])["FaceDetails"] == []


def test_r71_a_hundred_faces_at_most(rekognition: RekognitionClient) -> None:
    faces = rekognition.detect_faces(Image={"Bytes": jpeg(crowd())})["FaceDetails"]
    assert len(faces) == 100
    areas = [face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"] for face in faces]
    assert areas == sorted(areas, reverse=True)


def test_r71_attributes_are_those_asked_for(rekognition: RekognitionClient) -> None:
    image: Any = {"Bytes": jpeg(collins())}

    def told(*attributes: Any) -> set[str]:
        (face,) = rekognition.detect_faces(Image=image, Attributes=list(attributes))["FaceDetails"]
        return set(face)

    assert told() == told("DEFAULT") == DEFAULT
    everything = told("ALL")
    assert everything == told("ALL", "DEFAULT") == told("DEFAULT", "ALL", "SMILE")
    members = {"AGE_RANGE": "AgeRange", "GENDER": "Gender", "EMOTIONS": "Emotions", "SMILE": "Smile", "EYE_DIRECTION": "EyeDirection"}
    for attribute, member in members.items():
        assert told(attribute) == DEFAULT | ({member} & everything)
    # What no network of the pack can say is left out, never invented.
    assert told("BEARD", "FACE_OCCLUDED", "SUNGLASSES", "EYEGLASSES", "MUSTACHE") == DEFAULT


def test_r71_attributes_that_do_not_exist(rekognition: RekognitionClient) -> None:
    cases: list[Any] = [["HAT"], ["all"], ["DEFAULT", ""]]
    for wrong in cases:
        with pytest.raises(ClientError) as caught:
            rekognition.detect_faces(Image={"Bytes": jpeg(blank())}, Attributes=wrong)
        code, message = refused(caught)
        assert code == "InvalidParameterException"
        assert "attributes" in message


def test_r66_exif_says_which_way_is_up(rekognition: RekognitionClient) -> None:
    upright = rekognition.detect_faces(Image={"Bytes": jpeg(collins())})["FaceDetails"][0]["BoundingBox"]
    exif = b"Exif\0\0" + b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    sideways = jpeg(np.rot90(collins()).copy())
    turned = sideways[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + sideways[2:]
    found = rekognition.detect_faces(Image={"Bytes": turned})["FaceDetails"][0]["BoundingBox"]
    assert overlap(found, (upright["Left"], upright["Top"], upright["Width"], upright["Height"])) > 0.8


def test_r72_the_largest_face_is_compared_with_every_face(rekognition: RekognitionClient) -> None:
    answer = rekognition.compare_faces(SourceImage={"Bytes": jpeg(hopper(400, 469))}, TargetImage={"Bytes": jpeg(both())})
    assert set(answer["SourceImageFace"]) == {"BoundingBox", "Confidence"}
    (match,), (other,) = answer["FaceMatches"], answer["UnmatchedFaces"]
    assert match["Similarity"] > 95
    assert match["Face"]["BoundingBox"]["Left"] > 0.5 > other["BoundingBox"]["Left"]
    assert set(match["Face"]) == set(other) == DEFAULT
    # The source's largest face counts, whoever else is in it.
    answer = rekognition.compare_faces(SourceImage={"Bytes": jpeg(both())}, TargetImage={"Bytes": jpeg(collins())})
    assert answer["SourceImageFace"]["BoundingBox"]["Left"] > 0.5
    assert (answer["FaceMatches"], len(answer["UnmatchedFaces"])) == ([], 1)


def test_r72_the_threshold_decides_and_the_best_match_comes_first(rekognition: RekognitionClient) -> None:
    given: Any = {"SourceImage": {"Bytes": jpeg(collins(400))}, "TargetImage": {"Bytes": jpeg(both())}}
    answer = rekognition.compare_faces(**given, SimilarityThreshold=0)
    assert [match["Face"]["BoundingBox"]["Left"] < 0.5 for match in answer["FaceMatches"]] == [True, False]
    similarities = [match["Similarity"] for match in answer["FaceMatches"]]
    assert similarities == sorted(similarities, reverse=True)
    assert answer["UnmatchedFaces"] == []
    answer = rekognition.compare_faces(**given, SimilarityThreshold=100)
    assert len(answer["FaceMatches"]) + len(answer["UnmatchedFaces"]) == 2


def test_r72_a_picture_without_a_face(rekognition: RekognitionClient) -> None:
    for source, target in ((blank(), collins()), (collins(), blank())):
        with pytest.raises(ClientError) as caught:
            rekognition.compare_faces(SourceImage={"Bytes": jpeg(source)}, TargetImage={"Bytes": jpeg(target)})
        assert refused(caught) == ("InvalidParameterException", "Request has invalid parameters")


def test_r72_faces_that_do_not_pass_are_not_compared(rekognition: RekognitionClient) -> None:
    dark = jpeg((hopper() * 0.04).astype(np.uint8), 100)
    assert rekognition.compare_faces(SourceImage={"Bytes": dark}, TargetImage={"Bytes": jpeg(both())})["FaceMatches"]
    with pytest.raises(ClientError):
        rekognition.compare_faces(SourceImage={"Bytes": dark}, TargetImage={"Bytes": jpeg(both())}, QualityFilter="AUTO")


def test_r66_2g_16_faces_are_indexed_largest_first(rekognition: RekognitionClient, family: str) -> None:
    answer = rekognition.index_faces(CollectionId=family, Image={"Bytes": jpeg(both())}, ExternalImageId="two:of.them")
    assert (answer["UnindexedFaces"], answer["FaceModelVersion"]) == ([], "1.0")
    assert "OrientationCorrection" not in set(answer)
    first, second = answer["FaceRecords"]
    assert first["Face"]["BoundingBox"]["Left"] > 0.5 > second["Face"]["BoundingBox"]["Left"]
    for record in (first, second):
        face, detail = record["Face"], record["FaceDetail"]
        assert str(uuid.UUID(face["FaceId"])) == face["FaceId"]
        assert (face["ExternalImageId"], face["IndexFacesModelVersion"]) == ("two:of.them", "1.0")
        assert (face["BoundingBox"], face["Confidence"]) == (detail["BoundingBox"], detail["Confidence"])
        assert set(detail) == DEFAULT
    assert first["Face"]["ImageId"] == second["Face"]["ImageId"]
    listed = rekognition.list_faces(CollectionId=family)["Faces"]
    assert sorted(listed, key=lambda face: face["FaceId"]) == sorted((first["Face"], second["Face"]), key=lambda face: face["FaceId"])


def test_r66_the_same_picture_is_not_stored_twice(rekognition: RekognitionClient, family: str) -> None:
    def ids(**given: Any) -> list[str]:
        answer = rekognition.index_faces(CollectionId=family, Image={"Bytes": jpeg(both())}, **given)
        return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]

    first = ids()
    assert ids() == first
    assert ids(MaxFaces=1, QualityFilter="NONE") == first[:1]
    assert rekognition.describe_collection(CollectionId=family)["FaceCount"] == 2
    other = ids(ExternalImageId="other")
    assert not set(other) & set(first)
    assert rekognition.describe_collection(CollectionId=family)["FaceCount"] == 4
    rekognition.create_collection(CollectionId="friends")
    again = rekognition.index_faces(CollectionId="friends", Image={"Bytes": jpeg(both())})
    assert len(again["FaceRecords"]) == 2


def test_r66_over_the_maximum_the_smallest_are_left_out(rekognition: RekognitionClient, family: str) -> None:
    answer = rekognition.index_faces(CollectionId=family, Image={"Bytes": jpeg(both())}, MaxFaces=1)
    assert [record["Face"]["BoundingBox"]["Left"] > 0.5 for record in answer["FaceRecords"]] == [True]
    (left_out,) = answer["UnindexedFaces"]
    assert left_out["Reasons"] == ["EXCEEDS_MAX_FACES"]
    assert left_out["FaceDetail"]["BoundingBox"]["Left"] < 0.5
    assert rekognition.describe_collection(CollectionId=family)["FaceCount"] == 1
    assert len(rekognition.index_faces(CollectionId=family, Image={"Bytes": jpeg(crowd())}, QualityFilter="NONE")["FaceRecords"]) == 100


def test_r66_faces_of_low_quality_are_left_out_first(rekognition: RekognitionClient, family: str) -> None:
    dark = hopper() * 0.04
    picture = np.hstack([cv2.resize(collins(), (512, 600)), dark.astype(np.uint8)])
    image: Any = {"Bytes": jpeg(picture, 100)}
    answer = rekognition.index_faces(CollectionId=family, Image=image, MaxFaces=1)
    # The darker face is the larger one; MaxFaces counts those that pass.
    assert [record["Face"]["BoundingBox"]["Left"] < 0.5 for record in answer["FaceRecords"]] == [True]
    (left_out,) = answer["UnindexedFaces"]
    assert "LOW_BRIGHTNESS" in left_out["Reasons"]
    assert "EXCEEDS_MAX_FACES" not in left_out["Reasons"]
    answer = rekognition.index_faces(CollectionId=family, Image=image, MaxFaces=1, QualityFilter="NONE")
    assert [record["Face"]["BoundingBox"]["Left"] > 0.5 for record in answer["FaceRecords"]] == [True]


def test_r66_nobody_to_index(rekognition: RekognitionClient, family: str) -> None:
    answer = rekognition.index_faces(CollectionId=family, Image={"Bytes": jpeg(blank())})
    assert (answer["FaceRecords"], answer["UnindexedFaces"]) == ([], [])
    assert rekognition.describe_collection(CollectionId=family)["FaceCount"] == 0


def test_r66_a_full_collection(cloud: Cloud) -> None:
    with serve(routes(cloud, Limits(collection_faces=1))) as gateway:
        rekognition = unchecked(gateway)
        rekognition.create_collection(CollectionId="family")
        with pytest.raises(ClientError) as caught:
            rekognition.index_faces(CollectionId="family", Image={"Bytes": jpeg(both())})
        assert refused(caught)[0] == "ServiceQuotaExceededException"
        assert len(rekognition.index_faces(CollectionId="family", Image={"Bytes": jpeg(hopper())})["FaceRecords"]) == 1


def test_r66_images_lie_in_s3_too(cloud: Cloud, rekognition: RekognitionClient) -> None:
    video = cloud.put_video("pictures/grâce +1.bin", jpeg(hopper()))
    place: Any = {"Bucket": video.bucket, "Name": video.name}
    assert len(rekognition.detect_faces(Image={"S3Object": place})["FaceDetails"]) == 1
    cloud.put_video(video.name, jpeg(blank()))
    assert rekognition.detect_faces(Image={"S3Object": place})["FaceDetails"] == []
    assert len(rekognition.detect_faces(Image={"S3Object": place | {"Version": video.version}})["FaceDetails"]) == 1


def test_r66_objects_that_cannot_be_read(cloud: Cloud, rekognition: RekognitionClient) -> None:
    for place in ({"Bucket": cloud.videos, "Name": "none"}, {"Bucket": "no-such-bucket", "Name": "x"}):
        with pytest.raises(ClientError) as caught:
            rekognition.detect_faces(Image={"S3Object": place})  # type: ignore[typeddict-item]
        assert refused(caught) == (
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        )


@pytest.mark.parametrize(
    "image", [{}, {"S3Object": {}}, {"S3Object": {"Bucket": "bucket"}}, {"Bytes": b"x", "S3Object": {"Bucket": "bucket"}}]
)
def test_r66_an_image_that_is_not_named(rekognition: RekognitionClient, image: Any) -> None:
    with pytest.raises(ClientError) as caught:
        rekognition.detect_faces(Image=image)
    assert refused(caught)[0] == "InvalidParameterException"


def test_r66_images_that_are_too_large(cloud: Cloud, gateway: Gateway, rekognition: RekognitionClient) -> None:
    for size in (5 * 1024**2 + 1, 7_000_000):
        with pytest.raises(ClientError) as caught:
            rekognition.detect_faces(Image={"Bytes": b"\xff" * size})
        assert refused(caught)[0] == "ImageTooLargeException"
    padded = jpeg(hopper()) + b"\0" * (5 * 1024**2)
    assert len(rekognition.detect_faces(Image={"Bytes": padded[: 5 * 1024**2]})["FaceDetails"]) == 1
    cloud.put_video("large", padded.ljust(15 * 1024**2, b"\0"))
    assert len(rekognition.detect_faces(Image={"S3Object": {"Bucket": cloud.videos, "Name": "large"}})["FaceDetails"]) == 1
    cloud.put_video("larger", b"\xff" * (15 * 1024**2 + 1))
    with pytest.raises(ClientError) as caught:
        rekognition.detect_faces(Image={"S3Object": {"Bucket": cloud.videos, "Name": "larger"}})
    assert refused(caught)[0] == "ImageTooLargeException"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "InvalidParameterException"),  # the model has one byte at least
    "zeros": (lambda: bytes(1000), "InvalidImageFormatException"),
    "text": (lambda: b"<html>" * 100, "InvalidImageFormatException"),
    "gif": (lambda: b"GIF89a" + bytes(100), "InvalidImageFormatException"),
    "truncated jpeg": (lambda: jpeg(hopper())[:4000], "InvalidImageFormatException"),
    "truncated png": (lambda: png(hopper())[:-20], "InvalidImageFormatException"),
    "only a header": (
        lambda: b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 500, 500, 8, 2, 0, 0, 0)),
        "InvalidImageFormatException",
    ),
    "enormous": (
        lambda: b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)) + chunk(b"IEND", b""),
        "ImageTooLargeException",
    ),
    "one pixel": (lambda: png(blank()[:1, :1]), "InvalidParameterException"),
    "79 pixels": (lambda: png(blank()[:79, :160]), "InvalidParameterException"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_r79_what_is_no_picture(gateway: Gateway, name: str) -> None:
    make, code = BROKEN[name]
    with pytest.raises(ClientError) as caught:
        unchecked(gateway).detect_faces(Image={"Bytes": make()})
    assert refused(caught)[0] == code


def test_r79_a_picture_of_eighty_pixels(rekognition: RekognitionClient) -> None:
    assert rekognition.detect_faces(Image={"Bytes": png(blank()[:80, :80])})["FaceDetails"] == []
    face = hopper()[110:350, 150:390]
    assert len(rekognition.detect_faces(Image={"Bytes": png(cv2.resize(face, (80, 80)))})["FaceDetails"]) == 1


def test_r79_a_face_of_forty_pixels_in_a_large_picture(rekognition: RekognitionClient, family: str) -> None:
    picture = np.full((1080, 1920, 3), 90, np.uint8)
    picture[400:520, 900:1002] = hopper(102, 120)
    answer = rekognition.index_faces(CollectionId=family, Image={"Bytes": jpeg(picture)})
    (record,) = answer["FaceRecords"]
    box = record["Face"]["BoundingBox"]
    assert 25 < min(box["Width"] * 1920, box["Height"] * 1080) < 45
    assert answer["UnindexedFaces"] == []

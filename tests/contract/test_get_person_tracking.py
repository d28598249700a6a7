"""GetPersonTracking through a stock client (SPEC 2c, 2g)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import METADATA, Clock, Cloud, small_cloud
from tests.contract.gateway import Gateway
from tests.tracks import random_tracks
from trackway.api.caller import ANYBODY
from trackway.api.get_video import GetVideo
from trackway.api.http import answer
from trackway.columns import Tracks
from trackway.jobs.choices import Choices
from trackway.jobs.options import JobOptions
from trackway.jobs.record import Api, JobRecord, Phase, Status, Video
from trackway.results.pages import Series
from trackway.results.rows import person_rows

Sort = Literal["TIMESTAMP", "INDEX"]
TRACKS = random_tracks(2345, persons=7, seed=2)
SORTS: tuple[Sort, ...] = ("TIMESTAMP", "INDEX")


def finished(cloud: Cloud, tracks: Tracks = TRACKS, **given: Any) -> JobRecord:
    """A job that succeeded with these tracks."""
    record = cloud.recorded(**given)
    rows = {
        Series.PERSONS_BY_TIME: list(person_rows(tracks, "TIMESTAMP")),
        Series.PERSONS_BY_INDEX: list(person_rows(tracks, "INDEX")),
    }
    cloud.jobs.record_video(record.job_id, METADATA)
    cloud.jobs.record_results(record.job_id, {series.key: cloud.pages.write(record, series, given) for series, given in rows.items()})
    cloud.jobs.finish(record.job_id, Status.SUCCEEDED, None)
    return record


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """One for all tests of this module: each asks for jobs of its own, or for one that nobody changes."""
    with small_cloud() as shared:
        yield shared


@pytest.fixture
def clock(cloud: Cloud) -> Iterator[Clock]:
    """The cloud's, set back afterwards."""
    now = cloud.clock.now
    yield cloud.clock
    cloud.clock.now = now


@pytest.fixture(scope="module")
def job(cloud: Cloud) -> JobRecord:
    """A job that succeeded, for tests that only read."""
    return finished(cloud, video=Video("in-bkt", "proj1/clip.mp4", "v7"), choices=Choices(JobOptions(), "proj1:shot12"))


def pages(client: RekognitionClient, job_id: str, **given: Any) -> Iterator[dict[str, Any]]:
    """Every page, as a caller's loop gets them."""
    token: dict[str, Any] = {}
    while True:
        page: dict[str, Any] = dict(client.get_person_tracking(JobId=job_id, **given, **token))
        del page["ResponseMetadata"]
        yield page
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def rows(client: RekognitionClient, job_id: str, **given: Any) -> list[Any]:
    return [row for page in pages(client, job_id, **given) for row in page["Persons"]]


@pytest.mark.parametrize("sort", SORTS)
def test_r27_all_pages_give_all_rows(rekognition: RekognitionClient, job: JobRecord, sort: Sort) -> None:
    assert rows(rekognition, job.job_id, SortBy=sort) == [json.loads(row) for row in person_rows(TRACKS, sort)]


@pytest.mark.parametrize("sort", SORTS)
def test_2g_4_pages_of_seven_are_the_same_rows(cloud: Cloud, rekognition: RekognitionClient, sort: Sort) -> None:
    short = finished(cloud, TRACKS[:303])
    assert rows(rekognition, short.job_id, SortBy=sort, MaxResults=7) == rows(rekognition, short.job_id, SortBy=sort)


def test_r30_r53_the_envelope(rekognition: RekognitionClient, job: JobRecord) -> None:
    """2g-5 as well: everything but rows and token is the same on every page."""
    got = list(pages(rekognition, job.job_id))
    assert [len(page.pop("Persons")) for page in got] == [1000, 1000, 345]
    assert [bool(page.pop("NextToken", "")) for page in got] == [True, True, False]
    for page in got:
        assert page == {
            "JobStatus": "SUCCEEDED",
            "VideoMetadata": {
                "Codec": "h264",
                "DurationMillis": 5000,
                "Format": "QuickTime / MOV",
                "FrameRate": 25.0,
                "FrameHeight": 720,
                "FrameWidth": 1280,
                "ColorRange": "LIMITED",
            },
            "JobId": job.job_id,
            "Video": {"S3Object": {"Bucket": "in-bkt", "Name": "proj1/clip.mp4", "Version": "v7"}},
            "JobTag": "proj1:shot12",
        }


def test_r30_what_was_not_given_is_not_returned(cloud: Cloud, rekognition: RekognitionClient) -> None:
    (page,) = pages(rekognition, finished(cloud, TRACKS[:5]).job_id)
    assert "JobTag" not in page
    assert page["Video"] == {"S3Object": {"Bucket": cloud.videos, "Name": "uploads/clip.mp4"}}


@pytest.mark.parametrize("asked", [1001, 5000, 2**31 - 1])
def test_r27_2g_3_more_than_a_thousand_means_a_thousand(rekognition: RekognitionClient, job: JobRecord, asked: int) -> None:
    assert len(rekognition.get_person_tracking(JobId=job.job_id, MaxResults=asked)["Persons"]) == 1000


def test_r53_no_token_where_the_last_page_is_exactly_full(cloud: Cloud, rekognition: RekognitionClient) -> None:
    exact = finished(cloud, TRACKS[:1000])
    assert "NextToken" not in rekognition.get_person_tracking(JobId=exact.job_id)
    assert [len(page["Persons"]) for page in pages(rekognition, exact.job_id, MaxResults=250)] == [250] * 4


def test_r45_a_page_boundary_inside_one_timestamp_loses_nothing(rekognition: RekognitionClient, job: JobRecord) -> None:
    short = itertools.islice(pages(rekognition, job.job_id, MaxResults=3), 20)
    places = [(row["Timestamp"], row["Person"]["Index"]) for page in short for row in page["Persons"]]
    assert places == [(100 * (number // 7), number % 7) for number in range(60)]


def test_r46_2g_6_index_order(rekognition: RekognitionClient, job: JobRecord) -> None:
    by_index, by_time = (rows(rekognition, job.job_id, SortBy=sort) for sort in ("INDEX", "TIMESTAMP"))
    indices = [row["Person"]["Index"] for row in by_index]
    assert indices == sorted(indices)
    assert sorted(map(json.dumps, by_index)) == sorted(map(json.dumps, by_time))


def test_r8_2g_17_floats_survive_store_and_wire(rekognition: RekognitionClient, job: JobRecord) -> None:
    got = [row["Person"].get("BoundingBox", {}).get("Left", np.nan) for row in rows(rekognition, job.job_id)]
    assert np.array(got, np.float32).tobytes() == TRACKS.box[:, 0].tobytes()


def test_r35_2g_12_bodies_faces_and_both(rekognition: RekognitionClient, job: JobRecord) -> None:
    kinds = {tuple(sorted(row["Person"])) for row in rows(rekognition, job.job_id)}
    assert kinds == {("BoundingBox", "Index"), ("Face", "Index"), ("BoundingBox", "Face", "Index")}


def test_r36_2g_13_faces_have_the_default_attributes_only(rekognition: RekognitionClient, job: JobRecord) -> None:
    names = {name for row in rows(rekognition, job.job_id) for name in row["Person"].get("Face", {})}
    assert names == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def test_2g_10_a_video_without_people(cloud: Cloud, rekognition: RekognitionClient) -> None:
    (page,) = pages(rekognition, finished(cloud, Tracks.make(0)).job_id)
    assert (page["JobStatus"], page["Persons"], page["VideoMetadata"]["FrameWidth"]) == ("SUCCEEDED", [], 1280)


@pytest.mark.parametrize("phase", [None, Phase.PROBING, Phase.FINALIZING])
def test_r47_2g_2_a_running_job_has_no_rows_and_no_metadata(
    cloud: Cloud, rekognition: RekognitionClient, gateway: Gateway, phase: Phase | None
) -> None:
    record = cloud.recorded(choices=Choices(JobOptions(), "tag"))
    if phase:
        cloud.jobs.advance(record.job_id, phase)
        cloud.jobs.record_video(record.job_id, METADATA)
        cloud.pages.write(record, Series.PERSONS_BY_TIME, [b"{}"])
    rekognition.get_person_tracking(JobId=record.job_id)
    assert json.loads(gateway.exchanges[-1].body) == {
        "JobStatus": "IN_PROGRESS",
        "Persons": [],
        "JobId": record.job_id,
        "Video": {"S3Object": {"Bucket": cloud.videos, "Name": "uploads/clip.mp4"}},
        "JobTag": "tag",
    }


@pytest.mark.parametrize(
    ("status", "message", "shown"),
    [(Status.FAILED, "Unsupported codec/format.", "Unsupported codec/format."), (Status.CANCELED, None, "Job was canceled.")],
)
def test_r48_6a_a_failed_job_says_why(
    cloud: Cloud, rekognition: RekognitionClient, status: Status, message: str | None, shown: str
) -> None:
    record = cloud.recorded()
    cloud.jobs.finish(record.job_id, status, message)
    (page,) = pages(rekognition, record.job_id)
    assert (page["JobStatus"], page["StatusMessage"], page["Persons"]) == ("FAILED", shown, [])


def test_r49_r50_2g_8_strangers_find_nothing(cloud: Cloud, clock: Clock, rekognition: RekognitionClient, job: JobRecord) -> None:
    other = finished(cloud, TRACKS[:5], api="StartFaceDetection")
    clock.turn(days=7)
    for job_id in ("0" * 64, other.job_id, job.job_id):
        with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
            rekognition.get_person_tracking(JobId=job_id)


def test_2g_7_a_token_used_twice_gives_the_same_page(rekognition: RekognitionClient, job: JobRecord) -> None:
    token = rekognition.get_person_tracking(JobId=job.job_id)["NextToken"]
    assert len(token) <= 255
    first, second = (rekognition.get_person_tracking(JobId=job.job_id, NextToken=token)["Persons"] for _ in range(2))
    assert first == second


def test_r52_max_results_may_change_between_pages(rekognition: RekognitionClient, job: JobRecord) -> None:
    token = rekognition.get_person_tracking(JobId=job.job_id, MaxResults=5)["NextToken"]
    got = rekognition.get_person_tracking(JobId=job.job_id, MaxResults=900, NextToken=token)["Persons"]
    assert got == [json.loads(row) for row in person_rows(TRACKS, "TIMESTAMP")][5:905]


def test_r51_r52_2g_7_wrong_tokens(cloud: Cloud, clock: Clock, rekognition: RekognitionClient, job: JobRecord) -> None:
    token = rekognition.get_person_tracking(JobId=job.job_id)["NextToken"]
    other, running = finished(cloud, TRACKS[:10]), cloud.recorded()
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    wrong: list[dict[str, Any]] = [
        {"JobId": job.job_id, "NextToken": token, "SortBy": "INDEX"},
        {"JobId": other.job_id, "NextToken": token},
        {"JobId": running.job_id, "NextToken": token},
        {"JobId": job.job_id, "NextToken": flipped},
        {"JobId": job.job_id, "NextToken": ""},
        {"JobId": job.job_id, "NextToken": "ü" * 200},
    ]
    for given in wrong:
        with pytest.raises(rekognition.exceptions.InvalidPaginationTokenException):
            rekognition.get_person_tracking(**given)
    assert rekognition.get_person_tracking(JobId=job.job_id, NextToken=token)["Persons"]
    clock.turn(days=1)
    with pytest.raises(rekognition.exceptions.InvalidPaginationTokenException):
        rekognition.get_person_tracking(JobId=job.job_id, NextToken=token)


@pytest.mark.parametrize(
    ("given", "constraint"),
    [
        (
            {"JobId": "a" * 65},
            "Value '" + "a" * 65 + "' at 'jobId' failed to satisfy constraint: Member must have length less than or equal to 64",
        ),
        (
            {"JobId": "a b"},
            "Value 'a b' at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9-_]+$",
        ),
        ({"JobId": "a\n"}, "Member must satisfy regular expression pattern"),
        (
            {"JobId": "a", "NextToken": "a" * 256},
            "at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 255",
        ),
        (
            {"JobId": "a", "SortBy": "BOGUS"},
            "Value 'BOGUS' at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set: [INDEX, TIMESTAMP]",
        ),
    ],
)
def test_r7_2g_9_what_botocore_lets_through_is_refused(rekognition: RekognitionClient, given: dict[str, Any], constraint: str) -> None:
    with pytest.raises(rekognition.exceptions.InvalidParameterException) as caught:
        rekognition.get_person_tracking(**given)
    assert constraint in caught.value.response["Error"]["Message"]


def test_6c_a_page_beyond_the_byte_budget_is_shorter_with_a_token(cloud: Cloud, rekognition: RekognitionClient) -> None:
    record = cloud.recorded()
    landmarks = [{"Type": "nose", "X": 0.123456789, "Y": 0.987654321}] * 120
    wide = [
        json.dumps({"Timestamp": number, "Person": {"Index": number, "Face": {"Landmarks": landmarks}}}).encode() for number in range(1000)
    ]
    cloud.jobs.record_video(record.job_id, METADATA)
    cloud.jobs.record_results(record.job_id, {Series.PERSONS_BY_TIME.key: cloud.pages.write(record, Series.PERSONS_BY_TIME, wide)})
    cloud.jobs.finish(record.job_id, Status.SUCCEEDED, None)
    got = list(pages(rekognition, record.job_id))
    assert 700 < len(got[0]["Persons"]) < 1000
    assert [row["Timestamp"] for page in got for row in page["Persons"]] == list(range(1000))


def test_6c_the_largest_answer_fits_into_lambdas_six_megabytes(cloud: Cloud) -> None:
    """The answer is text inside JSON once more, where every quotation mark takes two bytes."""
    wide = [
        b'{"Timestamp":%d,"Person":{"Index":0,"Face":{"Landmarks":[%b]}}}' % (n, b",".join([b'{"Type":"nose","X":0.1,"Y":0.2}'] * 200))
        for n in range(1000)
    ]
    record = cloud.recorded()
    cloud.pages.write(record, Series.PERSONS_BY_TIME, wide)
    cloud.jobs.record_video(record.job_id, METADATA)
    cloud.jobs.record_results(record.job_id, {Series.PERSONS_BY_TIME.key: 1000})
    cloud.jobs.finish(record.job_id, Status.SUCCEEDED, None)
    content = GetVideo(Api.PERSON_TRACKING, cloud.jobs, cloud.pages, clock=cloud.clock)({"JobId": record.job_id}, ANYBODY)
    assert len(content) > 4_900_000
    assert len(json.dumps(answer("id", content))) < 6 * 1024 * 1024

"""What GetPersonTracking, GetFaceDetection and GetFaceSearch have in common, and what only the latter two have (SPEC 2c, 2g)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import METADATA, Clock, Cloud, small_cloud
from tests.tracks import random_tracks
from trackway.api.caller import ANYBODY, Caller
from trackway.api.errors import ResourceNotFound
from trackway.api.get_video import GetVideo
from trackway.columns import Tracks
from trackway.errors import InvalidToken
from trackway.identity.records import FaceRecord, Match
from trackway.jobs.choices import Choices
from trackway.jobs.limits import Limits
from trackway.jobs.options import JobOptions
from trackway.jobs.record import Api, JobRecord, Status
from trackway.results.matches import face_matches
from trackway.results.pages import Series
from trackway.results.rows import face_rows, person_rows, search_rows

TRACKS = random_tracks(1203, persons=7, seed=2)
COLLINS = FaceRecord(
    face_id="11111111-1111-4111-8111-111111111111",
    vector_id="v1",
    vector_digest="00",
    image_id="22222222-2222-4222-8222-222222222222",
    box=(0.1, 0.2, 0.3, 0.4),
    confidence=99.5,
    external_image_id="collins.jpg",
    user_id="eileen",
)
MATCHES = {
    2: face_matches([Match(COLLINS, 97.5), Match(msgspec.structs.replace(COLLINS, external_image_id=None, user_id=None), 81.25)], "1.0"),
    5: face_matches([Match(COLLINS, 80.0)], "1.0"),
}
SEARCH = JobOptions(collection_id="people")


class Kind(NamedTuple):
    """An operation and an order of it."""

    api: Api
    member: str
    series: Series
    asked: dict[str, str]


KINDS = [
    Kind(Api.PERSON_TRACKING, "Persons", Series.PERSONS_BY_TIME, {"SortBy": "TIMESTAMP"}),
    Kind(Api.PERSON_TRACKING, "Persons", Series.PERSONS_BY_INDEX, {"SortBy": "INDEX"}),
    Kind(Api.FACE_DETECTION, "Faces", Series.FACES_BY_TIME, {}),
    Kind(Api.FACE_SEARCH, "Persons", Series.FACE_SEARCH_BY_TIME, {"SortBy": "TIMESTAMP"}),
    Kind(Api.FACE_SEARCH, "Persons", Series.FACE_SEARCH_BY_INDEX, {"SortBy": "INDEX"}),
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.series.key)
every_api = pytest.mark.parametrize("api", list(Api))


def rows_of(tracks: Tracks) -> dict[Series, list[bytes]]:
    return {
        Series.PERSONS_BY_TIME: list(person_rows(tracks, "TIMESTAMP")),
        Series.PERSONS_BY_INDEX: list(person_rows(tracks, "INDEX")),
        Series.FACES_BY_TIME: list(face_rows(tracks)),
        Series.FACE_SEARCH_BY_TIME: list(search_rows(tracks, "TIMESTAMP", MATCHES)),
        Series.FACE_SEARCH_BY_INDEX: list(search_rows(tracks, "INDEX", MATCHES)),
    }


ROWS = rows_of(TRACKS)
FEW = {series: lines[:3] for series, lines in ROWS.items()}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """One for all tests of this module: each asks for jobs of its own, or for one that nobody changes."""
    with small_cloud() as shared:
        yield shared


@pytest.fixture(scope="module")
def kept(cloud: Cloud) -> JobRecord:
    """A job that succeeded, for tests that only read."""
    return finished(cloud)


@pytest.fixture
def clock(cloud: Cloud) -> Iterator[Clock]:
    """The cloud's, set back afterwards."""
    now = cloud.clock.now
    yield cloud.clock
    cloud.clock.now = now


def finished(cloud: Cloud, rows: dict[Series, list[bytes]] | None = None, **given: Any) -> JobRecord:
    """An upload that succeeded with these rows and answers every operation, unless `given` says otherwise."""
    record = cloud.recorded(**{"uploaded": True, "choices": Choices(SEARCH), **given})
    written = {series.key: cloud.pages.write(record, series, lines) for series, lines in (rows or ROWS).items()}
    cloud.jobs.record_video(record.job_id, METADATA)
    cloud.jobs.record_results(record.job_id, written)
    cloud.jobs.finish(record.job_id, Status.SUCCEEDED, None)
    return record


def ask(client: RekognitionClient, api: Api, job_id: str, **given: Any) -> dict[str, Any]:
    call: Any = {
        Api.PERSON_TRACKING: client.get_person_tracking,
        Api.FACE_DETECTION: client.get_face_detection,
        Api.FACE_SEARCH: client.get_face_search,
    }[api]
    answer: dict[str, Any] = call(JobId=job_id, **given)
    return answer


def pages(client: RekognitionClient, kind: Kind, job_id: str, **given: Any) -> Iterator[dict[str, Any]]:
    token: dict[str, Any] = {}
    while True:
        page = ask(client, kind.api, job_id, **kind.asked, **given, **token)
        yield page
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def rows(client: RekognitionClient, kind: Kind, job_id: str, **given: Any) -> list[Any]:
    return [row for page in pages(client, kind, job_id, **given) for row in page[kind.member]]


@every_kind
def test_r27_r28_r29_all_pages_give_all_rows(kept: JobRecord, rekognition: RekognitionClient, kind: Kind) -> None:
    assert rows(rekognition, kind, kept.job_id) == [json.loads(row) for row in ROWS[kind.series]]


@every_kind
def test_2g_4_pages_of_seven_are_the_same_rows(cloud: Cloud, rekognition: RekognitionClient, kind: Kind) -> None:
    short = finished(cloud, {kind.series: ROWS[kind.series][:260]})
    assert rows(rekognition, kind, short.job_id, MaxResults=7) == rows(rekognition, kind, short.job_id)


def test_r52_any_page_sizes_give_the_same_rows(cloud: Cloud, kept: JobRecord) -> None:
    @settings(max_examples=30, deadline=None)
    @given(kind=st.sampled_from(KINDS), sizes=st.lists(st.integers(1, 1500), min_size=1, max_size=4))
    def check(kind: Kind, sizes: list[int]) -> None:
        get = GetVideo(kind.api, cloud.jobs, cloud.pages, clock=cloud.clock)
        got: list[Any] = []
        token: dict[str, str] = {}
        for size in itertools.cycle([*sizes, 400]):
            page = json.loads(get({"JobId": kept.job_id, **kind.asked, "MaxResults": size, **token}, ANYBODY))
            assert len(page[kind.member]) <= min(size, 1000)
            got += page[kind.member]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        assert got == [json.loads(row) for row in ROWS[kind.series]]

    check()


@every_kind
def test_2g_7_r52_a_token_is_bound_to_operation_order_and_job(
    cloud: Cloud, kept: JobRecord, rekognition: RekognitionClient, kind: Kind
) -> None:
    other = finished(cloud, {kind.series: ROWS[kind.series]})
    token = ask(rekognition, kind.api, kept.job_id, MaxResults=5, **kind.asked)["NextToken"]
    first, second = (ask(rekognition, kind.api, kept.job_id, NextToken=token, **kind.asked)[kind.member] for _ in range(2))
    assert first == second
    strangers = [(one.api, one.asked, kept) for one in KINDS if one != kind] + [(kind.api, kind.asked, other)]
    for api, asked, job in strangers:
        with pytest.raises(rekognition.exceptions.InvalidPaginationTokenException):
            ask(rekognition, api, job.job_id, NextToken=token, **asked)


@every_kind
def test_r51_tokens_live_a_day_or_as_long_as_the_deployment_says(cloud: Cloud, clock: Clock, kept: JobRecord, kind: Kind) -> None:
    for limits, hours in ((Limits(), 24), (Limits(token_hours=2), 2)):
        get = GetVideo(kind.api, cloud.jobs, cloud.pages, limits=limits, clock=clock)
        asked: dict[str, Any] = {"JobId": kept.job_id, **kind.asked}
        token = json.loads(get({**asked, "MaxResults": 5}, ANYBODY))["NextToken"]
        clock.turn(seconds=hours * 3600 - 1)
        assert json.loads(get({**asked, "NextToken": token}, ANYBODY))[kind.member]
        clock.turn(seconds=1)
        with pytest.raises(InvalidToken, match="Invalid Pagination Token"):
            get({**asked, "NextToken": token}, ANYBODY)


@every_kind
def test_r30_r53_2g_5_the_envelope_is_the_same_on_every_page(cloud: Cloud, rekognition: RekognitionClient, kind: Kind) -> None:
    """2g-5 as well."""
    record = finished(cloud, {kind.series: ROWS[kind.series]}, choices=Choices(SEARCH, "shot:12"))
    got = list(pages(rekognition, kind, record.job_id, MaxResults=500))
    assert [bool(page.pop("NextToken", None)) for page in got] == [True] * (len(got) - 1) + [False]
    for page in got:
        del page["ResponseMetadata"], page[kind.member]
        assert page == {
            "JobStatus": "SUCCEEDED",
            "VideoMetadata": msgspec.to_builtins(METADATA),
            "JobId": record.job_id,
            "Video": {"S3Object": {"Bucket": cloud.videos, "Name": "uploads/clip.mp4"}},
            "JobTag": "shot:12",
        }


@every_kind
def test_r47_r48_running_and_failed_jobs_have_an_empty_list(cloud: Cloud, rekognition: RekognitionClient, kind: Kind) -> None:
    record = cloud.recorded(uploaded=True, choices=Choices(SEARCH))
    running = ask(rekognition, kind.api, record.job_id, **kind.asked)
    assert (running["JobStatus"], running[kind.member], "VideoMetadata" in running) == ("IN_PROGRESS", [], False)
    cloud.jobs.finish(record.job_id, Status.FAILED, "The collection people was deleted while the video was processed.")
    failed = ask(rekognition, kind.api, record.job_id, **kind.asked)
    assert (failed["JobStatus"], failed[kind.member]) == ("FAILED", [])
    assert failed["StatusMessage"].startswith("The collection people was deleted")


@every_kind
def test_2g_10_a_video_without_people(cloud: Cloud, rekognition: RekognitionClient, kind: Kind) -> None:
    (page,) = pages(rekognition, kind, finished(cloud, rows_of(Tracks.make(0))).job_id)
    assert (page["JobStatus"], page[kind.member], page["VideoMetadata"]["FrameWidth"]) == ("SUCCEEDED", [], 1280)


@every_kind
def test_6c_pages_keep_the_byte_budget(cloud: Cloud, rekognition: RekognitionClient, kind: Kind) -> None:
    """Rows of 7 KB: eight hundred are too many for one answer."""
    shape: dict[str, Any] = {"Timestamp": 0, "Face": {}} if kind.member == "Faces" else {"Timestamp": 0, "Person": {"Index": 0}}
    (shape["Face"] if kind.member == "Faces" else shape["Person"].setdefault("Face", {}))["Landmarks"] = [{"Type": "nose", "X": 0.25}] * 250
    wide = [json.dumps(shape | {"Timestamp": number}).encode() for number in range(800)]
    record = finished(cloud, {kind.series: wide})
    get = GetVideo(kind.api, cloud.jobs, cloud.pages, clock=cloud.clock)
    assert 4_900_000 < len(get({"JobId": record.job_id, **kind.asked}, ANYBODY)) < 5_001_000
    assert [row["Timestamp"] for row in rows(rekognition, kind, record.job_id)] == list(range(800))


@pytest.mark.parametrize("started", list(Api))
@every_api
def test_r50_a_job_answers_the_operation_that_started_it_and_no_other(
    cloud: Cloud, rekognition: RekognitionClient, started: Api, api: Api
) -> None:
    record = finished(cloud, FEW, api=started, uploaded=False)
    if api == started:
        assert ask(rekognition, api, record.job_id)["JobStatus"] == "SUCCEEDED"
    else:
        with pytest.raises(rekognition.exceptions.ResourceNotFoundException, match="Could not find JobId"):
            ask(rekognition, api, record.job_id)


@pytest.mark.parametrize(
    ("options", "answered"),
    [
        (JobOptions(), {Api.PERSON_TRACKING, Api.FACE_DETECTION}),
        (JobOptions(faces=False), {Api.PERSON_TRACKING}),
        (SEARCH, set(Api)),
    ],
)
@every_api
def test_r50_an_upload_answers_what_its_options_asked_for(
    cloud: Cloud, rekognition: RekognitionClient, options: JobOptions, answered: set[Api], api: Api
) -> None:
    record = finished(cloud, FEW, choices=Choices(options))
    if api in answered:
        assert ask(rekognition, api, record.job_id)["JobStatus"] == "SUCCEEDED"
    else:
        with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
            ask(rekognition, api, record.job_id)


@every_api
def test_r49_r54_unknown_and_expired_jobs(clock: Clock, kept: JobRecord, rekognition: RekognitionClient, api: Api) -> None:
    clock.turn(days=7, seconds=-1)
    assert ask(rekognition, api, kept.job_id)["JobStatus"] == "SUCCEEDED"
    clock.turn(seconds=1)
    for job_id in (kept.job_id, "0" * 64):
        with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
            ask(rekognition, api, job_id)


@every_api
def test_2g_8_a_key_of_one_project_sees_that_project_only(cloud: Cloud, api: Api) -> None:
    ours, theirs, nobodys = (
        finished(cloud, FEW, choices=Choices(msgspec.structs.replace(SEARCH, project=project))) for project in ("ours", "theirs", None)
    )
    get = GetVideo(api, cloud.jobs, cloud.pages, clock=cloud.clock)
    key = Caller(project="ours")
    assert json.loads(get({"JobId": ours.job_id}, key))["JobStatus"] == "SUCCEEDED"
    for record in (theirs, nobodys):
        with pytest.raises(ResourceNotFound, match="Could not find JobId"):
            get({"JobId": record.job_id}, key)
        assert json.loads(get({"JobId": record.job_id}, ANYBODY))["JobStatus"] == "SUCCEEDED"


def test_2g_8_a_key_of_one_collection_sees_no_faces_of_another(cloud: Cloud, kept: JobRecord) -> None:
    get = GetVideo(Api.FACE_SEARCH, cloud.jobs, cloud.pages, clock=cloud.clock)
    assert json.loads(get({"JobId": kept.job_id}, Caller(collection="people")))["Persons"]
    with pytest.raises(ResourceNotFound):
        get({"JobId": kept.job_id}, Caller(collection="others"))


def test_r44_matches_stand_best_first_on_rows_that_show_the_face_and_nowhere_else(kept: JobRecord, rekognition: RekognitionClient) -> None:
    for kind in KINDS[3:]:
        for row in rows(rekognition, kind, kept.job_id):
            person = row["Person"]
            expected = person["Index"] in MATCHES and "Face" in person
            assert ("FaceMatches" in row) == expected
            if expected:
                assert row["FaceMatches"] == json.loads(MATCHES[person["Index"]])
                assert [one["Similarity"] for one in row["FaceMatches"]] == sorted(
                    (one["Similarity"] for one in row["FaceMatches"]), reverse=True
                )


def test_r44_the_members_of_a_match(kept: JobRecord, rekognition: RekognitionClient) -> None:
    found = next(row for row in rows(rekognition, KINDS[3], kept.job_id) if "FaceMatches" in row and row["Person"]["Index"] == 2)
    face = {
        "FaceId": COLLINS.face_id,
        "BoundingBox": {"Width": 0.3, "Height": 0.4, "Left": 0.1, "Top": 0.2},
        "ImageId": COLLINS.image_id,
        "Confidence": 99.5,
        "IndexFacesModelVersion": "1.0",
    }
    assert found["FaceMatches"] == [
        {"Similarity": 97.5, "Face": {**face, "ExternalImageId": "collins.jpg", "UserId": "eileen"}},
        {"Similarity": 81.25, "Face": face},
    ]


def test_r29_persons_are_the_same_as_in_person_tracking(kept: JobRecord, rekognition: RekognitionClient) -> None:
    for tracked, searched in zip(KINDS[:2], KINDS[3:], strict=True):
        without = [{name: row[name] for name in ("Timestamp", "Person")} for row in rows(rekognition, searched, kept.job_id)]
        assert without == rows(rekognition, tracked, kept.job_id)


def test_r18_r36_r39_default_faces_have_the_default_members_only(kept: JobRecord, rekognition: RekognitionClient) -> None:
    names = {name for row in rows(rekognition, KINDS[2], kept.job_id) for name in row["Face"]}
    assert names == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}

"""What StartPersonTracking, StartFaceDetection and StartFaceSearch have in common, and what only the latter two have (SPEC 2b, 2g)."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import msgspec
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import ACCOUNT, METADATA, REGION, Cloud
from tests.contract.conftest import routes
from tests.contract.gateway import serve
from trackway.api.caller import ANYBODY, Caller
from trackway.api.errors import AccessDenied, IdempotentParameterMismatch, VideoTooLarge
from trackway.api.start_video import StartVideo
from trackway.errors import InputError, LimitExceeded, OptionError
from trackway.identity.embedding import shipped_embedding
from trackway.identity.records import Collection
from trackway.jobs.complete import Complete
from trackway.jobs.limits import Limits
from trackway.jobs.record import Api, JobRecord, NotificationChannel, Status
from trackway.results.pages import Series

CHANNEL: Any = {"SNSTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:AmazonRekognitionDone", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/pub"}
PEOPLE = Collection(collection_id="people", generation="0" * 32, embedding=shipped_embedding(), created_at=1)
OWN: dict[Api, dict[str, Any]] = {Api.PERSON_TRACKING: {}, Api.FACE_DETECTION: {}, Api.FACE_SEARCH: {"CollectionId": "people"}}
every_api = pytest.mark.parametrize("api", list(Api))


@pytest.fixture(autouse=True)
def video(cloud: Cloud) -> dict[str, Any]:
    """A video to start with, and a collection to search."""
    cloud.collections.create(PEOPLE)
    stored = cloud.put_video()
    return {"S3Object": {"Bucket": stored.bucket, "Name": stored.name}}


def begin(client: RekognitionClient, api: Api, video: Any, **given: Any) -> str:
    call: Any = {
        Api.PERSON_TRACKING: client.start_person_tracking,
        Api.FACE_DETECTION: client.start_face_detection,
        Api.FACE_SEARCH: client.start_face_search,
    }[api]
    return str(call(**{"Video": video, **OWN[api], **given})["JobId"])


def direct(cloud: Cloud, api: Api, *, caller: Caller = ANYBODY, limits: Limits | None = None, **request: Any) -> str:
    """The operation itself, for callers and limits that no stock client has."""
    operation = StartVideo(api, cloud.jobs, cloud.objects, cloud.starter, cloud.catalogue, limits=limits or Limits(), clock=cloud.clock)
    return str(json.loads(operation({**OWN[api], **request}, caller))["JobId"])


def record_of(cloud: Cloud, job_id: str) -> JobRecord:
    record = cloud.jobs.get(job_id)
    assert record is not None
    return record


@every_api
def test_r12_r21_a_job_of_that_operation_is_started(cloud: Cloud, rekognition: RekognitionClient, video: Any, api: Api) -> None:
    job_id = begin(rekognition, api, video, JobTag="shot:12", NotificationChannel=CHANNEL)
    record = record_of(cloud, job_id)
    assert (record.api, record.job_tag, record.uploaded) == (api, "shot:12", False)
    assert record.notification == NotificationChannel(CHANNEL["SNSTopicArn"], CHANNEL["RoleArn"])
    assert cloud.executions() == [job_id]


@every_api
def test_r57_the_message_names_the_operation_and_goes_out_once(cloud: Cloud, rekognition: RekognitionClient, video: Any, api: Api) -> None:
    given = {"ClientRequestToken": "once", "JobTag": "t"}
    job_id = begin(rekognition, api, video, **given)
    cloud.jobs.record_video(job_id, METADATA)
    cloud.jobs.record_results(job_id, {series.key: 0 for series in Series})
    complete = Complete(cloud.jobs, cloud.topics)
    for _ in range(2):
        complete(job_id, succeeded=True, error=None, reference="r")
        assert begin(rekognition, api, video, **given) == job_id  # SPEC R61
    (heard,) = cloud.heard(cloud.inbox)
    message = json.loads(heard["Message"])
    assert list(message) == ["JobId", "Status", "API", "JobTag", "Timestamp", "Video"]
    assert (message["API"], heard["MessageAttributes"]["API"]["Value"]) == (api.value, api.value)


@every_api
def test_r15_a_token_is_the_same_job_for_seven_days(cloud: Cloud, rekognition: RekognitionClient, video: Any, api: Api) -> None:
    job_id = begin(rekognition, api, video, ClientRequestToken="run-1")
    cloud.clock.turn(days=7, seconds=-1)
    assert begin(rekognition, api, video, ClientRequestToken="run-1") == job_id
    with pytest.raises(rekognition.exceptions.IdempotentParameterMismatchException):
        begin(rekognition, api, video, ClientRequestToken="run-1", JobTag="other")
    cloud.clock.turn(seconds=1)
    assert begin(rekognition, api, video, ClientRequestToken="run-1", JobTag="other") != job_id


def test_r15_tokens_of_different_operations_are_strangers(cloud: Cloud, rekognition: RekognitionClient, video: Any) -> None:
    ids = {api: begin(rekognition, api, video, ClientRequestToken="run-1") for api in Api}
    assert len(set(ids.values())) == 3
    assert {api: begin(rekognition, api, video, ClientRequestToken="run-1") for api in Api} == ids


@pytest.mark.parametrize(
    ("api", "changed"),
    [
        (Api.FACE_DETECTION, {"FaceAttributes": "ALL"}),
        (Api.FACE_SEARCH, {"FaceMatchThreshold": 90.0}),
        (Api.FACE_SEARCH, {"CollectionId": "b"}),
    ],
)
def test_r15_an_operations_own_members_count_as_parameters(
    cloud: Cloud, rekognition: RekognitionClient, video: Any, api: Api, changed: dict[str, Any]
) -> None:
    begin(rekognition, api, video, ClientRequestToken="run-1")
    with pytest.raises(rekognition.exceptions.IdempotentParameterMismatchException):
        begin(rekognition, api, video, ClientRequestToken="run-1", **changed)


def test_r15_a_deployment_may_keep_tokens_for_another_time(cloud: Cloud, video: Any) -> None:
    limits, given = Limits(claim_days=1), {"Video": video, "ClientRequestToken": "run-1"}
    job_id = direct(cloud, Api.FACE_DETECTION, limits=limits, **given)
    cloud.clock.turn(days=1, seconds=-1)
    assert direct(cloud, Api.FACE_DETECTION, limits=limits, **given) == job_id
    cloud.clock.turn(seconds=1)
    assert direct(cloud, Api.FACE_DETECTION, limits=limits, **given) != job_id


@pytest.mark.parametrize(
    ("given", "expected"), [({}, "DEFAULT"), ({"FaceAttributes": "DEFAULT"}, "DEFAULT"), ({"FaceAttributes": "ALL"}, "ALL")]
)
def test_r18_face_attributes(cloud: Cloud, rekognition: RekognitionClient, video: Any, given: dict[str, Any], expected: str) -> None:
    options = record_of(cloud, begin(rekognition, Api.FACE_DETECTION, video, **given)).options
    assert (options.face_attributes, options.faces, options.cadence) == (expected, True, "every")


def test_r18_a_face_detection_looks_for_faces_whatever_lies_beside_the_video(
    cloud: Cloud, rekognition: RekognitionClient, video: Any
) -> None:
    cloud.put_video(Metadata={"faces": "false", "cadence": "adaptive", "face-attributes": "ALL"})
    options = record_of(cloud, begin(rekognition, Api.FACE_DETECTION, video)).options
    assert (options.face_attributes, options.faces, options.cadence) == ("ALL", True, "every")


@pytest.mark.parametrize(("given", "threshold"), [({}, 80.0), ({"FaceMatchThreshold": 0.0}, 0.0), ({"FaceMatchThreshold": 99.9}, 99.9)])
def test_r20_the_threshold_is_80_unless_it_is_given(
    cloud: Cloud, rekognition: RekognitionClient, video: Any, given: dict[str, Any], threshold: float
) -> None:
    options = record_of(cloud, begin(rekognition, Api.FACE_SEARCH, video, **given)).options
    assert (options.collection_id, options.face_match_threshold, options.faces) == ("people", threshold, True)


@pytest.mark.parametrize("threshold", [-0.1, 100.1])
def test_r7_r20_a_threshold_outside_0_to_100(rekognition: RekognitionClient, video: Any, threshold: float) -> None:
    client = boto3.client(
        "rekognition",
        region_name=REGION,
        endpoint_url=rekognition.meta.endpoint_url,
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(client.exceptions.InvalidParameterException, match="faceMatchThreshold"):
        begin(client, Api.FACE_SEARCH, video, FaceMatchThreshold=threshold)


def test_r7_r18_another_word_for_the_attributes(rekognition: RekognitionClient, video: Any) -> None:
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="faceAttributes"):
        begin(rekognition, Api.FACE_DETECTION, video, FaceAttributes="SOME")


def test_r19_an_unknown_collection(cloud: Cloud, rekognition: RekognitionClient, video: Any) -> None:
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException) as caught:
        begin(rekognition, Api.FACE_SEARCH, video, CollectionId="nobody")
    assert caught.value.response["Error"]["Message"] == "The collection id: nobody does not exist"
    assert cloud.executions() == []
    assert cloud.collections.delete(PEOPLE, 1)
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
        begin(rekognition, Api.FACE_SEARCH, video)


def test_r80_a_collection_of_another_network_is_refused_before_anything_is_done(
    cloud: Cloud, rekognition: RekognitionClient, video: Any
) -> None:
    old = msgspec.structs.replace(PEOPLE.embedding, digest="0" * 64, title="An older network")
    cloud.collections.create(msgspec.structs.replace(PEOPLE, collection_id="old", embedding=old))
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="An older network"):
        begin(rekognition, Api.FACE_SEARCH, video, CollectionId="old")
    assert cloud.executions() == []


def test_r19_a_replay_does_not_ask_for_the_collection_again(cloud: Cloud, rekognition: RekognitionClient, video: Any) -> None:
    job_id = begin(rekognition, Api.FACE_SEARCH, video, ClientRequestToken="run-1")
    cloud.collections.delete(PEOPLE, 1)
    assert begin(rekognition, Api.FACE_SEARCH, video, ClientRequestToken="run-1") == job_id


@every_api
def test_r23_2g_11_an_object_that_cannot_be_read(cloud: Cloud, rekognition: RekognitionClient, api: Api) -> None:
    with pytest.raises(rekognition.exceptions.InvalidS3ObjectException, match="Unable to get object metadata from S3"):
        begin(rekognition, api, {"S3Object": {"Bucket": cloud.videos, "Name": "nothing.mp4"}})
    assert cloud.executions() == []


@every_api
def test_r25_a_deployment_may_take_smaller_videos_only(cloud: Cloud, video: Any, api: Api) -> None:
    assert direct(cloud, api, limits=Limits(video_bytes=5), Video=video)
    with pytest.raises(VideoTooLarge, match="Video size in bytes: 5 is more than the maximum limit of: 4 bytes"):
        direct(cloud, api, limits=Limits(video_bytes=4), Video=video)


@every_api
def test_a_key_of_one_project_starts_jobs_of_that_project(cloud: Cloud, video: Any, api: Api) -> None:
    key = Caller(project="ours")
    assert record_of(cloud, direct(cloud, api, caller=key, Video=video)).project == "ours"
    assert record_of(cloud, direct(cloud, api, caller=key, Video=video, Options={"project": "ours"})).project == "ours"
    assert record_of(cloud, direct(cloud, api, Video=video, Options={"project": "theirs"})).project == "theirs"
    assert record_of(cloud, direct(cloud, api, Video=video)).project is None
    with pytest.raises(AccessDenied, match="project"):
        direct(cloud, api, caller=key, Video=video, Options={"project": "theirs"})
    cloud.put_video(Metadata={"project": "theirs"})
    with pytest.raises(AccessDenied, match="project"):
        direct(cloud, api, caller=key, Video=video)


def test_r15_tokens_of_two_projects_are_strangers(cloud: Cloud, video: Any) -> None:
    ids = {
        project: direct(cloud, Api.FACE_DETECTION, caller=Caller(project=project), Video=video, ClientRequestToken="run-1")
        for project in ("ours", "theirs", None)
    }
    assert len(set(ids.values())) == 3
    with pytest.raises(IdempotentParameterMismatch):
        direct(cloud, Api.FACE_DETECTION, caller=Caller(project="ours"), Video=video, ClientRequestToken="run-1", JobTag="t")


@pytest.mark.parametrize("project", ["", "with space", "a" * 129, "ü", "a\n"])
def test_r7_a_project_that_is_no_name(cloud: Cloud, video: Any, project: str) -> None:
    with pytest.raises(OptionError, match="project"):
        direct(cloud, Api.PERSON_TRACKING, Video=video, Options={"project": project})


class TestOpenJobs:
    """R24: 20 jobs that are open at once; more of them wait, or are refused where a deployment says so."""

    STRICT = Limits(strict_jobs=True, open_jobs=3)
    USER = Caller(identity=f"arn:aws:iam::{ACCOUNT}:user/ann")

    def start(self, cloud: Cloud, video: Any, limits: Limits = STRICT, **given: Any) -> str:
        return direct(cloud, Api.PERSON_TRACKING, caller=self.USER, limits=limits, Video=video, **given)

    def test_r24_2g_14_by_default_any_number_waits(self, cloud: Cloud, rekognition: RekognitionClient, video: Any) -> None:
        ids = {begin(rekognition, Api.PERSON_TRACKING, video) for _ in range(21)}
        assert len(ids) == 21
        assert {rekognition.get_person_tracking(JobId=job_id)["JobStatus"] for job_id in ids} == {"IN_PROGRESS"}

    def test_r24_2g_14_the_21st_is_refused_in_strict_mode(self, cloud: Cloud, video: Any) -> None:
        with serve(routes(cloud, Limits(strict_jobs=True))) as gateway:
            client = boto3.client(
                "rekognition", region_name=REGION, endpoint_url=gateway.url, config=Config(retries={"total_max_attempts": 1})
            )
            for number in range(20):
                begin(client, list(Api)[number % 3], video)
            with pytest.raises(client.exceptions.LimitExceededException) as caught:
                begin(client, Api.FACE_DETECTION, video)
        assert caught.value.response["Error"]["Message"].startswith("20 open Jobs for User ")
        assert caught.value.response["Error"]["Message"].endswith(" Maximum limit: 20")
        assert len(cloud.executions()) == 20

    def test_r24_the_refusal_names_user_and_limit(self, cloud: Cloud, video: Any) -> None:
        for _ in range(3):
            self.start(cloud, video)
        with pytest.raises(LimitExceeded) as caught:
            self.start(cloud, video)
        assert str(caught.value) == f"3 open Jobs for User arn:aws:iam::{ACCOUNT}:user/ann Maximum limit: 3"

    def test_r24_a_job_that_ends_makes_room_for_one(self, cloud: Cloud, video: Any) -> None:
        ids = [self.start(cloud, video) for _ in range(3)]
        for status in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED):
            cloud.jobs.finish(ids.pop(0), status, None)
            ids.append(self.start(cloud, video))
            with pytest.raises(LimitExceeded):
                self.start(cloud, video)

    def test_r24_a_job_that_is_removed_or_expires_makes_room(self, cloud: Cloud, video: Any) -> None:
        first, *_ = [self.start(cloud, video) for _ in range(3)]
        cloud.clients.dynamodb.delete_item(TableName=cloud.table, Key={"pk": {"S": f"JOB#{first}"}, "sk": {"S": "META"}})
        self.start(cloud, video)
        with pytest.raises(LimitExceeded):
            self.start(cloud, video)
        cloud.clock.turn(days=7)
        for _ in range(3):
            self.start(cloud, video)
        with pytest.raises(LimitExceeded):
            self.start(cloud, video)

    def test_r24_a_replay_needs_no_room(self, cloud: Cloud, video: Any) -> None:
        job_id = self.start(cloud, video, ClientRequestToken="run-1")
        for _ in range(2):
            self.start(cloud, video)
        assert self.start(cloud, video, ClientRequestToken="run-1") == job_id
        with pytest.raises(LimitExceeded):
            self.start(cloud, video, ClientRequestToken="run-2")
        assert cloud.jobs.find_claim(Api.PERSON_TRACKING, "run-2") is None

    def test_r24_uploads_wait_and_take_no_room(self, cloud: Cloud, video: Any) -> None:
        for _ in range(5):
            cloud.recorded(uploaded=True)
        for _ in range(3):
            self.start(cloud, video)

    def test_r24_a_lower_limit_holds_for_new_jobs(self, cloud: Cloud, video: Any) -> None:
        for _ in range(3):
            self.start(cloud, video)
        with pytest.raises(LimitExceeded):
            self.start(cloud, video, Limits(strict_jobs=True, open_jobs=1))
        self.start(cloud, video, Limits(strict_jobs=True, open_jobs=4))

    def test_r24_many_that_start_at_once_never_exceed_the_limit(self, cloud: Cloud, video: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Requests of eight starts mix in any order; each of them is atomic, as DynamoDB's are and those of its double are not."""
        one_at_a_time, request = threading.Lock(), BaseClient._make_api_call  # type: ignore[attr-defined]

        def atomic(client: BaseClient, *given: Any) -> Any:
            with one_at_a_time:
                return request(client, *given)

        monkeypatch.setattr(BaseClient, "_make_api_call", atomic)

        def attempt(_: int) -> str | None:
            try:
                return self.start(cloud, video)
            except InputError:
                return None

        with ThreadPoolExecutor(8) as pool:
            started = [job_id for job_id in pool.map(attempt, range(16)) if job_id is not None]
        assert len(started) == 3
        assert sorted(cloud.executions()) == sorted(started)

    def test_r24_a_place_taken_between_look_and_claim_is_not_taken_twice(
        self, cloud: Cloud, video: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The other start comes after the first has found the last free place, and before it claims it."""
        for _ in range(2):
            self.start(cloud, video)
        transact = cloud.clients.dynamodb.transact_write_items
        others: list[str] = []

        def meanwhile(**given: Any) -> Any:
            monkeypatch.setattr(cloud.clients.dynamodb, "transact_write_items", transact)
            others.append(self.start(cloud, video))
            return transact(**given)

        monkeypatch.setattr(cloud.clients.dynamodb, "transact_write_items", meanwhile)
        with pytest.raises(LimitExceeded):
            self.start(cloud, video)
        assert len(others) == 1
        assert len(cloud.executions()) == 3

"""From an upload or a call to readable results and one message, with stock clients (issue 2, points 1 to 3 and 5)."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.request
import uuid
from typing import Any

import msgspec
import numpy as np
import pytest
from botocore.exceptions import ClientError

from tests.conftest import Clip
from tests.e2e.running import RunningCloud, until
from trackway.media.probe import probe

SCOPE = "test/20260101/us-east-1/execute-api/aws4_request"
TEXT = b"This is not a video at all, whatever its name says.\n" * 40


def message_for(mailbox: Any, job_id: str, seconds: int = 120) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def look() -> bool:
        found.extend(message for message in mailbox.receive(seconds=1) if message["JobId"] == job_id)
        return bool(found)

    until(look, seconds)
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def finished(cloud: RunningCloud, sample_clip: Clip) -> str:
    """A job that has succeeded; its message was the one that SPEC 2d describes."""
    with cloud.mailbox() as mailbox:
        key = cloud.upload(sample_clip.path, "uploads/été/two words+plus & 日本.MP4", {"job-tag": "shot-12"})
        job_id = cloud.job_of(key)
        waiting = cloud.look(job_id)
        assert (waiting["JobStatus"], waiting["Persons"]) == ("IN_PROGRESS", [])  # R47
        assert not waiting.keys() & {"VideoMetadata", "NextToken"}
        message = message_for(mailbox, job_id)
    assert message.keys() == {"JobId", "Status", "API", "JobTag", "Timestamp", "Video"}  # R57
    assert (message["Status"], message["API"], message["JobTag"]) == ("SUCCEEDED", "StartPersonTracking", "shot-12")
    assert message["Video"] == {"S3ObjectName": key, "S3Bucket": cloud.outputs["videos_bucket"]}
    assert len(str(message["Timestamp"])) == 13  # milliseconds
    return job_id


@pytest.mark.parametrize("order", ["TIMESTAMP", "INDEX"])
def test_r52_pages_of_seven_are_the_one_page_of_a_thousand(cloud: RunningCloud, finished: str, order: str, sample_clip: Clip) -> None:
    whole = cloud.look(finished, SortBy=order, MaxResults=1000)
    assert whole["JobStatus"] == "SUCCEEDED"
    assert whole["Persons"]
    assert cloud.rows(finished, 7, order) == whole["Persons"]
    first = cloud.look(finished, SortBy=order, MaxResults=7)
    assert first["VideoMetadata"] == whole["VideoMetadata"]
    info = probe(sample_clip.path).info
    assert (whole["VideoMetadata"]["FrameWidth"], whole["VideoMetadata"]["FrameHeight"]) == (info.width, info.height)


def test_both_orders_hold_the_same_rows(cloud: RunningCloud, finished: str) -> None:
    by_time, by_index = (cloud.rows(finished, 1000, order) for order in ("TIMESTAMP", "INDEX"))
    times = [(row["Timestamp"], row["Person"]["Index"]) for row in by_time]
    assert times == sorted(times)
    indices = [row["Person"]["Index"] for row in by_index]
    assert indices == sorted(indices)
    assert set(indices) == set(range(max(indices) + 1))  # R33: dense
    assert sorted(map(json.dumps, by_time)) == sorted(map(json.dumps, by_index))


def test_the_people_of_the_clip_are_found(cloud: RunningCloud, finished: str, sample_clip: Clip) -> None:
    truth = sample_clip.truth
    rows = cloud.rows(finished, 1000, "TIMESTAMP")
    bodies = [row for row in rows if "BoundingBox" in row["Person"]]
    hits = 0
    for row in bodies:
        box = row["Person"]["BoundingBox"]
        at_that_time = np.abs(truth.time_ms - row["Timestamp"]) <= 20
        middle = (box["Left"] + box["Width"] / 2, box["Top"] + box["Height"] / 2)
        boxes = truth.box[at_that_time]
        inside = (boxes[:, 0] <= middle[0]) & (middle[0] <= boxes[:, 0] + boxes[:, 2])
        hits += bool((inside & (boxes[:, 1] <= middle[1]) & (middle[1] <= boxes[:, 1] + boxes[:, 3])).any())
    assert len(bodies) >= 50
    assert hits / len(bodies) >= 0.9
    assert sum("Face" in row["Person"] for row in rows) >= 25


def test_files_hold_what_the_pages_hold(cloud: RunningCloud, finished: str) -> None:
    import gzip

    lines = gzip.decompress(cloud.artifact(f"jobs/{finished}/results/persons.jsonl.gz")).splitlines()
    assert [json.loads(line) for line in lines] == cloud.rows(finished, 1000, "TIMESTAMP")
    summaries = msgspec.json.decode(cloud.artifact(f"jobs/{finished}/results/tracks.json"))
    assert len(summaries) == len({row["Person"]["Index"] for row in cloud.rows(finished, 1000, "INDEX")})


def test_every_way_to_the_api_gives_the_same_answer(cloud: RunningCloud, finished: str) -> None:
    whole = cloud.look(finished, MaxResults=5)
    for way in ("/", "/GetPersonTracking"):
        request = urllib.request.Request(
            cloud.outputs["api"] + way,
            data=json.dumps({"JobId": finished, "MaxResults": 5}).encode(),
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "RekognitionService.GetPersonTracking",
                "Authorization": f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0",
            },
        )
        with urllib.request.urlopen(request) as answer:
            assert json.loads(answer.read())["Persons"] == whole["Persons"]
            assert answer.headers["x-amzn-RequestId"]


def test_the_aws_command_line_uploads_and_reads(cloud: RunningCloud, sample_clip: Clip) -> None:
    bucket, key = cloud.outputs["videos_bucket"], "uploads/from the command line.mp4"
    copied = cloud.aws("s3", "cp", str(sample_clip.path), f"s3://{bucket}/{key}", "--metadata", "sample-fps=2,faces=false")
    assert copied.returncode == 0, copied.stderr
    job_id = cloud.job_of(key)
    cloud.wait(job_id)
    read = cloud.aws("rekognition", "get-person-tracking", "--job-id", job_id, "--sort-by", "INDEX", "--max-results", "3", "--no-paginate")
    assert read.returncode == 0, read.stderr
    answer = json.loads(read.stdout)
    assert answer["JobStatus"] == "SUCCEEDED"
    assert 0 < len(answer["Persons"]) <= 3
    rows = cloud.rows(job_id, 1000, "TIMESTAMP")
    assert not any("Face" in row["Person"] for row in rows)  # options from the object's metadata
    assert len({row["Timestamp"] for row in rows}) <= 11


@pytest.mark.parametrize(("content", "says"), [(TEXT, "Unsupported codec/format."), (b"", "empty")], ids=["text", "nothing"])
def test_r48_what_is_no_video_fails_with_a_sentence_and_a_message(cloud: RunningCloud, content: bytes, says: str) -> None:
    with cloud.mailbox() as mailbox:
        job_id = cloud.job_of(cloud.upload(content))
        message = message_for(mailbox, job_id)
    assert message["Status"] == "FAILED"
    ended = cloud.look(job_id)
    assert ended["JobStatus"] == "FAILED"
    assert says in ended["StatusMessage"]
    assert "Traceback" not in ended["StatusMessage"]
    assert ended["Persons"] == []
    assert cloud.batch_jobs(job_id, "FAILED") == []  # found before a worker was started


def test_a_duplicate_event_starts_nothing(cloud: RunningCloud) -> None:
    key = cloud.upload(TEXT)
    job_id = cloud.job_of(key)
    cloud.wait(job_id)
    before = until(lambda: cloud.ended_execution(job_id))  # which ends a little after the job it failed
    object_facts = cloud.client("s3").head_object(Bucket=cloud.outputs["videos_bucket"], Key=key)
    detail = {
        "bucket": {"name": cloud.outputs["videos_bucket"]},
        "object": {"key": key, "version-id": object_facts["VersionId"], "size": len(TEXT), "etag": object_facts["ETag"].strip('"')},
    }
    queue = next(url for url in cloud.client("sqs").list_queues()["QueueUrls"] if "Uploads" in url and "Lost" not in url)
    event = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    with cloud.mailbox() as mailbox:
        cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))
        attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        until(
            lambda: set(cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=attributes)["Attributes"].values()) == {"0"}
        )
        assert not any(message["JobId"] == job_id for message in mailbox.receive(seconds=2))
    assert cloud.execution(job_id) == before


@pytest.mark.parametrize("key", ["uploads/notes.txt", "elsewhere/clip.mp4", "uploads/folder.mp4/"])
def test_other_objects_start_no_job(cloud: RunningCloud, key: str) -> None:
    states = cloud.client("stepfunctions")
    machine = cloud.outputs["state_machine_arn"]
    cloud.upload(TEXT, key)
    marker = cloud.job_of(cloud.upload(TEXT))  # its event came later, and has been handled
    names = {execution["name"] for execution in states.list_executions(stateMachineArn=machine)["executions"]}
    assert marker in names
    with pytest.raises(AssertionError):
        until(lambda: cloud.execution(job_id_of(cloud, key)), seconds=0.5)


def job_id_of(cloud: RunningCloud, key: str) -> str:
    from trackway.jobs.identity import upload_job_id

    bucket = cloud.outputs["videos_bucket"]
    return upload_job_id(bucket, key, cloud.client("s3").head_object(Bucket=bucket, Key=key)["VersionId"])


def test_a_call_starts_a_job_and_tells_the_callers_topic(cloud: RunningCloud, sample_clip: Clip) -> None:
    bucket = cloud.outputs["videos_bucket"]
    cloud.upload(sample_clip.path, key := "library/called.mp4", {"sample-fps": "2"})
    topic = cloud.client("sns").create_topic(Name=f"callers-{uuid.uuid4().hex}")["TopicArn"]
    role = cloud.client("iam").create_role(RoleName=f"callers-{uuid.uuid4().hex}", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    request = {
        "Video": {"S3Object": {"Bucket": bucket, "Name": key}},
        "ClientRequestToken": uuid.uuid4().hex,
        "JobTag": "tag-1",
        "NotificationChannel": {"SNSTopicArn": topic, "RoleArn": role},
    }
    rekognition = cloud.client("rekognition")
    with cloud.mailbox(topic) as mailbox, cloud.mailbox() as ours:
        job_id = rekognition.start_person_tracking(**request)["JobId"]
        assert rekognition.start_person_tracking(**request)["JobId"] == job_id  # R15
        with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
            rekognition.start_person_tracking(**{**request, "JobTag": "tag-2"})
        message = message_for(mailbox, job_id)
        assert message == message_for(ours, job_id)
    assert (message["Status"], message["JobTag"], message["Video"]) == ("SUCCEEDED", "tag-1", {"S3ObjectName": key, "S3Bucket": bucket})
    assert cloud.look(job_id)["JobTag"] == "tag-1"


def test_unknown_jobs_and_videos_get_the_documented_errors(cloud: RunningCloud) -> None:
    rekognition, bucket = cloud.client("rekognition"), cloud.outputs["videos_bucket"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        rekognition.get_person_tracking(JobId="f" * 64)
    with pytest.raises(ClientError, match="InvalidS3ObjectException"):
        rekognition.start_person_tracking(Video={"S3Object": {"Bucket": bucket, "Name": "nowhere.mp4"}})


def test_messages_reach_an_http_endpoint(cloud: RunningCloud) -> None:
    received: list[dict[str, Any]] = []

    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sns = cloud.client("sns")
        subscription = sns.subscribe(
            TopicArn=cloud.outputs["topic_arn"],
            Protocol="http",
            Endpoint=f"http://127.0.0.1:{server.server_port}/",
            ReturnSubscriptionArn=True,
        )
        (confirmation,) = until(lambda: [message for message in received if message["Type"] == "SubscriptionConfirmation"])
        with urllib.request.urlopen(confirmation["SubscribeURL"]):
            pass
        job_id = cloud.job_of(cloud.upload(TEXT))
        (notification,) = until(lambda: [message for message in received if message["Type"] == "Notification"])
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        server.shutdown()
    assert json.loads(notification["Message"])["JobId"] == job_id

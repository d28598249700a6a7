"""Our client, and stock clients with the overlay, at a gateway that wants SigV4 for execute-api as API Gateway's IAM door does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.cloud import REGION, Cloud
from tests.contract.conftest import check, routes
from tests.contract.gateway import ACCESS_KEY, SECRET_KEY, Gateway, serve
from tests.contract.test_get_person_tracking import TRACKS, finished
from trackway import client as trackway_client
from trackway.errors import InputError, Stalled
from trackway.jobs.record import Status
from trackway.results.rows import person_rows

ROWS = [json.loads(row) for row in person_rows(TRACKS, "TIMESTAMP")]
KEYS: Any = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}


@pytest.fixture
def signed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway with a stage in its path that lets in only what is signed for execute-api."""
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    with serve(routes(cloud), prefix="/prod", scope_service="execute-api") as running:
        yield running
    for exchange in running.exchanges:
        if exchange.status != 403:
            check(exchange)


@pytest.fixture
def environment(signed: Gateway, tmp_path: Path) -> dict[str, str]:
    """What a program on somebody's machine has in its environment."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_REKOGNITION": signed.url,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def python(environment: dict[str, str], code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def aws(environment: dict[str, str], *arguments: str) -> Any:
    command = [str(Path(sys.executable).with_name("aws")), "rekognition", *arguments, "--output", "json"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout or "null")


def test_r3_a_stock_client_without_the_overlay_is_refused(signed: Gateway) -> None:
    stock: Any = boto3.client("rekognition", region_name=REGION, endpoint_url=signed.url, **KEYS)
    with pytest.raises(ClientError, match="403"):
        stock.get_person_tracking(JobId="a")


def test_r3_our_client_signs_for_the_gateway_and_takes_the_operations_route(cloud: Cloud, signed: Gateway) -> None:
    job = finished(cloud)
    client = trackway_client.rekognition(signed.url, region_name=REGION, **KEYS)
    assert client.get_person_tracking(JobId=job.job_id, MaxResults=3)["Persons"] == ROWS[:3]
    (exchange,) = signed.exchanges
    assert exchange.path == "/GetPersonTracking"
    assert exchange.scope is not None
    assert exchange.scope.split("/")[1:] == [REGION, "execute-api", "aws4_request"]


def test_options_go_with_the_call(cloud: Cloud, signed: Gateway) -> None:
    cloud.put_video(Metadata={"sample-fps": "1", "rotation": "90"})
    client: Any = trackway_client.rekognition(signed.url, region_name=REGION, **KEYS)
    video = {"S3Object": {"Bucket": cloud.videos, "Name": "uploads/clip.mp4"}}
    given = {"Video": video, "Options": {"sampleFps": 2.5, "faces": False}, "ClientRequestToken": "t"}
    job_id = client.start_person_tracking(**given)["JobId"]
    record = cloud.jobs.get(job_id)
    assert record is not None
    assert (record.options.sample_fps, record.options.faces, record.options.rotation) == (2.5, False, 90)
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.start_person_tracking(**given | {"Options": {"sampleFps": 5}})
    for wrong, sentence in (({"sampleRate": 5}, "there is no option 'sampleRate'"), ({"sampleFps": [5]}, "sampleFps: expected a number")):
        with pytest.raises(client.exceptions.InvalidParameterException, match=sentence):
            client.start_person_tracking(Video=video, Options=wrong)


def test_r11_our_client_has_paginator_and_waiter(cloud: Cloud, signed: Gateway) -> None:
    job, failed = finished(cloud), cloud.recorded()
    cloud.jobs.finish(failed.job_id, Status.FAILED, "Unsupported codec/format.")
    client: Any = trackway_client.rekognition(signed.url, region_name=REGION, **KEYS)
    paginator = client.get_paginator("get_person_tracking")
    assert paginator.paginate(JobId=job.job_id, PaginationConfig={"PageSize": 700}).build_full_result()["Persons"] == ROWS
    waiter = client.get_waiter("person_tracking_finished")
    waiter.wait(JobId=job.job_id)
    with pytest.raises(WaiterError):
        waiter.wait(JobId=failed.job_id)
    assert all(client.can_paginate(name) for name in ("list_faces", "list_collections"))


def test_our_client_leaves_others_alone(signed: Gateway) -> None:
    trackway_client.rekognition(signed.url, region_name=REGION, **KEYS)
    assert boto3.client("rekognition", region_name=REGION).meta.service_model.signing_name == "rekognition"


def test_the_region_of_the_endpoint_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    client = trackway_client.rekognition("https://abc123.execute-api.ap-south-1.amazonaws.com", **KEYS)
    assert client.meta.region_name == "ap-south-1"


def test_rows_are_drawn_page_by_page(cloud: Cloud, signed: Gateway) -> None:
    client = trackway_client.rekognition(signed.url, region_name=REGION, **KEYS)
    rows = trackway_client.paginate(client, "person_tracking", finished(cloud).job_id, page_size=1000)
    assert next(rows) == ROWS[0]
    assert len(signed.exchanges) == 1
    assert list(rows) == ROWS[1:]
    assert len(signed.exchanges) == 3


def test_reading_an_unfinished_or_failed_job_is_an_error_not_an_empty_result(cloud: Cloud, signed: Gateway) -> None:
    client = trackway_client.rekognition(signed.url, region_name=REGION, **KEYS)
    record = cloud.recorded()
    with pytest.raises(InputError, match="still running"):
        list(trackway_client.paginate(client, "person_tracking", record.job_id))
    cloud.jobs.finish(record.job_id, Status.FAILED, "Unsupported codec/format.")
    for read in (
        lambda: list(trackway_client.paginate(client, "person_tracking", record.job_id)),
        lambda: trackway_client.wait(client, "person_tracking", record.job_id),
    ):
        with pytest.raises(trackway_client.JobFailed, match=r"^Unsupported codec/format\.$"):
            read()


def test_r55_waiting_pauses_longer_and_longer(cloud: Cloud, signed: Gateway) -> None:
    client = trackway_client.rekognition(signed.url, region_name=REGION, **KEYS)
    record = finished(cloud)
    running = cloud.recorded()
    pauses: list[float] = []
    with pytest.raises(Stalled, match="still running"):
        trackway_client.wait(client, "person_tracking", running.job_id, timeout_seconds=60, sleep=pauses.append)
    assert pauses[0] == 5.0
    assert pauses == sorted(pauses)
    assert max(pauses) <= 30
    assert trackway_client.wait(client, "person_tracking", record.job_id)["VideoMetadata"]["Codec"] == "h264"


OVERLAID = """
import boto3, json, sys
client = boto3.client("rekognition")
waiter = client.get_waiter("person_tracking_finished").wait(JobId=sys.argv[1])
rows = client.get_paginator("get_person_tracking").paginate(JobId=sys.argv[1], SortBy="TIMESTAMP").build_full_result()["Persons"]
print(json.dumps(rows))
"""


@pytest.mark.parametrize("how", ["AWS_DATA_PATH", "installed", "profile"])
def test_r3_r11_stock_boto3_with_the_overlay(cloud: Cloud, signed: Gateway, environment: dict[str, str], tmp_path: Path, how: str) -> None:
    if how == "AWS_DATA_PATH":
        environment["AWS_DATA_PATH"] = str(trackway_client.overlay_path())
    elif how == "installed":
        assert len(trackway_client.install_overlay(tmp_path / ".aws" / "models")) == 3
    else:
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws" / "config").write_text(f"[profile tracker]\nregion = {REGION}\ndata_path = {trackway_client.overlay_path()}\n")
        environment["AWS_PROFILE"] = "tracker"
    job = finished(cloud)
    code = OVERLAID.replace("sys.argv[1]", repr(job.job_id))
    assert json.loads(python(environment, code)) == ROWS
    assert {exchange.path for exchange in signed.exchanges} == {"/"}


def test_r3_r11_the_aws_command_line_with_the_overlay(cloud: Cloud, signed: Gateway, environment: dict[str, str]) -> None:
    environment["AWS_DATA_PATH"] = str(trackway_client.overlay_path())
    cloud.put_video()
    video = json.dumps({"S3Object": {"Bucket": cloud.videos, "Name": "uploads/clip.mp4"}})
    started = aws(environment, "start-person-tracking", "--video", video, "--options", '{"sampleFps": 3}', "--job-tag", "cli")
    record = cloud.jobs.get(started["JobId"])
    assert record is not None
    assert (record.options.sample_fps, record.job_tag) == (3, "cli")
    job = finished(cloud)
    assert aws(environment, "get-person-tracking", "--job-id", job.job_id, "--no-paginate")["Persons"] == ROWS[:1000]
    assert aws(environment, "get-person-tracking", "--job-id", job.job_id)["Persons"] == ROWS
    assert aws(environment, "wait", "person-tracking-finished", "--job-id", job.job_id) is None
    assert {exchange.scope.split("/")[2] for exchange in signed.exchanges if exchange.scope} == {"execute-api"}

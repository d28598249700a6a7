"""Whatever client, whichever door: ours, stock boto3 and the aws command line, with IAM's keys and our own (DESIGN section 6)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from botocore.exceptions import WaiterError

from tests.cloud import REGION, Cloud
from tests.contract.conftest import check, routes
from tests.contract.gateway import ACCESS_KEY, SECRET_KEY, Gateway, serve
from tests.contract.test_get_video import ROWS, SEARCH, finished
from tests.portraits import hopper, jpeg
from trackway import client as trackway_client
from trackway.client.tracking import Kind
from trackway.errors import InputError, OptionError
from trackway.jobs.choices import Choices
from trackway.jobs.record import Status
from trackway.results.pages import Series

DOORS = ("iam", "keys")
KINDS: list[tuple[Kind, str, Series]] = [
    ("person_tracking", "Persons", Series.PERSONS_BY_TIME),
    ("face_detection", "Faces", Series.FACES_BY_TIME),
    ("face_search", "Persons", Series.FACE_SEARCH_BY_TIME),
]
IAM: dict[str, Any] = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
every_door = pytest.mark.parametrize("door", DOORS)
every_kind = pytest.mark.parametrize(("kind", "member", "series"), KINDS, ids=[kind for kind, *_ in KINDS])


@pytest.fixture
def gateway(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway with a stage in its path and IAM's authorizer at every route but /keys."""
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    with serve(routes(cloud), prefix="/prod", scope_service="execute-api") as running:
        yield running
    for exchange in running.exchanges:
        if exchange.status != 403:
            check(exchange)


@pytest.fixture
def own(gateway: Gateway) -> dict[str, str]:
    """An own key, as arguments for a session."""
    key = trackway_client.trackway(gateway.url, region_name=REGION, **IAM).create_key(Name="k")
    gateway.exchanges.clear()
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def at(gateway: Gateway, door: str) -> str:
    return gateway.url + ("/keys" if door == "keys" else "")


def client_at(gateway: Gateway, door: str, own: dict[str, str]) -> Any:
    keys = own if door == "keys" else IAM
    return trackway_client.rekognition(at(gateway, door), region_name=REGION, **keys)


def environment(gateway: Gateway, door: str, own: dict[str, str], *, overlay: bool) -> dict[str, str]:
    """What a program on somebody's machine has in its environment, and nothing else."""
    keys = own if door == "keys" else IAM
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nowhere",
        "AWS_ACCESS_KEY_ID": keys["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": keys["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_REKOGNITION": at(gateway, door),
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    } | ({"AWS_DATA_PATH": str(trackway_client.overlay_path())} if overlay else {})


def python(surroundings: dict[str, str], code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def aws(surroundings: dict[str, str], *arguments: str) -> Any:
    command = [str(Path(sys.executable).with_name("aws")), "rekognition", *arguments, "--output", "json"]
    run = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout or "null")


# Our client.


@every_door
@every_kind
def test_r11_r55_our_client_pages_and_waits(
    cloud: Cloud, gateway: Gateway, own: dict[str, str], door: str, kind: Kind, member: str, series: Series
) -> None:
    client = client_at(gateway, door, own)
    job_id, wanted = finished(cloud).job_id, [json.loads(row) for row in ROWS[series]]
    assert client.get_paginator(f"get_{kind}").paginate(JobId=job_id).build_full_result()[member] == wanted
    client.get_waiter(f"{kind}_finished").wait(JobId=job_id)
    assert list(trackway_client.paginate(client, kind, job_id, page_size=500)) == wanted
    assert trackway_client.wait(client, kind, job_id)["VideoMetadata"]["Codec"] == "h264"
    failed, running = (cloud.recorded(uploaded=True, choices=Choices(SEARCH)).job_id for _ in range(2))
    cloud.jobs.finish(failed, Status.FAILED, "Unsupported codec/format.")
    with pytest.raises(WaiterError):
        client.get_waiter(f"{kind}_finished").wait(JobId=failed)
    with pytest.raises(trackway_client.JobFailed, match="Unsupported codec"):
        trackway_client.wait(client, kind, failed)
    with pytest.raises(InputError, match="still running"):
        next(iter(trackway_client.paginate(client, kind, running)))


@pytest.mark.parametrize("order", ["TIMESTAMP", "INDEX"])
def test_rows_come_in_the_order_asked_for(cloud: Cloud, gateway: Gateway, own: dict[str, str], order: Any) -> None:
    client, job_id = client_at(gateway, "iam", own), finished(cloud).job_id
    series = {"TIMESTAMP": Series.FACE_SEARCH_BY_TIME, "INDEX": Series.FACE_SEARCH_BY_INDEX}[order]
    assert list(trackway_client.paginate(client, "face_search", job_id, sort_by=order)) == [json.loads(row) for row in ROWS[series]]


@pytest.mark.parametrize(
    ("suffix", "whose", "path", "service"),
    [
        ("", "iam", "/ListCollections", "execute-api"),
        ("/keys", "own", "/keys", "rekognition"),
        ("/keys/", "own", "/keys", "rekognition"),
        ("", "own", "/keys", "rekognition"),
        ("/", "own", "/keys", "rekognition"),
    ],
)
@pytest.mark.parametrize("how", ["argument", "AWS_ENDPOINT_URL_REKOGNITION", "AWS_ENDPOINT_URL", "profile"])
def test_the_door_follows_from_the_configuration(
    gateway: Gateway,
    own: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    how: str,
    suffix: str,
    whose: str,
    path: str,
    service: str,
) -> None:
    url = gateway.url + suffix
    arguments: dict[str, Any] = {}
    keys: Any = own if whose == "own" else IAM
    if how == "argument":
        arguments["endpoint_url"] = url
    elif how == "profile":
        (tmp_path / "config").write_text(f"[profile t]\nservices = t\n[services t]\nrekognition =\n  endpoint_url = {url}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        arguments["profile_name"] = "t"
    else:
        monkeypatch.setenv(how, url)
    client = trackway_client.rekognition(region_name=REGION, **keys, **arguments)
    signed: list[str] = []
    client.meta.events.register("before-send.rekognition", lambda request, **_: signed.append(request.headers["Authorization"].decode()))
    assert client.list_collections()["CollectionIds"] == []
    assert gateway.exchanges[-1].path == path
    assert f"/{REGION}/{service}/aws4_request" in signed[0]


@pytest.mark.parametrize("make", [trackway_client.rekognition, trackway_client.trackway])
def test_without_an_endpoint_nothing_goes_to_aws(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_REKOGNITION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with pytest.raises(OptionError, match="set AWS_ENDPOINT_URL_REKOGNITION"):
        make(region_name=REGION, **IAM)


def test_our_own_operations_at_both_doors(gateway: Gateway, own: dict[str, str]) -> None:
    picture: Any = {"Bytes": jpeg(hopper())}
    for door, keys in (("iam", IAM), ("keys", own)):
        rekognition = client_at(gateway, door, own)
        client = trackway_client.trackway(at(gateway, door), region_name=REGION, **keys)
        rekognition.create_collection(CollectionId=door)
        rekognition.index_faces(CollectionId=door, Image=picture)
        (searched,) = client.search_all_faces_by_image(CollectionId=door, Image=picture)["SearchedFaces"]
        (match,) = searched["FaceMatches"]
        pages = list(client.get_paginator("export_faces").paginate(CollectionId=door))
        assert [face["Face"]["FaceId"] for page in pages for face in page["Faces"]] == [match["Face"]["FaceId"]]
        embedding = pages[0]["Embedding"]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.import_faces(CollectionId="absent", Embedding={"Digest": embedding["Digest"]}, Faces=[])


# Clients that are not ours.

WHOLE_LIFE = """
import boto3, json, os, pathlib
client = boto3.client("rekognition")
picture = {"Bytes": pathlib.Path(os.environ["PICTURE"]).read_bytes()}
client.create_collection(CollectionId="family")
face = client.index_faces(CollectionId="family", Image=picture)["FaceRecords"][0]["Face"]["FaceId"]
client.create_user(CollectionId="family", UserId="grace")
client.associate_faces(CollectionId="family", UserId="grace", FaceIds=[face])
assert client.search_faces_by_image(CollectionId="family", Image=picture)["FaceMatches"][0]["Face"]["FaceId"] == face
assert client.search_users_by_image(CollectionId="family", Image=picture)["UserMatches"][0]["User"]["UserId"] == "grace"
assert [f["FaceId"] for page in client.get_paginator("list_faces").paginate(CollectionId="family") for f in page["Faces"]] == [face]
assert len(client.detect_faces(Image=picture)["FaceDetails"]) == 1
assert client.compare_faces(SourceImage=picture, TargetImage=picture)["FaceMatches"]
video = {"S3Object": {"Bucket": os.environ["BUCKET"], "Name": "uploads/clip.mp4"}}
jobs = {
    "person_tracking": client.start_person_tracking(Video=video),
    "face_detection": client.start_face_detection(Video=video),
    "face_search": client.start_face_search(Video=video, CollectionId="family"),
}
for kind, job in jobs.items():
    assert getattr(client, f"get_{kind}")(JobId=job["JobId"])["JobStatus"] == "IN_PROGRESS"
try:
    client.create_collection(CollectionId="family")
except client.exceptions.ResourceAlreadyExistsException as error:
    assert error.response["ResponseMetadata"]["RequestId"]
client.delete_collection(CollectionId="family")
print("done")
"""

PAGED = """
import boto3, json
client = boto3.client("rekognition")
rows = {}
for kind, member in (("person_tracking", "Persons"), ("face_detection", "Faces"), ("face_search", "Persons")):
    client.get_waiter(f"{kind}_finished").wait(JobId=JOB)
    rows[kind] = client.get_paginator(f"get_{kind}").paginate(JobId=JOB).build_full_result()[member]
print(json.dumps(rows))
"""


@every_door
def test_a_program_for_rekognition_runs_with_environment_variables_alone(
    cloud: Cloud, gateway: Gateway, own: dict[str, str], door: str, tmp_path: Path
) -> None:
    (tmp_path / "hopper.jpg").write_bytes(jpeg(hopper()))
    cloud.put_video()
    surroundings = environment(gateway, door, own, overlay=door == "iam")
    surroundings |= {"PICTURE": str(tmp_path / "hopper.jpg"), "BUCKET": cloud.videos}
    assert python(surroundings, WHOLE_LIFE) == "done\n"
    assert {exchange.path for exchange in gateway.exchanges} == {"/keys" if door == "keys" else "/"}


@every_door
def test_r11_stock_boto3_with_the_overlay_pages_and_waits(cloud: Cloud, gateway: Gateway, own: dict[str, str], door: str) -> None:
    code = PAGED.replace("JOB", repr(finished(cloud).job_id))
    rows = json.loads(python(environment(gateway, door, own, overlay=True), code))
    assert rows == {kind: [json.loads(row) for row in ROWS[series]] for kind, _, series in KINDS}


@every_door
def test_r11_the_aws_command_line_pages_and_waits(cloud: Cloud, gateway: Gateway, own: dict[str, str], door: str) -> None:
    surroundings, job_id = environment(gateway, door, own, overlay=True), finished(cloud).job_id
    for kind, member, series in KINDS:
        name = kind.replace("_", "-")
        assert aws(surroundings, "wait", f"{name}-finished", "--job-id", job_id) is None
        assert aws(surroundings, f"get-{name}", "--job-id", job_id)[member] == [json.loads(row) for row in ROWS[series]]


def test_the_aws_command_line_with_own_keys_and_nothing_else(cloud: Cloud, gateway: Gateway, own: dict[str, str], tmp_path: Path) -> None:
    surroundings = environment(gateway, "keys", own, overlay=False)
    (tmp_path / "hopper.jpg").write_bytes(jpeg(hopper()))
    cloud.put_video()
    bytes_of = f"fileb://{tmp_path / 'hopper.jpg'}"
    assert aws(surroundings, "create-collection", "--collection-id", "family")["StatusCode"] == 200
    indexed = aws(surroundings, "index-faces", "--collection-id", "family", "--image-bytes", bytes_of)
    (record,) = indexed["FaceRecords"]
    found = aws(surroundings, "search-faces-by-image", "--collection-id", "family", "--image-bytes", bytes_of)
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [record["Face"]["FaceId"]]
    assert aws(surroundings, "list-collections")["CollectionIds"] == ["family"]
    video = json.dumps({"S3Object": {"Bucket": cloud.videos, "Name": "uploads/clip.mp4"}})
    job_id = aws(surroundings, "start-face-search", "--video", video, "--collection-id", "family")["JobId"]
    assert aws(surroundings, "get-face-search", "--job-id", job_id)["JobStatus"] == "IN_PROGRESS"
    assert {exchange.path for exchange in gateway.exchanges} == {"/keys"}


@pytest.mark.parametrize("name", ["rekognition", "s3", "dynamodb"])
def test_clients_of_others_stay_as_they_are(name: Any) -> None:
    trackway_client.rekognition("http://127.0.0.1:9/keys", region_name=REGION, **IAM)
    session: Any = boto3.session.Session(region_name=REGION, **IAM)
    assert session.client(name, endpoint_url="http://127.0.0.1:9").meta.service_model.signing_name == name


@pytest.mark.parametrize("named", ["nonsense", "ftp://host", "https://", "host:8080"])
def test_an_endpoint_that_is_none_is_named(named: str) -> None:
    with pytest.raises(OptionError, match="Expected an endpoint such as"):
        trackway_client.rekognition(named, region_name=REGION, **IAM)

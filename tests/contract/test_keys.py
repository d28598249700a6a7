"""Own keys, from their making to their end, with stock boto3 at `/keys` and IAM's callers at the other door (DESIGN section 6)."""

from __future__ import annotations

import datetime
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_rekognition import RekognitionClient

from tests.cloud import REGION, Clock, Cloud
from tests.contract.conftest import check, routes
from tests.contract.gateway import ACCESS_KEY, SECRET_KEY, Gateway, http_event, serve
from tests.contract.recognizing import refused
from tests.contract.test_signature import SECRET, plain, reference
from trackway import client as trackway_client
from trackway.api.caller import Caller
from trackway.api.credentials import KeyRing, is_own_key, issue
from trackway.api.door import Door
from trackway.api.errors import InvalidSignature, NotAuthenticated, UnknownKey
from trackway.api.http import HttpRequest
from trackway.api.signature import Claim, SignedRequest, is_signed_by
from trackway.errors import SystemFault
from trackway.jobs.record import Api
from trackway.store.keys import KeyRecord, KeySecrets, KeyStore

IAM: Any = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY, "region_name": REGION}
ONCE = Config(retries={"total_max_attempts": 1})
UNKNOWN = ("UnrecognizedClientException", "The security token included in the request is invalid.")
WRONG = (
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details.",
)


@pytest.fixture
def gateway(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway with IAM's authorizer at every route but /keys."""
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    with serve(routes(cloud), scope_service="execute-api") as running:
        yield running
    for exchange in running.exchanges:
        if exchange.status not in (403, 404):
            check(exchange)


@pytest.fixture
def keys(gateway: Gateway) -> Any:
    """A client of IAM's for our own operations."""
    return trackway_client.trackway(gateway.url, config=ONCE, **IAM)


def stock(gateway: Gateway, key: dict[str, str], region: str = REGION) -> RekognitionClient:
    """What anybody's program has, with nothing changed but endpoint and keys."""
    return boto3.client(
        "rekognition",
        endpoint_url=f"{gateway.url}/keys",
        region_name=region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=ONCE,
    )


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return refused(caught)[0]


def test_a_stock_client_needs_the_endpoint_and_a_key(cloud: Cloud, gateway: Gateway, keys: Any) -> None:
    client = stock(gateway, keys.create_key(Name="camera 1"))
    assert client.create_collection(CollectionId="family")["StatusCode"] == 200
    assert client.list_collections()["CollectionIds"] == ["family"]
    video: Any = {"S3Object": {"Bucket": cloud.videos, "Name": cloud.put_video().name}}
    job_id = client.start_person_tracking(Video=video)["JobId"]
    assert client.get_person_tracking(JobId=job_id)["JobStatus"] == "IN_PROGRESS"
    assert {exchange.path for exchange in gateway.exchanges} == {"/CreateKey", "/keys"}


def test_a_slash_behind_the_path_changes_nothing(gateway: Gateway, keys: Any) -> None:
    """Clients in Java and JavaScript end every path with one."""
    key = keys.create_key(Name="k")
    client = stock(gateway, key)
    client.meta.events.register("before-call.rekognition", lambda params, **_: params.update(url=params["url"] + "/"))
    assert client.list_collections()["CollectionIds"] == []


def test_a_front_that_takes_a_prefix_off_may_say_so(cloud: Cloud, gateway: Gateway, keys: Any) -> None:
    key = keys.create_key(Name="k")
    request = reference(
        plain(path="/api/keys", headers=_now() | {"x-amz-target": "RekognitionService.ListCollections"}),
        secret=key["SecretAccessKey"],
    )
    headers = {**request.headers, "authorization": request.headers["authorization"].replace("=KEY/", f"={key['AccessKeyId']}/")}
    door = routes(cloud)["/keys"]
    assert door(http_event("/keys", headers, b"{}"))["statusCode"] == 400
    assert door(http_event("/keys", headers | {"x-forwarded-path": "/api/keys"}, b"{}"))["statusCode"] == 200
    for other in ("/other", "api", "/api/", "//", "/a" * 5, "/ä"):
        assert door(http_event("/keys", headers | {"x-forwarded-path": other}, b"{}"))["statusCode"] == 400


def _now() -> dict[str, str]:
    return {"host": "h", "x-amz-date": datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")}


def test_an_unknown_key_and_a_wrong_secret_are_refused_as_aws_does(gateway: Gateway, keys: Any) -> None:
    key = keys.create_key(Name="k")
    for given, refusal in (
        (key | {"AccessKeyId": "TWAK" + "B" * 16}, UNKNOWN),
        ({"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "x"}, UNKNOWN),
        (key | {"SecretAccessKey": "x" * 40}, WRONG),
    ):
        with pytest.raises(ClientError) as caught:
            stock(gateway, given).list_collections()
        assert refused(caught) == refusal
    with pytest.raises(ClientError) as caught:
        stock(gateway, key, "us-east-1").list_collections()
    assert refused(caught)[0] == "InvalidSignatureException"
    assert "valid region, not 'us-east-1'" in refused(caught)[1]


def test_what_is_not_signed_is_refused(gateway: Gateway) -> None:
    from botocore import UNSIGNED

    client = boto3.client("rekognition", endpoint_url=f"{gateway.url}/keys", region_name=REGION, config=Config(signature_version=UNSIGNED))
    with pytest.raises(ClientError) as caught:
        client.list_collections()
    assert refused(caught) == ("MissingAuthenticationTokenException", "Missing Authentication Token")


def test_the_other_door_knows_no_own_keys_and_this_one_none_of_iam(gateway: Gateway, keys: Any) -> None:
    key = keys.create_key(Name="k")
    own: Any = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    with pytest.raises(ClientError, match="403"):
        boto3.client("rekognition", endpoint_url=gateway.url, region_name=REGION, config=ONCE, **own).list_collections()
    with pytest.raises(ClientError) as caught:
        stock(gateway, {"AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY}).list_collections()
    assert refused(caught) == UNKNOWN


def test_rotation_keeps_the_id_and_both_secrets_for_a_while(gateway: Gateway, keys: Any) -> None:
    first = keys.create_key(Name="k")
    second = keys.rotate_key(AccessKeyId=first["AccessKeyId"])
    assert second["AccessKeyId"] == first["AccessKeyId"]
    assert second["SecretAccessKey"] != first["SecretAccessKey"]
    until = second["PreviousSecretUntil"] - datetime.datetime.now(datetime.UTC)
    assert abs(until - datetime.timedelta(hours=24)) < datetime.timedelta(minutes=1)
    for key in (first, second):
        stock(gateway, key).list_collections()
    third = keys.rotate_key(AccessKeyId=first["AccessKeyId"], GraceHours=0)
    stock(gateway, third).list_collections()
    for key in (first, second):
        with pytest.raises(ClientError) as caught:
            stock(gateway, key).list_collections()
        assert refused(caught) == WRONG


def test_deletion_is_at_once_and_complete(cloud: Cloud, gateway: Gateway, keys: Any) -> None:
    key = keys.create_key(Name="k")
    client = stock(gateway, key)
    client.list_collections()
    keys.delete_key(AccessKeyId=key["AccessKeyId"])
    with pytest.raises(ClientError) as caught:
        client.list_collections()
    assert refused(caught) == UNKNOWN
    assert cloud.clients.secrets.list_secrets()["SecretList"] == []
    for operation in ("delete_key", "rotate_key"):
        with pytest.raises(keys.exceptions.ResourceNotFoundException, match="There is no key TWAK"):
            getattr(keys, operation)(AccessKeyId=key["AccessKeyId"])
    assert keys.list_keys()["Keys"] == []


def test_secrets_are_told_once_and_lie_in_secrets_manager_alone(cloud: Cloud, gateway: Gateway, keys: Any) -> None:
    made = keys.create_key(Name="k", Scope={"ReadOnly": True, "Project": "p", "Collection": "c"})
    rotated = keys.rotate_key(AccessKeyId=made["AccessKeyId"])
    told = json.dumps([keys.list_keys(), cloud.clients.dynamodb.scan(TableName=cloud.table)], default=str)
    for key in (made, rotated):
        assert is_own_key(key["AccessKeyId"])
        assert len(key["SecretAccessKey"]) == 40
        assert key["SecretAccessKey"] not in told
    (secret,) = cloud.clients.secrets.list_secrets()["SecretList"]
    assert secret["Name"] == f"trackway/keys/{made['AccessKeyId']}"


def test_keys_are_listed_page_by_page_with_what_they_allow(gateway: Gateway, keys: Any) -> None:
    made = {keys.create_key(Name=f"key {number}", Scope={"Collection": f"c{number}"})["AccessKeyId"]: number for number in range(7)}
    pages = list(keys.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["Keys"]) for page in pages] == [3, 3, 1]
    listed = [key for page in pages for key in page["Keys"]]
    assert [key["AccessKeyId"] for key in listed] == sorted(made)
    for key in listed:
        number = made[key["AccessKeyId"]]
        assert (key["Name"], key["Scope"]) == (f"key {number}", {"Collection": f"c{number}"})
        assert set(key) == {"AccessKeyId", "Name", "Scope", "CreatedAt"}
    with pytest.raises(keys.exceptions.InvalidPaginationTokenException):
        keys.list_keys(NextToken="x")


def test_use_is_remembered(gateway: Gateway, keys: Any) -> None:
    key = keys.create_key(Name="k")
    stock(gateway, key).list_collections()
    (listed,) = keys.list_keys()["Keys"]
    assert abs(listed["LastUsedAt"] - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=1)


def test_keys_make_no_keys(gateway: Gateway, keys: Any) -> None:
    key = keys.create_key(Name="k")
    own: Any = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"], "region_name": REGION}
    client = trackway_client.trackway(f"{gateway.url}/keys", config=ONCE, **own)
    for operation, members in (("create_key", {"Name": "x"}), ("list_keys", {}), ("delete_key", {"AccessKeyId": key["AccessKeyId"]})):
        with pytest.raises(client.exceptions.AccessDeniedException, match=f"User: {key['AccessKeyId']} is not authorized to perform"):
            getattr(client, operation)(**members)
    assert len(keys.list_keys()["Keys"]) == 1


@pytest.mark.parametrize(
    ("scope", "allowed", "denied"),
    [
        ({"ReadOnly": True}, ["list_collections", "describe", "search"], ["create", "delete", "start"]),
        ({"Collection": "c"}, ["describe", "create", "search"], ["list_collections", "describe_other", "start"]),
        ({"Collection": "c", "ReadOnly": True}, ["describe", "search"], ["create", "delete", "list_collections"]),
        ({"Project": "p"}, ["start"], ["list_collections", "describe", "create"]),
        ({"Project": "p", "Collection": "c"}, ["start", "describe", "create"], ["list_collections", "describe_other"]),
        ({"Project": "p", "ReadOnly": True}, ["get"], ["start", "describe"]),
    ],
    ids=str,
)
def test_a_scoped_key_may_do_this_and_not_that(
    cloud: Cloud, gateway: Gateway, keys: Any, scope: dict[str, Any], allowed: list[str], denied: list[str]
) -> None:
    trackway_client.rekognition(gateway.url, config=ONCE, **IAM).create_collection(CollectionId="c")
    video: Any = {"S3Object": {"Bucket": cloud.videos, "Name": cloud.put_video().name}}
    client = stock(gateway, keys.create_key(Name="k", Scope=scope))
    face: Any = {"CollectionId": "c", "FaceId": "0" * 8 + "-0000-0000-0000-" + "0" * 12}
    calls: dict[str, Any] = {
        "list_collections": client.list_collections,
        "describe": lambda: client.describe_collection(CollectionId="c"),
        "describe_other": lambda: client.describe_collection(CollectionId="other"),
        "search": lambda: client.list_faces(CollectionId="c"),
        "create": lambda: client.create_user(CollectionId="c", UserId="u"),
        "delete": lambda: client.delete_faces(CollectionId="c", FaceIds=[face["FaceId"]]),
        "start": lambda: client.start_person_tracking(Video=video),
        "get": lambda: client.get_person_tracking(JobId="0" * 64),
    }
    for name in allowed:
        try:
            calls[name]()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"  # noqa: PT017 - whether it was let in is the question
    for name in denied:
        with pytest.raises(client.exceptions.AccessDeniedException, match="is not authorized to perform: rekognition:"):
            calls[name]()


def test_a_project_sees_its_own_jobs_alone(cloud: Cloud, gateway: Gateway, keys: Any) -> None:
    video: Any = {"S3Object": {"Bucket": cloud.videos, "Name": cloud.put_video().name}}
    mine, other = (stock(gateway, keys.create_key(Name=name, Scope={"Project": name})) for name in ("mine", "other"))
    job_id = mine.start_person_tracking(Video=video)["JobId"]
    assert mine.get_person_tracking(JobId=job_id)["JobStatus"] == "IN_PROGRESS"
    with pytest.raises(other.exceptions.ResourceNotFoundException):
        other.get_person_tracking(JobId=job_id)
    record = cloud.jobs.get(job_id)
    assert record is not None
    assert (record.project, record.answers(Api.PERSON_TRACKING)) == ("mine", True)


# What a ring costs, and how it stands time and crashes.


class Ledger:
    """Records and secrets in memory, which count every question."""

    def __init__(self, *records: KeyRecord) -> None:
        self.records = {record.access_key_id: record for record in records}
        self.secrets = {(record.access_key_id, version): SECRET for record in records for version in (record.secret_version, None)}
        self.asked: list[str] = []
        self.uses: list[float] = []

    def get(self, access_key_id: str) -> KeyRecord | None:
        self.asked.append("record")
        return self.records.get(access_key_id)

    def used(self, access_key_id: str, at: float) -> None:
        self.uses.append(at)

    def read(self, access_key_id: str, version: str | None) -> str | None:
        self.asked.append("secret")
        return self.secrets.get((access_key_id, version))

    def is_signed(self, secret: str, request: SignedRequest, claim: Claim) -> bool:
        self.asked.append("signature")
        return is_signed_by(secret, request, claim)


KEY = "TWAK" + "C" * 16
RECORD = KeyRecord(KEY, "k", 0.0, "v1")
MOMENT = datetime.datetime(2026, 11, 21, 12, 0, 0, tzinfo=datetime.UTC).timestamp()


def signed(key: str = KEY, secret: str = SECRET, at: str = "20261121T120000Z") -> SignedRequest:
    request = reference(plain(headers={**plain().headers, "x-amz-date": at}), secret=secret)
    return request._replace(headers={**request.headers, "authorization": request.headers["authorization"].replace("=KEY/", f"={key}/")})


def ring(ledger: Ledger, clock: Clock | None = None) -> KeyRing:
    return KeyRing(ledger, ledger, region=REGION, clock=clock or Clock(MOMENT), is_signed=ledger.is_signed)


@pytest.mark.parametrize("again", [False, True])
def test_an_unknown_key_costs_what_a_wrong_signature_costs(again: bool) -> None:
    work = []
    for key, secret, kind in ((KEY, "wrong", InvalidSignature), ("TWAK" + "D" * 16, SECRET, UnknownKey), ("AKIAX", SECRET, UnknownKey)):
        ledger = Ledger(RECORD)
        door = ring(ledger)
        for _ in range(1 + again):
            ledger.asked.clear()
            with pytest.raises(kind):
                door.caller([signed(key, secret)], "123456789012")
        work.append(ledger.asked)
    assert work[0] == (["record"] if again else ["record", "secret"]) + ["signature"] * 2
    assert work[0] == work[1] == work[2]


def test_a_secret_is_asked_for_once_and_a_record_every_time() -> None:
    ledger = Ledger(RECORD)
    door = ring(ledger)
    for _ in range(5):
        assert door.caller([signed()], "123456789012") == Caller("123456789012", REGION, KEY)
    assert (ledger.asked.count("secret"), ledger.asked.count("record")) == (1, 5)
    ledger.records.clear()
    with pytest.raises(UnknownKey):
        door.caller([signed()], "123456789012")


def test_invented_keys_push_no_good_one_out_and_are_not_kept_forever() -> None:
    ledger = Ledger(RECORD)
    door = ring(ledger)
    door.caller([signed()], "1")
    for number in range(1200):
        with pytest.raises(UnknownKey):
            door.caller([signed(f"TWAK{number:016}".translate(str.maketrans("0189", "ABCD")))], "1")
    ledger.asked.clear()
    door.caller([signed()], "1")
    assert "secret" not in ledger.asked
    assert door._miss.cache_info().currsize <= 1000


def test_the_previous_secret_ends_on_the_second() -> None:
    ledger = Ledger(KeyRecord(KEY, "k", 0.0, "v2", previous_version="v1", previous_until=MOMENT + 10))
    ledger.secrets |= {(KEY, "v1"): "old", (KEY, "v2"): SECRET}
    clock = Clock(MOMENT)
    door = ring(ledger, clock)
    door.caller([signed(secret="old")], "1")
    clock.turn(seconds=9)
    door.caller([signed(secret="old")], "1")
    clock.turn(seconds=1)
    with pytest.raises(InvalidSignature):
        door.caller([signed(secret="old")], "1")
    door.caller([signed()], "1")


def test_a_replay_works_for_five_minutes_and_no_longer() -> None:
    clock = Clock(MOMENT)
    door = ring(Ledger(RECORD), clock)
    replayed = signed()
    clock.turn(seconds=300)
    door.caller([replayed], "1")
    clock.turn(seconds=1)
    with pytest.raises(InvalidSignature, match="Signature expired"):
        door.caller([replayed], "1")


def test_use_is_written_every_five_minutes_at_most(cloud: Cloud) -> None:
    store, clock, written = KeyStore(cloud.clients.dynamodb, cloud.table), Clock(MOMENT), []
    store.put(RECORD)

    class Stored(Ledger):
        def get(self, access_key_id: str) -> KeyRecord | None:
            return store.get(access_key_id)

        def used(self, access_key_id: str, at: float) -> None:
            written.append(at)
            store.used(access_key_id, at)

    door = ring(Stored(RECORD), clock)
    for _ in range(30):
        moment = datetime.datetime.fromtimestamp(clock.now, datetime.UTC)
        door.caller([signed(at=f"{moment:%Y%m%dT%H%M%SZ}")], "1")
        clock.turn(seconds=60)
    assert written == [MOMENT + 300 * step for step in range(6)]


def test_a_deleted_key_does_not_come_back_by_its_use(cloud: Cloud) -> None:
    store = KeyStore(cloud.clients.dynamodb, cloud.table)
    store.put(RECORD)
    assert store.remove(KEY)
    store.used(KEY, MOMENT)
    assert store.get(KEY) is None
    assert not store.rotate(RECORD, "v2", MOMENT)
    assert not store.remove(KEY)


def test_two_rotations_at_once_leave_one_winner(cloud: Cloud) -> None:
    store = KeyStore(cloud.clients.dynamodb, cloud.table)
    store.put(RECORD)
    assert store.rotate(RECORD, "a", MOMENT)
    assert not store.rotate(RECORD, "b", MOMENT)
    found = store.get(KEY)
    assert found is not None
    assert (found.secret_version, found.previous_version) == ("a", "v1")


def test_a_secret_without_a_record_opens_nothing_and_can_be_removed(cloud: Cloud, gateway: Gateway, keys: Any) -> None:
    """A crash between the two writes of CreateKey or DeleteKey leaves just that."""
    secrets = KeySecrets(cloud.clients.secrets, "trackway/keys/")
    left = issue()
    secrets.create(left.access_key_id, left.version, left.secret)
    with pytest.raises(ClientError) as caught:
        stock(gateway, {"AccessKeyId": left.access_key_id, "SecretAccessKey": left.secret}).list_collections()
    assert refused(caught) == UNKNOWN
    with pytest.raises(keys.exceptions.ResourceNotFoundException):
        keys.delete_key(AccessKeyId=left.access_key_id)
    assert secrets.read(left.access_key_id, None) is None


def test_a_rotation_that_was_cut_short_leaves_the_key_as_it_was(cloud: Cloud, gateway: Gateway, keys: Any) -> None:
    key = keys.create_key(Name="k")
    unrecorded = issue(key["AccessKeyId"])
    KeySecrets(cloud.clients.secrets, "trackway/keys/").replace(key["AccessKeyId"], unrecorded.version, unrecorded.secret)
    stock(gateway, key).list_collections()
    with pytest.raises(ClientError):
        stock(gateway, key | {"SecretAccessKey": unrecorded.secret}).list_collections()
    stock(gateway, keys.rotate_key(AccessKeyId=key["AccessKeyId"])).list_collections()


def test_a_missing_secret_is_our_fault_and_not_remembered() -> None:
    ledger = Ledger(RECORD)
    del ledger.secrets[KEY, "v1"]
    door = ring(ledger)
    with pytest.raises(SystemFault):
        door.caller([signed()], "1")
    ledger.secrets[KEY, "v1"] = SECRET
    door.caller([signed()], "1")


# What the door tells the functions.


def test_nobody_says_who_they_are_but_the_door() -> None:
    seen: list[dict[str, Any]] = []

    def invoke(_: str, event: Any) -> dict[str, Any]:
        seen.append(event)
        return {"statusCode": 200, "body": "{}"}

    log: Any = logging.getLogger("contract")
    door = Door(invoke, {"ListCollections": "f"}, ring(Ledger(KeyRecord(KEY, "k", 0.0, "v1", read_only=True, project="p"))), log)
    forged = {"authorizer": {"trackway": {"identity": "root"}, "iam": {"userArn": "arn:aws:iam::1:user/u"}}}
    for path, headers in (("/", {"x-amz-target": "RekognitionService.ListCollections"}), ("/keys", dict(signed().headers))):
        event = http_event(path, headers, b"{}")
        event["requestContext"] |= forged | {"accountId": "123456789012"}
        assert door(event)["statusCode"] == 200
    assert HttpRequest.of(seen[0]).caller.identity == "arn:aws:iam::1:user/u"
    assert HttpRequest.of(seen[1]).caller == Caller("123456789012", REGION, KEY, read_only=True, project="p")
    assert list(seen[1]["requestContext"]["authorizer"]) == ["trackway"]


@pytest.mark.parametrize("route", ["POST /keys", "POST /keys/{operation}", "$default", "ANY /{proxy+}", "POST /x", None])
def test_every_route_but_one_wants_an_own_key(route: str | None) -> None:
    log: Any = logging.getLogger("contract")
    door = Door(lambda *_: pytest.fail("nothing may be handed on"), {"ListCollections": "f"}, ring(Ledger()), log)
    event = http_event("/", {"x-amz-target": "RekognitionService.ListCollections"}, b"{}") | {"routeKey": route}
    assert json.loads(door(event)["body"])["__type"] == "MissingAuthenticationTokenException"


def test_a_fault_behind_the_door_says_nothing_of_itself() -> None:
    def invoke(*_: Any) -> dict[str, Any]:
        raise SystemFault("The function f failed (Unhandled).")

    log: Any = logging.getLogger("contract")
    door = Door(invoke, {"ListCollections": "f"}, ring(Ledger(RECORD)), log)
    answer = door(http_event("/keys", dict(signed().headers), b"{}"))
    assert (answer["statusCode"], json.loads(answer["body"])["Message"]) == (500, "Internal server error")


def test_a_forgers_target_with_odd_characters_is_answered() -> None:
    log: Any = logging.getLogger("contract")
    door = Door(lambda *_: {}, {}, ring(Ledger()), log)
    assert door(http_event("/", {"x-amz-target": "\ud800" * 500}, b""))["statusCode"] == 400


def test_issued_keys_have_their_form() -> None:
    made = {issue() for _ in range(200)}
    assert all(is_own_key(one.access_key_id) and len(one.secret) == 40 for one in made)
    assert len({one.secret for one in made}) == len({one.access_key_id for one in made}) == 200
    assert not any(map(is_own_key, ("", "AKIAIOSFODNN7EXAMPLE", "TWAK" + "a" * 16, "TWAK" + "A" * 17, "arn:aws:iam::1:user/TWAK")))


def test_refusals_at_the_door_are_errors_of_the_caller() -> None:
    assert all(kind.exit_status == 2 for kind in (NotAuthenticated, UnknownKey, InvalidSignature))


# The command line.


def command(gateway: Gateway, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {
        "PATH": os.environ["PATH"],
        "HOME": "/nowhere",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_REKOGNITION": gateway.url,
        "COLUMNS": "160",
    }
    run = [sys.executable, "-m", "trackway.cli.main", "keys", *arguments]
    chosen = {name: value for name, value in (given | environment).items() if value}
    return subprocess.run(run, env=chosen, capture_output=True, text=True, check=False)


def test_a_key_is_made_listed_rotated_and_deleted_on_the_command_line(gateway: Gateway) -> None:
    made = command(gateway, "create", "camera 1", "--collection", "family", "--read-only")
    assert made.returncode == 0, made.stderr
    key = dict(line.split("=", 1) for line in made.stdout.splitlines())
    assert "not shown again" in made.stderr
    rotated = json.loads(command(gateway, "rotate", key["AWS_ACCESS_KEY_ID"], "--grace-hours", "1", "--json").stdout)
    assert rotated["AccessKeyId"] == key["AWS_ACCESS_KEY_ID"]
    shown = command(gateway, "list").stdout
    for part in (key["AWS_ACCESS_KEY_ID"], "camera 1", "collection family, to read", "UTC"):
        assert part in shown
    listed = json.loads(command(gateway, "list", "--json").stdout)
    assert [one["AccessKeyId"] for one in listed] == [key["AWS_ACCESS_KEY_ID"]]
    assert not {key["AWS_SECRET_ACCESS_KEY"], rotated["SecretAccessKey"]} & set(shown.split())
    assert command(gateway, "delete", key["AWS_ACCESS_KEY_ID"]).returncode == 1  # nobody said yes
    assert command(gateway, "delete", key["AWS_ACCESS_KEY_ID"], "--yes").returncode == 0
    gone = command(gateway, "delete", key["AWS_ACCESS_KEY_ID"], "--yes")
    assert (gone.returncode, gone.stdout) == (2, "")
    assert "There is no key" in gone.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "sentence"),
    [
        (["list"], {"AWS_ENDPOINT_URL_REKOGNITION": ""}, 2, "set AWS_ENDPOINT_URL_REKOGNITION to the output ApiUrl"),
        (["list"], {"AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:9"}, 1, "Could not connect to the endpoint URL"),
        (["list", "--endpoint-url", "http://127.0.0.1:9"], {}, 1, "whether the deployment is up"),
        (["list"], {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 2, "Expected credentials, found none"),
        (["list"], {"AWS_DEFAULT_REGION": ""}, 2, "Expected a region, found none"),
        (["create", "x", "--collection", "a b"], {}, 2, "at 'scope.collection' failed to satisfy constraint"),
        (["create", ""], {}, 2, "Invalid length for parameter Name"),
        (["list"], {"AWS_SECRET_ACCESS_KEY": "wrong"}, 2, "403"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    gateway: Gateway, arguments: list[str], environment: dict[str, str], status: int, sentence: str
) -> None:
    run = command(gateway, *arguments, **environment)
    assert (run.returncode, run.stdout) == (status, ""), run.stderr
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr

"""Every operation with the roles of the template enforced: each function may do what it does, and the embedded cloud says what it may not.

The emulator evaluates IAM policies where AUTH is set, for the requests of functions; what only reads the template is in tests/infra.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import Clip
from tests.e2e.running import FINAL, RunningCloud, until
from tests.e2e.test_recognizer import picture
from trackway.api.routes import FUNCTIONS
from trackway.local.environment import CREDENTIALS


class Guarded(RunningCloud):
    """A cloud whose functions have the rights of their roles and no others."""

    called: set[str]

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """One operation by plain HTTP, signed with IAM's keys; whatever is not an answer fails the test."""
        self.called.add(operation)
        service = "Trackway" if operation in TRACKWAY else "RekognitionService"
        headers = {"X-Amz-Target": f"{service}.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        url, body = f"{self.outputs['aws']}/{operation}", json.dumps(members).encode()
        signed = AWSRequest("POST", url, headers=headers, data=body)
        SigV4Auth(Credentials("test", "test"), "execute-api", CREDENTIALS["AWS_REGION"]).add_auth(signed)
        request = urllib.request.Request(url, body, dict(signed.headers))
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                content: dict[str, Any] = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{operation}: {error.code} {error.read().decode()}") from error
        return content

    def ended(self, operation: str, job_id: str) -> dict[str, Any] | None:
        """The first page, once the job is over."""
        page = self.call(operation, JobId=job_id)
        return page if page["JobStatus"] in FINAL else None


TRACKWAY = {*FUNCTIONS["keys"], "ExportFaces", "ImportFaces", "SearchAllFacesByImage"}


def admit_plain_http(cloud: RunningCloud) -> None:
    """Drop the policies that refuse requests without TLS, as all requests on this machine are; tests/infra reads them."""
    s3, sns = cloud.client("s3"), cloud.client("sns")
    for name in ("videos_bucket", "artifacts_bucket"):
        s3.delete_bucket_policy(Bucket=cloud.outputs[name])
    for topic in sns.list_topics()["Topics"]:
        policy = json.loads(sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["Policy"])
        policy["Statement"] = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
        sns.set_topic_attributes(TopicArn=topic["TopicArn"], AttributeName="Policy", AttributeValue=json.dumps(policy))


@pytest.fixture(scope="module")
def guarded(models: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    running = Guarded(tmp_path_factory.mktemp("guarded") / "state", {"AUTH": "true"})
    running.called = set()
    admit_plain_http(running)
    yield running
    running.stop()
    assert running.process.returncode == 0


def test_a_role_without_its_policy_can_do_nothing(guarded: Guarded) -> None:
    """That the others pass would mean nothing if policies were not enforced."""
    iam: Any = guarded.client("iam")
    (role,) = (role["RoleName"] for role in iam.list_roles()["Roles"] if "ApiCollectionsRole" in role["RoleName"])
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    assert guarded.call("ListCollections")["CollectionIds"] == []
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    with pytest.raises(AssertionError, match="ListCollections: 500"):
        guarded.call("ListCollections")
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    assert guarded.call("ListCollections")["CollectionIds"] == []
    (guarded.state / "logs" / "functions.log").write_text("")


def test_collections_faces_and_users(guarded: Guarded) -> None:
    call, bucket = guarded.call, guarded.outputs["videos_bucket"]
    guarded.client("s3").put_object(Bucket=bucket, Key="pictures/one.jpg", Body=picture())
    image = {"S3Object": {"Bucket": bucket, "Name": "pictures/one.jpg"}}
    name = f"guarded-{uuid.uuid4().hex[:8]}"
    arn = call("CreateCollection", CollectionId=name, Tags={"team": "red"})["CollectionArn"]
    call("TagResource", ResourceArn=arn, Tags={"team": "blue"})
    assert call("ListTagsForResource", ResourceArn=arn)["Tags"] == {"team": "blue"}
    call("UntagResource", ResourceArn=arn, TagKeys=["team"])
    call("CreateUser", CollectionId=name, UserId="eileen", ClientRequestToken="once")
    call("DetectFaces", Image=image)
    call("CompareFaces", SourceImage=image, TargetImage=image)
    (record,) = call("IndexFaces", CollectionId=name, Image=image)["FaceRecords"]
    face = record["Face"]["FaceId"]
    assert len(call("SearchFacesByImage", CollectionId=name, Image=image)["FaceMatches"]) == 1
    assert len(call("SearchAllFacesByImage", CollectionId=name, Image=image)["SearchedFaces"]) == 1
    call("SearchFaces", CollectionId=name, FaceId=face)
    assert len(call("AssociateFaces", CollectionId=name, UserId="eileen", FaceIds=[face])["AssociatedFaces"]) == 1
    call("SearchUsers", CollectionId=name, FaceId=face)
    assert len(call("SearchUsersByImage", CollectionId=name, Image=image)["UserMatches"]) == 1
    assert len(call("ListUsers", CollectionId=name)["Users"]) == 1
    assert len(call("ListFaces", CollectionId=name)["Faces"]) == 1
    exported = call("ExportFaces", CollectionId=name)
    call("CreateCollection", CollectionId=f"{name}-copy")
    copied = call("ImportFaces", CollectionId=f"{name}-copy", Embedding=exported["Embedding"], Faces=exported["Faces"])
    assert copied["Stored"] == 1
    assert len(call("DisassociateFaces", CollectionId=name, UserId="eileen", FaceIds=[face])["DisassociatedFaces"]) == 1
    call("DeleteUser", CollectionId=name, UserId="eileen")
    assert call("DeleteFaces", CollectionId=name, FaceIds=[face])["DeletedFaces"] == [face]
    assert call("DescribeCollection", CollectionId=name)["FaceCount"] == 0
    for collection in (name, f"{name}-copy"):
        call("DeleteCollection", CollectionId=collection)
    until(lambda: not list((guarded.state / "vectors").glob("*")))  # the janitor came


def test_own_keys(guarded: Guarded) -> None:
    key = guarded.call("CreateKey", Name="reader")
    client = guarded.session().client(
        "rekognition",
        endpoint_url=f"{guarded.outputs['aws']}/keys",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert "CollectionIds" in client.list_collections()
    assert key["AccessKeyId"] in json.dumps(guarded.call("ListKeys"))
    guarded.call("RotateKey", AccessKeyId=key["AccessKeyId"])
    guarded.call("DeleteKey", AccessKeyId=key["AccessKeyId"])


def test_videos(guarded: Guarded, sample_clip: Clip) -> None:
    call, bucket = guarded.call, guarded.outputs["videos_bucket"]
    guarded.client("s3").put_object(Bucket=bucket, Key="clips/one.mp4", Body=sample_clip.path.read_bytes())
    video = {"S3Object": {"Bucket": bucket, "Name": "clips/one.mp4"}}
    call("CreateCollection", CollectionId="seen")
    jobs = {
        "PersonTracking": call("StartPersonTracking", Video=video)["JobId"],
        "FaceDetection": call("StartFaceDetection", Video=video)["JobId"],
        "FaceSearch": call("StartFaceSearch", Video=video, CollectionId="seen")["JobId"],
    }
    for kind, job_id in jobs.items():
        ended = until(partial(guarded.ended, f"Get{kind}", job_id), 200)
        assert ended["JobStatus"] == "SUCCEEDED", ended


def test_every_operation_was_called_and_nothing_was_denied(guarded: Guarded) -> None:
    assert guarded.called == {operation for operations in FUNCTIONS.values() for operation in operations}
    log = Path(guarded.state, "logs", "functions.log").read_text(encoding="utf-8")
    assert [line for line in log.splitlines() if "AccessDenied" in line or "not authorized" in line] == []

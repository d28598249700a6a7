"""A deployment in which every operation has something to do, and a request of each, for stock clients at both doors."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config

from tests.cloud import REGION, Cloud, small_cloud
from tests.contract.conftest import routes
from tests.contract.gateway import ACCESS_KEY, SECRET_KEY, Gateway, serve
from tests.contract.test_get_video import SEARCH, finished
from tests.portraits import both, collins, hopper, jpeg
from trackway import client as trackway_client
from trackway.jobs.choices import Choices

__all__ = ["CALLS", "DOORS", "Call", "World", "method", "whole_world"]

DOORS = ("iam", "keys")
_ONCE = Config(retries={"total_max_attempts": 1})


@dataclass
class World:
    """Two people in a collection, a video job that succeeded, a key; and clients at both doors.

    Attributes:
        cloud: what lies behind.
        gateway: with a stage in its path and IAM's authorizer at every route but /keys.
        keys: access key id and secret, by door.
        faces: face id by person.
        job: id of a job that every Get operation can be asked for.
    """

    cloud: Cloud
    gateway: Gateway
    keys: dict[str, dict[str, str]]
    faces: dict[str, str] = field(default_factory=dict)
    job: str = ""
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _stock: dict[tuple[str, bool], Any] = field(default_factory=dict)

    @property
    def client(self) -> Any:
        """Stock boto3, to prepare things."""
        return self.stock("keys")

    @property
    def video(self) -> dict[str, Any]:
        """A video in S3."""
        return {"S3Object": {"Bucket": self.cloud.videos, "Name": "uploads/clip.mp4"}}

    @property
    def picture(self) -> dict[str, Any]:
        """A picture in S3: Hopper, and a smaller Collins."""
        return {"S3Object": {"Bucket": self.cloud.videos, "Name": "both.jpg"}}

    def url(self, door: str) -> str:
        """Where a door is."""
        return self.gateway.url + ("/keys" if door == "keys" else "")

    def stock(self, door: str, *, validate: bool = True) -> Any:
        """boto3's own client: with the overlay at IAM's door, with nothing at the other."""
        if (door, validate) not in self._stock:
            self._stock[door, validate] = self._made(door, validate)
        return self._stock[door, validate]

    def _made(self, door: str, validate: bool) -> Any:
        core = botocore.session.Session()
        if door == "iam":
            core.set_config_variable("data_path", str(trackway_client.overlay_path()))
        config = _ONCE.merge(Config(parameter_validation=validate))
        session = boto3.session.Session(botocore_session=core, region_name=REGION, **self.keys[door])
        return session.client("rekognition", endpoint_url=self.url(door), config=config)

    def own(self, door: str) -> Any:
        """The client of our own operations."""
        return trackway_client.trackway(self.url(door), region_name=REGION, config=_ONCE, **self.keys[door])

    def new(self) -> str:
        """A name that nothing has yet."""
        return f"new-{next(self._numbers)}"

    def collection(self) -> str:
        """A new collection."""
        name = self.new()
        self.client.create_collection(CollectionId=name)
        return name

    def user(self) -> str:
        """A new user of the collection."""
        name = self.new()
        self.client.create_user(CollectionId="family", UserId=name)
        return name

    def face(self) -> str:
        """Hopper's face once more, under a new id."""
        given = {"CollectionId": "family", "Image": self.picture, "ExternalImageId": self.new(), "MaxFaces": 1}
        return str(self.client.index_faces(**given)["FaceRecords"][0]["Face"]["FaceId"])

    def owner(self) -> dict[str, Any]:
        """A new user and its only face."""
        user, face = self.user(), self.face()
        self.client.associate_faces(CollectionId="family", UserId=user, FaceIds=[face])
        return {"UserId": user, "FaceIds": [face]}

    def arn(self) -> str:
        """The collection's ARN."""
        return str(self.client.describe_collection(CollectionId="family")["CollectionARN"])

    def key(self) -> str:
        """A new key."""
        return str(self.own("iam").create_key(Name=self.new())["AccessKeyId"])

    def exported(self) -> dict[str, Any]:
        """The collection's faces as ImportFaces takes them."""
        page = self.own("iam").export_faces(CollectionId="family")
        return {"Embedding": {"Digest": page["Embedding"]["Digest"]}, "Faces": page["Faces"]}


class Call(NamedTuple):
    """A request that succeeds.

    Attributes:
        members: of the request.
        untold: members of the answer's shape that this answer has not; every other is there.
    """

    members: Callable[[World], dict[str, Any]]
    untold: frozenset[str] = frozenset()


def _get(**given: Any) -> Call:
    return Call(lambda world: {"JobId": world.job, "MaxResults": 5, **given}, frozenset({"StatusMessage"}))


def _in_family(*untold: str, **given: Callable[[World], Any] | Any) -> Call:
    """A request about the collection; what is callable is asked when the request is made."""
    return Call(
        lambda world: {"CollectionId": "family"} | {name: value(world) if callable(value) else value for name, value in given.items()},
        frozenset(untold),
    )


def _picture(world: World) -> dict[str, Any]:
    return world.picture


CALLS: dict[str, Call] = {
    "StartPersonTracking": Call(lambda world: {"Video": world.video}),
    "StartFaceDetection": Call(lambda world: {"Video": world.video, "FaceAttributes": "ALL"}),
    "StartFaceSearch": Call(lambda world: {"Video": world.video, "CollectionId": "family"}),
    "GetPersonTracking": _get(SortBy="INDEX"),
    "GetFaceDetection": _get(),
    "GetFaceSearch": _get(SortBy="TIMESTAMP"),
    "CreateCollection": Call(lambda world: {"CollectionId": world.new(), "Tags": {"team": "research"}}),
    "DescribeCollection": _in_family(),
    "DeleteCollection": Call(lambda world: {"CollectionId": world.collection()}),
    "ListCollections": Call(lambda world: {"MaxResults": 1} if world.collection() else {}),
    "TagResource": Call(lambda world: {"ResourceArn": world.arn(), "Tags": {"team": "research"}}),
    "UntagResource": Call(lambda world: {"ResourceArn": world.arn(), "TagKeys": ["other"]}),
    "ListTagsForResource": Call(lambda world: {"ResourceArn": world.arn()}),
    "IndexFaces": _in_family("OrientationCorrection", Image=_picture, DetectionAttributes=["ALL"]),
    "ListFaces": _in_family(MaxResults=1),
    "DeleteFaces": _in_family(FaceIds=lambda world: [world.face()]),
    "SearchFaces": _in_family(FaceId=lambda world: world.faces["grace"]),
    "SearchFacesByImage": _in_family(Image=_picture),
    "DetectFaces": Call(lambda world: {"Image": world.picture}, frozenset({"OrientationCorrection"})),
    "CompareFaces": Call(
        lambda world: {"SourceImage": world.picture, "TargetImage": world.picture},
        frozenset({"SourceImageOrientationCorrection", "TargetImageOrientationCorrection"}),
    ),
    "CreateUser": _in_family(UserId=World.new),
    "DeleteUser": _in_family(UserId=World.user),
    "ListUsers": _in_family(MaxResults=1),
    "AssociateFaces": _in_family(UserId=World.user, FaceIds=lambda world: [world.face()]),
    "DisassociateFaces": Call(lambda world: {"CollectionId": "family"} | world.owner()),
    "SearchUsers": _in_family("SearchedUser", FaceId=lambda world: world.faces["grace"]),
    "SearchUsersByImage": _in_family(Image=_picture),
    "SearchAllFacesByImage": _in_family(Image=_picture),
    "ExportFaces": _in_family(MaxResults=1),
    "ImportFaces": Call(lambda world: {"CollectionId": world.collection()} | world.exported()),
    "CreateKey": Call(lambda world: {"Name": world.new()}),
    "ListKeys": Call(lambda world: {"MaxResults": 1} if world.key() else {}),
    "RotateKey": Call(lambda world: {"AccessKeyId": world.key()}),
    "DeleteKey": Call(lambda world: {"AccessKeyId": world.key()}),
}
"""One request of every operation that is served."""


@contextmanager
def whole_world() -> Iterator[World]:
    """A world for all tests of a module."""
    with small_cloud() as cloud, pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_SESSION_TOKEN")
        patch.setenv("AWS_REGION", REGION)  # as in every function on AWS: ARNs are the same at both doors
        with serve(routes(cloud), prefix="/prod", scope_service="execute-api") as gateway:
            iam = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
            world = World(cloud, gateway, {"iam": iam})
            key = world.own("iam").create_key(Name="whole")
            world.keys["keys"] = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
            cloud.put_video()
            cloud.put_video("both.jpg", jpeg(both()))
            client = world.client
            client.create_collection(CollectionId="family")
            for name, picture in {"grace": hopper(), "eileen": collins()}.items():
                indexed = client.index_faces(CollectionId="family", Image={"Bytes": jpeg(picture)}, ExternalImageId=name)
                world.faces[name] = indexed["FaceRecords"][0]["Face"]["FaceId"]
                client.create_user(CollectionId="family", UserId=name)
                client.associate_faces(CollectionId="family", UserId=name, FaceIds=[world.faces[name]])
            world.job = finished(cloud, choices=Choices(SEARCH, "shot:12")).job_id
            yield world


def method(client: Any, operation: str) -> Callable[..., dict[str, Any]]:
    """The client's method of an operation."""
    found: Callable[..., dict[str, Any]] = getattr(client, xform_name(operation))
    return found

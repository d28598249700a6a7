"""Still images and vectors: the function that looks at pictures, and the one that tidies up after it."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import access
from infra.image_function import ImageFunction
from infra.settings import Settings
from infra.storage import VECTOR_PREFIX, Storage

__all__ = ["API_TIMEOUT", "Recognition"]

API_TIMEOUT = Duration.seconds(29)  # API Gateway gives up after 30
JANITOR_TIMEOUT = Duration.minutes(15)  # the most that Lambda gives
JANITOR_DISK_MIB = 10_240  # what is compacted or indexed is sorted on the disk


class Recognition(Construct):
    """Functions recognizer and janitor, of one image, over the vectors bucket and the table."""

    def __init__(self, scope: Construct, id: str, *, storage: Storage, settings: Settings) -> None:
        super().__init__(scope, id)
        told = {"TRACKWAY_TABLE": storage.table.table_name, "TRACKWAY_VECTORS_URI": storage.vectors_uri}
        self.janitor = ImageFunction(
            self,
            "Janitor",
            name="janitor",
            settings=settings,
            timeout=JANITOR_TIMEOUT,
            disk_mib=JANITOR_DISK_MIB,
            environment=told,
        )
        self.recognizer = ImageFunction(
            self,
            "Recognizer",
            name="recognizer",
            settings=settings,
            timeout=API_TIMEOUT,
            environment=told
            | {
                "TRACKWAY_VIDEOS_BUCKET": storage.videos.bucket_name,
                "TRACKWAY_JANITOR_FUNCTION": self.janitor.function_name,
                "TRACKWAY_LIMITS": settings.limits_json,
            },
        )
        for role in (self.janitor, self.recognizer):
            _keep_vectors(role, storage)
        access.read_objects(self.recognizer, storage.videos)
        access.invoke(self.recognizer, self.janitor)
        access.read_items(self.recognizer, storage.table, "GetItem", "BatchGetItem", "Query")
        access.write_items(self.recognizer, storage.table, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
        access.read_items(self.janitor, storage.table, "GetItem", "BatchGetItem", "Query")
        access.write_items(self.janitor, storage.table, "DeleteItem", "BatchWriteItem")
        events.Rule(
            self,
            "Tidy",
            description="Vectors are tidied up",
            schedule=events.Schedule.rate(Duration.minutes(settings.janitor_minutes)),
            targets=[targets.LambdaFunction(self.janitor)],  # no dead letters: what is not done now is done next time
        )


def _keep_vectors(who: iam.IGrantable, storage: Storage) -> None:
    access.read_objects(who, storage.vectors, VECTOR_PREFIX)
    access.write_objects(who, storage.vectors, VECTOR_PREFIX)
    access.delete_objects(who, storage.vectors, VECTOR_PREFIX)

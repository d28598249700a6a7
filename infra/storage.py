"""What is kept: videos, artifacts, the job table, and the keys and topics beside them."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.settings import Settings

__all__ = ["ARTIFACT_PREFIX", "ENGINE_PREFIX", "UPLOAD_PREFIX", "VECTOR_PREFIX", "Storage"]

UPLOAD_PREFIX = "uploads/"
ARTIFACT_PREFIX = "jobs/"
ENGINE_PREFIX = "engines/"  # TensorRT engines, which workers build for each other
VECTOR_PREFIX = "vectors/"


class Storage(Construct):
    """Buckets, table, topics. Source videos and what is learned about people lie under two different keys."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        self._removal = RemovalPolicy.RETAIN if settings.retain_data else RemovalPolicy.DESTROY
        self.video_key = self._key("VideoKey", "Source videos")
        self.result_key = self._key("ResultKey", "Results, artifacts and messages")
        self.access_logs = self._bucket("AccessLogs", key=None, log_to=None, expire_days=90)
        self.videos = self._bucket("Videos", key=self.video_key, log_to=self.access_logs, expire_days=None)
        self.artifacts = self._bucket("Artifacts", key=self.result_key, log_to=self.access_logs, expire_days=settings.artifact_days)
        # What was deleted from a collection is gone: LanceDB keeps the versions that it needs, the bucket none of them.
        self.vectors = self._bucket("Vectors", key=self.result_key, log_to=self.access_logs, expire_days=None, versioned=False)
        self.vectors_uri = f"s3://{self.vectors.bucket_name}/{VECTOR_PREFIX.rstrip('/')}"
        self._send_events(self.videos)
        self.table = dynamodb.Table(
            self,
            "Jobs",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.result_key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True),
            time_to_live_attribute="expires_at",
            deletion_protection=settings.retain_data,
            removal_policy=self._removal,
        )
        self.completions = self._topic("Completions", "A job has ended")
        self.alarms = self._topic("Alarms", "Something needs an operator")
        self._let_alarms_publish()
        for address in settings.alarm_emails:
            self.alarms.add_subscription(subscriptions.EmailSubscription(address))

    def _key(self, id: str, description: str) -> kms.Key:
        return kms.Key(self, id, description=f"Trackway: {description}", enable_key_rotation=True, removal_policy=self._removal)

    def _bucket(
        self, id: str, *, key: kms.Key | None, log_to: s3.Bucket | None, expire_days: int | None, versioned: bool = True
    ) -> s3.Bucket:
        """A private, TLS-only bucket. Access logs can be written under S3's own key only."""
        return s3.Bucket(
            self,
            id,
            versioned=versioned,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            server_access_logs_bucket=log_to,
            server_access_logs_prefix=f"{id.lower()}/" if log_to else None,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                    noncurrent_version_expiration=Duration.days(7) if versioned else None,
                    expiration=Duration.days(expire_days) if expire_days else None,
                )
            ],
            removal_policy=self._removal,
        )

    def _send_events(self, bucket: s3.Bucket) -> None:
        """Send object events to EventBridge by the template's own property: CDK's switch would bring a Lambda of its own."""
        resource = cast(s3.CfnBucket, bucket.node.default_child)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )

    def _topic(self, id: str, display_name: str) -> sns.Topic:
        return sns.Topic(self, id, display_name=f"Trackway: {display_name}", master_key=self.result_key, enforce_ssl=True)

    def _let_alarms_publish(self) -> None:
        """A topic with a policy of its own, as TLS-only ones are, no longer admits CloudWatch by itself."""
        cloudwatch = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        self.result_key.grant(cloudwatch, "kms:Decrypt", "kms:GenerateDataKey")
        self.alarms.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[cloudwatch],
                actions=["sns:Publish"],
                resources=[self.alarms.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

"""What is kept is private, encrypted, versioned and does not stay for ever."""

from __future__ import annotations

from tests.infra.template import Template, plain, text


def test_buckets_are_private_versioned_and_encrypted(template: Template) -> None:
    keys = {}
    for logical_id, bucket in template.of("AWS::S3::Bucket").items():
        # A vector that was deleted is gone: no earlier version of it is kept.
        versioned = plain(logical_id) != "StorageVectors"
        assert bucket.get("VersioningConfiguration") == ({"Status": "Enabled"} if versioned else None)
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        keys[plain(logical_id)] = text(rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID", "S3"))
    # What is learned about people lies under another key than the videos.
    assert keys == {
        "StorageAccessLogs": "S3",
        "StorageVideos": "<StorageVideoKey.Arn>",
        "StorageArtifacts": "<StorageResultKey.Arn>",
        "StorageVectors": "<StorageResultKey.Arn>",
    }


def test_keys_rotate(template: Template) -> None:
    assert all(key["EnableKeyRotation"] for key in template.of("AWS::KMS::Key").values())


def test_access_is_logged(template: Template) -> None:
    for name in ("StorageVideos", "StorageArtifacts", "StorageVectors"):
        assert text(template.one("AWS::S3::Bucket", name)["LoggingConfiguration"]["DestinationBucketName"]) == "<StorageAccessLogs>"


def test_artifacts_and_half_uploads_expire(template: Template) -> None:
    for logical_id, bucket in template.of("AWS::S3::Bucket").items():
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
        if plain(logical_id) != "StorageVectors":
            assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
        assert rule.get("ExpirationInDays") == {"StorageArtifacts": 30, "StorageAccessLogs": 90}.get(plain(logical_id))


def test_only_uploads_announce_themselves(template: Template) -> None:
    announcing = [plain(name) for name, bucket in template.of("AWS::S3::Bucket").items() if "NotificationConfiguration" in bucket]
    assert announcing == ["StorageVideos"]  # artifacts do not: nothing that we write can start a job


def test_the_table_forgets_and_recovers(template: Template) -> None:
    table = template.one("AWS::DynamoDB::Table", "StorageJobs")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert text(table["SSESpecification"]["KMSMasterKeyId"]) == "<StorageResultKey.Arn>"
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]


def test_production_data_outlives_its_stack(templates: dict[str, Template]) -> None:
    for env_name, policy in (("prod", "Retain"), ("dev", "Delete")):
        for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"):
            for logical_id in templates[env_name].of(kind):
                assert templates[env_name].resources[logical_id]["DeletionPolicy"] == policy
    assert templates["prod"].one("AWS::DynamoDB::Table", "StorageJobs")["DeletionProtectionEnabled"] is True


def test_topics_are_encrypted(template: Template) -> None:
    assert {text(topic["KmsMasterKeyId"]) for topic in template.of("AWS::SNS::Topic").values()} == {"<StorageResultKey.Arn>"}

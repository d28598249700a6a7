"""Own keys in the embedded cloud: issued by the command line, used by a stock boto3 that changes nothing but endpoint and keys."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.e2e.running import RunningCloud


def trackway(cloud: RunningCloud, *words: str) -> Any:
    """What `trackway keys ...` prints; as JSON, where it prints anything."""
    environment = cloud.environment | {"AWS_ENDPOINT_URL_REKOGNITION": f"{cloud.outputs['aws']}/api"}
    command = [sys.executable, "-m", "trackway.cli.main", "keys", *words, *(["--json"] if words[0] != "delete" else [])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in command else None


def client(cloud: RunningCloud, key: dict[str, str], secret: str = "", path: str = "/api/keys") -> Any:
    make: Any = boto3.Session(key["AccessKeyId"], secret or key["SecretAccessKey"], region_name=cloud.environment["AWS_REGION"]).client
    return make("rekognition", endpoint_url=cloud.outputs["aws"] + path, config=Config(retries={"total_max_attempts": 1}))


def refusal(call: Any, **members: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**members)
    code: str = refused.value.response["Error"]["Code"]
    return code


@pytest.mark.parametrize("path", ["/api/keys", "/api/keys/"])
def test_a_stock_client_signs_with_an_own_key(cloud: RunningCloud, path: str) -> None:
    key = trackway(cloud, "create", "e2e")
    name = f"keys-{uuid.uuid4().hex[:8]}"
    rekognition = client(cloud, key, path=path)
    rekognition.create_collection(CollectionId=name)
    assert rekognition.describe_collection(CollectionId=name)["FaceCount"] == 0
    rekognition.delete_collection(CollectionId=name)
    assert refusal(client(cloud, key, "x" * 40, path).list_collections) == "InvalidSignatureException"
    (known,) = (listed for listed in trackway(cloud, "list") if listed["AccessKeyId"] == key["AccessKeyId"])
    assert known["LastUsedAt"]
    assert "SecretAccessKey" not in known


def test_rotation_has_a_grace_and_deletion_none(cloud: RunningCloud) -> None:
    key = trackway(cloud, "create", "turning")
    turned = trackway(cloud, "rotate", key["AccessKeyId"])
    for secret in (key["SecretAccessKey"], turned["SecretAccessKey"]):
        client(cloud, key, secret).list_collections()
    trackway(cloud, "rotate", key["AccessKeyId"], "--grace-hours", "0")
    assert refusal(client(cloud, turned).list_collections) == "InvalidSignatureException"
    trackway(cloud, "delete", key["AccessKeyId"], "--yes")
    assert refusal(client(cloud, turned).list_collections) == "UnrecognizedClientException"


def test_a_scoped_key_opens_only_its_collection(cloud: RunningCloud) -> None:
    name = f"mine-{uuid.uuid4().hex[:8]}"
    everything = client(cloud, trackway(cloud, "create", "owner"))
    everything.create_collection(CollectionId=name)
    scoped = client(cloud, trackway(cloud, "create", "gate", "--collection", name, "--read-only"))
    assert scoped.list_faces(CollectionId=name)["Faces"] == []
    assert refusal(scoped.list_faces, CollectionId="another") == "AccessDeniedException"
    assert refusal(scoped.create_user, CollectionId=name, UserId="u") == "AccessDeniedException"
    everything.delete_collection(CollectionId=name)

"""The functions collections and recognizer over a test's cloud: records in its table, vectors in memory, the real networks."""

from __future__ import annotations

import base64
import functools
import json
import logging
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from mypy_boto3_rekognition import RekognitionClient

import trackway.api
from tests.cloud import REGION, Cloud
from tests.contract.gateway import Gateway
from tests.galleries import MemoryVectors
from trackway.api.cataloguing import cataloguing
from trackway.api.endpoint import Endpoint
from trackway.api.pictures import Pictures
from trackway.api.recognition import recognition
from trackway.api.tidying import Tidying
from trackway.identity.gallery import Gallery
from trackway.jobs.limits import Limits
from trackway.pipeline.still import StillReader

__all__ = ["ask", "own_model", "refused", "still_reader", "unchecked", "with_collections"]


@functools.cache
def still_reader() -> StillReader:
    """The networks of the default pack; loaded once for all tests."""
    return StillReader.open()


def with_collections(cloud: Cloud, limits: Limits) -> tuple[dict[str, Endpoint], dict[str, str]]:
    """The two functions, and which operation which of them serves.

    Args:
        cloud: its clock is theirs, and it gets what the janitor is told.
        limits: of the deployment.
    """
    log: Any = logging.getLogger("contract")
    reader = still_reader()
    gallery = Gallery(
        cloud.collections,
        MemoryVectors(),
        MemoryVectors(),
        similarity=reader.similarity,
        embedding=reader.embedding,
        collection_faces=limits.collection_faces,
        claim_days=limits.claim_days,
        clock=cloud.clock,
    )
    served = {
        "collections": cataloguing(gallery, limits),
        "recognizer": recognition(gallery, Pictures(reader, cloud.objects, limits), Tidying(cloud.tidied.append), limits),
    }
    functions = {name: Endpoint(operations, log) for name, operations in served.items()}
    return functions, {operation: name for name, operations in served.items() for operation in operations}


def unchecked(gateway: Gateway) -> RekognitionClient:
    """A client that sends whatever it is given."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return boto3.client("rekognition", region_name=REGION, endpoint_url=gateway.url, config=config)


def refused(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Code and message of a refusal."""
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def own_model() -> ServiceModel:
    """Our own operations, as botocore reads them; their file takes Rekognition's shapes as known."""
    (file,) = Path(trackway.api.__path__[0]).glob("service/trackway/*/service-2.json")
    own = json.loads(file.read_text())
    theirs = botocore.session.Session().get_component("data_loader").load_service_model("rekognition", "service-2")
    return ServiceModel(own | {"shapes": theirs["shapes"] | own["shapes"]}, "trackway")


def ask(gateway: Gateway, operation: str, **members: Any) -> tuple[int, Any]:
    """Status and body of one of our own operations; blobs are given as bytes."""

    def blob(value: Any) -> str:
        assert isinstance(value, bytes)
        return base64.b64encode(value).decode()

    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Trackway.{operation}"}
    request = urllib.request.Request(gateway.url, json.dumps(members, default=blob).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())

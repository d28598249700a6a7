"""A boto3 Rekognition client for a Trackway deployment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3.session
import botocore.session

from trackway.client.overlay import overlay_path

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.model import OperationModel
    from mypy_boto3_rekognition import RekognitionClient

__all__ = ["rekognition"]

_GATEWAY_HOST = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


def rekognition(endpoint_url: str | None = None, *, config: Config | None = None, **session: Any) -> RekognitionClient:
    """A client that is boto3's own in everything but where it goes and how it signs.

    It signs for API Gateway, sends every operation to its own route, so that each has its own limits and metrics, and knows
    `Options`, paginators ("get_person_tracking") and waiters ("person_tracking_finished").

    Args:
        endpoint_url: output ApiUrl of the stack; by default AWS_ENDPOINT_URL_REKOGNITION, as for any boto3 client.
        config: botocore's configuration.
        **session: for `boto3.session.Session`: profile_name, region_name, aws_access_key_id and so on. Where nothing else names
            the region it is that of `endpoint_url`.
    """
    core = botocore.session.Session()
    # Only this client's session sees the overlay; other clients of the program, AWS's own Rekognition among them, stay as they are.
    core.get_component("data_loader").search_paths.insert(0, str(overlay_path()))
    aws = boto3.session.Session(botocore_session=core, **session)
    region = aws.region_name or _region_of(endpoint_url or "")
    client = aws.client("rekognition", endpoint_url=endpoint_url, region_name=region, config=config)
    client.meta.events.register("before-call.rekognition", _to_own_route)
    return client


def _region_of(endpoint_url: str) -> str | None:
    found = _GATEWAY_HOST.search(urlsplit(endpoint_url).netloc)
    return found[1] if found else None


def _to_own_route(model: OperationModel, params: dict[str, Any], **_: Any) -> None:
    """Send an operation to `POST /<Operation>`; botocore's JSON protocol knows no path but that of the endpoint."""
    for name in ("url", "url_path"):
        params[name] = f"{params[name].rstrip('/')}/{model.name}"

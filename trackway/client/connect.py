"""boto3 clients for a Trackway deployment, through the door that the configuration names (DESIGN section 6, SPEC R3).

Own keys   the endpoint ends in /keys, or the access key id is one of ours: signed as for Rekognition, everything to that one path.
IAM        anything else: signed for API Gateway, each operation to its own route, so that each has its own limits and metrics.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3.session
import botocore.session

import trackway.api
from trackway.api.credentials import is_own_key
from trackway.client.overlay import overlay_path
from trackway.errors import OptionError

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from botocore.config import Config
    from botocore.model import OperationModel
    from mypy_boto3_rekognition import RekognitionClient

__all__ = ["rekognition", "trackway_client"]

_GATEWAY_HOST = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")
_KEYS = "/keys"


def rekognition(endpoint_url: str | None = None, *, config: Config | None = None, **session: Any) -> RekognitionClient:
    """A client that is boto3's own in everything but where it goes and how it signs.

    It knows `Options`, and paginators ("get_face_search") and waiters ("face_search_finished") of the three video operations.

    Args:
        endpoint_url: output ApiUrl of the stack, for own keys with /keys behind it; by default AWS_ENDPOINT_URL_REKOGNITION,
            AWS_ENDPOINT_URL or what the profile says, as for any boto3 client.
        config: botocore's configuration.
        **session: for `boto3.session.Session`: profile_name, region_name, aws_access_key_id and so on. Where nothing else names
            the region it is that of the endpoint.

    Raises:
        OptionError: nothing names an endpoint, or what is named is none; requests never go to AWS by mistake.
    """
    client: RekognitionClient = _client("rekognition", endpoint_url, config, session)
    return client


def trackway_client(endpoint_url: str | None = None, *, config: Config | None = None, **session: Any) -> Any:
    """A client of what Rekognition does not have: ExportFaces, ImportFaces, SearchAllFacesByImage, and keys, for callers of IAM.

    Args and errors are those of `rekognition`, and so is the endpoint where none is given.
    """
    return _client("trackway", endpoint_url, config, session)


def _client(service: str, endpoint_url: str | None, config: Config | None, session: dict[str, Any]) -> Any:
    core = botocore.session.Session()
    _describe(core, service)
    aws: Any = boto3.session.Session(botocore_session=core, **session)
    endpoint = _checked(endpoint_url or _configured(core))
    region = aws.region_name or _region_of(endpoint)
    client = aws.client(service, endpoint_url=endpoint, region_name=region, config=config)
    if _wants_own_keys(endpoint, aws):
        client.meta.events.register(f"before-call.{service}", _to_keys)
        client.meta.events.register(f"before-sign.{service}", _sign_as_stock_clients)
    else:
        client.meta.events.register(f"before-call.{service}", _to_own_route)
    return client


def _describe(core: botocore.session.Session, service: str) -> None:
    """Let a session find our additions; others of the program, AWS's own Rekognition among them, stay as they are."""
    loader = core.get_component("data_loader")
    loader.search_paths[:0] = [str(overlay_path()), str(Path(trackway.api.__path__[0]) / "service")]
    if service == "trackway":
        # The loader reads a file once and gives everybody the same object, so this is what the client will find.
        model = loader.load_service_model(service, "service-2")
        model["shapes"] = loader.load_service_model("rekognition", "service-2")["shapes"] | model["shapes"]


def _configured(core: botocore.session.Session) -> str:
    # botocore has no public way to ask before a client is made, and one that is made may go to AWS.
    from botocore.configprovider import ConfiguredEndpointProvider

    found = ConfiguredEndpointProvider(full_config=core.full_config, scoped_config=core.get_scoped_config(), client_name="rekognition")
    endpoint = found.provide()
    if not endpoint:
        raise OptionError("Expected an endpoint, found none; set AWS_ENDPOINT_URL_REKOGNITION to the output ApiUrl of the stack.")
    return str(endpoint)


def _checked(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OptionError(f"Expected an endpoint such as https://ID.execute-api.REGION.amazonaws.com, found {endpoint!r}; name ApiUrl.")
    return endpoint


def _wants_own_keys(endpoint: str, aws: Any) -> bool:
    if urlsplit(endpoint).path.rstrip("/").endswith(_KEYS):
        return True
    credentials = aws.get_credentials()
    return credentials is not None and is_own_key(credentials.get_frozen_credentials().access_key or "")


def _region_of(endpoint: str) -> str | None:
    found = _GATEWAY_HOST.search(urlsplit(endpoint).netloc)
    return found[1] if found else None


def _to_own_route(model: OperationModel, params: dict[str, Any], **_: Any) -> None:
    """Send an operation to `POST /<Operation>`; botocore's JSON protocol knows no path but that of the endpoint."""
    for name in ("url", "url_path"):
        params[name] = f"{params[name].rstrip('/')}/{model.name}"


def _to_keys(params: dict[str, Any], **_: Any) -> None:
    """Send an operation to `POST /keys`, also where the endpoint does not say so."""
    if not params["url"].rstrip("/").endswith(_KEYS):
        for name in ("url", "url_path"):
            params[name] = params[name].rstrip("/") + _KEYS


def _sign_as_stock_clients(request: AWSRequest, **_: Any) -> None:
    request.context["signing"] = {**request.context.get("signing", {}), "signing_name": "rekognition"}

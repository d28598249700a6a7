"""The service model: botocore's own description of Rekognition with our few additions, read as data (SPEC R7, Appendix A).

The additions are the overlay file that clients load too. Importing botocore's model classes would cost a function a tenth of a
second; the file itself is read in four milliseconds.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, Literal

import botocore
import msgspec

__all__ = ["Member", "Operation", "ServiceModel", "Shape", "model_of", "rekognition_model", "trackway_model"]

_SERVICE = "rekognition/2016-06-27"
_OVERLAY = Path(__file__).parent / "overlay"
_OWN = Path(__file__).parent / "service" / "trackway" / "2026-11-01" / "service-2.json"

Kind = Literal["structure", "list", "map", "string", "integer", "long", "float", "double", "boolean", "blob", "timestamp"]


class Member(msgspec.Struct, frozen=True):
    """A place in a shape that another shape fills."""

    shape: str


class Shape(msgspec.Struct, frozen=True):
    """One type of the model, with its constraints."""

    type: Kind
    members: dict[str, Member] = {}
    required: tuple[str, ...] = ()
    member: Member | None = None
    key: Member | None = None
    value: Member | None = None
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    min: int | float | None = None
    max: int | float | None = None
    document: bool = False


class Operation(msgspec.Struct, frozen=True):
    """One operation of the model; an operation may lack either shape."""

    name: str
    input: Member | None = None
    output: Member | None = None


class ServiceModel(msgspec.Struct, frozen=True):
    """Operations and shapes, by name."""

    operations: dict[str, Operation]
    shapes: dict[str, Shape]


def model_of(service: str) -> ServiceModel:
    """The model of the service that an X-Amz-Target names before its dot: "RekognitionService" or "Trackway"."""
    return trackway_model() if service == "Trackway" else rekognition_model()


def trackway_model() -> ServiceModel:
    """Our own operations; shapes that are Rekognition's are taken from its model, ours are beside them."""
    own = msgspec.json.decode(_OWN.read_bytes(), type=ServiceModel)
    return ServiceModel(own.operations, rekognition_model().shapes | own.shapes)


def rekognition_model() -> ServiceModel:
    """Rekognition as this installation's botocore knows it, with our additions; whoever needs it keeps it."""
    described = Path(botocore.__file__).parent / "data" / _SERVICE / "service-2.json.gz"
    model = msgspec.json.decode(gzip.decompress(described.read_bytes()))
    additions = msgspec.json.decode((_OVERLAY / _SERVICE / "service-2.sdk-extras.json").read_bytes())
    _merge(model, additions["merge"])
    # How large an image may be is the deployment's to say (`jobs.limits`), and what is larger is no invalid parameter (SPEC B.1).
    del model["shapes"]["ImageBlob"]["max"]
    return msgspec.convert(model, ServiceModel)


def _merge(into: dict[str, Any], additions: dict[str, Any]) -> None:
    """Add a tree to another, as botocore's own extras do."""
    for name, value in additions.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value

"""The names of jobs and requests: what makes two of them the same."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["new_job_id", "request_fingerprint", "upload_job_id"]


def new_job_id() -> str:
    """An unguessable name for a job that a call starts: 64 hexadecimal digits (SPEC R21)."""
    return secrets.token_hex(32)


def upload_job_id(bucket: str, key: str, version: str) -> str:
    """The one name of the job for an uploaded object, however often its upload is announced.

    Args:
        bucket: where it lies.
        key: not URL-encoded.
        version: version id, or the ETag in a bucket without versions.
    """
    return hashlib.sha256(msgspec.json.encode([bucket, key, version])).hexdigest()


def request_fingerprint(parameters: Mapping[str, Any]) -> str:
    """A digest that is equal for equal parameters, whatever their order (SPEC R15)."""
    return hashlib.sha256(msgspec.json.encode(parameters, order="deterministic")).hexdigest()

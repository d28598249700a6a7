"""Which objects an upload announcement names, and which of them are videos to analyse (SPEC 6c, R13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

__all__ = ["SIDECAR_SUFFIX", "VIDEO_SUFFIXES", "Upload", "is_video", "uploads"]

SIDECAR_SUFFIX = ".job.json"
"""Added to a video's key, it names the object with the job's options."""

VIDEO_SUFFIXES = frozenset(
    {
        *(".3g2", ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
        *(".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
    }
)
"""Endings of the keys that start a job, in lower case."""


class Upload(NamedTuple):
    """An object that was created.

    Attributes:
        bucket: where it lies.
        key: not URL-encoded.
        version: version id; None in a bucket without versions.
        etag: without quotes; None where the announcement lacks it.
        size_bytes: None where the announcement lacks it.
    """

    bucket: str
    key: str
    version: str | None
    etag: str | None
    size_bytes: int | None


def uploads(event: Mapping[str, Any]) -> Iterator[Upload]:
    """Every object that an EventBridge "Object Created" event or an S3 notification names; nothing for any other event.

    EventBridge gives keys as they are; S3 notifications URL-encode them, with plus signs for spaces.

    Raises:
        KeyError: an event of a known kind without bucket or key.
    """
    if event.get("detail-type") == "Object Created":
        detail = event["detail"]
        yield _upload(detail["bucket"]["name"], detail["object"]["key"], detail["object"], "version-id", "etag")
    for record in event.get("Records") or ():
        if str(record.get("eventName", "")).startswith("ObjectCreated:"):
            s3 = record["s3"]
            yield _upload(s3["bucket"]["name"], unquote_plus(s3["object"]["key"]), s3["object"], "versionId", "eTag")


def _upload(bucket: str, key: str, described: Mapping[str, Any], version_name: str, etag_name: str) -> Upload:
    version = described.get(version_name)
    etag = described.get(etag_name)
    return Upload(
        bucket=bucket,
        key=key,
        version=version if version and version != "null" else None,
        etag=etag.strip('"') if etag else None,
        size_bytes=described.get("size"),
    )


def is_video(key: str, prefix: str) -> bool:
    """Whether an object under this key is a video to analyse; a folder marker, a sidecar or anything outside `prefix` is not."""
    return key.startswith(prefix) and PurePosixPath(key).suffix.lower() in VIDEO_SUFFIXES and not key.endswith("/")

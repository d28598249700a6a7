"""The completion message, exactly as Rekognition words it (SPEC 2d, R57, C.3)."""

from __future__ import annotations

from typing import Any

import msgspec

from trackway.jobs.record import JobRecord

__all__ = ["completion_attributes", "completion_message"]


def completion_message(record: JobRecord) -> str:
    """The text that subscribers get for a job in a final state; the same however often it is published."""
    content: dict[str, Any] = {"JobId": record.job_id, "Status": _status(record), "API": record.api}
    if record.job_tag is not None:
        content["JobTag"] = record.job_tag
    content["Timestamp"] = record.completed_at
    content["Video"] = {"S3ObjectName": record.video.name, "S3Bucket": record.video.bucket}
    return msgspec.json.encode(content).decode()


def completion_attributes(record: JobRecord) -> dict[str, str]:
    """Message attributes, so that a subscription's filter policy can choose."""
    attributes = {"Status": _status(record), "API": record.api, "JobTag": record.job_tag, "ProjectId": record.project}
    return {name: value for name, value in attributes.items() if value is not None}


def _status(record: JobRecord) -> str:
    # Rekognition knows no canceled jobs (SPEC 6a).
    return "SUCCEEDED" if record.status == "SUCCEEDED" else "FAILED"

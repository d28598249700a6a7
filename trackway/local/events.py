"""S3's and SQS's events for the embedded cloud: the version of an object in its event, and no message lost to a restart."""

from __future__ import annotations

import contextvars
import json
import time
from typing import Any

from trackway.local.seams import Part, require

__all__ = ["install"]

_PARTS = (
    Part("services.s3", "_fire_s3_event", ("bucket_name", "key", "event_name")),
    Part("services.eventbridge", "_dispatch_event", ("event", "view")),
    Part("services.sqs", "_restore_state", ("data",)),
    Part("services.sqs", "_queues"),
)


def install() -> None:
    """Adds "version-id" to EventBridge's S3 events, and makes messages that were in hand at the end visible at the next start.

    Raises:
        EmbeddedCloudError: the emulator is another version.
    """
    require("event details", _PARTS)
    from ministack.services import eventbridge, s3, sqs

    version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)
    fire, dispatch, restore = s3._fire_s3_event, eventbridge._dispatch_event, sqs._restore_state

    def fire_with_version(*args: Any, **options: Any) -> None:
        token = version.set(options.get("version_id"))
        try:
            fire(*args, **options)
        finally:
            version.reset(token)

    def dispatch_with_version(event: dict[str, Any], view: Any = None) -> None:
        if event.get("Source") == "aws.s3" and version.get():
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version.get()
            event = {**event, "Detail": json.dumps(detail)}
        dispatch(event, view)

    def restore_visible(data: Any) -> None:
        restore(data)
        for queue in sqs._queues._data.values():
            for message in queue["messages"]:
                if message["receive_count"]:  # whoever held it is gone
                    message["visible_at"] = min(message["visible_at"], time.time())

    s3._fire_s3_event = fire_with_version
    eventbridge._dispatch_event = dispatch_with_version
    sqs._restore_state = restore_visible

"""What an own key allows; callers of IAM may do what their policies, which API Gateway has checked, let them do (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trackway.api.caller import Caller
from trackway.api.credentials import is_own_key
from trackway.api.errors import AccessDenied
from trackway.api.scope import collection_arn, collection_of

__all__ = ["permit"]

_READS = ("Compare", "Describe", "Detect", "Export", "Get", "List", "Search")
_KEYS = frozenset({"CreateKey", "DeleteKey", "ListKeys", "RotateKey"})
_VIDEO = frozenset(start + what for start in ("Start", "Get") for what in ("PersonTracking", "FaceDetection", "FaceSearch"))


def permit(caller: Caller, operation: str, members: Mapping[str, Any]) -> None:
    """Let a request pass that its caller may make.

    A key of one project may use the video operations, which themselves keep to the project's jobs. A key of one collection may use the
    operations that name it, and GetFaceSearch, which itself keeps to searches in it. A key of both may do what either allows.

    Args:
        caller: as the door found them.
        operation: its name.
        members: of the validated request.

    Raises:
        AccessDenied: they may not.
    """
    if operation not in _KEYS and not (caller.read_only or caller.project is not None or caller.collection is not None):
        return
    named = collection_of(operation, members)
    if not _allowed(caller, operation, named):
        resource = "*" if named is None else collection_arn(named, caller)
        raise AccessDenied(f"User: {caller.identity} is not authorized to perform: rekognition:{operation} on resource: {resource}")


def _allowed(caller: Caller, operation: str, named: str | None) -> bool:
    if operation in _KEYS:
        return not is_own_key(caller.identity)
    if caller.read_only and not operation.startswith(_READS):
        return False
    if caller.collection is not None and named not in (None, caller.collection):
        return False
    of_collection = caller.collection is not None and (named is not None or operation == "GetFaceSearch")
    of_project = caller.project is not None and operation in _VIDEO
    return of_collection or of_project or caller.collection is caller.project is None

"""Our CreateKey, ListKeys, RotateKey, DeleteKey: keys for programs that sign as they do for AWS (DESIGN section 6).

Secrets are told once, in the answer that makes them. Keys cannot make keys: these operations are for IAM's callers alone (`permit`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from trackway.api.caller import Caller
from trackway.api.credentials import issue
from trackway.api.errors import ResourceNotFound
from trackway.api.paging import ListTokens
from trackway.errors import Conflict
from trackway.store.keys import KeyRecord, KeySecrets, KeyStore

__all__ = ["CreateKey", "DeleteKey", "ListKeys", "RotateKey", "issuing"]

_PAGE = 100
_GRACE_HOURS = 24.0


class CreateKey:
    """The operation.

    Args:
        records: of keys.
        secrets: theirs.
        clock: epoch seconds.
    """

    def __init__(self, records: KeyStore, secrets: KeySecrets, clock: Callable[[], float]) -> None:
        self._records = records
        self._secrets = secrets
        self._clock = clock

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request with the key and its secret."""
        issued, scope = issue(), request.get("Scope", {})
        self._secrets.create(issued.access_key_id, issued.version, issued.secret)
        self._records.put(
            KeyRecord(
                access_key_id=issued.access_key_id,
                name=request["Name"],
                created_at=self._clock(),
                secret_version=issued.version,
                read_only=scope.get("ReadOnly", False),
                project=scope.get("Project"),
                collection=scope.get("Collection"),
            )
        )
        return msgspec.json.encode({"AccessKeyId": issued.access_key_id, "SecretAccessKey": issued.secret})


class ListKeys:
    """The operation.

    Args:
        records: of keys.
        tokens: of the deployment's lists.
        clock: epoch seconds.
    """

    def __init__(self, records: KeyStore, tokens: ListTokens, clock: Callable[[], float]) -> None:
        self._records = records
        self._tokens = tokens
        self._clock = clock

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; InvalidToken where NextToken is none of this list."""
        after = self._tokens.redeem(request["NextToken"], "ListKeys") if "NextToken" in request else None
        records, last = self._records.page(after, request.get("MaxResults", _PAGE))
        more = {} if last is None else {"NextToken": self._tokens.issue(last, "ListKeys")}
        return msgspec.json.encode({"Keys": [self._told(record) for record in records], **more})

    def _told(self, record: KeyRecord) -> dict[str, Any]:
        scope = {"ReadOnly": record.read_only or None, "Project": record.project, "Collection": record.collection}
        told = {
            "AccessKeyId": record.access_key_id,
            "Name": record.name,
            "Scope": _present(scope),
            "CreatedAt": record.created_at,
            "LastUsedAt": record.last_used_at,
            "PreviousSecretUntil": record.previous_until if record.previous_until > self._clock() else None,
        }
        return _present(told)


class RotateKey:
    """The operation.

    Args:
        records: of keys.
        secrets: theirs.
        clock: epoch seconds.
    """

    def __init__(self, records: KeyStore, secrets: KeySecrets, clock: Callable[[], float]) -> None:
        self._records = records
        self._secrets = secrets
        self._clock = clock

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request with the new secret.

        Raises:
            ResourceNotFound: there is no such key.
            Conflict: somebody else rotated or deleted it at the same time.
        """
        seen = self._records.get(request["AccessKeyId"])
        if seen is None:
            raise _no_such(request["AccessKeyId"])
        issued = issue(seen.access_key_id)
        until = self._clock() + request.get("GraceHours", _GRACE_HOURS) * 3600
        self._secrets.replace(issued.access_key_id, issued.version, issued.secret)
        if not self._records.rotate(seen, issued.version, until):
            raise Conflict(f"The key {seen.access_key_id} was rotated or deleted by somebody else meanwhile; look at it and try again.")
        return msgspec.json.encode({"AccessKeyId": issued.access_key_id, "SecretAccessKey": issued.secret, "PreviousSecretUntil": until})


class DeleteKey:
    """The operation.

    Args:
        records: of keys.
        secrets: theirs.
    """

    def __init__(self, records: KeyStore, secrets: KeySecrets) -> None:
        self._records = records
        self._secrets = secrets

    def __call__(self, request: dict[str, Any], caller: Caller) -> bytes:
        """Answer a validated request; from then on the key opens nothing.

        Raises:
            ResourceNotFound: there is no such key.
        """
        access_key_id = request["AccessKeyId"]
        was_there = self._records.remove(access_key_id)
        # Also without a record: a deletion that was cut short is finished by the next.
        self._secrets.remove(access_key_id)
        if not was_there:
            raise _no_such(access_key_id)
        return b"{}"


def issuing(
    records: KeyStore, secrets: KeySecrets, *, clock: Callable[[], float] = time.time
) -> dict[str, Callable[[dict[str, Any], Caller], bytes]]:
    """The operations, by name."""
    return {
        "CreateKey": CreateKey(records, secrets, clock),
        "DeleteKey": DeleteKey(records, secrets),
        "ListKeys": ListKeys(records, ListTokens(clock), clock),
        "RotateKey": RotateKey(records, secrets, clock),
    }


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _no_such(access_key_id: str) -> ResourceNotFound:
    return ResourceNotFound(f"There is no key {access_key_id}; `trackway keys list` shows those there are.")

"""Secrets Manager for the embedded cloud: the first version of a secret has the name that its maker gave it.

The emulator names later versions by their ClientRequestToken, as AWS does, but invents one for the first.
"""

from __future__ import annotations

import json
from typing import Any

from trackway.local.seams import Part, require

__all__ = ["install"]

_PARTS = (
    Part("services.secretsmanager", "_create_secret", ("data",)),
    Part("services.secretsmanager", "_secrets"),
)


def install() -> None:
    """Names the first version as the others are named.

    Raises:
        EmbeddedCloudError: the emulator is another version.
    """
    require("versions of secrets", _PARTS)
    from ministack.services import secretsmanager

    create = secretsmanager._create_secret

    def create_named(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = create(data)
        version = data.get("ClientRequestToken")
        if status != 200 or not version:
            return status, headers, body
        answer = json.loads(body)
        versions = secretsmanager._secrets[data["Name"]]["Versions"]
        versions[version] = versions.pop(answer["VersionId"])
        return status, headers, json.dumps({**answer, "VersionId": version}).encode()

    secretsmanager._create_secret = create_named

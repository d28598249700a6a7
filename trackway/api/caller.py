"""Who calls: what the door knows of a request besides its body."""

from __future__ import annotations

import msgspec

__all__ = ["ANYBODY", "Caller"]


class Caller(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A caller whose signature was right.

    Attributes:
        account: AWS account of the deployment, 12 digits.
        region: of the deployment.
        identity: ARN, or id of an own key; rates and open jobs are counted by it and it is named in messages.
        read_only: may change nothing and start nothing.
        project: the only project whose jobs may be seen and started; None allows all.
        collection: the only collection that may be used; None allows all.
    """

    account: str = "000000000000"
    region: str = "us-east-1"
    identity: str = ""
    read_only: bool = False
    project: str | None = None
    collection: str | None = None


ANYBODY = Caller()
"""For tests and tools without a door."""

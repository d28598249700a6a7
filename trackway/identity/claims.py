"""A request that is repeated with its ClientRequestToken gets the answer it got (SPEC R15, R73)."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import msgspec

from trackway.errors import TokenReused
from trackway.identity.ports import Claim, Collections

__all__ = ["Request"]


class Request(NamedTuple):
    """One request and its token.

    Attributes:
        operation: its name.
        token: as the client chose it; a request without one is never a repetition.
        parameters: everything else of it.
        expires_at: epoch seconds from which the token may be used anew.
    """

    operation: str
    token: str | None
    parameters: list[Any]
    expires_at: int

    def answered(self, records: Collections) -> bytes | None:
        """The answer that this very request got before.

        Raises:
            TokenReused: the token came with other parameters.
        """
        claim = None if self.token is None else records.find_claim(self.operation, self.token)
        if claim is None:
            return None
        if claim.fingerprint != self._fingerprint():
            raise TokenReused("The ClientRequestToken you have supplied is already in use with other parameters.")
        return claim.answer

    def claim(self, answer: bytes) -> Claim | None:
        """What is put together with the change that `answer` tells of."""
        return None if self.token is None else Claim(self.operation, self.token, self._fingerprint(), answer, self.expires_at)

    def _fingerprint(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self.parameters)).hexdigest()

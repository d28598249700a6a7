"""Own keys at the door: whose signature a request has (DESIGN section 6).

Refusing an unknown key costs the same as refusing a wrong signature: one question for the record, one for a secret that the process does
not know yet, two signatures. What a process knows of secrets cannot grow old, because a version of a secret never changes and every request
asks for the record, which names the versions that are good now.
"""

from __future__ import annotations

import base64
import datetime
import functools
import re
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from trackway.api.caller import Caller
from trackway.api.errors import InvalidSignature, UnknownKey
from trackway.api.signature import Claim, SignedRequest, check_scope, is_signed_by, read_claim
from trackway.errors import SystemFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trackway.store.keys import KeyRecord

__all__ = ["Issued", "KeyRing", "Records", "Secrets", "is_own_key", "issue"]

_OWN = re.compile(r"TWAK[A-Z2-7]{16}")
_NOBODY = "TWAK" + "A" * 16  # has the form of a key, and 1 of 10^24 keys is it
_KNOWN_SECRETS = 1000  # in one process
_USE_SECONDS = 300.0  # a busy key costs one write in this time, not one a request


class Issued(NamedTuple):
    """A new secret of a new or old key.

    Attributes:
        access_key_id: "TWAK" and 80 random bits.
        secret: 40 characters, 240 random bits.
        version: name of the secret's version.
    """

    access_key_id: str
    secret: str
    version: str


class Records(Protocol):
    """What is needed of `KeyStore`."""

    def get(self, access_key_id: str) -> KeyRecord | None:
        """A key as it is now."""

    def used(self, access_key_id: str, at: float) -> None:
        """Remember when a key was last used."""


class Secrets(Protocol):
    """What is needed of `KeySecrets`."""

    def read(self, access_key_id: str, version: str | None) -> str | None:
        """A version of a key's secret."""


def is_own_key(name: str) -> bool:
    """Whether something is an access key id of ours, and not one of IAM."""
    return _OWN.fullmatch(name) is not None


def issue(access_key_id: str | None = None) -> Issued:
    """A secret, for a new key where none is named."""
    return Issued(
        access_key_id or "TWAK" + base64.b32encode(secrets.token_bytes(10)).decode(), secrets.token_urlsafe(30), secrets.token_hex(16)
    )


class KeyRing:
    """Finds callers by the signatures of their requests.

    Args:
        records: of keys.
        values: their secrets.
        region: where the deployment is; signatures for another are refused.
        clock: epoch seconds.
        is_signed: whether a secret made a signature.
    """

    def __init__(
        self,
        records: Records,
        values: Secrets,
        *,
        region: str,
        clock: Callable[[], float] = time.time,
        is_signed: Callable[[str, SignedRequest, Claim], bool] = is_signed_by,
    ) -> None:
        self._records = records
        self._values = values
        self._region = region
        self._clock = clock
        self._is_signed = is_signed
        self._nobodys = secrets.token_urlsafe(30)
        # Two, so that nobody can push good keys out with invented ones.
        self._secret = functools.lru_cache(_KNOWN_SECRETS)(self._read)
        self._miss = functools.lru_cache(_KNOWN_SECRETS)(self._read_in_vain)

    def caller(self, forms: Sequence[SignedRequest], account: str) -> Caller:
        """Who signed a request.

        Args:
            forms: the request, in each form in which its caller may have seen it.
            account: of the deployment.

        Raises:
            NotAuthenticated: as AWS words it, see `read_claim` and `check_scope`; UnknownKey and InvalidSignature here.
            SystemFault: the secret of a good key is not there (yet).
        """
        claim = read_claim(forms[0])
        now = self._clock()
        check_scope(claim, region=self._region, now=datetime.datetime.fromtimestamp(now, datetime.UTC))
        record = self._records.get(claim.access_key if is_own_key(claim.access_key) else _NOBODY)
        # A list: whether the first fits must not tell how long this takes.
        fits = [self._is_signed(secret, form, claim) for secret in self._good_secrets(claim, record, now) for form in forms]
        if record is None:
            raise UnknownKey("The security token included in the request is invalid.")
        if not any(fits):
            raise InvalidSignature(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
                "signing method. Consult the service documentation for details."
            )
        if record.last_used_at is None or now - record.last_used_at >= _USE_SECONDS:
            self._records.used(record.access_key_id, now)
        return Caller(
            account=account,
            region=self._region,
            identity=record.access_key_id,
            read_only=record.read_only,
            project=record.project,
            collection=record.collection,
        )

    def _good_secrets(self, claim: Claim, record: KeyRecord | None, now: float) -> tuple[str, str]:
        """The two secrets that may have signed; where there are fewer, one that nobody has."""
        if record is None:
            self._miss(claim.access_key if is_own_key(claim.access_key) else _NOBODY)
            return self._nobodys, self._nobodys
        current = self._secret(record.access_key_id, record.secret_version)
        if record.previous_version is None or now >= record.previous_until:
            return current, self._nobodys
        return current, self._secret(record.access_key_id, record.previous_version)

    def _read(self, access_key_id: str, version: str) -> str:
        secret = self._values.read(access_key_id, version)
        if secret is None:
            raise SystemFault(f"The secret of key {access_key_id} is missing; try again, or issue another key.")
        return secret

    def _read_in_vain(self, access_key_id: str) -> None:
        # Whatever lies there belongs to a key that was deleted, or is not yet recorded: it opens nothing.
        self._values.read(access_key_id, None)

"""NextToken: where a reader stands, authenticated and bound to one job, series and result version (SPEC R51 to R53, C.4).

40 bytes, big-endian, as 54 characters of base64url without padding:

    version 1 | series 1 | sha256(job id) 8 | result version 4 | row 6 | expiry 4 | HMAC-SHA256 16

The key is the job's own random 32 bytes, so a token says nothing and opens nothing outside its job. MaxResults is not part of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct

from trackway.errors import InvalidToken
from trackway.results.pages import Series

__all__ = ["LIFETIME_SECONDS", "issue", "redeem"]

LIFETIME_SECONDS = 24 * 3600

_VERSION = 1
_BODY = struct.Struct(">BB8sIHII")  # the row's 6 bytes are a short and an int
_MAC_BYTES = 16


def issue(
    key: bytes, job_id: str, series: Series, result_version: int, row: int, *, now: float, lifetime_seconds: int = LIFETIME_SECONDS
) -> str:
    """A token for the page that begins with `row`, from `now`, in epoch seconds, for as long as said."""
    expiry = int(now) + lifetime_seconds
    body = _BODY.pack(_VERSION, series.value, _job_hash(job_id), result_version, row >> 32, row & 0xFFFFFFFF, expiry)
    return _text(body + _mac(key, body))


def redeem(token: str, key: bytes, job_id: str, series: Series, result_version: int, *, now: float) -> int:
    """The row at which the page begins.

    Raises:
        InvalidToken: altered, expired, or issued for another job, series or result version.
    """
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("Invalid Pagination Token") from error
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    # The text is compared as well: its last character carries four bits that decode to nothing.
    if not hmac.compare_digest(mac, _mac(key, body)) or token != _text(raw):
        raise InvalidToken("Invalid Pagination Token")
    version, series_number, job_hash, issued_for, row_high, row_low, expiry = _BODY.unpack(body)
    if (version, series_number, job_hash, issued_for) != (_VERSION, series.value, _job_hash(job_id), result_version) or expiry <= now:
        raise InvalidToken("Invalid Pagination Token")
    return int(row_high) << 32 | int(row_low)


def _job_hash(job_id: str) -> bytes:
    return hashlib.sha256(job_id.encode()).digest()[:8]


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:_MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

"""Signature Version 4 of a request, checked with botocore's own signer (DESIGN section 6).

A refusal says what AWS says. What it costs to refuse does not tell an unknown key from a wrong secret: both are computed to the end.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple

from trackway.api.errors import IncompleteSignature, InvalidSignature, MissingAuthenticationToken

__all__ = ["SERVICES", "Claim", "SignedRequest", "check_scope", "is_signed_by", "read_claim"]

SERVICES = ("rekognition", "execute-api")
"""The service in the scope of a signature: what a stock client names (SPEC R3), and what it names with our overlay."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_TIME = "%Y%m%dT%H%M%SZ"
_SKEW = datetime.timedelta(minutes=5)
_ALWAYS_SIGNED = ("host", "x-amz-date", "x-amz-target")
_HEX = re.compile(r"[0-9a-f]{64}")


class SignedRequest(NamedTuple):
    """What a signature covers.

    Attributes:
        method: such as "POST".
        path: as the client sent it.
        query: raw, without the question mark.
        headers: by lower-case name.
        body: raw bytes.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Claim(NamedTuple):
    """What the header Authorization claims.

    Attributes:
        access_key: whose secret is said to have signed.
        date, region, service: scope.
        signed_headers: names that the signature covers, lower case.
        signature: 64 hexadecimal digits.
        time: X-Amz-Date as it was sent.
    """

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    time: str


def read_claim(request: SignedRequest) -> Claim:
    """The claim of a request.

    Raises:
        MissingAuthenticationToken: it has no header Authorization.
        IncompleteSignature: the header lacks a part, or one has the wrong form.
    """
    header = request.headers.get("authorization", "")
    if not header:
        raise MissingAuthenticationToken("Missing Authentication Token")
    if not header.isascii():
        raise IncompleteSignature("Authorization header holds other characters than ASCII.")
    scheme, _, rest = header.partition(" ")
    if scheme != _ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{scheme[:64]}'. Expected {_ALGORITHM}.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    lacking = [name for name in ("Credential", "SignedHeaders", "Signature") if not parts.get(name)]
    time = request.headers.get("x-amz-date", "")
    lacking += [] if time else ["X-Amz-Date"]
    if lacking:
        raise IncompleteSignature(f"Authorization header requires {', '.join(map(repr, lacking))}.")
    scope = parts["Credential"].split("/")
    if len(scope) != 5 or scope[4] != "aws4_request" or not _HEX.fullmatch(parts["Signature"]):
        raise IncompleteSignature("Credential must have exactly 5 slash-delimited elements, and the signature 64 hexadecimal digits.")
    signed = tuple(parts["SignedHeaders"].lower().split(";"))
    unsigned = [name for name in _ALWAYS_SIGNED if name in request.headers and name not in signed]
    if unsigned or "host" not in signed:
        raise IncompleteSignature(f"Expected the headers {', '.join(unsigned or ['host'])} among the signed ones. Sign them.")
    access_key, date, region, service, _ = scope
    return Claim(access_key, date, region, service, signed, parts["Signature"], time)


def check_scope(claim: Claim, *, region: str, now: datetime.datetime) -> None:
    """Whether a signature is for here and now.

    Args:
        claim: of the request.
        region: where the deployment is.
        now: UTC, aware.

    Raises:
        IncompleteSignature: the time is none.
        InvalidSignature: it is for another region, service or day, or more than five minutes old or early.
    """
    try:
        signed_at = datetime.datetime.strptime(claim.time, _TIME).replace(tzinfo=datetime.UTC)
    except ValueError as error:
        raise IncompleteSignature(f"Date must be in ISO-8601 'basic format'. Got '{claim.time[:64]}'.") from error
    if claim.region != region:
        raise InvalidSignature(f"Credential should be scoped to a valid region, not '{claim.region[:64]}'. This endpoint is in '{region}'.")
    if claim.service not in SERVICES:
        raise InvalidSignature(f"Credential should be scoped to correct service: '{SERVICES[0]}'.")
    if claim.date != claim.time[:8]:
        raise InvalidSignature(
            f"Date in Credential scope does not match YYYYMMDD of X-Amz-Date: '{claim.date[:64]}' and '{claim.time[:8]}'."
        )
    if signed_at < now - _SKEW:
        raise InvalidSignature(f"Signature expired: {claim.time} is now earlier than {now - _SKEW:{_TIME}} ({now:{_TIME}} - 5 min.)")
    if signed_at > now + _SKEW:
        raise InvalidSignature(
            f"Signature not yet current: {claim.time} is still later than {now + _SKEW:{_TIME}} ({now:{_TIME}} + 5 min.)"
        )


def is_signed_by(secret: str, request: SignedRequest, claim: Claim) -> bool:
    """Whether the secret made this signature over these headers, this query and this body; compared in constant time.

    A body that a header declares unsigned, or of another digest than it has, is not signed.
    """
    # Only own keys come this way; the functions behind API Gateway's door never pay for the import.
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    declared = request.headers.get("x-amz-content-sha256")
    covered = declared is None or hmac.compare_digest(declared.encode(), hashlib.sha256(request.body).hexdigest().encode())
    # The host is signed as a header; here it stands for nothing, so that no odd one can spoil the URL.
    url = f"https://door{request.path}" + (f"?{request.query}" if request.query else "")
    headers = {name: request.headers.get(name, "") for name in claim.signed_headers}
    again = AWSRequest(request.method, url, headers=headers, data=request.body)
    again.context["timestamp"] = claim.time
    signer = SigV4Auth(Credentials(claim.access_key, secret), claim.service, claim.region)
    expected = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    return hmac.compare_digest(expected, claim.signature) and covered
